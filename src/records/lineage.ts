import { invariant } from "../engine/index.ts";
import { firstKeyGroup, subtaskOf } from "./key-groups.ts";
import type { LaneTable } from "./lane-table.ts";
import type { Origin } from "./origin.ts";
import { CopiedRoute, FilteredRoute, KeyedSplit, KeyGroupRoute, type Route, ThinnedRoute } from "./route.ts";

interface OriginEntry {
  readonly origin: Origin;
  readonly table: LaneTable;
  readonly firstPartition: number;
}

/** Every origin partition and every route of a simulated world, by number, so that what flows carries only numbers:
 *  a piece of a span is (origin partition, route, first rank, end rank). */
export class Lineage {
  readonly #entries: OriginEntry[] = [];
  readonly #entryOf: OriginEntry[] = [];
  readonly #routes: Route[] = [];
  readonly #splits = new Map<string, KeyedSplit>();
  readonly #routeIds = new Map<string, number>();

  /** @returns the number of the origin's first partition; its others follow. */
  addOrigin(origin: Origin, table: LaneTable): number {
    const entry = { origin, table, firstPartition: this.#entryOf.length };
    this.#entries.push(entry);
    for (let p = 0; p < origin.partitions; p++) this.#entryOf.push(entry);
    return entry.firstPartition;
  }

  get originPartitions(): number {
    return this.#entryOf.length;
  }

  origins(): readonly Origin[] {
    return this.#entries.map((entry) => entry.origin);
  }

  originOf(originPartition: number): Origin {
    return this.#entryOf[originPartition]!.origin;
  }

  /** Partition number inside its own topic. */
  localPartition(originPartition: number): number {
    return originPartition - this.#entryOf[originPartition]!.firstPartition;
  }

  /** The route of key groups [firstGroup, endGroup) of the origin that `originPartition` belongs to. */
  route(originPartition: number, firstGroup: number, endGroup: number): KeyGroupRoute {
    const { firstPartition, table, origin } = this.#entryOf[originPartition]!;
    return this.#known(`${firstPartition}:${firstGroup}:${endGroup}`, (id) => {
      return new KeyGroupRoute(id, table, origin.partitions, firstGroup, endGroup, firstPartition);
    });
  }

  /** The records of `route` that an exchange by key sends to `subtask` of `parallelism`; undefined: by their key groups
   *  there are none. */
  keyed(route: Route, subtask: number, parallelism: number, maxParallelism: number): Route | undefined {
    if (route instanceof KeyGroupRoute || route instanceof FilteredRoute) {
      const first = Math.max(route.firstGroup, firstKeyGroup(subtask, parallelism, maxParallelism));
      const end = Math.min(route.endGroup, firstKeyGroup(subtask + 1, parallelism, maxParallelism));
      if (first >= end) return undefined;
      if (first === route.firstGroup && end === route.endGroup) return route;
      if (route instanceof KeyGroupRoute) return this.route(route.origin, first, end);
    }
    return this.#known(`keyed:${route.id}:${subtask}:${parallelism}`, (id) => {
      const split = this.#split(`exchange:${route.id}:${parallelism}`, route, parallelism, (p, rank) =>
        subtaskOf(route.keyGroupOf(p, rank), parallelism, maxParallelism),
      );
      const first = firstKeyGroup(subtask, parallelism, maxParallelism);
      const end = firstKeyGroup(subtask + 1, parallelism, maxParallelism);
      const title = `key groups ${first} to ${end - 1} of ${route.title}`;
      return new FilteredRoute(id, split, subtask, title, first, end);
    });
  }

  /** The records of `route` whose keys are written to topic partition `target`, or to the one that `target` and every
   *  `targets`-th behind it are: those that lie with one of so many leaders. `topicPartitions`: of the topic. */
  written(route: Route, target: number, targets: number, topicPartitions: number): Route {
    if (targets === 1) return route;
    return this.#known(`written:${route.id}:${target}:${targets}:${topicPartitions}`, (id) => {
      const key = `written:${route.id}:${targets}:${topicPartitions}`;
      const split = this.#split(key, route, targets, (p, rank) => {
        return this.#topicPartitionOf(route, p, rank, topicPartitions) % targets;
      });
      const isOfGroups = route instanceof KeyGroupRoute || route instanceof FilteredRoute;
      const first = isOfGroups ? route.firstGroup : 0;
      const end = isOfGroups ? route.endGroup : this.#entryOf[route.origin]!.table.maxParallelism;
      const what = targets === topicPartitions ? `partition ${target}` : `leader ${target} of ${targets}`;
      return new FilteredRoute(id, split, target, `keys of ${what} of ${route.title}`, first, end);
    });
  }

  #topicPartitionOf(route: Route, partition: number, rank: number, topicPartitions: number): number {
    const { table } = this.#entryOf[route.origin]!;
    return table.topicPartitionOf(partition, route.offsetOf(partition, rank), topicPartitions);
  }

  #split(
    key: string,
    route: Route,
    targets: number,
    targetOf: (partition: number, rank: number) => number,
  ): KeyedSplit {
    const known = this.#splits.get(key) ?? new KeyedSplit(route, targets, targetOf);
    this.#splits.set(key, known);
    return known;
  }

  /** One of the `n` parts of `route` that its records go to in turn, partition by partition; 0 <= part < n. */
  inTurn(route: Route, part: number, n: number): Route {
    if (n === 1) return route;
    return this.#known(`in turn:${route.id}:${part}:${n}`, (id) => {
      const title = `part ${part} of ${n} of ${route.title}`;
      return new ThinnedRoute(id, route, title, 1, n, n - 1 - part);
    });
  }

  /** An even share of the records of `route`; the fraction in lowest terms, more than 0 and at most 1. */
  share(route: Route, numerator: number, denominator: number): Route {
    if (numerator === denominator) return route;
    return this.#known(`share:${route.id}:${numerator}:${denominator}`, (id) => {
      const title = `${numerator} in ${denominator} of ${route.title}`;
      return new ThinnedRoute(id, route, title, numerator, denominator, 0);
    });
  }

  /** Copy `copy` of `n` of the records of `route`: records of their own. */
  copy(route: Route, copy: number, n: number): Route {
    if (n === 1) return route;
    return this.#known(`copy:${route.id}:${copy}:${n}`, (id) => {
      return new CopiedRoute(id, route, `copy ${copy} of ${n} of ${route.title}`);
    });
  }

  #known<R extends Route>(key: string, make: (id: number) => R): R {
    const known = this.#routeIds.get(key);
    if (known !== undefined) return this.#routes[known] as R;
    const route = make(this.#routes.length);
    this.#routeIds.set(key, route.id);
    this.#routes.push(route);
    return route;
  }

  /** The route of all key groups: its ranks are offsets. */
  everyKey(originPartition: number): KeyGroupRoute {
    return this.route(originPartition, 0, this.#entryOf[originPartition]!.table.maxParallelism);
  }

  routeById(id: number): Route {
    return this.#routes[id]!;
  }

  /** Offset of the record with `rank` on the route of `routeId`. */
  offsetOf(originPartition: number, routeId: number, rank: number): number {
    const local = originPartition - this.#entryOf[originPartition]!.firstPartition;
    return this.#routes[routeId]!.offsetOf(local, rank);
  }

  /** Creation time of the record at `offset`, ns. */
  createdAt(originPartition: number, offset: number): number {
    const entry = this.#entryOf[originPartition]!;
    return entry.origin.createdAt(originPartition - entry.firstPartition, offset);
  }

  /** Records of the origin of `route` that lie on it, over the whole load. */
  total(route: Route): number {
    const { origin } = this.#entryOf[route.origin]!;
    let sum = 0;
    for (let p = 0; p < origin.partitions; p++) sum += route.rankOf(p, origin.total(p));
    return sum;
  }

  /** Records of `originPartition` on the route of `routeId` that were created at or before `time`. */
  rankAt(originPartition: number, routeId: number, time: number): number {
    const entry = this.#entryOf[originPartition]!;
    const local = originPartition - entry.firstPartition;
    return this.#routes[routeId]!.rankOf(local, entry.origin.countAt(local, time));
  }

  /** How many records of `originPartition` with an offset below that of `rank` on `from` lie on `to`.
   *  `to` must be inside `from` or hold it whole. */
  translate(originPartition: number, from: Route, to: Route, rank: number): number {
    if (from.id === to.id) return rank;
    invariant(from.origin === to.origin, "routes of one origin share a lane table");
    const local = this.localPartition(originPartition);
    return to.rankFrom(from, local, rank);
  }
}
