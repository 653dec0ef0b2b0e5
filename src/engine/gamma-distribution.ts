import type { Distribution } from "./distribution.ts";
import { log, pow } from "./exact-math.ts";
import { invariant } from "./invariant.ts";
import { sampleStandardNormal } from "./normal-distribution.ts";
import type { RandomStream } from "./random-stream.ts";

/** Draws from the gamma distribution with scale 1. Source: Marsaglia and Tsang, "A simple method for generating gamma
 *  variables", ACM TOMS 26(3), 2000; below shape 1, a draw of shape + 1 times u^(1 / shape). */
export function sampleStandardGamma(stream: RandomStream, shape: number): number {
  if (shape < 1) return sampleStandardGamma(stream, shape + 1) * pow(1 - stream.uniform(), 1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = sampleStandardNormal(stream);
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    const u = 1 - stream.uniform();
    if (u < 1 - 0.0331 * x * x * x * x || log(u) < 0.5 * x * x + d * (1 - v + log(v))) return d * v;
  }
}

/** The gamma distribution, by its shape and its mean. With a whole shape k it is the Erlang distribution, the sum of k
 *  exponential delays; so one draw stands for the service of k records. */
export class GammaDistribution implements Distribution {
  readonly mean: number;
  readonly variance: number;
  private readonly shape: number;

  /** @throws InvariantError unless shape and mean are > 0 and finite. */
  constructor(shape: number, mean: number) {
    invariant(
      shape > 0 && mean > 0 && Number.isFinite(shape) && Number.isFinite(mean),
      "Cannot make a gamma distribution: wanted a shape > 0 and a mean > 0",
    );
    this.shape = shape;
    this.mean = mean;
    this.variance = (mean * mean) / shape;
  }

  sample(stream: RandomStream): number {
    return (this.mean / this.shape) * sampleStandardGamma(stream, this.shape);
  }
}
