/** A figure that somebody else published, beside what the simulator makes of the inputs they stated. All figures of a row are in
 *  `unit`. No constant of the simulator or of a row's pipeline is fitted to a row. */
export interface PublishedRow {
  /** `V4`: the numbering of the published set. */
  readonly id: string;
  readonly figure: string;
  /** What the publication states and the simulation is given. */
  readonly inputs: string;
  readonly published: number;
  /** Empty for a ratio or a count. */
  readonly unit: string;
  /** The tolerance: what the simulated figure may be, bounds included. */
  readonly accepted: readonly [least: number, most: number];
  readonly simulated: number;
  /** Where the outcome hangs on a phase that isn't published: least and most over the phases. The published figure then has to lie in it,
   *  give or take the tolerance; `simulated` is their median. */
  readonly range?: readonly [least: number, most: number];
  /** A: raw data or source read. B: stated in the text. C: an abstract alone. D: a vendor's word without a method. */
  readonly grade: "A" | "B" | "C" | "D";
  readonly source: string;
}

/** A published figure that isn't simulated. */
export interface NotSimulated {
  readonly id: string;
  readonly why: string;
}

/** Whether a row is met: the simulated figure lies within its tolerance, or the published one within the range over the phases. */
export function isMet({ published, accepted, simulated, range }: PublishedRow): boolean {
  const [least, most] = accepted;
  if (range === undefined) return simulated >= least && simulated <= most;
  return range[0] - (most - published) <= published && published <= range[1] + (published - least);
}

/** `met` or `OUT`; of an abstract or a vendor's word, which is a band and no gate, `plausible` or `implausible`. */
export function verdictOn(row: PublishedRow): "met" | "OUT" | "plausible" | "implausible" {
  if (row.grade === "A" || row.grade === "B") return isMet(row) ? "met" : "OUT";
  return isMet(row) ? "plausible" : "implausible";
}

/** A figure with four digits and its unit. */
export function figureText(value: number, unit: string): string {
  const digits = Number.isInteger(value) ? value : Number(value.toPrecision(4));
  return unit === "" ? String(digits) : `${digits} ${unit}`;
}

/** `46.2 s (43.1 to 53 s)` where the phase isn't known. */
export function simulatedText({ simulated, range, unit }: PublishedRow): string {
  const text = figureText(simulated, unit);
  return range === undefined
    ? text
    : `${text} (${figureText(range[0], "")} to ${figureText(range[1], unit)})`;
}

export function acceptedText({ accepted, published, range, unit }: PublishedRow): string {
  const [least, most] = accepted;
  if (range !== undefined) return `range ± ${figureText((most - least) / 2, unit)}`;
  if (least === most) return "exact";
  if (most === Number.POSITIVE_INFINITY) return `≥ ${figureText(least, unit)}`;
  if (least === 0) return `≤ ${figureText(most, unit)}`;
  if (published === least + most) return `± ${figureText(most, unit)}`;
  return `${figureText(least, "")} to ${figureText(most, unit)}`;
}
