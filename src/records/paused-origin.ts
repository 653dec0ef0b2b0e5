/** Models: an origin whose producer makes nothing at times: what it would have made it makes later, since its own clock stands
 *    still meanwhile.
 *  Source: closed form.
 *  Leaves out: a backlog that the application has gathered by the end of a pause. */

import { invariant } from "../engine/index.ts";
import type { Origin } from "./origin.ts";

/** ns; in ascending order, disjoint. */
export interface PausedTime {
  readonly from: number;
  readonly until: number;
}

export class PausedOrigin implements Origin {
  readonly partitions: number;
  readonly ratePerPartition: number;
  readonly #base: Origin;
  readonly #pauses: readonly PausedTime[];

  /** @param base on its own clock; ends where that stands at the load's end, see activeTime. */
  constructor(base: Origin, pauses: readonly PausedTime[]) {
    pauses.forEach(({ from, until }, i) => {
      invariant(from >= (pauses[i - 1]?.until ?? 0) && until > from, "pauses come one after the other");
    });
    this.#base = base;
    this.#pauses = pauses;
    this.partitions = base.partitions;
    this.ratePerPartition = base.ratePerPartition;
  }

  countAt(partition: number, time: number): number {
    return this.#base.countAt(partition, activeTime(Math.floor(time), this.#pauses));
  }

  createdAt(partition: number, offset: number): number {
    let at = this.#base.createdAt(partition, offset);
    for (const { from, until } of this.#pauses) {
      if (at < from) break;
      at += until - from;
    }
    return at;
  }

  total(partition: number): number {
    return this.#base.total(partition);
  }

  forgetBefore(time: number): void {
    this.#base.forgetBefore(activeTime(time, this.#pauses));
  }
}

/** What a clock shows at `time` that stands still in `pauses`: in a pause the last instant before it; ns. */
export function activeTime(time: number, pauses: readonly PausedTime[]): number {
  let paused = 0;
  for (const { from, until } of pauses) {
    if (time < from) break;
    if (time < until) return from - paused - 1;
    paused += until - from;
  }
  return time - paused;
}
