import { type MeanWithConfidence, meanWithConfidence } from "./mean-with-confidence.ts";
import { quantile } from "./quantile.ts";

/** The q-quantile of one run's successive, correlated observations, and its confidence interval: the mean of the quantiles of
 *  `batches` long batches, which are nearly independent. A batch should hold many values beyond the quantile, or the mean is
 *  biased. Observations that fill no batch are dropped from the beginning, where the warm-up is.
 *  Source: Seila, "A batching approach to quantile estimation in regenerative simulations", Management Science 28(5), 1982. */
export function batchQuantile(
  observations: ArrayLike<number>,
  batches: number,
  q: number,
  confidence: number,
): MeanWithConfidence {
  const size = Math.floor(observations.length / batches);
  const quantiles = new Float64Array(size === 0 ? 0 : batches);
  const first = observations.length - size * batches;
  const values = new Float64Array(size);
  for (let batch = 0; batch < quantiles.length; batch++) {
    for (let i = 0; i < size; i++) values[i] = observations[first + batch * size + i]!;
    quantiles[batch] = quantile(values.sort(), q);
  }
  return meanWithConfidence(quantiles, confidence);
}
