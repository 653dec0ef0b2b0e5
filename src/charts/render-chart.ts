import type { TopLevelSpec } from "vega-lite";
import type { ChartSpec } from "../experiment/index.ts";
import { FONT_FILES, readFontMetrics } from "./font-metrics.ts";
import { FONT } from "./theme.ts";

/** A chart as SVG, drawn without a browser. @param warn hears what Vega-Lite or Vega thinks is wrong with it. */
export async function renderSvg(
  spec: ChartSpec,
  warn: (message: string) => void = () => {},
): Promise<string> {
  const vega = await import("vega");
  const { compile } = await import("vega-lite");
  measureWithBundledFont(vega);
  const logger = quietLogger(vega.logger(vega.None), warn);
  const compiled = spec.$schema.includes("/vega-lite/")
    ? // The charts build what the type describes; the schema says which kind it is.
      compile(spec as unknown as TopLevelSpec, { logger }).spec
    : (spec as unknown as import("vega").Spec);
  const view = new vega.View(vega.parse(compiled), { renderer: "none", logger });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** A specification's title as one line. */
export function titleOf(spec: ChartSpec): string {
  const title = spec["title"];
  if (typeof title !== "object" || title === null || !("text" in title)) return "";
  return Array.isArray(title.text) ? title.text.join(" ") : String(title.text);
}

/** A chart as PNG, at twice its size, with the bundled font and no other. */
export async function renderPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  const image = new Resvg(svg, {
    fitTo: { mode: "zoom", value: 2 },
    font: {
      fontFiles: Object.values(FONT_FILES),
      loadSystemFonts: false,
      defaultFontFamily: FONT,
      sansSerifFamily: FONT,
    },
  });
  return image.render().asPng();
}

type Vega = typeof import("vega");

/** Room for a browser's own font, such as Arial, where the bundled one isn't installed: its bold letters are wider yet. */
const WIDEST = 1.08;
const WIDEST_BOLD = 1.17;

/** Without a canvas Vega guesses how wide texts are; the font itself knows. */
function measureWithBundledFont(vega: object): void {
  const regular = readFontMetrics(FONT_FILES.regular);
  const semibold = readFontMetrics(FONT_FILES.semibold);
  // The package exports it; its types leave it out.
  const { textMetrics } = vega as {
    readonly textMetrics: { width: (item: TextItem, text?: unknown) => number };
  };
  textMetrics.width = (item, text) => {
    const isBold = Number(item.fontWeight ?? 400) >= 600 || item.fontWeight === "bold";
    const natural = (isBold ? semibold : regular).width(String(text ?? item.text ?? ""), item.fontSize ?? 11);
    const width = (isBold ? WIDEST_BOLD : WIDEST) * natural;
    return item.limit !== undefined && item.limit > 0 ? Math.min(width, item.limit) : width;
  };
}

interface TextItem {
  readonly text?: unknown;
  readonly fontSize?: number;
  readonly fontWeight?: number | string;
  readonly limit?: number;
}

type Logger = ReturnType<Vega["logger"]>;

function quietLogger(logger: Logger, warn: (message: string) => void): Logger {
  const tell = (...messages: readonly unknown[]): Logger => {
    warn(messages.map(String).join(" "));
    return logger;
  };
  return Object.assign(logger, { warn: tell, error: tell });
}
