import type { Metric, PointSummary, SweepResults } from "../../experiment/index.ts";
import { formatCount } from "../format-quantity.ts";
import { type Column, renderPlainTable } from "../plain-table.ts";
import type { Colors } from "../terminal.ts";
import { formatMean } from "./format-mean.ts";

/** Means over the repetitions with their 95 % intervals, one line a point and reader, and what could not be run. Ends with a newline.
 *  @param most how many lines of the table. */
export function renderSweepReport(
  results: SweepResults,
  metrics: readonly Metric[],
  colors: Colors,
  most = Number.POSITIVE_INFINITY,
): string {
  const { failures, factors } = results;
  const summaries = results.summaries.slice(0, most);
  const left = results.summaries.length - summaries.length;
  const columns: Column<PointSummary>[] = [
    { header: "point", align: "right", cell: (row) => String(row.point) },
    ...factors.map(
      ({ factor, column }): Column<PointSummary> => ({
        header: column,
        align: "right",
        cell: (row) => String(row.factors[factor]),
      }),
    ),
    { header: "reader", align: "left", cell: (row) => row.reader },
    ...metrics.map(
      (metric): Column<PointSummary> => ({
        header: metric,
        align: "right",
        cell: (row) => formatMean(row.metrics[metric]),
      }),
    ),
    { header: "runs", align: "right", cell: (row) => String(row.repetitions) },
  ];
  const table = summaries.length === 0 ? [] : renderPlainTable(summaries, columns, 2, colors);
  return [
    results.question,
    "",
    ...table,
    ...(left > 0 ? [`… and ${formatCount(left)} lines more in report.txt`] : []),
    ...failures.map(({ point, reason }) => `point ${point} could not be run: ${reason}`),
    "",
    "mean ± half-width of its 95 % interval over the repetitions; ± 0: the same in each",
    "",
  ].join("\n");
}
