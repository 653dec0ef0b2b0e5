import type { Chart, ChartSpec, SweepResults } from "../experiment/index.ts";
import { labelOf, pick, type Where } from "./find-points.ts";
import { CHART_HEIGHT, CHART_WIDTH, seriesScales, THEME, titled, VEGA_LITE } from "./theme.ts";

/** How many records a reader is behind another one of the same topic. */
export interface ReaderLagOptions {
  readonly name?: string;
  readonly finding: (results: SweepResults) => string;
  readonly shown: string;
  readonly where?: Where;
  /** Who is behind whom, by name. */
  readonly behind: string;
  readonly ahead: string;
  /** What the lines are told apart by: a factor. */
  readonly series: string;
  readonly seriesTitle: string;
  /** s of simulated time. */
  readonly from: number;
  readonly until: number;
}

/** One instant of a point. */
export interface LagRow {
  readonly series: string;
  /** s. */
  readonly at: number;
  readonly lag: number;
}

/** What `ahead` has had and `behind` hasn't, at the end of each slot of an experiment that keeps series. */
export function lagRows(
  results: SweepResults,
  options: Omit<ReaderLagOptions, "finding" | "shown">,
): LagRow[] {
  const { where = {}, behind, ahead, series, from, until } = options;
  return pick(results, { ...where, reader: behind }).flatMap((summary) => {
    const got = (reader: string) =>
      new Map(
        results.series
          .filter(
            (one) =>
              one.point === summary.point && one.subject === reader && one.measure === "delivered_records",
          )
          .map(({ fromMs, value }) => [fromMs, value]),
      );
    const others = got(ahead);
    const own = got(behind);
    let lag = 0;
    return [...others].flatMap(([fromMs, records]) => {
      lag += records - (own.get(fromMs) ?? 0);
      const at = fromMs / 1000;
      return at >= from && at <= until ? [{ series: labelOf(results, summary, series), at, lag }] : [];
    });
  });
}

/** The lag through time, one line a series. */
export function readerLag(options: ReaderLagOptions): Chart {
  return { name: options.name ?? "reader-lag", draw: (results) => drawLag(results, options) };
}

function drawLag(results: SweepResults, options: ReaderLagOptions): ChartSpec {
  const rows = lagRows(results, options).map((row) => ({ ...row, dash: row.series }));
  const names = [...new Set(rows.map((row) => row.series))];
  const scales = seriesScales(names);
  const legend = { title: options.seriesTitle, symbolType: "stroke", symbolStrokeWidth: 2.5 };
  return {
    $schema: VEGA_LITE,
    title: titled(options.finding(results), options.shown),
    width: CHART_WIDTH,
    height: CHART_HEIGHT,
    data: { values: rows },
    mark: { type: "line", strokeWidth: 2 },
    encoding: {
      x: {
        field: "at",
        type: "quantitative",
        title: "simulated time (s)",
        scale: { domain: [options.from, options.until], nice: false },
        axis: { grid: false },
      },
      y: {
        field: "lag",
        type: "quantitative",
        title: `records that ${options.ahead} has had and ${options.behind} hasn't`,
        axis: { grid: true, labelExpr: "format(datum.value, ',')" },
      },
      color: { field: "series", type: "nominal", scale: scales.color, legend },
      strokeDash: { field: "dash", type: "nominal", scale: scales.dash, legend: null },
    },
    config: THEME,
  };
}
