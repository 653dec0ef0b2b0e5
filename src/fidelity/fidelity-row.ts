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
  /** null: not simulated. */
  readonly simulated: number | null;
  /** Over the phases that the case doesn't state; null: they are stated, or there are none. */
  readonly range: readonly [number, number] | null;
  /** |simulated - measured| in % of measured; null: not simulated, or measured is 0. */
  readonly errorPercent: number | null;
  readonly verdict: Verdict;
  /** Why a figure isn't simulated. */
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

/** Judges a figure by what was simulated: one value where the phases are stated, one for each phase where not. */
export function judge(
  caseName: string,
  figure: Figure,
  simulated: readonly (number | undefined)[],
  whyNot: string,
): FidelityRow {
  const { measured, tolerance, between } = figure;
  const values = simulated.filter((value) => value !== undefined);
  const about = { case: caseName, figure: figure.figure, kind: figure.kind, unit: figure.unit, measured };
  const [first] = values;
  if (first === undefined || values.length < simulated.length) {
    const nothing = { simulated: null, range: null, errorPercent: null } as const;
    return { ...about, ...nothing, verdict: "not simulated", note: whyNot };
  }
  const low = Math.min(...values);
  const high = Math.max(...values);
  const nearest = measured < low ? low : measured > high ? high : measured;
  const value = values.length === 1 ? first : nearest;
  const isBetween = between !== undefined && value >= between[0] && value <= between[1];
  return {
    ...about,
    simulated: value,
    range: values.length === 1 ? null : [low, high],
    errorPercent: measured === 0 ? null : (Math.abs(value - measured) / Math.abs(measured)) * 100,
    verdict: isBetween || isWithin(measured, value, tolerance) ? "ok" : "OUT",
    note: null,
  };
}
