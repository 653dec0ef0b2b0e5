import type { KafkaObserver } from "../kafka/index.ts";
import type { Lineage } from "../records/index.ts";
import { FirstArrivals } from "./first-arrivals.ts";

/** What a reader's records of one slot of creation time took. */
export interface SlotLatency {
  /** Records that arrived. */
  records: number;
  /** ns, sum over them. */
  sum: number;
  /** ns. */
  max: number;
}

/** Latency of each reader by slot of creation time, from a record's creation to the first time it was delivered: what a restore
 *  repeats doesn't count. Light enough for many slots; LatencyByCreation has quantiles. */
export class LatencyThroughTime implements Pick<KafkaObserver, "delivered"> {
  readonly #lineage: Lineage;
  readonly #slot: number;
  readonly #readers: readonly SlotLatency[][];
  readonly #arrivals = new FirstArrivals();

  /** @param slot ns. */
  constructor(readers: number, lineage: Lineage, slot: number) {
    this.#lineage = lineage;
    this.#slot = slot;
    this.#readers = Array.from({ length: readers }, () => []);
  }

  delivered(
    reader: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
  ): void {
    const spacing = to - from > 1 ? (last - first) / (to - from - 1) : 0;
    const arrival = (rank: number): number => first + (rank - from) * spacing;
    for (const [a, b] of this.#arrivals.take(reader, originPartition, route, from, to))
      this.#add(reader, originPartition, route, a, b, arrival);
  }

  #add(
    reader: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    arrival: (rank: number) => number,
  ): void {
    const lineage = this.#lineage;
    const created = (rank: number): number =>
      lineage.createdAt(originPartition, lineage.offsetOf(originPartition, route, rank));
    for (let rank = from; rank < to; ) {
      const createdFirst = created(rank);
      const slot = Math.floor(createdFirst / this.#slot);
      const end = Math.min(to, lineage.rankAt(originPartition, route, (slot + 1) * this.#slot - 1));
      const next = Math.max(end, rank + 1);
      const atFirst = arrival(rank) - createdFirst;
      const atLast = arrival(next - 1) - created(next - 1);
      const entry = this.#slotOf(reader, slot);
      entry.records += next - rank;
      entry.sum += ((next - rank) * (atFirst + atLast)) / 2;
      entry.max = Math.max(entry.max, atFirst, atLast);
      rank = next;
    }
  }

  #slotOf(reader: number, slot: number): SlotLatency {
    const slots = this.#readers[reader]!;
    while (slots.length <= slot) slots.push({ records: 0, sum: 0, max: 0 });
    return slots[slot]!;
  }

  /** Slot 0, 1, …; one without records: nothing of it arrived. */
  slots(reader: number): readonly SlotLatency[] {
    return this.#readers[reader]!;
  }
}
