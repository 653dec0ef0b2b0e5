/** Models: the results of tumbling windows as an origin of their own: a partition a key group, in which each window makes a
 *    result for every key that has a record in it, at its last timestamp. So a result is the same one however often it is
 *    made, and which there are follows from the records alone.
 *  Source: flink WindowOperator (a result's timestamp is its window's maxTimestamp), TimeWindow.getWindowStartWithOffset.
 *  Leaves out: which keys they are (only how many of a key group). */

import { invariant } from "../engine/index.ts";
import { KeyGroupCounts } from "./key-group-counts.ts";
import type { KeyPopulation } from "./key-population.ts";
import type { Origin } from "./origin.ts";
import type { Route } from "./route.ts";

/** Records that come to windows, on one way. */
export interface WindowInput {
  readonly route: Route;
  readonly origin: Origin;
  /** By partition of the origin, the offset in front of which they end; undefined: they don't. */
  readonly stoppingOffsets?: readonly number[] | undefined;
}

export interface WindowOriginSettings {
  /** Of a window, and how far behind 0 one begins; whole ms: size > 0, 0 <= offset < size. */
  readonly size: number;
  readonly offset: number;
  readonly inputs: readonly WindowInput[];
  /** Keys of each key group. */
  readonly keys: readonly KeyPopulation[];
  /** ms: the watermark that is sure to come in the end, infinite where the input ends; asked for when the load is over. Windows up
   *  to it make the load. */
  readonly finalWatermark: () => number;
  /** ns: no record is created from then on. */
  readonly loadEnd: number;
}

const MILLISECOND = 1e6;

/** Times are ns but where they are said to be ms. Windows are numbered from the one that time 0 lies in. */
export class WindowOrigin implements Origin {
  readonly partitions: number;
  readonly ratePerPartition: number;
  readonly #settings: WindowOriginSettings;
  readonly #counts: readonly KeyGroupCounts[];
  /** ms, where window 0 begins. */
  readonly #first: number;
  /** ms: the last timestamp of the latest window that was fired. */
  #fired = Number.NEGATIVE_INFINITY;
  /** Number of the last window that may hold a record. */
  readonly #last: number;
  /** Per key group, of each window in turn: records in it, and results up to its last one. */
  readonly #records: number[][];
  readonly #ends: number[][];
  /** Windows that are forgotten. */
  #forgotten = 0;
  /** Per input and partition: records that came before the first window that is not known. */
  readonly #passed: readonly Float64Array[];

  constructor(settings: WindowOriginSettings) {
    const { size, offset, inputs, keys, loadEnd } = settings;
    invariant(size > 0 && offset >= 0 && offset < size, "a window has a size, and an offset within it");
    this.#settings = settings;
    this.partitions = keys.length;
    this.ratePerPartition = keys.reduce((sum, group) => sum + group.keys, 0) / keys.length / (size / 1000);
    this.#counts = inputs.map(({ route }) => new KeyGroupCounts(route, keys.length));
    this.#passed = inputs.map(({ origin }) => new Float64Array(origin.partitions));
    this.#first = windowStart(0, size, offset);
    this.#last = Math.floor((loadEnd / MILLISECOND - this.#first) / size);
    this.#records = keys.map(() => []);
    this.#ends = keys.map(() => []);
  }

  /** A watermark has fired windows up to the one with this last timestamp, ms: they belong to the load. */
  fired(maxTimestamp: number): void {
    if (maxTimestamp > this.#fired) this.#fired = maxTimestamp;
  }

  /** Records in the window that begins at `start`, ms, of a key group. */
  recordsIn(keyGroup: number, start: number): number {
    return this.#at(this.#records[keyGroup]!, this.#windowOf(start));
  }

  /** Offset of the first result of the window that begins at `start`, ms, in a key group. */
  firstResult(keyGroup: number, start: number): number {
    const window = this.#windowOf(start);
    return window === 0 ? 0 : this.#at(this.#ends[keyGroup]!, window - 1);
  }

  /** Results of so many records of one window in a key group: its distinct keys. */
  keysAmong(keyGroup: number, records: number): number {
    if (records <= 0) return 0;
    return Math.max(1, Math.round(this.#settings.keys[keyGroup]!.distinct(records)));
  }

  countAt(partition: number, time: number): number {
    const window = Math.min(this.#last, this.#lastEnded(Math.floor(time / MILLISECOND)));
    return window < 0 ? 0 : this.#at(this.#ends[partition]!, window);
  }

  createdAt(partition: number, offset: number): number {
    const { size } = this.#settings;
    const ends = this.#ends[partition]!;
    while ((ends.at(-1) ?? 0) <= offset && this.#known() <= this.#last) this.#grow();
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! > offset) high = middle;
      else low = middle + 1;
    }
    if (low === ends.length) return Number.POSITIVE_INFINITY;
    return (this.#first + (this.#forgotten + low + 1) * size - 1) * MILLISECOND;
  }

  total(partition: number): number {
    const watermark = Math.max(this.#fired, this.#settings.finalWatermark());
    const window = Math.min(this.#last, this.#lastEnded(watermark));
    return window < 0 ? 0 : this.#at(this.#ends[partition]!, window);
  }

  forgetBefore(time: number): void {
    const before = this.#lastEnded(Math.floor(time / MILLISECOND)) - 1;
    // Nobody asks for one by one, and not for what is counted up to here.
    const drop = Math.min(before, this.#known() - 1) - this.#forgotten;
    if (drop < FORGOTTEN_TOGETHER) return;
    for (const rows of [...this.#records, ...this.#ends]) rows.splice(0, drop);
    this.#forgotten += drop;
  }

  #windowOf(start: number): number {
    return (start - this.#first) / this.#settings.size;
  }

  /** The last window whose last timestamp is at most `timestamp`, ms; -1: none. */
  #lastEnded(timestamp: number): number {
    if (timestamp === Number.NEGATIVE_INFINITY) return -1;
    return Math.max(-1, Math.floor((timestamp + 1 - this.#first) / this.#settings.size) - 1);
  }

  #known(): number {
    return this.#forgotten + this.#ends[0]!.length;
  }

  #at(rows: readonly number[], window: number): number {
    while (this.#known() <= window) this.#grow();
    invariant(window >= this.#forgotten, "a window was asked for that was already forgotten");
    return rows[window - this.#forgotten]!;
  }

  /** Counts one window more. */
  #grow(): void {
    const { inputs, size } = this.#settings;
    const end = (this.#first + (this.#known() + 1) * size) * MILLISECOND;
    const { partitions } = this;
    const records = new Float64Array(partitions);
    inputs.forEach(({ route, origin, stoppingOffsets }, input) => {
      const passed = this.#passed[input]!;
      for (let p = 0; p < passed.length; p++) {
        const created = origin.countAt(p, end - 1);
        const upTo = route.rankOf(p, Math.min(created, stoppingOffsets?.[p] ?? created));
        const from = passed[p]!;
        if (upTo === from) continue;
        for (let group = 0; group < partitions; group++)
          records[group]! += this.#counts[input]!.between(p, group, from, upTo);
        passed[p] = upTo;
      }
    });
    for (let group = 0; group < partitions; group++) {
      const before = this.#ends[group]!.at(-1) ?? 0;
      this.#records[group]!.push(records[group]!);
      this.#ends[group]!.push(before + this.keysAmong(group, records[group]!));
    }
  }
}

const FORGOTTEN_TOGETHER = 64;

/** Start of the window that `timestamp` belongs to, all in ms. Source: TimeWindow.getWindowStartWithOffset. */
export function windowStart(timestamp: number, size: number, offset: number): number {
  const within = (timestamp - offset) % size;
  return timestamp - (within < 0 ? within + size : within);
}
