import type { Chart, ChartSpec, Metric, SweepResults } from "../experiment/index.ts";
import { labelOf, pick, type Where } from "./find-points.ts";
import { formatMs } from "./format-quantity.ts";
import { CHART_WIDTH, FAILURE_PHASES, THEME, titled, VEGA_LITE } from "./theme.ts";

/** What the time from a crash until nothing is late any more consists of. */
export interface RecoverySplitOptions {
  readonly name?: string;
  readonly finding: (results: SweepResults) => string;
  readonly shown: string;
  /** Points, and one reader. */
  readonly where: Where;
  /** What the bars are: a factor, or several. */
  readonly by: string | readonly string[];
  readonly byTitle?: string;
}

const PARTS: readonly { readonly metric: Metric; readonly phase: string }[] = [
  { metric: "noticed_ms", phase: "until noticed" },
  { metric: "restart_ms", phase: "restart" },
  { metric: "restore_ms", phase: "restore" },
  { metric: "catch_up_ms", phase: "catch-up" },
];
const BAR_HEIGHT = 34;
/** Share of the longest bar below which a part has no figure of its own. */
const LEAST_SHARE = 0.07;

/** A bar for each point, in four parts that follow each other: until the job notices, until its tasks can be deployed, until
 *  they run, until nothing is late. */
export function recoverySplit(options: RecoverySplitOptions): Chart {
  return { name: options.name ?? "recovery-split", draw: (results) => drawSplit(results, options) };
}

function drawSplit(results: SweepResults, options: RecoverySplitOptions): ChartSpec {
  const { where, by, byTitle = null, finding, shown } = options;
  const summaries = pick(results, where);
  const nameOf = (summary: (typeof summaries)[number]): string =>
    [by]
      .flat()
      .map((part) => labelOf(results, summary, part))
      .join(", ");
  const bars = summaries.map((summary) => {
    let end = 0;
    const parts = PARTS.map(({ metric, phase }) => {
      const ms = Math.max(0, summary.metrics[metric].mean || 0);
      const from = end;
      end += ms;
      return { by: nameOf(summary), phase, from: from / 1000, to: end / 1000, ms };
    });
    return { parts, total: { by: nameOf(summary), end: end / 1000, label: formatMs(end) } };
  });
  const longest = Math.max(...bars.map(({ total }) => total.end));
  const names = bars.map(({ total }) => total.by);
  const y = {
    field: "by",
    type: "nominal",
    sort: names,
    title: byTitle,
    axis: { ticks: false, domain: false, labelFontSize: 13, labelPadding: 6, labelLimit: 320 },
  };
  const phases = Object.keys(FAILURE_PHASES);
  const rows = bars.flatMap(({ parts }) => parts).filter(({ ms }) => ms > 0);
  return {
    $schema: VEGA_LITE,
    title: titled(finding(results), shown),
    width: CHART_WIDTH,
    height: names.length * BAR_HEIGHT,
    layer: [
      {
        data: { values: rows },
        mark: { type: "bar", height: BAR_HEIGHT * 0.65 },
        encoding: {
          y,
          x: {
            field: "from",
            type: "quantitative",
            title: "time since the crash (s)",
            scale: { domain: [0, longest * 1.12] },
            axis: { grid: true },
          },
          x2: { field: "to" },
          color: {
            field: "phase",
            type: "nominal",
            title: null,
            sort: phases,
            scale: { domain: phases, range: Object.values(FAILURE_PHASES) },
            legend: { symbolType: "square" },
          },
        },
      },
      {
        data: {
          values: rows
            .filter(({ ms }) => ms / 1000 >= LEAST_SHARE * longest)
            .map((row) => ({ ...row, middle: (row.from + row.to) / 2, label: formatMs(row.ms) })),
        },
        mark: { type: "text", baseline: "middle" },
        encoding: {
          y,
          x: { field: "middle", type: "quantitative" },
          text: { field: "label" },
          color: {
            condition: { test: "datum.phase === 'until noticed'", value: "#ffffff" },
            value: "#1b1f24",
          },
        },
      },
      {
        data: { values: bars.map(({ total }) => total) },
        mark: { type: "text", align: "left", baseline: "middle", dx: 8, fontWeight: 600 },
        encoding: { y, x: { field: "end", type: "quantitative" }, text: { field: "label" } },
      },
    ],
    config: THEME,
  };
}
