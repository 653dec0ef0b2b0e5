import type { Chart, ChartSpec, Metric, SweepResults } from "../experiment/index.ts";
import { labelOf, pick, type Where } from "./find-points.ts";
import { formatKnown } from "./format-quantity.ts";
import { CHART_WIDTH, COLORS, GUARANTEE_COLORS, THEME, titled, VEGA_LITE } from "./theme.ts";

/** What readers see again and what they never see. */
export interface DuplicatesAndLossesOptions {
  readonly name?: string;
  readonly finding: (results: SweepResults) => string;
  readonly shown: string;
  readonly where?: Where;
  /** What the rows are: a factor, `reader`, `isolationLevel`, or several of them. */
  readonly by: readonly string[];
  readonly byTitle?: string;
}

const SIDES: readonly { readonly metric: Metric; readonly title: string }[] = [
  { metric: "records_duplicated", title: "records seen again" },
  { metric: "records_lost", title: "records lost" },
];
const ROW_HEIGHT = 30;
const SPACING = 24;
const SIDE_WIDTH = (CHART_WIDTH - SPACING) / 2;

/** Two columns of bars on one scale, each with its figure: what is seen again, and what is lost. Colours are the guarantees'. */
export function duplicatesAndLosses(options: DuplicatesAndLossesOptions): Chart {
  return {
    name: options.name ?? "duplicates-and-losses",
    draw: (results) => drawBoth(results, options),
  };
}

function drawBoth(results: SweepResults, options: DuplicatesAndLossesOptions): ChartSpec {
  const { by, byTitle = null, where = {}, finding, shown } = options;
  const summaries = pick(results, where);
  const rows = summaries.flatMap((summary) =>
    SIDES.map(({ metric }) => ({
      by: by.map((part) => labelOf(results, summary, part)).join(", "),
      metric,
      guarantee: summary.deliveryGuarantee,
      count: summary.metrics[metric].mean,
      label: summary.metrics[metric].mean === 0 ? "none" : formatKnown(metric, summary.metrics[metric]),
    })),
  );
  const names = [...new Set(rows.map((row) => row.by))];
  const most = Math.max(1, ...rows.map(({ count }) => count));
  const guarantees = [...new Set(rows.map(({ guarantee }) => guarantee))];
  return {
    $schema: VEGA_LITE,
    title: titled(finding(results), shown),
    hconcat: SIDES.map(({ metric, title }, side) => {
      const y = {
        field: "by",
        type: "nominal",
        sort: names,
        title: side === 0 ? byTitle : null,
        axis:
          side === 0
            ? { ticks: false, domain: false, labelFontSize: 13, labelPadding: 6, labelLimit: 320 }
            : null,
      };
      const x = {
        field: "count",
        type: "quantitative",
        title,
        scale: { domain: [0, most * 1.35], nice: false },
        axis: { grid: true, tickCount: 4, labelExpr: "format(datum.value, ',')" },
      };
      return {
        width: SIDE_WIDTH,
        height: names.length * ROW_HEIGHT,
        data: { values: rows.filter((row) => row.metric === metric) },
        layer: [
          {
            mark: { type: "bar", height: ROW_HEIGHT * 0.6 },
            encoding: {
              y,
              x,
              color: {
                field: "guarantee",
                type: "nominal",
                title: null,
                scale: {
                  domain: guarantees,
                  range: guarantees.map((one) => GUARANTEE_COLORS[one] ?? COLORS.law),
                },
                legend: null,
              },
            },
          },
          {
            mark: { type: "text", align: "left", baseline: "middle", dx: 6 },
            encoding: { y, x, text: { field: "label" } },
          },
        ],
      };
    }),
    spacing: SPACING,
    config: THEME,
  };
}
