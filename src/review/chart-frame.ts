import { THEME, VEGA_LITE } from "../charts/index.ts";
import type { ChartSpec } from "../experiment/index.ts";

/** A chart of the review. Its title is the page's to set, in the page's font. */
export interface ReviewChart {
  readonly name: string;
  /** What the data say. */
  readonly finding: string;
  /** What is shown. */
  readonly shown: string;
  readonly spec: ChartSpec;
}

/** Two charts stand side by side on a laptop, one fills a telephone. */
export const WIDTH = 330;

/** A small chart on the ground of the page, whatever font that has: a legend has one entry a line. */
export function framed(
  name: string,
  finding: string,
  shown: string,
  body: Readonly<Record<string, unknown>>,
): ReviewChart {
  const legend = {
    ...THEME.legend,
    direction: "vertical",
    columns: 1,
    labelFontSize: 12,
    rowPadding: 3,
    offset: 8,
  };
  const config = { ...THEME, background: null, padding: 4, legend };
  return { name, finding, shown, spec: { $schema: VEGA_LITE, width: WIDTH, ...body, config } };
}

/** A dotted vertical line at the configured interval. @param x channel of the interval. */
export function configuredMark(
  intervalMs: number,
  x: Readonly<Record<string, unknown>>,
  color: string,
  quiet: string,
) {
  return {
    data: { values: [{ x: intervalMs, label: "configured" }] },
    layer: [
      { mark: { type: "rule", aria: false, color, strokeDash: [2, 3] }, encoding: { x } },
      {
        mark: { type: "text", aria: false, align: "left", baseline: "top", dx: 4, color: quiet },
        encoding: { x, y: { value: 2 }, text: { field: "label" } },
      },
    ],
  };
}

/** How a series of a line chart looks. */
export interface SeriesStyle {
  readonly name: string;
  readonly shape: string;
  readonly dash: readonly number[];
}

/** Channels of colour and dash over the field `series`, under one legend of strokes. */
export function strokeScales(styles: readonly SeriesStyle[], colors: readonly string[]) {
  const domain = styles.map(({ name }) => name);
  const legend = { title: null, symbolType: "stroke", symbolSize: 400, symbolStrokeWidth: 2.5 };
  const channel = { field: "series", type: "nominal", legend };
  return {
    color: { ...channel, scale: { domain, range: [...colors] } },
    strokeDash: { ...channel, scale: { domain, range: styles.map(({ dash }) => [...dash]) } },
  };
}

/** A layer of points for each series, in its shape, without a say in the legend; each says its field `said`. */
export function pointLayers(
  styles: readonly SeriesStyle[],
  channels: Readonly<Record<string, object>>,
): object[] {
  return styles.map(({ name, shape }) => ({
    transform: [{ filter: { field: "series", equal: name } }],
    mark: { type: "point", filled: true, opacity: 1, shape },
    encoding: { ...channels, description: { field: "said" } },
  }));
}
