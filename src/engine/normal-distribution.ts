import type { QuantileDistribution } from "./distribution.ts";
import { exp, log } from "./exact-math.ts";
import { invariant } from "./invariant.ts";
import { normalQuantile } from "./normal-quantile.ts";
import type { RandomStream } from "./random-stream.ts";
import { zigguratTables } from "./ziggurat-tables.ts";

const TAIL_START = 3.442619855899;
const { edges, accepts, densities } = zigguratTables(
  128,
  TAIL_START,
  0.00991256303526217,
  (x) => exp(-0.5 * x * x),
  (y) => Math.sqrt(-2 * log(y)),
  2 ** 31,
);

/** Draws from the normal distribution with mean 0 and variance 1 by the ziggurat of Marsaglia and Tsang (2000), 128 layers. */
export function sampleStandardNormal(stream: RandomStream): number {
  for (;;) {
    const draw = stream.uint32() | 0;
    const layer = draw & 127;
    const x = draw * edges[layer]!;
    if (Math.abs(draw) < accepts[layer]!) return x;
    if (layer === 0) return draw > 0 ? sampleTail(stream) : -sampleTail(stream);
    const density = densities[layer]! + stream.uniform() * (densities[layer - 1]! - densities[layer]!);
    if (density < exp(-0.5 * x * x)) return x;
  }
}

/** The tail beyond TAIL_START. Source: Marsaglia, "Generating a variable from the tail of the normal distribution", 1964. */
function sampleTail(stream: RandomStream): number {
  for (;;) {
    const x = -log(1 - stream.uniform()) / TAIL_START;
    const y = -log(1 - stream.uniform());
    if (2 * y >= x * x) return TAIL_START + x;
  }
}

/** The normal distribution. */
export class NormalDistribution implements QuantileDistribution {
  readonly mean: number;
  readonly variance: number;
  private readonly deviation: number;

  /** @throws InvariantError unless the mean is finite and 0 <= deviation < Infinity. */
  constructor(mean: number, deviation: number) {
    invariant(
      Number.isFinite(mean) && deviation >= 0 && deviation < Number.POSITIVE_INFINITY,
      "Cannot make a normal distribution: wanted a finite mean and a standard deviation >= 0",
    );
    this.mean = mean;
    this.deviation = deviation;
    this.variance = deviation * deviation;
  }

  sample(stream: RandomStream): number {
    return this.mean + this.deviation * sampleStandardNormal(stream);
  }

  quantile(p: number): number {
    return this.mean + this.deviation * normalQuantile(p);
  }
}
