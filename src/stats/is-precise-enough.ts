import { meanWithConfidence } from "./mean-with-confidence.ts";

/** When to stop repeating. */
export interface WantedPrecision {
  /** Half-width of the interval over the mean's size, > 0: 0.05 is 5 %. */
  readonly relative: number;
  /** Between 0 and 1. */
  readonly confidence: number;
  /** Repetitions before the first look, >= 2; with fewer than 10 the interval covers the truth less often than it says. */
  readonly atLeast: number;
}

/** Whether the mean of independent repetitions is known to the wanted relative precision. The bound is a little stricter than the
 *  wanted one, so that the error relative to the true mean, not to the estimate, is kept.
 *  Source: Law and Kelton, "Simulation Modeling and Analysis", 9.4.1, sequential procedure with gamma / (1 + gamma). */
export function isPreciseEnough(values: ArrayLike<number>, wanted: WantedPrecision): boolean {
  if (values.length < Math.max(2, wanted.atLeast)) return false;
  const { mean, halfWidth } = meanWithConfidence(values, wanted.confidence);
  return halfWidth <= (wanted.relative / (1 + wanted.relative)) * Math.abs(mean);
}
