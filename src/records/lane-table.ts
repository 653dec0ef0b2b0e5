/** Models: which key group ("lane") each offset of an origin partition belongs to, as a table that repeats, and which
 *    partition of a topic its key is written to.
 *  Source: key groups as in key-groups.ts; keys in turn, or drawn from Zipf's law with the given exponent.
 *  Leaves out: keys beyond the period: with more than 8,192 distinct keys the table holds key groups in the exact
 *    proportion of their keys' weights, shuffled, instead of every key; of more than 65,536 keys the rest are taken to
 *    be spread over the key groups evenly. The records of a key group are shared out among topic partitions alike. */

import { counterHash, invariant, log, pow } from "../engine/index.ts";
import { keyGroupOf, topicPartitionOf } from "./key-groups.ts";

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
  readonly #writtenTo: (topicPartitions: number) => readonly Uint16Array[];
  /** By number of partitions. */
  readonly #topicPartitions = new Map<number, readonly Uint16Array[]>();

  private constructor(
    maxParallelism: number,
    cycles: readonly Uint16Array[],
    cycleOf: Int32Array,
    shifts: Float64Array,
    writtenTo: (topicPartitions: number) => readonly Uint16Array[],
  ) {
    this.maxParallelism = maxParallelism;
    this.cycles = cycles;
    this.#cycleOf = cycleOf;
    this.#shifts = shifts;
    this.#writtenTo = writtenTo;
  }

  /** The partition, of so many, that a producer writes the record at `offset` of `partition` to by its key. */
  topicPartitionOf(partition: number, offset: number, topicPartitions: number): number {
    let cycles = this.#topicPartitions.get(topicPartitions);
    if (cycles === undefined) {
      cycles = this.#writtenTo(topicPartitions);
      this.#topicPartitions.set(topicPartitions, cycles);
    }
    const cycle = cycles[this.cycleOf(partition)]!;
    return cycle[(offset + this.shift(partition)) % cycle.length]!;
  }

  cycleOf(partition: number): number {
    return this.#cycleOf[partition]!;
  }

  /** Position in its cycle of offset 0 of `partition`. */
  shift(partition: number): number {
    return this.#shifts[partition]!;
  }

  /** A partition for each key group, which all its offsets belong to. Which keys they have isn't known: a producer that goes by
   *  key writes those of one group to one partition. */
  static ofKeyGroups(maxParallelism: number): LaneTable {
    const cycles = Array.from({ length: maxParallelism }, (_, group) => Uint16Array.of(group));
    const cycleOf = Int32Array.from(cycles, (_, group) => group);
    const shifts = new Float64Array(maxParallelism);
    return new LaneTable(maxParallelism, cycles, cycleOf, shifts, (topicPartitions) =>
      cycles.map((_, group) => Uint16Array.of(group % topicPartitions)),
    );
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
    return new LaneTable(maxParallelism, [lanes], new Int32Array(partitions), shifts, (topicPartitions) => [
      shareOut(lanes, keys, distribution, maxParallelism, topicPartitions, seed),
    ]);
  }

  /** Record s of the topic has key s mod keys, and partition p holds s = p, p + P, p + 2P, …: the keys congruent
   *  to p modulo gcd(keys, P), in one cycle of length keys / gcd that all such partitions share. */
  static #inTurn(partitions: number, keys: number, divisor: number, maxParallelism: number): LaneTable {
    const cycleOf = new Int32Array(partitions);
    const shifts = new Float64Array(partitions);
    const cycles: Uint16Array[] = [];
    const keyCycles: Uint32Array[] = [];
    for (let residue = 0; residue < divisor; residue++) {
      const lanes = new Uint16Array(keys / divisor);
      const keysInTurn = new Uint32Array(lanes.length);
      let key = residue;
      for (let i = 0; i < lanes.length; i++) {
        keysInTurn[i] = key;
        lanes[i] = keyGroupOf(key, maxParallelism);
        for (let p = residue; p < partitions; p += divisor) {
          if (p % keys !== key) continue;
          cycleOf[p] = residue;
          shifts[p] = i;
        }
        key = (key + partitions) % keys;
      }
      cycles.push(lanes);
      keyCycles.push(keysInTurn);
    }
    return new LaneTable(maxParallelism, cycles, cycleOf, shifts, (topicPartitions) =>
      keyCycles.map((inTurn) => Uint16Array.from(inTurn, (key) => topicPartitionOf(key, topicPartitions))),
    );
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

/** The topic partition of each position: those of a key group go to the partitions of its keys, in proportion to their
 *  weights; what rounding owes a partition is made good in the groups that follow. */
function shareOut(
  lanes: Uint16Array,
  keys: number,
  distribution: KeyDistribution,
  maxParallelism: number,
  topicPartitions: number,
  seed: number,
): Uint16Array {
  const exponent = distribution.kind === "zipf" ? distribution.exponent : 0;
  const weights = Array.from({ length: maxParallelism }, () => new Float64Array(topicPartitions));
  for (let key = 0; key < Math.min(keys, MOST_KEYS_WEIGHED); key++) {
    const weight = exponent === 0 ? 1 : pow(key + 1, -exponent);
    weights[keyGroupOf(key, maxParallelism)]![topicPartitionOf(key, topicPartitions)]! += weight;
  }
  const rest = zipfTail(Math.min(keys, MOST_KEYS_WEIGHED), keys, exponent) / maxParallelism / topicPartitions;
  const owed = new Float64Array(topicPartitions);
  const written = new Uint16Array(lanes.length);
  weights.forEach((ofGroup, group) => {
    const places = Array.from(lanes.keys()).filter((i) => lanes[i] === group);
    const targets = shareOfGroup(
      ofGroup.map((weight) => weight + rest),
      places.length,
      owed,
    );
    shuffle(targets, counterHash(seed, group, topicPartitions, 3));
    places.forEach((place, i) => {
      written[place] = targets[i]!;
    });
  });
  return written;
}

/** `size` partitions in proportion to `weights` and what is `owed` to each, which is brought up to date. */
function shareOfGroup(weights: Float64Array, size: number, owed: Float64Array): Uint16Array {
  const sum = weights.reduce((a, b) => a + b, 0);
  const targets = new Uint16Array(size);
  if (sum === 0) return targets;
  weights.forEach((weight, partition) => {
    owed[partition]! += (weight / sum) * size;
  });
  for (let i = 0; i < size; i++) {
    let next = -1;
    weights.forEach((weight, partition) => {
      if (weight > 0 && (next < 0 || owed[partition]! > owed[next]!)) next = partition;
    });
    targets[i] = next;
    owed[next]!--;
  }
  return targets;
}
