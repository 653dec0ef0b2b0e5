/** The look of every chart, in one place. Colours are Okabe and Ito's, which colour-blind people tell apart; the guarantees' also
 *  differ in lightness, and never by colour alone: lines by their dashes, points by their shapes.
 *  Source: Okabe and Ito, "Color Universal Design", 2008. */

export const FONT = "Source Sans 3";
/** What a browser without the bundled font takes. In quotes: a name with a part that begins with a digit makes CSS drop the list. */
const FONTS = `'${FONT}', 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif`;

const INK = "#1b1f24";
const QUIET = "#57606a";
const GRID = "#e3e6ea";

export const COLORS = {
  ink: INK,
  quiet: QUIET,
  grid: GRID,
  /** What is wished: an SLO. */
  goal: "#b3261e",
  /** A closed form. */
  law: "#7a828c",
  /** How something ended: light where it went well, dark where it didn't. */
  fine: "#dfeee7",
  bad: "#8f2a22",
} as const;

/** The same colour for the same guarantee in every chart. */
const GUARANTEES: Readonly<
  Record<string, { readonly color: string; readonly shape: string; readonly dash: readonly number[] }>
> = {
  "exactly-once": { color: "#0072b2", shape: "circle", dash: [1, 0] },
  "at-least-once": { color: "#e69f00", shape: "square", dash: [6, 3] },
  none: { color: "#8c8c8c", shape: "triangle-up", dash: [2, 2] },
};

/** Their colours alone, for bars. */
export const GUARANTEE_COLORS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(GUARANTEES).map(([name, { color }]) => [name, color]),
);

/** For series that are no guarantees: none has a guarantee's colour. The first three, which bars have, are told apart in grey. */
export const SERIES_COLORS = ["#006d52", "#d55e00", "#d98cb3", "#1b1f24", "#56b4e9"] as const;

const MARKS = [
  { shape: "circle", dash: [1, 0] },
  { shape: "square", dash: [6, 3] },
  { shape: "triangle-up", dash: [2, 2] },
  { shape: "diamond", dash: [8, 2, 2, 2] },
  { shape: "triangle-down", dash: [1, 3] },
] as const;
/** Those before are the guarantees' own. */
const SHAPES_OF_GUARANTEES = 3;

/** Scales of colour, shape and dash over the names of the series, in their order. Where the series differ in their guarantees
 *  each has its guarantee's colour, and a shape and dash of its own.
 *  @param guarantees of the series; default: a series is called as its guarantee, or has none. */
export function seriesScales(names: readonly string[], guarantees: readonly string[] = names) {
  const areSeveral = new Set(guarantees).size > 1 || names.length === 1;
  const colors = guarantees.map((one) => (areSeveral ? GUARANTEES[one]?.color : undefined));
  let others = 0;
  let repeats = SHAPES_OF_GUARANTEES;
  const styles = names.map((_, i) => {
    const color = colors[i];
    if (color === undefined) {
      const number = others++ % MARKS.length;
      return { color: SERIES_COLORS[number]!, ...MARKS[number]! };
    }
    return colors.indexOf(color) === i
      ? GUARANTEES[guarantees[i]!]!
      : { color, ...MARKS[repeats++ % MARKS.length]! };
  });
  return {
    color: { domain: [...names], range: styles.map(({ color }) => color) },
    shape: { domain: [...names], range: styles.map(({ shape }) => shape) },
    dash: { domain: [...names], range: styles.map(({ dash }) => [...dash]) },
  };
}

/** Phases of a checkpoint: waiting is light, work is dark; those that follow each other are told apart in grey; none has the colour
 *  of a guarantee. */
export const PHASES: Readonly<Record<string, string>> = {
  "start delay": "#d6dbe1",
  alignment: "#a8527f",
  snapshot: "#56b4e9",
  "waiting for acknowledgements": "#e1e5ea",
  completing: "#57606a",
  "pre-committed, invisible": "#ece2b8",
  commit: "#00694c",
};

/** Phases of a recovery, in their order, from dark to light: none has the colour of a guarantee. */
export const FAILURE_PHASES: Readonly<Record<string, string>> = {
  "until noticed": "#3c4148",
  restart: "#d55e00",
  restore: "#e3a6c6",
  "catch-up": "#ece2b8",
};

export const VEGA_LITE = "https://vega.github.io/schema/vega-lite/v6.json";

/** Widest line of a title in characters, at the width of a chart. */
const TITLE_CHARACTERS = 70;
const SUBTITLE_CHARACTERS = 98;

/** A finding as the title, and below it what is shown. */
export function titled(finding: string, shown: string) {
  return { text: wrapped(finding, TITLE_CHARACTERS), subtitle: wrapped(shown, SUBTITLE_CHARACTERS) };
}

/** Lines of at most `most` characters, broken between words, but not between a number and its unit. */
export function wrapped(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/(?<!\d) | (?!(?:ms|s|min|%)(?!\w))/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

export const CHART_WIDTH = 640;
export const CHART_HEIGHT = 340;

/** Configuration of Vega-Lite. */
export const THEME = {
  font: FONTS,
  background: "#ffffff",
  padding: 16,
  view: { stroke: null },
  title: {
    anchor: "start",
    frame: "group",
    color: INK,
    fontSize: 18,
    fontWeight: 600,
    lineHeight: 23,
    subtitleColor: QUIET,
    subtitleFontSize: 13,
    subtitleLineHeight: 18,
    subtitlePadding: 6,
    offset: 18,
  },
  axis: {
    labelColor: INK,
    labelFontSize: 12,
    titleColor: INK,
    titleFontSize: 13,
    titleFontWeight: 400,
    titlePadding: 10,
    gridColor: GRID,
    domainColor: QUIET,
    tickColor: QUIET,
    labelOverlap: "greedy",
    labelSeparation: 6,
  },
  legend: {
    labelColor: INK,
    labelFontSize: 13,
    titleColor: QUIET,
    titleFontSize: 12,
    titleFontWeight: 400,
    orient: "top",
    direction: "horizontal",
    columnPadding: 20,
    symbolSize: 90,
    symbolStrokeWidth: 2,
    labelLimit: 300,
    titleLimit: 400,
    offset: 12,
  },
  line: { strokeWidth: 2.5 },
  point: { size: 60, filled: true },
  rule: { color: QUIET },
  text: { color: INK, fontSize: 12 },
} as const;
