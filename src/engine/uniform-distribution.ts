import type { QuantileDistribution } from "./distribution.ts";
import { invariant } from "./invariant.ts";
import type { RandomStream } from "./random-stream.ts";

/** Uniform on [low, high). */
export class UniformDistribution implements QuantileDistribution {
  readonly mean: number;
  readonly variance: number;
  private readonly low: number;
  private readonly width: number;

  /** @throws InvariantError unless low <= high, both finite. */
  constructor(low: number, high: number) {
    invariant(
      low <= high && Number.isFinite(high - low),
      "Cannot make a uniform distribution: wanted finite low <= high",
    );
    this.low = low;
    this.width = high - low;
    this.mean = low + this.width / 2;
    this.variance = (this.width * this.width) / 12;
  }

  sample(stream: RandomStream): number {
    return this.low + this.width * stream.uniform();
  }

  quantile(p: number): number {
    return this.low + this.width * p;
  }
}
