import { expect } from "vitest";
import type { Distribution, QuantileDistribution } from "./distribution.ts";
import { RandomStream } from "./random-stream.ts";

const SAMPLES = 200_000;

/** Half-widths below are this many standard errors: a true sampler fails one in 15,000 checks, a given seed never or always. */
const STANDARD_ERRORS = 4;

function sampled(distribution: Distribution, seed: string): Float64Array {
  const stream = new RandomStream(seed, "samples");
  return Float64Array.from({ length: SAMPLES }, () => distribution.sample(stream));
}

/** The mean lies within four standard errors of the closed form; the variance within four of its own, which are estimated from the
 *  fourth moment of the sample. Needs a finite fourth moment. */
export function checkMoments(distribution: Distribution, seed: string): void {
  const samples = sampled(distribution, seed);
  let squares = 0;
  let fourths = 0;
  let sum = 0;
  for (const x of samples) {
    const square = (x - distribution.mean) ** 2;
    sum += x;
    squares += square;
    fourths += square * square;
  }
  const variance = squares / SAMPLES;
  const meanError = Math.abs(sum / SAMPLES - distribution.mean);
  const varianceError = Math.abs(variance - distribution.variance);
  const meanWidth = STANDARD_ERRORS * Math.sqrt(distribution.variance / SAMPLES);
  const varianceWidth = STANDARD_ERRORS * Math.sqrt((fourths / SAMPLES - variance * variance) / SAMPLES);
  const rounding = 1e-9 * (1 + Math.abs(distribution.mean));
  expect(meanError, `seed ${seed}, n ${SAMPLES}, CI +- ${meanWidth}`).toBeLessThanOrEqual(
    meanWidth + rounding,
  );
  expect(varianceError, `seed ${seed}, n ${SAMPLES}, CI +- ${varianceWidth}`).toBeLessThanOrEqual(
    varianceWidth + rounding,
  );
}

/** The Kolmogorov-Smirnov distance to the distribution function stays below its 99.9 % point, 1.95 / sqrt(n). For continuous
 *  distributions. */
export function checkDistance(
  distribution: Distribution,
  distributionFunction: (x: number) => number,
  seed: string,
): void {
  const samples = sampled(distribution, seed).sort();
  let distance = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const p = distributionFunction(samples[i]!);
    distance = Math.max(distance, p - i / SAMPLES, (i + 1) / SAMPLES - p);
  }
  expect(distance, `seed ${seed}, n ${SAMPLES}`).toBeLessThan(1.95 / Math.sqrt(SAMPLES));
}

/** The share of samples at or below each quantile lies within four standard errors of p, or, where the distribution has atoms,
 *  encloses it. */
export function checkQuantiles(distribution: QuantileDistribution, seed: string): void {
  const samples = sampled(distribution, seed);
  for (const p of [0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999]) {
    const quantile = distribution.quantile(p);
    let below = 0;
    let atOrBelow = 0;
    for (const x of samples) {
      if (x < quantile) below++;
      if (x <= quantile) atOrBelow++;
    }
    const width = STANDARD_ERRORS * Math.sqrt((p * (1 - p)) / SAMPLES);
    expect(below / SAMPLES, `p ${p}, seed ${seed}, n ${SAMPLES}`).toBeLessThanOrEqual(p + width);
    expect(atOrBelow / SAMPLES, `p ${p}, seed ${seed}, n ${SAMPLES}`).toBeGreaterThanOrEqual(p - width);
  }
}
