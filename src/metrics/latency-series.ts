import type { KafkaObserver } from "../kafka/index.ts";
import type { Lineage } from "../records/index.ts";

/** Mean latency of each reader through time: one value for each slot of creation time. A delivered run of records counts
 *  with the slot of its middle, so slots should be longer than a buffer takes to fill. */
export class LatencySeries implements Pick<KafkaObserver, "delivered"> {
  readonly #lineage: Lineage;
  readonly #slot: number;
  readonly #slots: number;
  readonly #counts: readonly Float64Array[];
  readonly #sums: readonly Float64Array[];

  /** @param duration ns. @param slots how many slots it is cut into. */
  constructor(readers: number, lineage: Lineage, duration: number, slots: number) {
    this.#lineage = lineage;
    this.#slot = duration / slots;
    this.#slots = slots;
    this.#counts = Array.from({ length: readers }, () => new Float64Array(slots));
    this.#sums = Array.from({ length: readers }, () => new Float64Array(slots));
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
    const lineage = this.#lineage;
    const created = (offset: number): number => lineage.createdAt(originPartition, offset);
    const begin = created(lineage.offsetOf(originPartition, route, from));
    const end = created(lineage.offsetOf(originPartition, route, to - 1));
    const middle = (begin + end) / 2;
    const slot = Math.floor(middle / this.#slot);
    if (slot >= this.#slots) return;
    const count = to - from;
    this.#counts[reader]![slot]! += count;
    this.#sums[reader]![slot]! += count * ((first + last) / 2 - middle);
  }

  /** ns by slot; a slot without records has the value of the one before it. */
  meansOf(reader: number): Float64Array {
    const means = new Float64Array(this.#slots);
    for (let slot = 0; slot < this.#slots; slot++) {
      const count = this.#counts[reader]![slot]!;
      means[slot] = count > 0 ? this.#sums[reader]![slot]! / count : (means[slot - 1] ?? 0);
    }
    return means;
  }
}
