import type { Chart, ChartSpec, SweepResults } from "../experiment/index.ts";
import type { Where } from "./find-points.ts";
import { formatMs } from "./format-quantity.ts";
import { type OneCheckpoint, oneCheckpoint } from "./one-checkpoint.ts";
import { CHART_WIDTH, COLORS, THEME, titled, VEGA_LITE } from "./theme.ts";

const LANES = ["source subtask", "sink subtask", "JobManager", "Kafka"];
const STEP_HEIGHT = 34;
const ARROW = 110;

/** The messages of one checkpoint and its two-phase commit. */
export interface ProtocolSequenceOptions {
  readonly name?: string;
  /** One point with an exactly-once sink, and any reader of it. */
  readonly where: Where;
  /** Title; default: how long what was flushed stays invisible. */
  readonly finding?: (results: SweepResults) => string;
}

/** A sequence diagram of one checkpoint and its two-phase commit: time runs down, not to scale, each step with the simulated time at
 *  which the slowest subtask took it. */
export function protocolSequence(options: ProtocolSequenceOptions): Chart {
  const { name = "protocol-sequence" } = options;
  return { name, draw: (results) => drawSequence(results, options) };
}

interface Step {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

function drawSequence(results: SweepResults, options: ProtocolSequenceOptions): ChartSpec {
  const checkpoint = oneCheckpoint(results, options.where);
  const steps = stepsOf(checkpoint).sort((a, b) => a.at - b.at);
  const rows = steps.map((step, row) => ({
    ...step,
    row,
    when: `+ ${formatMs(step.at)}`,
    angle: LANES.indexOf(step.to) > LANES.indexOf(step.from) ? 90 : 270,
    middle: (LANES.indexOf(step.from) + LANES.indexOf(step.to)) / 2,
    start: LANES.indexOf(step.from),
    end: LANES.indexOf(step.to),
    local: step.from === step.to,
  }));
  const y = {
    field: "row",
    type: "quantitative",
    axis: null,
    scale: { domain: [-0.6, rows.length - 0.4], reverse: true },
  };
  const lane = (field: string) => ({
    field,
    type: "quantitative",
    scale: { domain: [-0.45, LANES.length - 0.55] },
    axis: null,
  });
  const arrows = { transform: [{ filter: "!datum.local" }] };
  return {
    $schema: VEGA_LITE,
    title: titled(
      options.finding?.(results) ?? finding(steps),
      `one checkpoint of job ${checkpoint.job} and its two-phase commit; time since the trigger, not to scale; of parallel subtasks the last one counts`,
    ),
    width: CHART_WIDTH + 60,
    height: rows.length * STEP_HEIGHT,
    data: { values: rows },
    layer: [
      {
        data: { values: LANES.map((name, i) => ({ name, lane: i })) },
        layer: [
          { mark: { type: "rule", color: COLORS.grid, strokeWidth: 2 }, encoding: { x: lane("lane") } },
          {
            mark: { type: "text", fontWeight: 600, fontSize: 13, baseline: "bottom", dy: -6 },
            encoding: { x: lane("lane"), y: { value: 0 }, text: { field: "name" } },
          },
        ],
      },
      {
        mark: { type: "text", align: "right", color: COLORS.quiet, dx: -8 },
        encoding: { x: { value: 0 }, y, text: { field: "when" } },
      },
      {
        ...arrows,
        mark: { type: "rule", strokeWidth: 1.8, color: "#0072b2" },
        encoding: { x: lane("start"), x2: { field: "end" }, y },
      },
      {
        ...arrows,
        mark: {
          type: "point",
          shape: "triangle-up",
          size: ARROW,
          filled: true,
          opacity: 1,
          color: "#0072b2",
        },
        encoding: { x: lane("end"), y, angle: { field: "angle", type: "quantitative", scale: null } },
      },
      {
        transform: [{ filter: "datum.local" }],
        mark: { type: "point", shape: "square", size: 70, filled: true, opacity: 1, color: "#0072b2" },
        encoding: { x: lane("end"), y },
      },
      {
        ...arrows,
        mark: {
          type: "text",
          baseline: "bottom",
          dy: -4,
          stroke: "#ffffff",
          strokeWidth: 4,
          strokeJoin: "round",
        },
        encoding: { x: lane("middle"), y, text: { field: "text" } },
      },
      {
        ...arrows,
        mark: { type: "text", baseline: "bottom", dy: -4 },
        encoding: { x: lane("middle"), y, text: { field: "text" } },
      },
      {
        transform: [{ filter: "datum.local" }],
        mark: { type: "text", align: "left", dx: 10 },
        encoding: { x: lane("end"), y, text: { field: "text" } },
      },
    ],
    config: THEME,
  };
}

function stepsOf({ entries, triggeredAtMs }: OneCheckpoint): Step[] {
  const of = (phase: string, kind: string) =>
    entries.filter((entry) => entry.phase === phase && entry.participant.startsWith(kind));
  const last = (times: readonly number[]): number => Math.max(...times) - triggeredAtMs;
  const step = (at: number, from: string, to: string, text: string): Step[] =>
    Number.isFinite(at) ? [{ at, from, to, text }] : [];
  const [source, sink, job, kafka] = LANES as [string, string, string, string];
  const ended = (phase: string, kind: string): number => last(of(phase, kind).map(({ toMs }) => toMs));
  const began = (phase: string, kind: string): number => last(of(phase, kind).map(({ fromMs }) => fromMs));
  return [
    ...step(0, job, source, "trigger checkpoint"),
    ...step(ended("start delay", "source"), source, source, "snapshot begins, barrier goes out"),
    ...step(ended("start delay", "sink"), source, sink, "barrier"),
    ...step(ended("alignment", "sink"), sink, sink, "aligned: flush begins"),
    ...step(began("pre-committed", "sink"), sink, kafka, "flush: pre-committed, invisible"),
    ...step(ended("snapshot", "source"), source, job, "acknowledge"),
    ...step(ended("snapshot", "sink"), sink, job, "acknowledge"),
    ...step(ended("completing", "coordinator"), job, job, "_metadata written: completed"),
    ...step(began("commit", "sink"), job, sink, "notify complete"),
    ...step(began("commit", "sink"), sink, kafka, "EndTxn (commit)"),
    ...step(ended("commit decided", "sink"), kafka, kafka, "PrepareCommit durable"),
    ...step(ended("commit", "sink"), kafka, kafka, "markers written: visible"),
  ];
}

function finding(steps: readonly Step[]): string {
  const at = (text: string): number => steps.find((step) => step.text.startsWith(text))?.at ?? Number.NaN;
  const visible = at("markers");
  const flushed = at("flush");
  const decided = at("_metadata");
  if (Number.isNaN(visible)) return "No transaction was committed with this checkpoint";
  return (
    `What is flushed ${formatMs(flushed)} after the trigger stays invisible for ${formatMs(visible - flushed)}: ` +
    `${formatMs(decided - flushed)} until Flink's checkpoint is complete, ${formatMs(visible - decided)} for Kafka's commit`
  );
}
