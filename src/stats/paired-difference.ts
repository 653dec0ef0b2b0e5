import { type MeanWithConfidence, meanWithConfidence } from "./mean-with-confidence.ts";

/** The mean of b - a and its confidence interval, where a[i] and b[i] are two settings under the same random draws. What the draws
 *  do to both cancels, so the interval is narrower than that of two independent samples. The lists must be equally long.
 *  Source: Law and Kelton, "Simulation Modeling and Analysis", 10.2.1. */
export function pairedDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  confidence: number,
): MeanWithConfidence {
  const differences = new Float64Array(Math.min(a.length, b.length));
  for (let i = 0; i < differences.length; i++) differences[i] = b[i]! - a[i]!;
  return meanWithConfidence(differences, confidence);
}
