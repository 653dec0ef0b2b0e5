/** Models: the results of windows as an origin of their own: a partition a subtask, every result created at the end of its
 *    window.
 *  Source: flink WindowOperator (a result's timestamp is its window's maxTimestamp).
 *  Leaves out: the millisecond between a window's last timestamp and its end. */

import { invariant } from "../engine/index.ts";
import type { Origin } from "./origin.ts";

interface Firing {
  readonly createdAt: number;
  /** results up to and with this one. */
  readonly end: number;
}

/** Times are ns. */
export class WindowOrigin implements Origin {
  readonly partitions: number;
  readonly ratePerPartition: number;
  readonly #firings: Firing[][];
  /** Results of firings that are forgotten. */
  readonly #forgotten: Float64Array;

  /** @param ratePerPartition results a second, for estimates only. */
  constructor(partitions: number, ratePerPartition: number) {
    this.partitions = partitions;
    this.ratePerPartition = ratePerPartition;
    this.#firings = Array.from({ length: partitions }, () => []);
    this.#forgotten = new Float64Array(partitions);
  }

  /** `results` (>= 0) of a window that ended at `windowEnd`, no earlier than the one before. @returns the offset of the
   *  first. */
  fire(partition: number, windowEnd: number, results: number): number {
    const firings = this.#firings[partition]!;
    const newest = firings.at(-1);
    invariant(newest === undefined || newest.createdAt <= windowEnd, "windows fire in order");
    const first = this.total(partition);
    if (results > 0) firings.push({ createdAt: windowEnd, end: first + results });
    return first;
  }

  countAt(partition: number, time: number): number {
    const firings = this.#firings[partition]!;
    const i = firstIndex(firings, (firing) => firing.createdAt > time);
    return i === 0 ? this.#forgotten[partition]! : firings[i - 1]!.end;
  }

  createdAt(partition: number, offset: number): number {
    const firings = this.#firings[partition]!;
    invariant(
      offset >= this.#forgotten[partition]!,
      "a creation time was asked for that was already forgotten",
    );
    const i = firstIndex(firings, (firing) => firing.end > offset);
    return firings[i]?.createdAt ?? Number.POSITIVE_INFINITY;
  }

  total(partition: number): number {
    return this.#firings[partition]!.at(-1)?.end ?? this.#forgotten[partition]!;
  }

  forgetBefore(time: number): void {
    this.#firings.forEach((firings, partition) => {
      const dropped = firstIndex(firings, (firing) => firing.createdAt >= time);
      if (dropped === 0) return;
      this.#forgotten[partition] = firings[dropped - 1]!.end;
      firings.splice(0, dropped);
    });
  }
}

/** Index of the first for which `holds`, which then holds for all that follow; the length if for none. */
function firstIndex<T>(sorted: readonly T[], holds: (one: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
