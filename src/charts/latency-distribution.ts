import type { Chart, ChartSpec, SweepResults } from "../experiment/index.ts";
import { durationAxis, durationScale } from "./duration-axis.ts";
import { partOf, pick, type Where } from "./find-points.ts";
import { CHART_HEIGHT, CHART_WIDTH, COLORS, seriesScales, THEME, titled, VEGA_LITE } from "./theme.ts";

/** The share of records that come later than a latency. */
export interface LatencyDistributionOptions {
  readonly name?: string;
  readonly finding: (results: SweepResults) => string;
  readonly shown: string;
  readonly where?: Where;
  /** What the curves are told apart by: a factor, or `reader`. */
  readonly series: string;
  readonly seriesTitle: string;
}

/** Shares that the axis names, from the whole down to one in ten thousand. */
const SHARES = [1, 0.5, 0.1, 0.01, 0.001, 0.0001];

/** Complementary cumulative distribution of the latency, both axes logarithmic, so that the tail has as much room as the bulk. */
export function latencyDistribution(options: LatencyDistributionOptions): Chart {
  return {
    name: options.name ?? "latency-distribution",
    draw: (results) => drawDistribution(results, options),
  };
}

function drawDistribution(results: SweepResults, options: LatencyDistributionOptions): ChartSpec {
  const { series, seriesTitle, finding, shown, where = {} } = options;
  const rows = pick(results, where).flatMap((summary) => {
    const name = String(partOf(summary, series));
    const buckets = results.histograms.filter(
      ({ point, reader }) => point === summary.point && reader === summary.reader,
    );
    return tailOf(buckets).map(({ ms, later }) => ({ ms, later, series: name }));
  });
  const names = [...new Set(rows.map((row) => row.series))];
  const scales = seriesScales(names);
  const xs = rows.map(({ ms }) => ms);
  const x = {
    field: "ms",
    type: "quantitative",
    title: "latency, from a record's creation to its delivery",
    scale: durationScale(xs),
    axis: durationAxis(xs),
  };
  const share = {
    type: "quantitative",
    title: "share of records that come later",
    scale: { type: "log", domain: [0.0001, 1], clamp: true },
    axis: { values: SHARES, labelExpr: "format(datum.value * 100, '~r') + ' %'", grid: true },
  };
  return {
    $schema: VEGA_LITE,
    title: titled(finding(results), shown),
    width: CHART_WIDTH,
    height: CHART_HEIGHT,
    layer: [
      {
        data: {
          values: [0.5, 0.01].map((later) => ({
            later,
            label: later === 0.5 ? "half of the records" : "one in a hundred: p99",
            ms: Math.max(...xs),
          })),
        },
        layer: [
          {
            mark: { type: "rule", color: COLORS.law, strokeDash: [2, 3] },
            encoding: { y: { ...share, field: "later" } },
          },
        ],
      },
      {
        data: { values: rows },
        mark: { type: "line", interpolate: "linear" },
        encoding: {
          x,
          y: { ...share, field: "later" },
          color: {
            field: "series",
            type: "nominal",
            scale: scales.color,
            legend: names.length > 1 ? { title: seriesTitle, symbolType: "stroke" } : null,
          },
          strokeDash: {
            field: "series",
            type: "nominal",
            scale: scales.dash,
            legend: names.length > 1 ? { title: seriesTitle, symbolType: "stroke" } : null,
          },
        },
      },
    ],
    config: THEME,
  };
}

/** The share of values above the end of each stretch, down to 1 in 10,000. */
function tailOf(
  buckets: readonly { readonly fromMs: number; readonly toMs: number; readonly records: number }[],
) {
  const total = buckets.reduce((sum, { records }) => sum + records, 0);
  const tail: { ms: number; later: number }[] = [];
  const first = buckets[0];
  if (first === undefined) return tail;
  tail.push({ ms: Math.max(first.fromMs, first.toMs / 2), later: 1 });
  let below = 0;
  for (const { toMs, records } of buckets) {
    below += records;
    const later = 1 - below / total;
    if (later < 0.0001) {
      tail.push({ ms: toMs, later: 0.0001 });
      break;
    }
    tail.push({ ms: toMs, later });
  }
  return tail;
}
