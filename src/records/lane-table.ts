/** Models: which key group ("lane") each offset of an origin partition belongs to, as a table that repeats.
 *  Source: key groups as in key-groups.ts; keys in turn, or drawn from Zipf's law with the given exponent.
 *  Leaves out: keys beyond the period: with more than 8,192 distinct keys the table holds key groups in the exact
 *    proportion of their keys' weights, shuffled, instead of every key; of more than 65,536 keys the rest are taken to
 *    be spread over the key groups evenly. */

import { counterHash, invariant, log, pow } from "../engine/index.ts";
import { keyGroupOf } from "./key-groups.ts";

export type KeyDistribution =
  | { readonly kind: "cycle" }
  | { readonly kind: "zipf"; readonly exponent: number };

const LONGEST_PERIOD = 8192;
/** Positions over which drawn keys are apportioned: short, since all routes' tables are read all the time. */
const DRAWN_PERIOD = 2048;
const MOST_KEYS_WEIGHED = 65_536;
const MOST_EQUAL_KEYS_COUNTED = 1_000_000;

/** The key groups of the offsets of one origin: partition p reads cycle `cycleOf(p)` from `shift(p)` on. */
export class LaneTable {
  readonly maxParallelism: number;
  /** Each a sequence of key groups that repeats for ever. */
  readonly cycles: readonly Uint16Array[];
  readonly #cycleOf: Int32Array;
  readonly #shifts: Float64Array;

  private constructor(
    maxParallelism: number,
    cycles: readonly Uint16Array[],
    cycleOf: Int32Array,
    shifts: Float64Array,
  ) {
    this.maxParallelism = maxParallelism;
    this.cycles = cycles;
    this.#cycleOf = cycleOf;
    this.#shifts = shifts;
  }

  cycleOf(partition: number): number {
    return this.#cycleOf[partition]!;
  }

  /** Position in its cycle of offset 0 of `partition`. */
  shift(partition: number): number {
    return this.#shifts[partition]!;
  }

  /** @param seed uint32 that draws the order of the keys where they aren't in turn. */
  static of(
    partitions: number,
    keys: number,
    distribution: KeyDistribution,
    maxParallelism: number,
    seed: number,
  ): LaneTable {
    invariant(
      keys >= 1 && maxParallelism >= 1 && maxParallelism <= 32768,
      "keys and maxParallelism are positive",
    );
    const divisor = greatestCommonDivisor(keys, partitions);
    if (distribution.kind === "cycle" && keys / divisor <= LONGEST_PERIOD) {
      return LaneTable.#inTurn(partitions, keys, divisor, maxParallelism);
    }
    const lanes = apportion(keyGroupWeights(keys, distribution, maxParallelism), DRAWN_PERIOD);
    shuffle(lanes, seed);
    const shifts = new Float64Array(partitions);
    for (let p = 0; p < partitions; p++) shifts[p] = counterHash(seed, p, 0, 1) % DRAWN_PERIOD;
    return new LaneTable(maxParallelism, [lanes], new Int32Array(partitions), shifts);
  }

  /** Record s of the topic has key s mod keys, and partition p holds s = p, p + P, p + 2P, …: the keys congruent
   *  to p modulo gcd(keys, P), in one cycle of length keys / gcd that all such partitions share. */
  static #inTurn(partitions: number, keys: number, divisor: number, maxParallelism: number): LaneTable {
    const cycleOf = new Int32Array(partitions);
    const shifts = new Float64Array(partitions);
    const cycles: Uint16Array[] = [];
    for (let residue = 0; residue < divisor; residue++) {
      const lanes = new Uint16Array(keys / divisor);
      let key = residue;
      for (let i = 0; i < lanes.length; i++) {
        lanes[i] = keyGroupOf(key, maxParallelism);
        for (let p = residue; p < partitions; p += divisor) {
          if (p % keys !== key) continue;
          cycleOf[p] = residue;
          shifts[p] = i;
        }
        key = (key + partitions) % keys;
      }
      cycles.push(lanes);
    }
    return new LaneTable(maxParallelism, cycles, cycleOf, shifts);
  }
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The weights last asked for: every run of a sweep wants the same, and there are thousands of powers in them. */
let lastWeights: { readonly of: string; readonly weights: Float64Array } | undefined;

function keyGroupWeights(keys: number, distribution: KeyDistribution, maxParallelism: number): Float64Array {
  const of = JSON.stringify([keys, distribution, maxParallelism]);
  if (lastWeights?.of !== of) {
    lastWeights = { of, weights: weighKeyGroups(keys, distribution, maxParallelism) };
  }
  return lastWeights.weights;
}

/** Share of the records that each key group gets: key by key for the most frequent ones, and the rest, which are many and
 *  light, spread over all groups alike. */
function weighKeyGroups(keys: number, distribution: KeyDistribution, maxParallelism: number): Float64Array {
  const weights = new Float64Array(maxParallelism);
  const exponent = distribution.kind === "zipf" ? distribution.exponent : 0;
  const weighed = Math.min(keys, exponent === 0 ? MOST_EQUAL_KEYS_COUNTED : MOST_KEYS_WEIGHED);
  for (let key = 0; key < weighed; key++) {
    weights[keyGroupOf(key, maxParallelism)]! += exponent === 0 ? 1 : pow(key + 1, -exponent);
  }
  const rest = zipfTail(weighed, keys, exponent) / maxParallelism;
  for (let group = 0; group < maxParallelism; group++) weights[group]! += rest;
  return weights;
}

/** Sum of k^-exponent over k = from + 1 ... to, by the midpoint rule, which is off by less than 1e-9 of it here. */
function zipfTail(from: number, to: number, exponent: number): number {
  if (to <= from) return 0;
  const [low, high] = [from + 0.5, to + 0.5];
  if (exponent === 1) return log(high / low);
  return (pow(high, 1 - exponent) - pow(low, 1 - exponent)) / (1 - exponent);
}

/** `size` positions in proportion to the weights, largest remainders first, ties to the lower key group. */
function apportion(weights: Float64Array, size: number): Uint16Array {
  let sum = 0;
  for (const weight of weights) sum += weight;
  const whole = Array.from(weights, (weight) => Math.floor((weight / sum) * size));
  const order = Array.from(weights, (weight, group) => ({
    group,
    rest: (weight / sum) * size - whole[group]!,
  }));
  order.sort((a, b) => b.rest - a.rest || a.group - b.group);
  let left = size - whole.reduce((a, b) => a + b, 0);
  for (const { group } of order) {
    if (left-- <= 0) break;
    whole[group]!++;
  }
  const lanes = new Uint16Array(size);
  let at = 0;
  whole.forEach((count, group) => {
    lanes.fill(group, at, at + count);
    at += count;
  });
  return lanes;
}

function shuffle(lanes: Uint16Array, seed: number): void {
  for (let i = lanes.length - 1; i > 0; i--) {
    const j = counterHash(seed, i, 0, 2) % (i + 1);
    const swapped = lanes[i]!;
    lanes[i] = lanes[j]!;
    lanes[j] = swapped;
  }
}
