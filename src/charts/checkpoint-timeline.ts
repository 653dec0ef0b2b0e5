import type { Chart, ChartSpec, SweepResults, TimelineEntry } from "../experiment/index.ts";
import type { Where } from "./find-points.ts";
import { formatMs, formatShare } from "./format-quantity.ts";
import { type OneCheckpoint, oneCheckpoint } from "./one-checkpoint.ts";
import { CHART_WIDTH, PHASES, THEME, titled, VEGA_LITE } from "./theme.ts";

const ROW_HEIGHT = 22;
/** Narrower than this share of the whole, a bar can't be seen; it is widened to it. */
const LEAST_SHARE = 0.004;

/** The phases of one checkpoint, a row for each participant. */
export interface CheckpointTimelineOptions {
  readonly name?: string;
  /** One point, and any reader of it. */
  readonly where: Where;
}

/** A Gantt chart of one checkpoint: who waits and who works from the trigger to the commit. */
export function checkpointTimeline({
  name = "checkpoint-timeline",
  where,
}: CheckpointTimelineOptions): Chart {
  return { name, draw: (results) => drawTimeline(results, where) };
}

function drawTimeline(results: SweepResults, where: Where): ChartSpec {
  const checkpoint = oneCheckpoint(results, where);
  const end = Math.max(...checkpoint.entries.map(({ toMs }) => toMs));
  const least = (end - checkpoint.triggeredAtMs) * LEAST_SHARE;
  const rows = barsOf(checkpoint).map(({ participant, phase, fromMs, toMs }) => ({
    participant,
    phase,
    from: fromMs - checkpoint.triggeredAtMs,
    to: Math.max(toMs, fromMs + least) - checkpoint.triggeredAtMs,
    ms: formatMs(toMs - fromMs),
  }));
  const participants = [...new Set(rows.map(({ participant }) => participant))].sort(inOrder);
  const phases = Object.keys(PHASES).filter((phase) => rows.some((row) => row.phase === phase));
  return {
    $schema: VEGA_LITE,
    title: titled(
      finding(checkpoint),
      `one checkpoint of job ${checkpoint.job}, ms since its trigger; each bar a phase of one participant`,
    ),
    width: CHART_WIDTH,
    height: participants.length * ROW_HEIGHT,
    data: { values: rows },
    mark: { type: "bar", height: ROW_HEIGHT * 0.7 },
    encoding: {
      y: {
        field: "participant",
        type: "nominal",
        sort: participants,
        title: null,
        axis: { ticks: false, domain: false },
      },
      x: { field: "from", type: "quantitative", title: "time since the trigger (ms)", axis: { grid: true } },
      x2: { field: "to" },
      color: {
        field: "phase",
        type: "nominal",
        title: null,
        scale: { domain: phases, range: phases.map((phase) => PHASES[phase]) },
        legend: { columns: 3, symbolType: "square" },
      },
      tooltip: [
        { field: "participant", type: "nominal" },
        { field: "phase", type: "nominal" },
        { field: "ms", type: "nominal", title: "took" },
      ],
    },
    config: THEME,
  };
}

/** What the data say: how long, and which phase most of it is. */
function finding(checkpoint: OneCheckpoint): string {
  const { entries, triggeredAtMs } = checkpoint;
  const last = (phase: string): number =>
    Math.max(triggeredAtMs, ...entries.filter((entry) => entry.phase === phase).map(({ toMs }) => toMs));
  const longest = (phase: string): number =>
    Math.max(0, ...entries.filter((entry) => entry.phase === phase).map(({ fromMs, toMs }) => toMs - fromMs));
  const duration = last("waiting for acknowledgements") - triggeredAtMs;
  const committed = last("commit") - triggeredAtMs;
  const parts = [
    { what: "the slowest snapshot", ms: longest("snapshot") },
    { what: "waiting for barriers", ms: longest("start delay") },
    { what: "alignment", ms: longest("alignment") },
  ].sort((a, b) => b.ms - a.ms);
  const most = parts[0]!;
  const commit =
    committed > 0 ? `, and its records are visible ${formatMs(committed)} after the trigger` : "";
  return `This checkpoint takes ${formatMs(duration)}, ${formatShare(Math.min(1, most.ms / duration))} of it ${most.what}${commit}`;
}

/** The bars: instants and what lies between them. */
function barsOf({
  entries,
}: OneCheckpoint): Pick<TimelineEntry, "participant" | "phase" | "fromMs" | "toMs">[] {
  return entries
    .flatMap((entry) => {
      if (entry.phase === "commit decided") return [];
      if (entry.phase !== "pre-committed") return entry.toMs > entry.fromMs ? [entry] : [];
      const commit = entries.find(
        (other) => other.phase === "commit" && other.participant === entry.participant,
      );
      if (commit === undefined) return [];
      const participant = entry.participant.replace("sink", "transaction of sink");
      return [{ ...entry, participant, phase: "pre-committed, invisible", toMs: commit.fromMs }];
    })
    .map((entry) =>
      entry.phase === "commit"
        ? { ...entry, participant: entry.participant.replace("sink", "transaction of sink") }
        : entry,
    );
}

function inOrder(a: string, b: string): number {
  return rank(a) - rank(b);
}

function rank(participant: string): number {
  const kinds = ["coordinator", "source", "sink", "transaction of sink"];
  const number = Number(/\d+$/.exec(participant)?.[0] ?? 0);
  return 10_000 * kinds.indexOf(participant.replace(/ \d+$/, "")) + number;
}
