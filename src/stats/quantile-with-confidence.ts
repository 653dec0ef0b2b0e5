import { quantile } from "./quantile.ts";

/** A quantile and an interval that holds the true one with the given confidence, in the unit of the values. */
export interface QuantileWithConfidence {
  readonly count: number;
  readonly value: number;
  /** -Infinity: there are too few values to bound it from below. */
  readonly low: number;
  /** Infinity: there are too few values to bound it from above. */
  readonly high: number;
  /** Between 0 and 1. */
  readonly confidence: number;
}

/** The q-quantile (0 < q < 1) of independent values, sorted in ascending order, and its interval from the order statistics: it
 *  makes no assumption on the distribution. Between two order statistics the end is placed in proportion to the binomial
 *  probability. Source: David and Nagaraja, "Order Statistics", 7.1; Beran and Hall, "Interpolated nonparametric prediction
 *  intervals and confidence intervals", J. R. Statist. Soc. B 55(3), 1993. */
export function quantileWithConfidence(
  sorted: ArrayLike<number>,
  q: number,
  confidence: number,
): QuantileWithConfidence {
  const count = sorted.length;
  const tail = (1 - confidence) / 2;
  const low = lowerBound(count, q, tail, (rank) => sorted[rank - 1]!);
  // Seen from the other side, the upper end is a lower one.
  const high = -lowerBound(count, 1 - q, tail, (rank) => -sorted[count - rank]!);
  return { count, value: quantile(sorted, q), low, high, confidence };
}

/** The end below which the quantile lies with probability `tail`; `at` gives the order statistic of a rank from 1. */
function lowerBound(count: number, q: number, tail: number, at: (rank: number) => number): number {
  // P(X_rank > quantile) = P(fewer than `rank` values at or below it), binomial.
  let logMass = count * Math.log(1 - q);
  let below = 0;
  for (let rank = 0; rank <= count; rank++) {
    const upTo = below + Math.exp(logMass);
    if (upTo > tail) {
      if (rank === 0 || rank === count) return rank === 0 ? Number.NEGATIVE_INFINITY : at(count);
      const share = (tail - below) / (upTo - below);
      return at(rank) + share * (at(rank + 1) - at(rank));
    }
    below = upTo;
    logMass += Math.log(((count - rank) * q) / ((rank + 1) * (1 - q)));
  }
  return Number.NEGATIVE_INFINITY;
}
