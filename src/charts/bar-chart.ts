import type { Chart, ChartSpec, Metric, SweepResults } from "../experiment/index.ts";
import { labelOf, pick, type Where } from "./find-points.ts";
import { formatKnown, isBytes, isTime } from "./format-quantity.ts";
import { CHART_WIDTH, COLORS, seriesScales, THEME, titled, VEGA_LITE } from "./theme.ts";

/** Metrics, all in ms, all bytes or all counts, for each value of a factor or reader, as bars with their values. */
export interface BarChartOptions {
  readonly name: string;
  readonly finding: (results: SweepResults) => string;
  readonly shown: string;
  readonly where?: Where;
  /** What the bars are: a factor, `reader`, `isolationLevel`, or several of them. */
  readonly by: string | readonly string[];
  /** What the factor is called, beside its values. */
  readonly byTitle?: string;
  readonly metrics: readonly { readonly metric: Metric; readonly title: string }[];
  /** Axis title. */
  readonly title: string;
  /** Grey marks beside the bars: a closed form, ms. */
  readonly laws?: (
    results: SweepResults,
  ) => readonly { readonly by: string; readonly metric: Metric; readonly ms: number }[];
  /** What the grey marks are. */
  readonly lawTitle?: string;
}

const BAR_HEIGHT = 24;

/** Bars with values at their ends and 95 % intervals. Where they show one metric their colours are the guarantees'. */
export function barChart(options: BarChartOptions): Chart {
  return { name: options.name, draw: (results) => drawBars(results, options) };
}

function labelsOf(metric: Metric): string {
  if (isBytes(metric))
    return "datum.value === 0 ? '0' : replace(format(datum.value, '~s'), /([a-zA-Z]?)$/, ' $1') + 'B'";
  if (!isTime(metric)) return "format(datum.value, ',')";
  return "datum.value === 0 ? '0' : datum.value < 1000 ? format(datum.value, '~r') + ' ms' : format(datum.value / 1000, '~r') + ' s'";
}

function drawBars(results: SweepResults, options: BarChartOptions): ChartSpec {
  const { by, metrics, finding, shown, where = {} } = options;
  const titles = metrics.map(({ title }) => title);
  const rows = pick(results, where).flatMap((summary) =>
    metrics.flatMap(({ metric, title }) => {
      const { mean, halfWidth } = summary.metrics[metric];
      // Nothing of the kind happened there.
      if (Number.isNaN(mean)) return [];
      const half = Number.isFinite(halfWidth) ? halfWidth : 0;
      return {
        by: [by]
          .flat()
          .map((part) => labelOf(results, summary, part))
          .join(", "),
        metric: title,
        guarantee: summary.deliveryGuarantee,
        value: mean,
        low: Math.max(0, mean - half),
        high: mean + half,
        label: formatKnown(metric, summary.metrics[metric]),
      };
    }),
  );
  const laws = (options.laws?.(results) ?? []).map((law) => ({
    by: law.by,
    metric: metrics.find(({ metric }) => metric === law.metric)?.title,
    value: law.ms,
  }));
  const names = [...new Set(rows.map((row) => row.by))];
  const guarantees = [...new Set(rows.map(({ guarantee }) => guarantee))];
  const isOne = titles.length === 1;
  const scale = isOne ? seriesScales(guarantees) : seriesScales(titles);
  const y = {
    field: "by",
    type: "nominal",
    sort: names,
    title: options.byTitle ?? null,
    axis: { ticks: false, domain: false, labelFontSize: 13, labelPadding: 6, labelLimit: 320 },
  };
  const yOffset = { field: "metric", sort: titles };
  const most = Math.max(...rows.map(({ high }) => high), ...laws.map(({ value }) => value));
  const x = (field: string) => ({
    field,
    type: "quantitative",
    title: options.title,
    scale: { domain: [0, most * 1.15], nice: true },
    axis: {
      grid: true,
      tickCount: 7,
      labelExpr: labelsOf(metrics[0]!.metric),
    },
  });
  const layer: object[] = [
    {
      mark: { type: "bar" },
      encoding: {
        y,
        yOffset,
        x: x("value"),
        color: {
          field: isOne ? "guarantee" : "metric",
          type: "nominal",
          sort: scale.color.domain,
          scale: scale.color,
          legend: isOne ? null : { title: null, symbolType: "square" },
        },
      },
    },
    {
      mark: { type: "rule", strokeWidth: 1.5, color: COLORS.ink },
      encoding: { y, yOffset, x: x("low"), x2: { field: "high" } },
    },
    {
      mark: { type: "text", align: "left", baseline: "middle", dx: 8 },
      encoding: { y, yOffset, x: x("high"), text: { field: "label" } },
    },
  ];
  if (laws.length > 0) {
    layer.push({
      data: { values: laws },
      mark: { type: "tick", color: COLORS.law, thickness: 4, opacity: 0.9 },
      encoding: { y, yOffset, x: x("value") },
    });
  }
  return {
    $schema: VEGA_LITE,
    title: titled(
      finding(results),
      options.lawTitle === undefined ? shown : `${shown}; grey mark: ${options.lawTitle}`,
    ),
    width: CHART_WIDTH,
    height: names.length * titles.length * BAR_HEIGHT + names.length * 10,
    data: { values: rows },
    layer,
    config: THEME,
  };
}
