import type { QuantileDistribution } from "./distribution.ts";
import { exp } from "./exact-math.ts";
import { invariant } from "./invariant.ts";
import { sampleStandardNormal } from "./normal-distribution.ts";
import { normalQuantile } from "./normal-quantile.ts";
import type { RandomStream } from "./random-stream.ts";

/** The lognormal distribution, by its median (e^mu) and the standard deviation of its logarithm (sigma). */
export class LognormalDistribution implements QuantileDistribution {
  readonly mean: number;
  readonly variance: number;
  private readonly median: number;
  private readonly sigma: number;

  /** @throws InvariantError unless 0 < median < Infinity and 0 <= sigma < Infinity. */
  constructor(median: number, sigma: number) {
    invariant(
      median > 0 && median < Number.POSITIVE_INFINITY && sigma >= 0 && sigma < Number.POSITIVE_INFINITY,
      "Cannot make a lognormal distribution: wanted a median > 0 and a sigma >= 0",
    );
    this.median = median;
    this.sigma = sigma;
    const growth = exp(sigma * sigma);
    this.mean = median * exp((sigma * sigma) / 2);
    this.variance = median * median * growth * (growth - 1);
  }

  sample(stream: RandomStream): number {
    return this.median * exp(this.sigma * sampleStandardNormal(stream));
  }

  quantile(p: number): number {
    return this.median * exp(this.sigma * normalQuantile(p));
  }
}
