import type { KafkaObserver } from "../kafka/index.ts";

/** A time in which a reader got nothing, ns. */
export interface VisibleGap {
  readonly from: number;
  readonly length: number;
}

/** When each reader got records at all, repeated ones too, and for how long it got none. */
export class VisibleGaps implements Pick<KafkaObserver, "delivered"> {
  /** Per reader: first and last arrival of each run of records, side by side. */
  readonly #arrivals: readonly number[][];

  constructor(readers: number) {
    this.#arrivals = Array.from({ length: readers }, () => []);
  }

  delivered(
    reader: number,
    _originPartition: number,
    _route: number,
    _from: number,
    _to: number,
    first: number,
    last: number,
  ): void {
    this.#arrivals[reader]!.push(first, last);
  }

  /** The longest time between two arrivals that ends behind `since`, ns; undefined: there were no two such. */
  largest(reader: number, since = Number.NEGATIVE_INFINITY): VisibleGap | undefined {
    const arrivals = this.#arrivals[reader]!;
    const runs = Array.from({ length: arrivals.length / 2 }, (_, i) => i * 2).toSorted(
      (a, b) => arrivals[a]! - arrivals[b]!,
    );
    let largest: VisibleGap | undefined;
    let latest: number | undefined;
    for (const run of runs) {
      const length = latest === undefined ? 0 : arrivals[run]! - latest;
      const isLonger = latest !== undefined && length > (largest?.length ?? 0) && latest + length > since;
      if (isLonger) largest = { from: latest!, length };
      latest = Math.max(latest ?? 0, arrivals[run + 1]!);
    }
    return largest;
  }
}
