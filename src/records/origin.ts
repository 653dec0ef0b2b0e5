/** Models: what makes the records, as one integer function of the offset per topic partition: constant spacing,
 *    or Poisson arrivals.
 *  Source: closed forms; Poisson counts per slot are drawn from the counter-based hash of (seed, partition, slot).
 *  Leaves out: the producer's clock error; several producers writing into one partition. */

import { counterUniform, exp, invariant } from "../engine/index.ts";

/** Creation times of the records of one topic, per partition. Offsets count from 0; times are ns. */
export interface Origin {
  readonly partitions: number;
  /** Records a second and partition, for estimates only. */
  readonly ratePerPartition: number;
  /** How many records of `partition` were created at or before `time`. Never decreases in `time`. */
  countAt(partition: number, time: number): number;
  /** When record `offset` of `partition` was created: the least t with countAt(partition, t) > offset. */
  createdAt(partition: number, offset: number): number;
  /** Records of `partition` that are created before the load ends. */
  total(partition: number): number;
  /** Forgets what lies before `time`; no later call may ask for it. */
  forgetBefore(time: number): void;
}

/** Exact fraction of records a second. Both parts are positive integers, coprime, product <= 9e6. */
export interface Rate {
  readonly numerator: number;
  readonly denominator: number;
}

const SECOND_NS = 1e9;

/** Records evenly spaced over all partitions in turn: record s of the topic is created at
 *  floor(s * denominator * 1e9 / numerator) ns and goes to partition s mod partitions. */
export class ConstantOrigin implements Origin {
  readonly partitions: number;
  readonly ratePerPartition: number;
  readonly #perCycle: number;
  readonly #cycle: number;
  /** Whole ns between two records of the topic; 0: it is no whole number. */
  readonly #spacing: number;
  readonly #end: number;

  /** @param end ns; records that would be created at or after it are not made. */
  constructor(partitions: number, rate: Rate, end: number) {
    invariant(
      rate.numerator * rate.denominator <= 9e6,
      "the fraction of a rate must have a product of at most 9e6",
    );
    this.partitions = partitions;
    this.#perCycle = rate.numerator;
    this.#cycle = rate.denominator * SECOND_NS;
    this.#spacing = this.#cycle % this.#perCycle === 0 ? this.#cycle / this.#perCycle : 0;
    this.#end = end;
    this.ratePerPartition = rate.numerator / rate.denominator / partitions;
  }

  countAt(partition: number, time: number): number {
    const t = time < this.#end ? Math.floor(time) : this.#end - 1;
    if (t < 0) return 0;
    const cycle = this.#cycle;
    const perCycle = this.#perCycle;
    const q = Math.floor(t / cycle);
    const scaled = (t - q * cycle + 1) * perCycle;
    let made = Math.ceil(scaled / cycle);
    if ((made - 1) * cycle >= scaled) made--;
    else if (made * cycle < scaled) made++;
    const sequence = q * perCycle + made;
    return Math.floor((sequence - partition + this.partitions - 1) / this.partitions);
  }

  createdAt(partition: number, offset: number): number {
    const sequence = offset * this.partitions + partition;
    if (this.#spacing > 0) return sequence * this.#spacing;
    const q = Math.floor(sequence / this.#perCycle);
    const scaled = (sequence - q * this.#perCycle) * this.#cycle;
    let within = Math.floor(scaled / this.#perCycle);
    if (within * this.#perCycle > scaled) within--;
    return q * this.#cycle + within;
  }

  total(partition: number): number {
    return this.countAt(partition, this.#end - 1);
  }

  forgetBefore(): void {}
}

const SLOTS_PER_BLOCK = 1024;

/** Poisson arrivals, independent per partition: counts per slot are Poisson, and within a slot the records lie at
 *  independent uniform times, in order. */
export class PoissonOrigin implements Origin {
  readonly partitions: number;
  readonly ratePerPartition: number;
  readonly #seed: number;
  readonly #slot: number;
  readonly #mean: number;
  readonly #end: number;
  /** Per partition: cumulative count at the start of each slot of the blocks still known. */
  readonly #cumulative: number[][];
  readonly #firstSlot: number[];

  /** @param seed uint32 of a named stream. @param end ns; no record is created at or after it. */
  constructor(partitions: number, rate: Rate, seed: number, end: number) {
    this.partitions = partitions;
    this.#seed = seed;
    this.ratePerPartition = rate.numerator / rate.denominator / partitions;
    const wanted = Math.min(1e6, (4 * SECOND_NS) / this.ratePerPartition);
    this.#slot = Math.max(1, Math.round(wanted));
    this.#mean = (this.ratePerPartition * this.#slot) / SECOND_NS;
    this.#end = end;
    this.#cumulative = Array.from({ length: partitions }, () => [0]);
    this.#firstSlot = Array.from({ length: partitions }, () => 0);
  }

  countAt(partition: number, time: number): number {
    const t = time < this.#end ? Math.floor(time) : this.#end - 1;
    if (t < 0) return 0;
    const slot = Math.floor(t / this.#slot);
    const before = this.#countBefore(partition, slot);
    const inSlot = this.#countBefore(partition, slot + 1) - before;
    let made = before;
    for (let k = 0; k < inSlot; k++) if (this.#drawnTime(partition, slot, k) <= t) made++;
    return made;
  }

  createdAt(partition: number, offset: number): number {
    const known = this.#cumulative[partition]!;
    const first = this.#firstSlot[partition]!;
    while (known[known.length - 1]! <= offset) this.#grow(partition);
    let low = 0;
    let high = known.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (known[middle]! <= offset) low = middle;
      else high = middle;
    }
    invariant(known[low]! <= offset, "a creation time was asked for that was already forgotten");
    const inSlot = known[low + 1]! - known[low]!;
    return this.#timeInSlot(partition, first + low, offset - known[low]!, inSlot);
  }

  total(partition: number): number {
    return this.countAt(partition, this.#end - 1);
  }

  forgetBefore(time: number): void {
    const keepFrom = Math.floor(time / this.#slot) - SLOTS_PER_BLOCK;
    for (let p = 0; p < this.partitions; p++) {
      const drop = keepFrom - this.#firstSlot[p]!;
      if (drop < 8 * SLOTS_PER_BLOCK || drop >= this.#cumulative[p]!.length - 1) continue;
      this.#cumulative[p]!.splice(0, drop);
      this.#firstSlot[p]! += drop;
    }
  }

  #countBefore(partition: number, slot: number): number {
    const known = this.#cumulative[partition]!;
    const index = slot - this.#firstSlot[partition]!;
    invariant(index >= 0, "a count was asked for that was already forgotten");
    while (known.length <= index) this.#grow(partition);
    return known[index]!;
  }

  #grow(partition: number): void {
    const known = this.#cumulative[partition]!;
    const slot = this.#firstSlot[partition]! + known.length - 1;
    known.push(known[known.length - 1]! + this.#poisson(partition, slot));
  }

  /** Inversion by sequential search; the mean is at most 4. Source: Devroye 1986, X.3. */
  #poisson(partition: number, slot: number): number {
    let u = counterUniform(this.#seed, partition, slot, 0);
    let p = exp(-this.#mean);
    let k = 0;
    while (u > p) {
      u -= p;
      k++;
      p *= this.#mean / k;
      if (k > 1000) break;
    }
    return k;
  }

  /** The k-th smallest of the slot's drawn times; there are about four. */
  #timeInSlot(partition: number, slot: number, k: number, inSlot: number): number {
    const times = Array.from({ length: inSlot }, (_, draw) => this.#drawnTime(partition, slot, draw));
    return times.sort((a, b) => a - b)[k]!;
  }

  #drawnTime(partition: number, slot: number, draw: number): number {
    return slot * this.#slot + Math.floor(counterUniform(this.#seed, partition, slot, draw + 1) * this.#slot);
  }
}
