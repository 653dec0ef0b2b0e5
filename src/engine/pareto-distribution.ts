import type { QuantileDistribution } from "./distribution.ts";
import { pow } from "./exact-math.ts";
import { invariant } from "./invariant.ts";
import type { RandomStream } from "./random-stream.ts";

/** The Pareto distribution: P(X > x) = (minimum / x)^shape for x >= minimum. */
export class ParetoDistribution implements QuantileDistribution {
  /** Infinity for a shape of at most 1. */
  readonly mean: number;
  /** Infinity for a shape of at most 2. */
  readonly variance: number;
  private readonly minimum: number;
  private readonly shape: number;

  /** @throws InvariantError unless minimum and shape are > 0 and finite. */
  constructor(minimum: number, shape: number) {
    invariant(
      minimum > 0 && shape > 0 && Number.isFinite(minimum) && Number.isFinite(shape),
      "Cannot make a Pareto distribution: wanted a minimum > 0 and a shape > 0",
    );
    this.minimum = minimum;
    this.shape = shape;
    this.mean = shape > 1 ? (shape * minimum) / (shape - 1) : Number.POSITIVE_INFINITY;
    this.variance =
      shape > 2
        ? (minimum * minimum * shape) / ((shape - 1) * (shape - 1) * (shape - 2))
        : Number.POSITIVE_INFINITY;
  }

  sample(stream: RandomStream): number {
    return this.quantile(stream.uniform());
  }

  quantile(p: number): number {
    return this.minimum * pow(1 - p, -1 / this.shape);
  }
}
