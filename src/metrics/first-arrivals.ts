import { IntervalLedger } from "../records/index.ts";

/** Tells of what a reader gets which of it comes for the first time: what a restore repeats was there before. */
export class FirstArrivals {
  /** By reader, origin partition and route. */
  readonly #seen = new Map<string, IntervalLedger>();

  /** Notes that `reader` gets ranks [from, to). @returns those it hadn't had yet, ascending and disjoint. */
  take(
    reader: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
  ): readonly (readonly [from: number, to: number])[] {
    const key = `${reader}/${originPartition}/${route}`;
    let seen = this.#seen.get(key);
    if (seen === undefined) {
      seen = new IntervalLedger();
      this.#seen.set(key, seen);
    }
    const unseen = seen.unseen(from, to);
    seen.add(from, to);
    return unseen;
  }
}
