import type { RandomStream } from "./random-stream.ts";

/** A distribution of real numbers. What the numbers mean, and their unit, is the user's; round a delay to whole nanoseconds
 *  before scheduling. All closed forms are those of the distribution, not of a sample. */
export interface Distribution {
  readonly mean: number;
  /** Infinity when the second moment does not exist. */
  readonly variance: number;
  /** Draws one value. How many draws it takes from the stream may vary. */
  sample(stream: RandomStream): number;
}

/** A distribution whose quantile function has a closed form. */
export interface QuantileDistribution extends Distribution {
  /** The value that a draw stays at or below with probability p, 0 <= p < 1. */
  quantile(p: number): number;
}
