import type { QuantileDistribution } from "./distribution.ts";
import { invariant } from "./invariant.ts";
import type { RandomStream } from "./random-stream.ts";

/** The distribution of measured values: each equally likely, nothing in between. */
export class EmpiricalDistribution implements QuantileDistribution {
  readonly mean: number;
  readonly variance: number;
  private readonly sorted: Float64Array;

  /** @throws InvariantError unless there is at least one value and all are finite. */
  constructor(values: ArrayLike<number>) {
    this.sorted = Float64Array.from(values).sort();
    invariant(
      this.sorted.length > 0 && this.sorted.every(Number.isFinite),
      "Cannot make an empirical distribution: wanted one finite value or more",
    );
    const count = this.sorted.length;
    const mean = this.sorted.reduce((sum, value) => sum + value, 0) / count;
    this.mean = mean;
    this.variance = this.sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  }

  sample(stream: RandomStream): number {
    return this.sorted[stream.below(this.sorted.length)]!;
  }

  quantile(p: number): number {
    return this.sorted[Math.max(0, Math.ceil(p * this.sorted.length) - 1)]!;
  }
}
