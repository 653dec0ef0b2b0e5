import type { Chart, ChartSpec, Metric, PointSummary, SweepResults } from "../experiment/index.ts";
import { countAxis, countScale, durationAxis, durationScale } from "./duration-axis.ts";
import { labelOf, pick, type Where } from "./find-points.ts";
import { isTime } from "./format-quantity.ts";
import { CHART_HEIGHT, CHART_WIDTH, COLORS, seriesScales, THEME, titled, VEGA_LITE } from "./theme.ts";

/** A metric against a numeric factor, one line a series, with 95 % intervals. */
export interface LineChartOptions {
  readonly name: string;
  /** Title: what the data say. */
  readonly finding: (results: SweepResults) => string;
  /** Below the title: what is shown. */
  readonly shown: string;
  /** Points and reader to show; default: all. */
  readonly where?: Where;
  /** A factor in ms. */
  readonly x: { readonly factor: string; readonly title: string };
  /** A metric in ms or a count. */
  readonly y: { readonly metric: Metric; readonly title: string };
  /** What the lines are told apart by: a factor, or `reader`; or metrics of some points each, in the unit of `y`. */
  readonly series: string | readonly MetricLine[];
  /** What the legend calls it. */
  readonly seriesTitle: string;
  /** Closed forms, drawn thin and grey: label, and value by point. */
  readonly laws?: (results: SweepResults) => readonly LawPoint[];
  /** A horizontal line: an SLO. */
  readonly goal?: { readonly ms: number; readonly label: string };
}

/** One line: a metric where `where` picks one summary for each value of the x factor. */
export interface MetricLine {
  readonly label: string;
  readonly metric: Metric;
  readonly where: Where;
}

export interface LawPoint {
  readonly law: string;
  readonly x: number;
  readonly y: number;
}

/** Latencies and intervals span decades, so both axes are logarithmic. */
export function lineChart(options: LineChartOptions): Chart {
  return { name: options.name, draw: (results) => drawLines(results, options) };
}

function drawLines(results: SweepResults, options: LineChartOptions): ChartSpec {
  const { x, y, series, seriesTitle, goal } = options;
  const rowOf = (summary: PointSummary, metric: Metric, label: string) => {
    const { mean, halfWidth } = summary.metrics[metric];
    const half = Number.isFinite(halfWidth) ? halfWidth : 0;
    return {
      x: Number(summary.factors[x.factor]),
      y: mean,
      low: Math.max(mean - half, mean / 10),
      high: mean + half,
      series: label,
      dash: label,
      guarantee: summary.deliveryGuarantee,
    };
  };
  const rows =
    typeof series === "string"
      ? pick(results, options.where ?? {}).map((summary) =>
          rowOf(summary, y.metric, labelOf(results, summary, series)),
        )
      : series.flatMap(({ label, metric, where }) =>
          pick(results, where).map((summary) => rowOf(summary, metric, label)),
        );
  const lines = new Map(rows.map((row) => [row.series, row.guarantee]));
  const names = [...lines.keys()];
  const scales = seriesScales(names, [...lines.values()]);
  const laws = options.laws?.(results) ?? [];
  const xs = rows.map((row) => row.x);
  const ys = [
    ...rows.flatMap(({ low, high }) => [low, high]),
    ...laws.map((law) => law.y),
    ...(goal ? [goal.ms] : []),
  ];
  const horizontal = {
    field: "x",
    type: "quantitative",
    title: x.title,
    scale: durationScale(xs),
    axis: durationAxis(xs),
  };
  const vertical = {
    field: "y",
    type: "quantitative",
    title: y.title,
    scale: isTime(y.metric) ? durationScale(ys) : countScale(ys),
    axis: { ...(isTime(y.metric) ? durationAxis(ys) : countAxis(ys)), grid: true },
  };
  const legend = names.length > 1 ? { title: seriesTitle, symbolStrokeWidth: 0 } : null;
  const layer: object[] = [];
  if (laws.length > 0) {
    layer.push({
      data: { values: laws },
      mark: { type: "line", color: COLORS.law, strokeWidth: 6, opacity: 0.45 },
      encoding: { x: horizontal, y: vertical, detail: { field: "law" } },
    });
    const ends = Map.groupBy(laws, ({ law }) => law);
    layer.push({
      data: { values: [...ends].map(([law, points]) => ({ ...points.at(-1)!, law })) },
      mark: { type: "text", align: "right", baseline: "bottom", dx: -6, dy: -10, color: COLORS.quiet },
      encoding: { x: horizontal, y: vertical, text: { field: "law" } },
    });
  }
  if (goal !== undefined) {
    layer.push({
      data: { values: [{ y: goal.ms, x: Math.min(...xs), label: goal.label }] },
      layer: [
        { mark: { type: "rule", color: COLORS.goal, strokeWidth: 1.5 }, encoding: { y: vertical } },
        {
          mark: { type: "text", align: "left", baseline: "bottom", dx: 4, dy: -4, color: COLORS.goal },
          encoding: { x: horizontal, y: vertical, text: { field: "label" } },
        },
      ],
    });
  }
  const color = { field: "series", type: "nominal", scale: scales.color, legend };
  layer.push(
    {
      mark: { type: "line" },
      encoding: {
        x: horizontal,
        y: vertical,
        color,
        strokeDash: { field: "dash", type: "nominal", scale: scales.dash, legend: null },
      },
    },
    {
      mark: { type: "rule", strokeWidth: 1.5 },
      encoding: { x: horizontal, y: { ...vertical, field: "low" }, y2: { field: "high" }, color },
    },
    {
      mark: { type: "point", filled: true, opacity: 1 },
      encoding: {
        x: horizontal,
        y: vertical,
        color,
        shape: { field: "series", type: "nominal", scale: scales.shape, legend },
        tooltip: [
          { field: "series", type: "nominal", title: seriesTitle },
          { field: "x", type: "quantitative", title: x.title },
          { field: "y", type: "quantitative", title: y.title, format: ".4s" },
        ],
      },
    },
  );
  return {
    $schema: VEGA_LITE,
    title: titled(options.finding(results), options.shown),
    width: CHART_WIDTH,
    height: CHART_HEIGHT,
    data: { values: rows },
    layer,
    config: THEME,
  };
}
