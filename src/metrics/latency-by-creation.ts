import type { KafkaObserver } from "../kafka/index.ts";
import type { Lineage } from "../records/index.ts";
import { FirstArrivals } from "./first-arrivals.ts";
import { LatencyRecorder } from "./latency-recorder.ts";
import type { RampHistogram } from "./ramp-histogram.ts";

/** Latency of each reader by slot of creation time, from a record's creation to the first time it was delivered: what a
 *  restore repeats doesn't count. */
export class LatencyByCreation implements Pick<KafkaObserver, "delivered"> {
  readonly #lineage: Lineage;
  readonly #readers: number;
  readonly #slot: number;
  readonly #slots: LatencyRecorder[] = [];
  readonly #arrivals = new FirstArrivals();

  /** @param slot ns. */
  constructor(readers: number, lineage: Lineage, slot: number) {
    this.#readers = readers;
    this.#lineage = lineage;
    this.#slot = slot;
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
    for (const [a, b] of this.#arrivals.take(reader, originPartition, route, from, to)) {
      this.#add(
        reader,
        originPartition,
        route,
        a,
        b,
        first + (a - from) * spacing,
        first + (b - 1 - from) * spacing,
      );
    }
  }

  #add(
    reader: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
  ): void {
    const slotOf = (rank: number): number => {
      const offset = this.#lineage.offsetOf(originPartition, route, rank);
      return Math.floor(this.#lineage.createdAt(originPartition, offset) / this.#slot);
    };
    const end = slotOf(to - 1);
    for (let slot = slotOf(from); slot <= end; slot++)
      this.#recorderOf(slot).delivered(reader, originPartition, route, from, to, first, last);
  }

  #recorderOf(slot: number): LatencyRecorder {
    while (this.#slots.length <= slot) {
      const from = this.#slots.length * this.#slot;
      this.#slots.push(new LatencyRecorder(this.#readers, this.#lineage, from, from + this.#slot));
    }
    return this.#slots[slot]!;
  }

  /** Latency, ns, of what was created in slot 0, 1, …; undefined: nothing of it arrived. */
  histogram(reader: number, slot: number): RampHistogram | undefined {
    const histogram = this.#slots[slot]?.histograms[reader];
    return histogram === undefined || histogram.count === 0 ? undefined : histogram;
  }
}
