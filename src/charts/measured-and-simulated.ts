import type { ChartSpec } from "../experiment/index.ts";
import { durationAxis, durationScale } from "./duration-axis.ts";
import { CHART_HEIGHT, CHART_WIDTH, COLORS, seriesScales, THEME, titled, VEGA_LITE } from "./theme.ts";

/** One quantity as it was measured and as it was simulated. */
export interface OverlayLine {
  readonly series: string;
  readonly measured: readonly OverlayPoint[];
  readonly simulated: readonly OverlayPoint[];
}

export interface OverlayPoint {
  readonly x: number;
  /** ms */
  readonly ms: number;
}

export interface OverlayOptions {
  readonly finding: string;
  readonly shown: string;
  readonly x: { readonly title: string; readonly percent: boolean };
  readonly yTitle: string;
  readonly lines: readonly OverlayLine[];
  /** A vertical line: when something was done to the run. */
  readonly moment?: { readonly x: number; readonly label: string };
}

/** Where the label of a moment stands, from the top: between what is late and what is not. */
const LABEL_HEIGHT = 0.55;
const MEASURED = "measured (dots)";
const SIMULATED = "simulated (line)";

/** Latencies of a measured run as dots, and of its simulation as lines of the same colour. */
export function measuredAndSimulated(options: OverlayOptions): ChartSpec {
  const { lines, finding, shown, yTitle, moment } = options;
  const names = lines.map(({ series }) => series);
  const scales = seriesScales(names);
  const rows = lines.flatMap(({ series, measured, simulated }) => [
    ...measured.map((point) => ({ ...point, series, kind: MEASURED })),
    ...simulated.map((point) => ({ ...point, series, kind: SIMULATED })),
  ]);
  const times = rows.map(({ ms }) => ms);
  const x = {
    field: "x",
    type: "quantitative",
    title: options.x.title,
    scale: { zero: false, nice: false },
    axis: { grid: false, tickCount: 10, ...(options.x.percent ? { labelExpr: "datum.value + ' %'" } : {}) },
  };
  const y = {
    field: "ms",
    type: "quantitative",
    title: yTitle,
    scale: durationScale(times),
    axis: { ...durationAxis(times), grid: true },
  };
  const color = {
    field: "series",
    type: "nominal",
    scale: scales.color,
    legend: { title: `${MEASURED}, ${SIMULATED}`, symbolType: "circle" },
  };
  return {
    $schema: VEGA_LITE,
    title: titled(finding, shown),
    width: CHART_WIDTH,
    height: CHART_HEIGHT,
    layer: [
      ...(moment === undefined ? [] : momentLayers(moment)),
      {
        data: { values: rows.filter(({ kind }) => kind === MEASURED) },
        mark: { type: "point", filled: true, size: 26, opacity: 0.6, clip: true },
        encoding: { x, y, color },
      },
      {
        data: { values: rows.filter(({ kind }) => kind === SIMULATED) },
        mark: { type: "line", strokeWidth: 2, clip: true },
        encoding: { x, y, color },
      },
    ],
    config: THEME,
  };
}

function momentLayers({ x, label }: { readonly x: number; readonly label: string }) {
  const data = { values: [{ x, label }] };
  const encoding = { x: { field: "x", type: "quantitative" } };
  return [
    { data, mark: { type: "rule", color: COLORS.goal, strokeDash: [2, 3] }, encoding },
    {
      data,
      mark: { type: "text", align: "left", dx: 5, color: COLORS.goal },
      encoding: {
        ...encoding,
        y: { value: CHART_HEIGHT * LABEL_HEIGHT },
        text: { field: "label", type: "nominal" },
      },
    },
  ];
}
