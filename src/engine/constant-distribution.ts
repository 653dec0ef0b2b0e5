import type { QuantileDistribution } from "./distribution.ts";
import { invariant } from "./invariant.ts";

/** Always the same value. Takes no draw from the stream. */
export class ConstantDistribution implements QuantileDistribution {
  readonly mean: number;
  readonly variance = 0;

  /** @throws InvariantError unless the value is finite. */
  constructor(value: number) {
    invariant(Number.isFinite(value), "Cannot make a constant distribution: wanted a finite value");
    this.mean = value;
  }

  sample(): number {
    return this.mean;
  }

  quantile(): number {
    return this.mean;
  }
}
