import { type MeanWithConfidence, meanWithConfidence } from "../stats/index.ts";
import { METRICS, type Metric } from "./experiment.ts";
import type { Cell } from "./result-tables.ts";

const CONFIDENCE = 0.95;

/** What the charts and the terminal show of a sweep. */
export interface SweepResults {
  readonly experiment: string;
  readonly question: string;
  readonly factors: readonly ResultFactor[];
  /** By point and reader, in the order of the table. */
  readonly summaries: readonly PointSummary[];
  /** Latencies over all repetitions of a point. */
  readonly histograms: readonly HistogramRow[];
  readonly timeline: readonly TimelineEntry[];
  /** What readers and tasks went through, in the first repetition. */
  readonly series: readonly SeriesEntry[];
  /** Points of which a repetition could not be run, with the reason of the first. */
  readonly failures: readonly PointFailure[];
}

/** A point that could not be run. */
export interface PointFailure {
  readonly point: number;
  readonly factors: PointSummary["factors"];
  readonly reason: string;
}

/** A factor as the result table has it. */
export interface ResultFactor {
  readonly factor: string;
  readonly column: string;
  readonly type: "number" | "text";
}

/** What a reader saw at one point, over the repetitions. */
export interface PointSummary {
  readonly point: number;
  /** By factor, in the unit of its column. */
  readonly factors: Readonly<Record<string, string | number>>;
  readonly reader: string;
  readonly topic: string;
  readonly isolationLevel: string;
  readonly deliveryGuarantee: string;
  /** Simulated time under load, s. */
  readonly simulatedS: number;
  readonly repetitions: number;
  readonly seeds: readonly string[];
  /** Of the repetitions that measured it: mean and its 95 % interval. */
  readonly metrics: Readonly<Record<Metric, MeanWithConfidence>>;
  /** By repetition; NaN: not measured. */
  readonly values: Readonly<Record<Metric, readonly number[]>>;
  /** null: there is no SLO. */
  readonly sloMet: boolean | null;
}

export interface HistogramRow {
  readonly point: number;
  readonly reader: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly records: number;
}

export interface TimelineEntry {
  readonly point: number;
  readonly job: string;
  readonly checkpoint: number;
  readonly participant: string;
  readonly phase: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SeriesEntry {
  readonly point: number;
  readonly subject: string;
  readonly measure: string;
  readonly fromMs: number;
  readonly value: number;
}

/** A row of a table by column. */
export type NamedRow = Readonly<Record<string, Cell>>;

/** The rows of `results`, in their order, as one summary a point and reader. */
export function summarise(rows: readonly NamedRow[], factors: readonly ResultFactor[]): PointSummary[] {
  const groups = Map.groupBy(
    rows.filter((row) => row["reader"] !== null),
    (row) => `${row["point"]}/${row["reader"]}`,
  );
  return [...groups.values()].map((group) => {
    const first = group[0]!;
    const valuesOf = (metric: Metric): number[] =>
      group.map((row) => (row[metric] === null ? Number.NaN : Number(row[metric])));
    const values = byMetric(valuesOf);
    const slos = group.flatMap((row) => (typeof row["slo_met"] === "boolean" ? [row["slo_met"]] : []));
    return {
      point: Number(first["point"]),
      factors: factorsOf(first, factors),
      reader: String(first["reader"]),
      topic: String(first["topic"]),
      isolationLevel: String(first["isolation_level"]),
      deliveryGuarantee: String(first["delivery_guarantee"]),
      simulatedS: Number(first["simulated_s"]),
      repetitions: group.length,
      seeds: group.map((row) => String(row["seed"])),
      metrics: byMetric((metric) =>
        meanWithConfidence(
          values[metric].filter((value) => !Number.isNaN(value)),
          CONFIDENCE,
        ),
      ),
      values,
      sloMet: slos.length === 0 ? null : slos.every((met) => met),
    };
  });
}

/** The first reason of each point that has a row without reader. */
export function failuresOf(rows: readonly NamedRow[], factors: readonly ResultFactor[]): PointFailure[] {
  const failed = rows.filter((row) => row["reader"] === null);
  const groups = Map.groupBy(failed, (row) => Number(row["point"]));
  return [...groups].map(([point, group]) => ({
    point,
    factors: factorsOf(group[0]!, factors),
    reason: String(group[0]!["reason"]),
  }));
}

function factorsOf(row: NamedRow, factors: readonly ResultFactor[]): PointSummary["factors"] {
  return Object.fromEntries(
    factors.map(({ factor, column, type }) => [
      factor,
      type === "number" ? Number(row[column]) : String(row[column]),
    ]),
  );
}

function byMetric<Value>(of: (metric: Metric) => Value): Readonly<Record<Metric, Value>> {
  // METRICS holds every Metric.
  return Object.fromEntries(METRICS.map((metric) => [metric, of(metric)])) as Record<Metric, Value>;
}
