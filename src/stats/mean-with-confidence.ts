import { studentTQuantile } from "./student-t-quantile.ts";

/** A mean and the half-width of its confidence interval, in the unit of the values. */
export interface MeanWithConfidence {
  readonly count: number;
  readonly mean: number;
  /** Infinity for fewer than two values. */
  readonly halfWidth: number;
  /** Between 0 and 1. */
  readonly confidence: number;
}

/** The mean of independent values and its confidence interval by Student's t. The values should be nearly normal or many; those
 *  that follow each other in a run are not independent, see `batchMeans`. NaN as the mean when there are none. */
export function meanWithConfidence(values: ArrayLike<number>, confidence: number): MeanWithConfidence {
  const count = values.length;
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    // Welford's update, which doesn't cancel.
    const difference = values[i]! - mean;
    mean += difference / (i + 1);
    squares += difference * (values[i]! - mean);
  }
  if (count === 0) return { count, mean: Number.NaN, halfWidth: Number.POSITIVE_INFINITY, confidence };
  if (count === 1) return { count, mean, halfWidth: Number.POSITIVE_INFINITY, confidence };
  const standardError = Math.sqrt(squares / (count - 1) / count);
  const halfWidth = studentTQuantile(0.5 + confidence / 2, count - 1) * standardError;
  return { count, mean, halfWidth, confidence };
}
