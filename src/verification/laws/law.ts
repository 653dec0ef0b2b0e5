import type { MeanWithConfidence } from "../../stats/index.ts";

/** A closed form that the simulator must agree with. Definitions are data: the tests and `npm run laws` run the same ones. */
export interface Law {
  /** `L13`; the numbering is this project's own. */
  readonly id: string;
  readonly name: string;
  /** The formula, in one line. */
  readonly statement: string;
  /** Where the formula comes from. */
  readonly source: string;
  /** Simulates and compares. @param effort share of the full number of observations, 0 < effort <= 1. */
  readonly run: (effort: number) => readonly LawRow[];
}

/** One comparison of a law with a simulation. All figures of a row are in `unit`. */
export interface LawRow {
  readonly setup: string;
  /** How the simulated figure must lie to the expected one. */
  readonly relation: "=" | "<=" | ">=";
  readonly expected: number;
  readonly simulated: number;
  /** Empty for a ratio or a count. */
  readonly unit: string;
  /** Half-width of the 99 % confidence interval of the simulated figure; 0 where nothing was drawn. */
  readonly halfWidth: number;
  /** How far simulated may be from expected. */
  readonly tolerance: number;
  /** The widest half-width that still decides anything at this effort. */
  readonly precision: number;
  /** Independent observations, or those that the batches are made of. */
  readonly n: number;
  /** Undefined where nothing was drawn. */
  readonly seed: string | undefined;
}

/** Share of the observations that the tests make; `npm run laws` makes all of them. */
export const REDUCED = 0.1;
export const CONFIDENCE = 0.99;

/** How many observations to make: `full` at effort 1. */
export function observations(full: number, effort: number, least = 1): number {
  return Math.max(least, Math.ceil(full * effort));
}

/** The width of an interval is drawn too, and was looked at for the full number of observations only. */
const DRAWN_WIDTH = 1.25;

/** A row of a figure that was estimated from draws. `tolerance` is relative to the expected figure. Fewer observations
 *  have a wider interval, by the square root. */
export function estimatedRow(
  effort: number,
  row: Pick<LawRow, "setup" | "expected" | "unit" | "n"> & { readonly seed: string },
  estimate: MeanWithConfidence,
  tolerance: number,
): LawRow {
  const allowed = tolerance * Math.abs(row.expected);
  return {
    ...row,
    relation: "=",
    simulated: estimate.mean,
    halfWidth: estimate.halfWidth,
    tolerance: allowed,
    precision: effort < 1 ? (DRAWN_WIDTH * allowed) / Math.sqrt(effort) : allowed,
  };
}

/** A row of a figure that holds whatever is drawn, within `tolerance` in the row's unit (default: exactly). */
export function exactRow(
  row: Pick<LawRow, "setup" | "expected" | "simulated" | "unit"> & Partial<LawRow>,
): LawRow {
  return { relation: "=", halfWidth: 0, tolerance: 0, precision: 0, n: 1, seed: undefined, ...row };
}

/** Whether a row agrees with its law: its interval is narrow enough to decide, and the expected figure lies within the
 *  tolerance or, where the interval is the wider one, within that. */
export function holds(row: LawRow): boolean {
  if (!(row.halfWidth <= row.precision)) return false;
  const allowed = Math.max(row.tolerance, row.halfWidth);
  if (row.relation === "<=") return row.simulated <= row.expected + allowed;
  if (row.relation === ">=") return row.simulated >= row.expected - allowed;
  return Math.abs(row.simulated - row.expected) <= allowed;
}
