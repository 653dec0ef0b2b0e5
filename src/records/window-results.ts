import { KeyGroupCounts } from "./key-group-counts.ts";
import type { Lineage } from "./lineage.ts";
import type { SpanList } from "./span-list.ts";
import type { WindowOrigin } from "./window-origin.ts";

/** Ranks [from, to) of a route of an origin partition; see Lineage. */
export interface WindowedSpan {
  readonly originPartition: number;
  readonly route: number;
  readonly from: number;
  readonly to: number;
}

/** The results of the windows of one subtask: those of its key groups. */
export class WindowResults {
  readonly #origin: WindowOrigin;
  readonly #lineage: Lineage;
  /** Number of the origin's first partition, and of the route of all its results. */
  readonly #firstPartition: number;
  readonly #route: number;
  readonly #firstGroup: number;
  readonly #endGroup: number;
  /** By route. */
  readonly #counts = new Map<number, KeyGroupCounts>();

  /** @param firstPartition number of the origin's first partition. @param firstGroup and @param endGroup, exclusive: the
   *    subtask's key groups. */
  constructor(
    origin: WindowOrigin,
    lineage: Lineage,
    firstPartition: number,
    firstGroup: number,
    endGroup: number,
  ) {
    this.#origin = origin;
    this.#lineage = lineage;
    this.#firstPartition = firstPartition;
    this.#route = lineage.everyKey(firstPartition).id;
    this.#firstGroup = firstGroup;
    this.#endGroup = endGroup;
  }

  /** The window that begins at `start`, ms, is fired with these `records` records in `spans`. Appends its results to `into`,
   *  key group after key group: where records are missing that came too late, those of as many keys as the others have. */
  fire(start: number, maxTimestamp: number, records: number, spans: readonly WindowedSpan[], into: SpanList) {
    const origin = this.#origin;
    origin.fired(maxTimestamp);
    let all = 0;
    for (let group = this.#firstGroup; group < this.#endGroup; group++) all += origin.recordsIn(group, start);
    for (let group = this.#firstGroup; group < this.#endGroup; group++) {
      const whole = origin.recordsIn(group, start);
      const present = records === all ? whole : Math.min(whole, this.#recordsOf(group, spans));
      const first = origin.firstResult(group, start);
      const partition = this.#firstPartition + group;
      into.push(partition, this.#route, first, first + origin.keysAmong(group, present));
    }
  }

  #recordsOf(group: number, spans: readonly WindowedSpan[]): number {
    let records = 0;
    for (const { originPartition, route, from, to } of spans) {
      let counts = this.#counts.get(route);
      if (counts === undefined) {
        counts = new KeyGroupCounts(this.#lineage.routeById(route), this.#origin.partitions);
        this.#counts.set(route, counts);
      }
      records += counts.between(this.#lineage.localPartition(originPartition), group, from, to);
    }
    return records;
  }
}
