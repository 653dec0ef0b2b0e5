import type { KafkaObserver } from "../kafka/index.ts";
import { type Lineage, type Route, RouteSightings, type Sightings } from "../records/index.ts";

/** Offsets of one source partition that a reader saw so often: those of a way through the jobs from the first to the last. */
export interface SeenOffsets {
  readonly originPartition: number;
  /** What the way is, in words. */
  readonly route: string;
  readonly first: number;
  readonly last: number;
  readonly records: number;
  /** 0: lost. */
  readonly times: number;
}

/** Which records each reader saw and how often, exact, by interval arithmetic on the ranks of each route. */
export class DeliveryLedger implements Pick<KafkaObserver, "delivered"> {
  readonly #lineage: Lineage;
  /** Per reader. */
  readonly #sightings: readonly RouteSightings[];

  constructor(readers: number, lineage: Lineage) {
    this.#lineage = lineage;
    this.#sightings = Array.from({ length: readers }, () => new RouteSightings());
  }

  /** @returns how many of them `reader` had seen before. */
  delivered(reader: number, originPartition: number, route: number, from: number, to: number): number {
    return this.#sightings[reader]!.add(originPartition, route, from, to);
  }

  /** Distinct records `reader` saw. */
  visible(reader: number): number {
    return this.#sightings[reader]!.seen;
  }

  /** Sightings after the first. */
  duplicated(reader: number): number {
    return this.#sightings[reader]!.repeats;
  }

  /** What `reader` did not see of all records on `routes`, by route and partition.
   *  @param endOf the offset of an origin partition up to which they come; without it all of the load does. */
  losses(reader: number, routes: readonly Route[], endOf?: EndOf): SeenOffsets[] {
    return this.#list(
      reader,
      routes,
      (sightings, total, tell) => {
        for (const [from, to] of sightings?.missing(total) ?? [[0, total] as const]) tell(from, to, 0);
      },
      endOf,
    );
  }

  /** What `reader` saw more than once. */
  duplicates(reader: number, routes: readonly Route[]): SeenOffsets[] {
    return this.#list(reader, routes, (sightings, _total, tell) => {
      for (let times = 2; sightings !== undefined; times++) {
        const intervals = sightings.intervals(times);
        if (intervals.length === 0) return;
        const more = sightings.intervals(times + 1);
        for (const [from, to] of intervals) {
          let next = from;
          for (const [start, end] of more) {
            if (start < from || start >= to) continue;
            tell(next, start, times);
            next = end;
          }
          tell(next, to, times);
        }
      }
    });
  }

  /** Ranks that `reader` saw of records that nobody made. */
  invented(reader: number, routes: readonly Route[], endOf?: EndOf): number {
    let sum = 0;
    for (const route of routes) {
      this.#eachPartition(
        route,
        (originPartition, total) => {
          const sightings = this.#sightings[reader]!.at(originPartition, route.id);
          if (sightings !== undefined) sum += Math.max(0, sightings.end - total);
        },
        endOf,
      );
    }
    return sum;
  }

  #list(
    reader: number,
    routes: readonly Route[],
    visit: (
      sightings: Sightings | undefined,
      total: number,
      tell: (from: number, to: number, times: number) => void,
    ) => void,
    endOf?: EndOf,
  ): SeenOffsets[] {
    const found: SeenOffsets[] = [];
    for (const route of routes) {
      this.#eachPartition(
        route,
        (originPartition, total) => {
          const sightings = this.#sightings[reader]!.at(originPartition, route.id);
          visit(sightings, total, (from, to, times) => {
            if (to <= from) return;
            const first = this.#lineage.offsetOf(originPartition, route.id, from);
            const last = this.#lineage.offsetOf(originPartition, route.id, to - 1);
            found.push({ originPartition, route: route.title, first, last, records: to - from, times });
          });
        },
        endOf,
      );
    }
    return found;
  }

  #eachPartition(route: Route, visit: (originPartition: number, total: number) => void, endOf?: EndOf): void {
    const origin = this.#lineage.originOf(route.origin);
    for (let p = 0; p < origin.partitions; p++) {
      const end = endOf?.(route.origin + p) ?? origin.total(p);
      visit(route.origin + p, route.rankOf(p, end));
    }
  }
}

/** Up to which offset the records of an origin partition come to where a reader reads; undefined: all of the load. */
export type EndOf = (originPartition: number) => number | undefined;
export type EndOfTopic = (topic: string, originPartition: number) => number | undefined;
