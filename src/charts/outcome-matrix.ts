import type { Chart, ChartSpec, PointSummary, SweepResults } from "../experiment/index.ts";
import { pick, valueLabel, type Where } from "./find-points.ts";
import { CHART_WIDTH, COLORS, THEME, titled, VEGA_LITE } from "./theme.ts";

/** What came of a combination. */
export interface Outcome {
  /** A word or a figure. */
  readonly text: string;
  readonly isFine: boolean;
}

/** Two factors crossed, and in each cell what came of the combination. */
export interface OutcomeMatrixOptions {
  readonly name: string;
  readonly finding: (results: SweepResults) => string;
  readonly shown: string;
  readonly where?: Where;
  readonly x: { readonly factor: string; readonly title: string };
  readonly y: { readonly factor: string; readonly title: string };
  /** Of a point that ran. */
  readonly ran: (summary: PointSummary) => Outcome;
  /** Of a point that could not be run, with the reason. */
  readonly refused?: (reason: string) => Outcome;
}

const ROW_HEIGHT = 44;
/** Room for the labels of the rows. */
const MARGIN = 64;

/** Cells, light where it goes well and dark where it doesn't, each with its word. */
export function outcomeMatrix(options: OutcomeMatrixOptions): Chart {
  return { name: options.name, draw: (results) => drawMatrix(results, options) };
}

function drawMatrix(results: SweepResults, options: OutcomeMatrixOptions): ChartSpec {
  const { x, y, ran, refused, where = {}, finding, shown } = options;
  const cell = (factors: PointSummary["factors"], { text, isFine }: Outcome) => ({
    x: valueLabel(results, x.factor, factors[x.factor]),
    y: valueLabel(results, y.factor, factors[y.factor]),
    text,
    isFine,
  });
  const cells = [
    ...pick(results, where).map((summary) => cell(summary.factors, ran(summary))),
    ...(refused === undefined
      ? []
      : results.failures.map(({ factors, reason }) => cell(factors, refused(reason)))),
  ];
  const axis = (factor: string, field: "x" | "y") => {
    const values = [...results.summaries, ...results.failures].map(({ factors }) => factors[factor]!);
    const sorted = [...new Set(values)].sort((a, b) =>
      typeof a === "number" && typeof b === "number" ? a - b : 0,
    );
    const names = sorted.map((value) => valueLabel(results, factor, value));
    return { names: names.filter((name) => cells.some((one) => one[field] === name)) };
  };
  const columns = axis(x.factor, "x").names;
  const rows = axis(y.factor, "y").names.toReversed();
  const place = {
    x: {
      field: "x",
      type: "ordinal",
      sort: columns,
      title: x.title,
      axis: { labelAngle: 0, ticks: false, domain: false, orient: "bottom", labelFontSize: 13 },
    },
    y: {
      field: "y",
      type: "ordinal",
      sort: rows,
      title: y.title,
      axis: {
        ticks: false,
        domain: false,
        labelFontSize: 13,
        titleAngle: 0,
        titleAlign: "left",
        titleBaseline: "bottom",
        titleX: -MARGIN,
        titleY: -10,
        minExtent: MARGIN,
      },
    },
  };
  const choice = (fine: string, bad: string) => ({
    condition: { test: "datum.isFine", value: fine },
    value: bad,
  });
  return {
    $schema: VEGA_LITE,
    title: titled(finding(results), shown),
    width: CHART_WIDTH,
    height: rows.length * ROW_HEIGHT,
    data: { values: cells },
    layer: [
      {
        mark: { type: "rect", stroke: "#ffffff", strokeWidth: 3 },
        encoding: { ...place, color: choice(COLORS.fine, COLORS.bad) },
      },
      {
        mark: { type: "text", fontSize: 13, baseline: "middle" },
        encoding: { ...place, text: { field: "text" }, color: choice(COLORS.ink, "#ffffff") },
      },
    ],
    config: THEME,
  };
}
