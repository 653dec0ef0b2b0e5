import {
  type Chart,
  type ChartSpec,
  ExperimentError,
  type SweepResults,
  type TimelineEntry,
} from "../experiment/index.ts";
import { pick, type Where } from "./find-points.ts";
import { formatMs } from "./format-quantity.ts";
import { CHART_WIDTH, THEME, titled, VEGA_LITE } from "./theme.ts";

const ROW_HEIGHT = 30;
/** Narrower than this share of the whole, a bar can't be seen; it is widened to it. */
const LEAST_SHARE = 0.006;

const TRANSACTION = "transaction in Kafka";
const CHECKPOINT = "checkpoint in Flink";
const COMMIT = "commit";

const COLORS: Readonly<Record<string, string>> = {
  open: "#ece2b8",
  aborted: "#b9c0c8",
  "runs and completes": "#00694c",
  refused: "#d55e00",
};

/** What became of one epoch whose commit was refused. */
export interface LostEpochOptions {
  readonly name?: string;
  /** One point, and any reader of it. */
  readonly where: Where;
}

/** A Gantt chart of an epoch that was lost: its transaction times out, its checkpoint completes, its commit is refused. */
export function lostEpoch({ name = "lost-epoch", where }: LostEpochOptions): Chart {
  return { name, draw: (results) => drawEpoch(results, where) };
}

function drawEpoch(results: SweepResults, where: Where): ChartSpec {
  const entries = entriesOf(results, where);
  const of = (phase: string): TimelineEntry => entries.find((entry) => entry.phase === phase)!;
  const begin = of("transaction open").fromMs;
  const aborted = of("transaction aborted").fromMs;
  const completed = Math.max(
    of("waiting for acknowledgements").toMs,
    ...entries.filter(({ phase }) => phase === "completing").map(({ toMs }) => toMs),
  );
  const refused = of("commit refused");
  const least = (refused.toMs - begin) * LEAST_SHARE;
  const bar = (row: string, phase: string, fromMs: number, toMs: number) => ({
    row,
    phase,
    from: (fromMs - begin) / 1000,
    to: (Math.max(toMs, fromMs + least) - begin) / 1000,
    took: formatMs(toMs - fromMs),
  });
  const rows = [
    bar(TRANSACTION, "open", begin, aborted),
    bar(TRANSACTION, "aborted", aborted, refused.toMs),
    bar(CHECKPOINT, "runs and completes", of("waiting for acknowledgements").fromMs, completed),
    bar(COMMIT, "refused", refused.fromMs, refused.toMs),
  ];
  const lanes = [TRANSACTION, CHECKPOINT, COMMIT];
  return {
    $schema: VEGA_LITE,
    title: titled(
      `Kafka aborts the transaction ${formatMs(aborted - begin)} after its first record; its checkpoint completes ` +
        `${formatMs(completed - aborted)} later, the commit is refused, and the job goes on`,
      "one epoch, seconds since its first record; nothing was written while the input paused, so nobody noticed the abort",
    ),
    width: CHART_WIDTH,
    height: lanes.length * ROW_HEIGHT,
    data: { values: rows },
    mark: { type: "bar", height: ROW_HEIGHT * 0.7 },
    encoding: {
      y: { field: "row", type: "nominal", sort: lanes, title: null, axis: { ticks: false, domain: false } },
      x: {
        field: "from",
        type: "quantitative",
        title: "time since the first record of the transaction (s)",
        axis: { grid: true },
      },
      x2: { field: "to" },
      color: {
        field: "phase",
        type: "nominal",
        title: null,
        scale: { domain: Object.keys(COLORS), range: Object.values(COLORS) },
        legend: { columns: 4, symbolType: "square" },
      },
      tooltip: [
        { field: "row", type: "nominal" },
        { field: "phase", type: "nominal" },
        { field: "took", type: "nominal" },
      ],
    },
    config: THEME,
  };
}

/** The phases of the first checkpoint at this point that has a commit which was refused.
 *  @throws ExperimentError when there is none. */
function entriesOf(results: SweepResults, where: Where): readonly TimelineEntry[] {
  const point = pick(results, where)[0]?.point;
  const all = results.timeline.filter((entry) => entry.point === point);
  const refused = all.find(({ phase }) => phase === "commit refused");
  const entries = all.filter(
    ({ job, checkpoint }) => job === refused?.job && checkpoint === refused.checkpoint,
  );
  if (entries.some(({ phase }) => phase === "transaction open")) return entries;
  throw new ExperimentError(
    `the results of ${results.experiment}`,
    `got no lost epoch with ${JSON.stringify(where)}`,
    "one among the first checkpoints behind the warm-up",
  );
}
