/** Models: the records of an origin partition whose key group lies in a range, counted and found by rank.
 *  Source: counting sort of a repeating table: rank is a prefix sum, its inverse a list of positions.
 *  Leaves out: nothing. */

import { invariant } from "../engine/index.ts";
import type { LaneTable } from "./lane-table.ts";

interface CycleIndex {
  readonly period: number;
  readonly total: number;
  readonly prefix: Uint16Array;
  readonly positions: Uint16Array;
}

/** All offsets whose key group is in [firstGroup, endGroup). The rank of an offset is the number of smaller offsets
 *  of its partition on this route, so ranks are dense from 0 and intervals of ranks are intervals of offsets. */
export class Route {
  readonly id: number;
  readonly table: LaneTable;
  readonly firstGroup: number;
  readonly endGroup: number;
  readonly #cycles: readonly CycleIndex[];
  /** Per partition: its cycle, the position of offset 0, and the rank of that position. */
  readonly #cycleOf: readonly CycleIndex[];
  readonly #shift: Float64Array;
  readonly #shiftRank: Float64Array;

  constructor(id: number, table: LaneTable, partitions: number, firstGroup: number, endGroup: number) {
    invariant(firstGroup < endGroup, "a route needs at least one key group");
    this.id = id;
    this.table = table;
    this.firstGroup = firstGroup;
    this.endGroup = endGroup;
    this.#cycles = table.cycles.map((lanes) => indexCycle(lanes, firstGroup, endGroup));
    this.#cycleOf = Array.from({ length: partitions }, (_, p) => this.#cycles[table.cycleOf(p)]!);
    this.#shift = Float64Array.from({ length: partitions }, (_, p) => table.shift(p));
    this.#shiftRank = Float64Array.from(
      { length: partitions },
      (_, p) => this.#cycleOf[p]!.prefix[table.shift(p)]!,
    );
  }

  /** Number of offsets below `offset` of `partition` on this route. */
  rankOf(partition: number, offset: number): number {
    const cycle = this.#cycleOf[partition]!;
    const position = offset + this.#shift[partition]!;
    const q = Math.floor(position / cycle.period);
    return q * cycle.total + cycle.prefix[position - q * cycle.period]! - this.#shiftRank[partition]!;
  }

  /** The offset of `partition` with the given rank; the inverse of rankOf. Infinite on an empty route. */
  offsetOf(partition: number, rank: number): number {
    const cycle = this.#cycleOf[partition]!;
    if (cycle.total === 0) return Number.POSITIVE_INFINITY;
    const r = rank + this.#shiftRank[partition]!;
    const q = Math.floor(r / cycle.total);
    return q * cycle.period + cycle.positions[r - q * cycle.total]! - this.#shift[partition]!;
  }

  /** Mean share of a partition's records, 0 to 1. */
  share(partition: number): number {
    const cycle = this.#cycleOf[partition]!;
    return cycle.total / cycle.period;
  }
}

function indexCycle(lanes: Uint16Array, firstGroup: number, endGroup: number): CycleIndex {
  const period = lanes.length;
  const prefix = new Uint16Array(period + 1);
  for (let i = 0; i < period; i++) {
    const inside = lanes[i]! >= firstGroup && lanes[i]! < endGroup;
    prefix[i + 1] = prefix[i]! + (inside ? 1 : 0);
  }
  const total = prefix[period]!;
  const positions = new Uint16Array(total);
  for (let i = 0, k = 0; i < period; i++) {
    if (prefix[i + 1]! > prefix[i]!) positions[k++] = i;
  }
  return { period, total, prefix, positions };
}
