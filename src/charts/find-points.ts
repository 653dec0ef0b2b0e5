import {
  ExperimentError,
  type Measured,
  type Metric,
  type PointSummary,
  type SweepResults,
} from "../experiment/index.ts";
import { type MeanWithConfidence, meanWithConfidence } from "../stats/index.ts";
import { formatKnown, formatSetting } from "./format-quantity.ts";

/** Which points and reader: factors by name, `reader` and `isolationLevel` as they are called. */
export type Where = Readonly<Record<string, string | number>>;

/** The summaries that `where` picks, in the order of the table. */
export function pick(results: SweepResults, where: Where): readonly PointSummary[] {
  return results.summaries.filter((summary) =>
    Object.entries(where).every(([name, wanted]) => partOf(summary, name) === wanted),
  );
}

/** A factor's value, or the reader, its isolation level or its guarantee. */
export function partOf(summary: PointSummary, name: string): string | number | undefined {
  if (name === "reader") return summary.reader;
  if (name === "isolationLevel") return summary.isolationLevel;
  return summary.factors[name];
}

/** What a chart calls a summary's part: as `partOf`, a duration with its unit. */
export function labelOf(results: SweepResults, summary: PointSummary, name: string): string {
  return valueLabel(results, name, partOf(summary, name));
}

/** A factor's value as text, a duration with its unit. */
export function valueLabel(results: SweepResults, name: string, value: string | number | undefined): string {
  const factor = results.factors.find((one) => one.factor === name);
  return factor?.column.endsWith("_ms") ? formatSetting(Number(value)) : String(value);
}

/** The one summary that `where` picks.
 *  @throws ExperimentError unless it is exactly one. */
export function only(results: SweepResults, where: Where): PointSummary {
  const found = pick(results, where);
  if (found.length === 1) return found[0]!;
  throw new ExperimentError(
    `the results of ${results.experiment}`,
    `got ${found.length} points and readers with ${JSON.stringify(where)}`,
    "one",
  );
}

/** The mean of a metric where `where` picks one summary. */
export function mean(results: SweepResults, where: Where, metric: Metric): number {
  return only(results, where).metrics[metric].mean;
}

/** The mean of a metric where `where` picks one summary, as text with no more digits than are known of it. */
export function known(results: SweepResults, where: Where, metric: Metric): string {
  return formatKnown(metric, only(results, where).metrics[metric]).replace("~", "about ");
}

/** What is over the line, multiplied, by what is under it, repetition by repetition of the same seed, with its 95 % interval. */
export function ratio(
  results: SweepResults,
  over: readonly Measured[],
  under: readonly Measured[],
): MeanWithConfidence {
  const valuesOf = ([where, metric]: Measured): readonly number[] => only(results, where).values[metric];
  const product = (all: readonly Measured[], i: number): number =>
    all.reduce((made, one) => made * valuesOf(one)[i]!, 1);
  const count = Math.min(...[...over, ...under].map((one) => valuesOf(one).length));
  const ratios = Array.from({ length: count }, (_, i) => product(over, i) / product(under, i));
  return meanWithConfidence(
    ratios.filter((one) => Number.isFinite(one)),
    0.95,
  );
}

/** What one metric is of it and another together, repetition by repetition, with its 95 % interval. */
export function share({ values }: PointSummary, part: Metric, rest: Metric): MeanWithConfidence {
  const shares = values[part].map((value, i) => value / (value + values[rest][i]!));
  return meanWithConfidence(
    shares.filter((one) => Number.isFinite(one)),
    0.95,
  );
}

/** The largest value of a numeric factor up to which a metric stays at or below a bound: linear between the points around it.
 *  `all`: it is met at every point; `none`: not even at the first. */
export function largestWithin(
  results: SweepResults,
  where: Where,
  factor: string,
  metric: Metric,
  bound: number,
): number | "all" | "none" {
  const line = pick(results, where)
    .map((summary) => [Number(summary.factors[factor]), summary.metrics[metric].mean] as const)
    .sort(([a], [b]) => a - b);
  const over = line.findIndex(([, value]) => value > bound);
  if (over < 0) return "all";
  if (over === 0) return "none";
  const [x0, y0] = line[over - 1]!;
  const [x1, y1] = line[over]!;
  return x0 + ((bound - y0) / (y1 - y0)) * (x1 - x0);
}
