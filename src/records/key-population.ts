/** Models: how many distinct keys a subtask has met after so many records: exactly where keys come in turn, in expectation
 *    where they are drawn.
 *  Source: key groups as in key-groups.ts; for drawn keys, sum of 1 - (1 - p)^n over the keys, keys of neighbouring Zipf ranks
 *    (eight classes an octave) taken together.
 *  Leaves out: chance: the spread of the number about its mean; keys beyond the 65,536 most frequent are spread over the key
 *    groups evenly. */

import { exp, invariant, log } from "../engine/index.ts";
import { keyGroupOf } from "./key-groups.ts";
import type { KeyDistribution } from "./lane-table.ts";

/** Keys of one producer. */
export interface KeySource {
  readonly keys: number;
  readonly distribution: KeyDistribution;
  /** Records a second. */
  readonly rate: number;
}

const MOST_KEYS_WEIGHED = 65_536;
const MOST_EQUAL_KEYS_COUNTED = 1_000_000;
const CLASSES_AN_OCTAVE = 8;

/** The keys of some key groups. */
export class KeyPopulation {
  /** Distinct keys, expected where the key groups of some are not looked up. */
  readonly keys: number;
  readonly #inTurn: boolean;
  readonly #counts: readonly number[];
  /** log(1 - p) of each key of the class, p among the records of these key groups. */
  readonly #logMissed: readonly number[];

  constructor(classes: readonly KeyClass[], inTurn: boolean) {
    this.#inTurn = inTurn;
    const used = classes.filter(({ count }) => count > 0);
    const weight = used.reduce((sum, one) => sum + one.count * one.weight, 0);
    this.keys = used.reduce((sum, { count }) => sum + count, 0);
    this.#counts = used.map(({ count }) => count);
    this.#logMissed = used.map((one) => {
      const missed = 1 - one.weight / weight;
      return missed <= 0 ? Number.NEGATIVE_INFINITY : log(missed);
    });
  }

  /** Distinct keys among `records` records in a row, 0 <= distinct <= min(records, keys). */
  distinct(records: number): number {
    if (records <= 0) return 0;
    if (this.#inTurn) return Math.min(records, this.keys);
    let sum = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      sum += this.#counts[i]! * (1 - exp(Math.max(-700, records * this.#logMissed[i]!)));
    }
    return Math.min(sum, records);
  }

  /** The number of records in a row that hold `distinct` distinct keys; infinite when there are not so many. */
  recordsFor(distinct: number): number {
    if (distinct <= 0) return 0;
    if (distinct >= this.keys) return this.#inTurn ? this.keys : Number.POSITIVE_INFINITY;
    if (this.#inTurn) return distinct;
    let high = distinct;
    while (this.distinct(high) < distinct) {
      high *= 2;
      if (high > 1e18) return Number.POSITIVE_INFINITY;
    }
    let low = high / 2;
    for (let i = 0; i < 50 && high - low > 0.5; i++) {
      const middle = (low + high) / 2;
      if (this.distinct(middle) < distinct) low = middle;
      else high = middle;
    }
    return high;
  }
}

interface KeyClass {
  /** keys, fractional where they are spread over key groups. */
  readonly count: number;
  /** of each key, relative. */
  readonly weight: number;
}

/** The keys of all key groups, class by class, so that any range of groups can be looked at. */
export class KeyCensus {
  readonly #inTurn: boolean;
  readonly #maxParallelism: number;
  readonly #classes: { readonly weight: number; readonly counts: Float64Array }[] = [];

  constructor(sources: readonly KeySource[], maxParallelism: number) {
    invariant(sources.length > 0 && maxParallelism > 0, "keys come from somewhere");
    this.#maxParallelism = maxParallelism;
    this.#inTurn = sources.length === 1 && sources[0]!.distribution.kind === "cycle";
    for (const source of sources) this.#add(source);
  }

  /** Keys of the groups from `first` up to `end`, exclusive. */
  population(first: number, end: number): KeyPopulation {
    const classes = this.#classes.map(({ weight, counts }) => {
      let count = 0;
      for (let group = first; group < end; group++) count += counts[group]!;
      return { count, weight };
    });
    return new KeyPopulation(classes, this.#inTurn);
  }

  #add({ keys, distribution, rate }: KeySource): void {
    const exponent = distribution.kind === "zipf" ? distribution.exponent : 0;
    const looked = Math.min(keys, exponent === 0 ? MOST_EQUAL_KEYS_COUNTED : MOST_KEYS_WEIGHED);
    const ends = exponent === 0 ? [keys] : classEnds(keys);
    const weights = classWeights(ends, exponent);
    const total = weights.reduce((sum, weight, i) => sum + weight * (ends[i]! - (ends[i - 1] ?? 0)), 0);
    let begin = 0;
    ends.forEach((end, i) => {
      const counts = new Float64Array(this.#maxParallelism);
      for (let key = begin; key < Math.min(end, looked); key++)
        counts[keyGroupOf(key, this.#maxParallelism)]!++;
      const rest = Math.max(0, end - Math.max(begin, looked)) / this.#maxParallelism;
      for (let group = 0; group < this.#maxParallelism; group++) counts[group]! += rest;
      this.#classes.push({ weight: (weights[i]! * rate) / total, counts });
      begin = end;
    });
  }
}

/** Last rank of each class: an eighth of an octave, at least one rank. */
function classEnds(keys: number): number[] {
  const ends: number[] = [];
  const growth = exp(log(2) / CLASSES_AN_OCTAVE);
  let end = 0;
  while (end < keys) {
    end = Math.min(keys, Math.max(end + 1, Math.floor(end * growth)));
    ends.push(end);
  }
  return ends;
}

/** Mean of k^-exponent over the ranks of each class; beyond a few ranks by the midpoint rule. */
function classWeights(ends: readonly number[], exponent: number): number[] {
  return ends.map((end, i) => {
    const begin = ends[i - 1] ?? 0;
    let sum = 0;
    const steps = Math.min(end - begin, 64);
    const width = (end - begin) / steps;
    for (let step = 0; step < steps; step++) {
      const rank = begin + 0.5 + (step + 0.5) * width;
      sum += exp(-exponent * log(rank));
    }
    return sum / steps;
  });
}
