/** Models: the records of an origin partition that take one way through a job, counted and found by rank: those of some
 *    key groups, every n-th, a share, a copy, and what these make one after the other.
 *  Source: counting sort of a repeating table: rank is a prefix sum, its inverse a list of positions.
 *  Leaves out: nothing. */

import { invariant } from "../engine/index.ts";
import { greatestCommonDivisor, type LaneTable } from "./lane-table.ts";

/** A subset of each partition's offsets. The rank of an offset is the number of smaller offsets of its partition on the
 *  route, so ranks are dense from 0 and intervals of ranks are intervals of offsets. Partitions are numbered inside their
 *  origin. */
export interface Route {
  readonly id: number;
  /** First origin partition of the origin it belongs to. */
  readonly origin: number;
  /** What it holds, in words. */
  readonly title: string;
  /** Number of offsets below `offset` of `partition` on this route. */
  rankOf(partition: number, offset: number): number;
  /** The offset of `partition` with the given rank; the inverse of rankOf. Infinite on an empty route. */
  offsetOf(partition: number, rank: number): number;
  /** Number of records on this route before the one with `rank` on `wider`, a route that holds this one whole. */
  rankFrom(wider: Route, partition: number, rank: number): number;
  /** Rank on `wider`, a route that holds this one whole, of the record with `rank`. */
  rankOn(wider: Route, partition: number, rank: number): number;
  /** After how many ranks the key groups and the distances of their offsets come again in the same order; 0: the route is
   *  empty. */
  period(partition: number): number;
  /** Key group of the record with `rank`. */
  keyGroupOf(partition: number, rank: number): number;
  /** Of the record with `rank`, whose offset is `offset`: where chance, a key, decides which records are on the route, the
   *  number of candidates before it; where they are dealt out evenly, its rank. */
  placeOf(partition: number, rank: number, offset: number): number;
  /** Tells `ends` of the records with ranks `from` and `last` (from <= last) on a route that isn't empty. */
  findEnds(partition: number, from: number, last: number, ends: SpanEnds): void;
}

/** The first and the last record of a span: their offsets, and the steps between their places. */
export class SpanEnds {
  readonly #numbers = new Float64Array(3);

  get firstOffset(): number {
    return this.#numbers[0]!;
  }

  get lastOffset(): number {
    return this.#numbers[1]!;
  }

  get steps(): number {
    return this.#numbers[2]!;
  }

  set(firstOffset: number, lastOffset: number, steps: number): void {
    const numbers = this.#numbers;
    numbers[0] = firstOffset;
    numbers[1] = lastOffset;
    numbers[2] = steps;
  }
}

interface CycleIndex {
  readonly period: number;
  readonly total: number;
  readonly prefix: Uint16Array;
  readonly positions: Uint16Array;
  /** Every offset is on the route, and its rank is itself. */
  readonly isWhole: boolean;
}

/** All offsets whose key group is in [firstGroup, endGroup). */
export class KeyGroupRoute implements Route {
  readonly id: number;
  readonly origin: number;
  readonly table: LaneTable;
  readonly firstGroup: number;
  readonly endGroup: number;
  readonly #cycles: readonly CycleIndex[];
  /** Per partition: its cycle, the position of offset 0, and the rank of that position. */
  readonly #cycleOf: readonly CycleIndex[];
  readonly #shift: Float64Array;
  readonly #shiftRank: Float64Array;

  constructor(
    id: number,
    table: LaneTable,
    partitions: number,
    firstGroup: number,
    endGroup: number,
    origin = 0,
  ) {
    invariant(firstGroup < endGroup, "a route needs at least one key group");
    this.id = id;
    this.origin = origin;
    this.table = table;
    this.firstGroup = firstGroup;
    this.endGroup = endGroup;
    this.#cycles = table.cycles.map((lanes) => indexCycle(lanes, firstGroup, endGroup));
    this.#cycleOf = Array.from({ length: partitions }, (_, p) => this.#cycles[table.cycleOf(p)]!);
    this.#shift = Float64Array.from({ length: partitions }, (_, p) => table.shift(p));
    this.#shiftRank = Float64Array.from(
      { length: partitions },
      (_, p) => this.#cycleOf[p]!.prefix[table.shift(p)]!,
    );
  }

  get title(): string {
    return `key groups ${this.firstGroup} to ${this.endGroup - 1}`;
  }

  rankOf(partition: number, offset: number): number {
    const cycle = this.#cycleOf[partition]!;
    if (cycle.isWhole) return offset;
    const position = offset + this.#shift[partition]!;
    const q = Math.floor(position / cycle.period);
    return q * cycle.total + cycle.prefix[position - q * cycle.period]! - this.#shiftRank[partition]!;
  }

  offsetOf(partition: number, rank: number): number {
    const cycle = this.#cycleOf[partition]!;
    if (cycle.isWhole) return rank;
    if (cycle.total === 0) return Number.POSITIVE_INFINITY;
    const r = rank + this.#shiftRank[partition]!;
    const q = Math.floor(r / cycle.total);
    return q * cycle.period + cycle.positions[r - q * cycle.total]! - this.#shift[partition]!;
  }

  rankFrom(wider: Route, partition: number, rank: number): number {
    return this.rankOf(partition, wider.offsetOf(partition, rank));
  }

  rankOn(wider: Route, partition: number, rank: number): number {
    return wider.rankOf(partition, this.offsetOf(partition, rank));
  }

  placeOf(_partition: number, _rank: number, offset: number): number {
    return offset;
  }

  findEnds(partition: number, from: number, last: number, ends: SpanEnds): void {
    const { total, period, positions, isWhole } = this.#cycleOf[partition]!;
    if (isWhole) {
      ends.set(from, last, last - from);
      return;
    }
    const shift = this.#shift[partition]!;
    const r = from + this.#shiftRank[partition]!;
    const q = Math.floor(r / total);
    const inCycle = r - q * total;
    const first = q * period + positions[inCycle]! - shift;
    const lastInCycle = inCycle + last - from;
    const more = lastInCycle < total ? 0 : Math.floor(lastInCycle / total);
    const end = (q + more) * period + positions[lastInCycle - more * total]! - shift;
    ends.set(first, end, end - first);
  }

  period(partition: number): number {
    return this.#cycleOf[partition]!.total;
  }

  keyGroupOf(partition: number, rank: number): number {
    const lanes = this.table.cycles[this.table.cycleOf(partition)]!;
    return lanes[(this.offsetOf(partition, rank) + this.table.shift(partition)) % lanes.length]!;
  }

  /** Mean share of a partition's records, 0 to 1. */
  share(partition: number): number {
    const cycle = this.#cycleOf[partition]!;
    return cycle.total / cycle.period;
  }
}

function indexCycle(lanes: Uint16Array, firstGroup: number, endGroup: number): CycleIndex {
  const period = lanes.length;
  const prefix = new Uint16Array(period + 1);
  for (let i = 0; i < period; i++) {
    const inside = lanes[i]! >= firstGroup && lanes[i]! < endGroup;
    prefix[i + 1] = prefix[i]! + (inside ? 1 : 0);
  }
  const total = prefix[period]!;
  const positions = new Uint16Array(total);
  for (let i = 0, k = 0; i < period; i++) {
    if (prefix[i + 1]! > prefix[i]!) positions[k++] = i;
  }
  return { period, total, prefix, positions, isWhole: total === period };
}

/** Of every `denominator` records of `parent`, `numerator`, spread evenly: record m of it when
 *  floor((m numerator + phase) / denominator) grows behind it. The phase of partition p is `phase` + p. */
export class ThinnedRoute implements Route {
  readonly id: number;
  readonly origin: number;
  readonly title: string;
  readonly parent: Route;
  readonly #numerator: number;
  readonly #denominator: number;
  readonly #phase: number;

  /** The fraction is in lowest terms, at most 1. */
  constructor(
    id: number,
    parent: Route,
    title: string,
    numerator: number,
    denominator: number,
    phase: number,
  ) {
    invariant(
      numerator >= 1 && numerator <= denominator && phase >= 0,
      "a share is more than nothing and at most all",
    );
    this.id = id;
    this.origin = parent.origin;
    this.title = title;
    this.parent = parent;
    this.#numerator = numerator;
    this.#denominator = denominator;
    this.#phase = phase;
  }

  rankOf(partition: number, offset: number): number {
    return this.#chosenOf(partition, this.parent.rankOf(partition, offset));
  }

  offsetOf(partition: number, rank: number): number {
    return this.parent.offsetOf(partition, this.#parentRank(partition, rank));
  }

  rankFrom(wider: Route, partition: number, rank: number): number {
    if (wider === this.parent) return this.#chosenOf(partition, rank);
    return this.rankOf(partition, wider.offsetOf(partition, rank));
  }

  rankOn(wider: Route, partition: number, rank: number): number {
    if (wider === this.parent) return this.#parentRank(partition, rank);
    return wider.rankOf(partition, this.offsetOf(partition, rank));
  }

  placeOf(_partition: number, rank: number): number {
    return rank;
  }

  findEnds(partition: number, from: number, last: number, ends: SpanEnds): void {
    ends.set(this.offsetOf(partition, from), this.offsetOf(partition, last), last - from);
  }

  period(partition: number): number {
    const all = this.parent.period(partition);
    return (all * this.#numerator) / greatestCommonDivisor(all, this.#denominator);
  }

  keyGroupOf(partition: number, rank: number): number {
    return this.parent.keyGroupOf(partition, this.#parentRank(partition, rank));
  }

  /** How many of the first `rank` records of the parent are on this route. */
  #chosenOf(partition: number, rank: number): number {
    return Math.floor((rank * this.#numerator + this.#phaseOf(partition)) / this.#denominator);
  }

  #parentRank(partition: number, rank: number): number {
    return Math.ceil(((rank + 1) * this.#denominator - this.#phaseOf(partition)) / this.#numerator) - 1;
  }

  #phaseOf(partition: number): number {
    return (this.#phase + partition) % this.#denominator;
  }
}

/** The records of `parent` once more, as records of their own. */
export class CopiedRoute implements Route {
  readonly id: number;
  readonly origin: number;
  readonly title: string;
  readonly parent: Route;

  constructor(id: number, parent: Route, title: string) {
    this.id = id;
    this.origin = parent.origin;
    this.title = title;
    this.parent = parent;
  }

  rankOf(partition: number, offset: number): number {
    return this.parent.rankOf(partition, offset);
  }

  offsetOf(partition: number, rank: number): number {
    return this.parent.offsetOf(partition, rank);
  }

  rankFrom(wider: Route, partition: number, rank: number): number {
    return wider === this.parent ? rank : this.parent.rankFrom(wider, partition, rank);
  }

  rankOn(wider: Route, partition: number, rank: number): number {
    return wider === this.parent ? rank : this.parent.rankOn(wider, partition, rank);
  }

  placeOf(partition: number, rank: number, offset: number): number {
    return this.parent.placeOf(partition, rank, offset);
  }

  findEnds(partition: number, from: number, last: number, ends: SpanEnds): void {
    this.parent.findEnds(partition, from, last, ends);
  }

  period(partition: number): number {
    return this.parent.period(partition);
  }

  keyGroupOf(partition: number, rank: number): number {
    return this.parent.keyGroupOf(partition, rank);
  }
}

/** Where the records of a route go when they are split by key, over one period of its ranks. */
interface SplitIndex {
  readonly period: number;
  readonly totals: Uint32Array;
  /** Where the records of each target begin in `positions`, which holds their ranks in ascending order. */
  readonly starts: Uint32Array;
  readonly positions: Uint16Array | Uint32Array;
  /** Their offsets, of which so many come before they repeat. */
  readonly offsets: Uint32Array | Float64Array;
  readonly distance: number;
  /** For each BLOCK of ranks and each target a pair: how many records before the block go to it, and a bit for each in the
   *  block that does. */
  readonly blocks: Int32Array;
}

const BLOCK_BITS = 5;
const BLOCK = 1 << BLOCK_BITS;

/** The records of a route split by key over so many targets: the subtasks that an exchange sends them to, the partitions
 *  that they are written to. What goes to each is a FilteredRoute. A partition's table is built when it is first asked for. */
export class KeyedSplit {
  readonly parent: Route;
  readonly targets: number;
  readonly #targetOf: (partition: number, rank: number) => number;
  readonly #index: (SplitIndex | undefined)[] = [];

  /** @param targetOf of the record with a rank on `parent`; it repeats as the key groups do. */
  constructor(parent: Route, targets: number, targetOf: (partition: number, rank: number) => number) {
    this.parent = parent;
    this.targets = targets;
    this.#targetOf = targetOf;
  }

  indexOf(partition: number): SplitIndex {
    const known = this.#index[partition];
    if (known !== undefined) return known;
    while (this.#index.length <= partition) this.#index.push(undefined);
    const index = this.#build(partition);
    this.#index[partition] = index;
    return index;
  }

  #build(partition: number): SplitIndex {
    const { parent, targets } = this;
    const period = parent.period(partition);
    const targetOf = new Uint16Array(period);
    const blocks = new Int32Array(Math.ceil(period / BLOCK) * targets * 2);
    const totals = new Uint32Array(targets);
    for (let i = 0; i < period; i++) {
      const row = (i >> BLOCK_BITS) * targets * 2;
      if (i % BLOCK === 0) for (let t = 0; t < targets; t++) blocks[row + t * 2] = totals[t]!;
      const target = this.#targetOf(partition, i);
      targetOf[i] = target;
      totals[target]!++;
      blocks[row + target * 2 + 1]! |= 1 << i;
    }
    const starts = new Uint32Array(targets);
    for (let t = 1; t < targets; t++) starts[t] = starts[t - 1]! + totals[t - 1]!;
    const Positions = period > 65_536 ? Uint32Array : Uint16Array;
    const positions = new Positions(period);
    const distance = period === 0 ? 0 : parent.offsetOf(partition, period) - parent.offsetOf(partition, 0);
    const offsets = distance < 2 ** 31 ? new Uint32Array(period) : new Float64Array(period);
    const next = starts.slice();
    for (let i = 0; i < period; i++) {
      const place = next[targetOf[i]!]!++;
      positions[place] = i;
      offsets[place] = parent.offsetOf(partition, i);
    }
    return { period, totals, starts, positions, offsets, distance, blocks };
  }
}

/** How many bits of `word` are set. Source: Warren, Hacker's Delight, 5-1. */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The records of a split by key that go to one target. */
export class FilteredRoute implements Route {
  readonly id: number;
  readonly origin: number;
  readonly title: string;
  readonly split: KeyedSplit;
  readonly target: number;
  /** Its key groups lie in [firstGroup, endGroup). */
  readonly firstGroup: number;
  readonly endGroup: number;

  constructor(
    id: number,
    split: KeyedSplit,
    target: number,
    title: string,
    firstGroup: number,
    endGroup: number,
  ) {
    invariant(target < split.targets, "a target of the split");
    this.id = id;
    this.origin = split.parent.origin;
    this.title = title;
    this.split = split;
    this.target = target;
    this.firstGroup = firstGroup;
    this.endGroup = endGroup;
  }

  rankOf(partition: number, offset: number): number {
    return this.#chosenOf(partition, this.split.parent.rankOf(partition, offset));
  }

  offsetOf(partition: number, rank: number): number {
    const { totals, starts, offsets, distance } = this.split.indexOf(partition);
    const total = totals[this.target]!;
    if (total === 0) return Number.POSITIVE_INFINITY;
    const q = Math.floor(rank / total);
    return q * distance + offsets[starts[this.target]! + rank - q * total]!;
  }

  rankFrom(wider: Route, partition: number, rank: number): number {
    if (wider === this.split.parent) return this.#chosenOf(partition, rank);
    return this.rankOf(partition, wider.offsetOf(partition, rank));
  }

  rankOn(wider: Route, partition: number, rank: number): number {
    if (wider === this.split.parent) return this.#parentRank(partition, rank);
    return wider.rankOf(partition, this.offsetOf(partition, rank));
  }

  placeOf(partition: number, rank: number, offset: number): number {
    return this.split.parent.placeOf(partition, this.#parentRank(partition, rank), offset);
  }

  findEnds(partition: number, from: number, last: number, ends: SpanEnds): void {
    const { parent } = this.split;
    const { period, totals, starts, positions, offsets, distance } = this.split.indexOf(partition);
    const total = totals[this.target]!;
    const start = starts[this.target]!;
    const q = Math.floor(from / total);
    const at = start + from - q * total;
    const lastInPeriod = last - q * total;
    const more = lastInPeriod < total ? 0 : Math.floor(lastInPeriod / total);
    const lastAt = start + lastInPeriod - more * total;
    const firstOffset = q * distance + offsets[at]!;
    const lastOffset = (q + more) * distance + offsets[lastAt]!;
    const firstPlace = parent.placeOf(partition, q * period + positions[at]!, firstOffset);
    const lastPlace = parent.placeOf(partition, (q + more) * period + positions[lastAt]!, lastOffset);
    ends.set(firstOffset, lastOffset, lastPlace - firstPlace);
  }

  period(partition: number): number {
    return this.split.indexOf(partition).totals[this.target]!;
  }

  keyGroupOf(partition: number, rank: number): number {
    return this.split.parent.keyGroupOf(partition, this.#parentRank(partition, rank));
  }

  /** How many of the first `rank` records of the parent are on this route. */
  #chosenOf(partition: number, rank: number): number {
    const { target, split } = this;
    const { period, totals, blocks } = split.indexOf(partition);
    if (period === 0) return 0;
    const q = Math.floor(rank / period);
    const i = rank - q * period;
    const pair = ((i >> BLOCK_BITS) * split.targets + target) * 2;
    return q * totals[target]! + blocks[pair]! + bitCount(blocks[pair + 1]! & ((1 << i) - 1));
  }

  #parentRank(partition: number, rank: number): number {
    const { target, split } = this;
    const { period, totals, starts, positions } = split.indexOf(partition);
    const total = totals[target]!;
    const q = Math.floor(rank / total);
    return q * period + positions[starts[target]! + rank - q * total]!;
  }
}
