import type { QuantileDistribution } from "./distribution.ts";
import { exp, log } from "./exact-math.ts";
import { invariant } from "./invariant.ts";
import { logGamma } from "./log-gamma.ts";
import type { RandomStream } from "./random-stream.ts";

/** Below this mean a count is found by searching the distribution function, above by rejection. */
const REJECTION_MEAN = 10;

/** The Poisson distribution of counts. */
export class PoissonDistribution implements QuantileDistribution {
  readonly mean: number;
  readonly variance: number;

  /** @throws InvariantError unless 0 <= mean < 2^31. */
  constructor(mean: number) {
    invariant(mean >= 0 && mean < 2 ** 31, "Cannot make a Poisson distribution: wanted a mean of 0 to 2^31");
    this.mean = mean;
    this.variance = mean;
  }

  sample(stream: RandomStream): number {
    return this.mean < REJECTION_MEAN ? this.quantile(stream.uniform()) : this.sampleByRejection(stream);
  }

  /** The smallest count that a draw stays at or below with probability p, 0 <= p < 1. Takes about 24 sqrt(mean) steps. */
  quantile(p: number): number {
    // What lies below is less likely than the last bit of p.
    let count = Math.max(0, Math.floor(this.mean - 12 * Math.sqrt(this.mean)));
    let term = exp(this.logProbability(count));
    let sum = term;
    while (sum <= p && (term > 0 || count < this.mean)) {
      count++;
      term *= this.mean / count;
      if (sum + term === sum && count > this.mean) break;
      sum += term;
    }
    return count;
  }

  private logProbability(count: number): number {
    return count === 0 ? -this.mean : count * log(this.mean) - this.mean - logGamma(count + 1);
  }

  /** Source: Hörmann, "The transformed rejection method for generating Poisson random variables", Insurance: Mathematics and
   *  Economics 12, 1993, algorithm PTRS. */
  private sampleByRejection(stream: RandomStream): number {
    const b = 0.931 + 2.53 * Math.sqrt(this.mean);
    const a = -0.059 + 0.02483 * b;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const vr = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
      const u = stream.uniform() - 0.5;
      const v = 1 - stream.uniform();
      const us = 0.5 - Math.abs(u);
      const count = Math.floor(((2 * a) / us + b) * u + this.mean + 0.43);
      if (us >= 0.07 && v <= vr) return count;
      if (count < 0 || (us < 0.013 && v > us)) continue;
      if (log((v * inverseAlpha) / (a / (us * us) + b)) <= this.logProbability(count)) return count;
    }
  }
}
