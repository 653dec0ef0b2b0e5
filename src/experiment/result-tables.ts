import type { FactorColumn, Point } from "./expand-points.ts";
import { METRICS } from "./experiment.ts";
import { ExperimentError } from "./experiment-error.ts";
import type { PointRun } from "./point-run.ts";

export type Cell = string | number | boolean | null;

export interface TableColumn {
  /** Unit last. */
  readonly name: string;
  readonly type: "text" | "whole" | "number" | "boolean";
}

/** One table of a sweep's results: its columns, and the rows that one run adds to it. */
export interface Table {
  readonly name: "results" | "histograms" | "checkpoints" | "timeline" | "series";
  readonly columns: readonly TableColumn[];
  readonly rowsOf: (run: PointRun) => Cell[][];
}

/** What the tables need to know of the sweep. */
export interface SweepShape {
  readonly experiment: string;
  readonly points: readonly Point[];
  readonly factors: readonly FactorColumn[];
  /** The command that runs a repetition again. */
  readonly replay: (run: PointRun) => string;
}

const KEY = [text("experiment"), whole("point"), whole("repetition")];

/** The tables of a sweep, `results` first: one row a point, repetition and reader; a run that failed has one row without reader.
 *  @throws ExperimentError when a factor has the name of another column. */
export function tablesOf(shape: SweepShape): readonly Table[] {
  const key = (run: PointRun): Cell[] => [shape.experiment, run.point, run.repetition];
  return [
    resultTable(shape),
    {
      name: "histograms",
      columns: [...KEY, text("reader"), number("from_ms"), number("to_ms"), number("records")],
      rowsOf: (run) =>
        run.readers.flatMap(({ reader, histogram }) =>
          histogram.map((stretch) => [...key(run), reader, ...stretch]),
        ),
    },
    {
      name: "checkpoints",
      columns: [
        ...KEY,
        text("job"),
        whole("checkpoint"),
        number("triggered_at_ms"),
        number("latest_ack_at_ms"),
        number("completed_at_ms"),
        number("failed_at_ms"),
        text("failure_reason"),
        number("duration_ms"),
        number("alignment_max_ms"),
      ],
      rowsOf: (run) =>
        run.checkpoints.map((one) => [
          ...key(run),
          one.job,
          one.checkpoint,
          one.triggeredAtMs,
          one.latestAckAtMs,
          one.completedAtMs,
          one.failedAtMs,
          one.failureReason,
          one.latestAckAtMs === null ? null : one.latestAckAtMs - one.triggeredAtMs,
          one.alignmentMaxMs,
        ]),
    },
    {
      name: "timeline",
      columns: [
        ...KEY,
        text("job"),
        whole("checkpoint"),
        text("participant"),
        text("phase"),
        number("from_ms"),
        number("to_ms"),
      ],
      rowsOf: (run) =>
        run.timeline.map((one) => [
          ...key(run),
          one.job,
          one.checkpoint,
          one.participant,
          one.phase,
          one.fromMs,
          one.toMs,
        ]),
    },
    {
      name: "series",
      columns: [...KEY, text("subject"), text("measure"), number("from_ms"), number("value")],
      rowsOf: (run) =>
        run.series.map((one) => [...key(run), one.subject, one.measure, one.fromMs, one.value]),
    },
  ];
}

function resultTable({ experiment, points, factors, replay }: SweepShape): Table {
  const columns = [
    text("experiment"),
    whole("point"),
    ...factors.map(({ column, type }) => ({ name: column, type })),
    whole("repetition"),
    text("seed"),
    text("status"),
    text("reason"),
    text("replay"),
    text("reader"),
    text("topic"),
    text("isolation_level"),
    text("delivery_guarantee"),
    boolean("slo_met"),
    number("simulated_s"),
    number("warm_up_s"),
    whole("records_measured"),
    ...METRICS.map((name) => (/_(ms|bytes)$|_per_/.test(name) ? number(name) : whole(name))),
    whole("events"),
    text("outcome_fingerprint"),
  ];
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    throw new ExperimentError(
      "factors",
      `got one whose column is ${twice}`,
      "names that no other column has",
    );
  }
  return {
    name: "results",
    columns,
    rowsOf: (run) => {
      const { factors: texts } = points[run.point]!;
      const head: Cell[] = [
        experiment,
        run.point,
        ...factors.map(({ factor, read }) => read(texts[factor]!)),
        run.repetition,
        run.seed,
        run.status,
        run.reason,
        replay(run),
      ];
      const tail: Cell[] = [run.events, run.outcomeFingerprint];
      if (run.readers.length === 0) {
        const empty = columns.length - head.length - tail.length;
        return [[...head, ...Array.from({ length: empty }, () => null), ...tail]];
      }
      return run.readers.map((one) => [
        ...head,
        one.reader,
        one.topic,
        one.isolationLevel,
        one.deliveryGuarantee,
        one.sloMet,
        one.simulatedS,
        one.warmUpS,
        one.recordsMeasured,
        ...one.metrics,
        ...tail,
      ]);
    },
  };
}

function text(name: string): TableColumn {
  return { name, type: "text" };
}

function whole(name: string): TableColumn {
  return { name, type: "whole" };
}

function number(name: string): TableColumn {
  return { name, type: "number" };
}

function boolean(name: string): TableColumn {
  return { name, type: "boolean" };
}
