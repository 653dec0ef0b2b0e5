import type { Lineage } from "./lineage.ts";
import type { Route } from "./route.ts";
import { RunPart } from "./run-part.ts";

/** How what is written to a topic by key goes to its partitions: to a slot, the partitions with one leader, and then to
 *  each of them. Partition p is in slot p mod `slots`. */
export class KeyedPartitions {
  readonly partitions: number;
  readonly slots: number;
  readonly #lineage: Lineage;

  constructor(lineage: Lineage, partitions: number, brokers: number) {
    this.#lineage = lineage;
    this.partitions = partitions;
    this.slots = Math.min(brokers, partitions);
  }

  partitionsOf(slot: number): number {
    return Math.floor((this.partitions - 1 - slot) / this.slots) + 1;
  }

  /** The records of a route that go to `slot`. */
  ofSlot(route: Route, slot: number): Route {
    return this.#lineage.written(route, slot, this.slots, this.partitions);
  }

  /** Those of a route of ofSlot that go to `partition`, which is in its slot. */
  ofPartition(route: Route, partition: number): Route {
    if (this.slots === this.partitions) return route;
    return this.#lineage.written(route, partition, this.partitions, this.partitions);
  }

  /** Takes out of runs what a slot or a partition gets. */
  part(separate: boolean): RunPart {
    return new RunPart(this.#lineage, separate);
  }

  /** What all partitions get of a route, a route each. */
  all(route: Route): Route[] {
    return Array.from({ length: this.partitions }, (_, partition) =>
      this.ofPartition(this.ofSlot(route, partition % this.slots), partition),
    );
  }
}
