import { invariant } from "../engine/index.ts";
import type { LaneTable } from "./lane-table.ts";
import type { Origin } from "./origin.ts";
import { Route } from "./route.ts";

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
  route(originPartition: number, firstGroup: number, endGroup: number): Route {
    const entry = this.#entryOf[originPartition]!;
    const key = `${entry.firstPartition}:${firstGroup}:${endGroup}`;
    const known = this.#routeIds.get(key);
    if (known !== undefined) return this.#routes[known]!;
    const route = new Route(this.#routes.length, entry.table, entry.origin.partitions, firstGroup, endGroup);
    this.#routeIds.set(key, route.id);
    this.#routes.push(route);
    return route;
  }

  /** The route of all key groups: its ranks are offsets. */
  everyKey(originPartition: number): Route {
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
    invariant(from.table === to.table, "routes of one origin share a lane table");
    const local = this.localPartition(originPartition);
    return to.rankOf(local, from.offsetOf(local, rank));
  }
}
