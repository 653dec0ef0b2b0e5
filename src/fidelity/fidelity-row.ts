import { quantile } from "../stats/index.ts";
import { isWithin, type Tolerance } from "./tolerance.ts";

/** `not simulated`: the model has no such figure yet; counts as out. */
export type Verdict = "ok" | "OUT" | "not simulated";

/** Sorts of figure, in the order of the report. */
export const KINDS = [
  "steady latency",
  "cold latency",
  "saturated or large-state latency",
  "checkpoint duration",
  "trigger gap",
  "checkpointed size",
  "alignment data",
  "duplicates and loss",
  "crash",
] as const;
export type Kind = (typeof KINDS)[number];
export type Unit = "ms" | "B" | "records" | "count" | "%";

/** One figure of one case. */
export interface FidelityRow {
  readonly case: string;
  readonly figure: string;
  readonly kind: Kind;
  readonly unit: Unit;
  readonly measured: number;
  /** Median over the phases that the case doesn't state; null: not simulated. */
  readonly simulated: number | null;
  /** Over those phases, where the verdict hangs on them; null: it doesn't. */
  readonly range: readonly [number, number] | null;
  /** |simulated - measured| in % of measured; null: not simulated, or measured is 0. */
  readonly errorPercent: number | null;
  readonly verdict: Verdict;
  /** Why a figure isn't simulated, or in how many phases it isn't. */
  readonly note: string | null;
}

export interface Figure {
  readonly figure: string;
  readonly kind: Kind;
  readonly unit: Unit;
  readonly measured: number;
  readonly tolerance: Tolerance;
  /** Simulated values between these are right too. */
  readonly between?: readonly [number, number] | undefined;
}

/** Judges a figure by what was simulated for each phase that the case doesn't state: by their median, or, where the
 *  outcome hangs on those phases, by whether the measured figure lies among them. */
export function judge(
  caseName: string,
  figure: Figure,
  simulated: readonly (number | undefined)[],
  whyNot: string,
): FidelityRow {
  const { measured, tolerance, between } = figure;
  const values = simulated.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  const about = { case: caseName, figure: figure.figure, kind: figure.kind, unit: figure.unit, measured };
  if (values.length === 0) {
    const nothing = { simulated: null, range: null, errorPercent: null } as const;
    return { ...about, ...nothing, verdict: "not simulated", note: whyNot };
  }
  const value = quantile(values, 0.5);
  const low = values[0]!;
  const high = values.at(-1)!;
  const isBetween = between !== undefined && value >= between[0] && value <= between[1];
  const isRight = isBetween || isWithin(measured, value, tolerance);
  const hangsOnPhase = !isRight && measured >= low && measured <= high;
  const without = simulated.length - values.length;
  return {
    ...about,
    simulated: value,
    range: hangsOnPhase ? [low, high] : null,
    errorPercent: measured === 0 ? null : (Math.abs(value - measured) / Math.abs(measured)) * 100,
    verdict: isRight || hangsOnPhase ? "ok" : "OUT",
    note: without === 0 ? null : `nothing to measure in ${without} of ${simulated.length} phases`,
  };
}
