import { FilteredRoute, KeyedSplit, type Route } from "./route.ts";

/** How many records of a route lie in each key group. Partitions are numbered inside their origin. */
export class KeyGroupCounts {
  readonly #route: Route;
  readonly #groups: readonly FilteredRoute[];

  constructor(route: Route, keyGroups: number) {
    const split = new KeyedSplit(route, keyGroups, (partition, rank) => route.keyGroupOf(partition, rank));
    this.#route = route;
    this.#groups = Array.from(
      { length: keyGroups },
      // They take no part in a lineage, so they need no numbers of their own.
      (_, group) => new FilteredRoute(-1, split, group, `key group ${group}`, group, group + 1),
    );
  }

  /** Of ranks [from, to). */
  between(partition: number, keyGroup: number, from: number, to: number): number {
    const group = this.#groups[keyGroup]!;
    return group.rankFrom(this.#route, partition, to) - group.rankFrom(this.#route, partition, from);
  }
}
