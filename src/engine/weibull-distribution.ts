import type { QuantileDistribution } from "./distribution.ts";
import { exp, log, pow } from "./exact-math.ts";
import { sampleStandardExponential } from "./exponential-distribution.ts";
import { invariant } from "./invariant.ts";
import { logGamma } from "./log-gamma.ts";
import type { RandomStream } from "./random-stream.ts";

/** The Weibull distribution: P(X > x) = exp(-(x / scale)^shape). */
export class WeibullDistribution implements QuantileDistribution {
  readonly mean: number;
  readonly variance: number;
  private readonly scale: number;
  private readonly exponent: number;

  /** @throws InvariantError unless scale and shape are > 0 and finite. */
  constructor(scale: number, shape: number) {
    invariant(
      scale > 0 && shape > 0 && Number.isFinite(scale) && Number.isFinite(shape),
      "Cannot make a Weibull distribution: wanted a scale > 0 and a shape > 0",
    );
    this.scale = scale;
    this.exponent = 1 / shape;
    const first = exp(logGamma(1 + this.exponent));
    const second = exp(logGamma(1 + 2 * this.exponent));
    this.mean = scale * first;
    this.variance = scale * scale * (second - first * first);
  }

  sample(stream: RandomStream): number {
    return this.scale * pow(sampleStandardExponential(stream), this.exponent);
  }

  quantile(p: number): number {
    return this.scale * pow(-log(1 - p), this.exponent);
  }
}
