import { type MeanWithConfidence, meanWithConfidence } from "./mean-with-confidence.ts";

/** The mean of one run's successive, correlated observations, and its confidence interval from the means of `batches` long
 *  batches, which are nearly independent. Observations that fill no batch are dropped from the beginning, where the warm-up is.
 *  Source: Law and Kelton, "Simulation Modeling and Analysis", chapter 9; 20 to 40 batches are usual. */
export function batchMeans(
  observations: ArrayLike<number>,
  batches: number,
  confidence: number,
): MeanWithConfidence {
  const size = Math.floor(observations.length / batches);
  const means = new Float64Array(size === 0 ? 0 : batches);
  const first = observations.length - size * batches;
  for (let batch = 0; batch < means.length; batch++) {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += observations[first + batch * size + i]!;
    means[batch] = sum / size;
  }
  return meanWithConfidence(means, confidence);
}
