import type { KafkaObserver } from "../kafka/index.ts";
import type { Lineage } from "../records/index.ts";
import { RampHistogram } from "./ramp-histogram.ts";

/** Latency of each reader: from a record's creation to its delivery, over records created from `from` until `until`. */
export class LatencyRecorder implements Pick<KafkaObserver, "delivered"> {
  readonly histograms: readonly RampHistogram[];
  readonly #lineage: Lineage;
  readonly #from: number;
  readonly #until: number;

  /** @param from ns. @param until ns. */
  constructor(readers: number, lineage: Lineage, from: number, until: number) {
    this.histograms = Array.from({ length: readers }, () => new RampHistogram());
    this.#lineage = lineage;
    this.#from = from;
    this.#until = until;
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
    const count = to - from;
    const firstOffset = lineage.offsetOf(originPartition, route, from);
    const lastOffset = count === 1 ? firstOffset : lineage.offsetOf(originPartition, route, to - 1);
    const createdFirst = lineage.createdAt(originPartition, firstOffset);
    const createdLast = count === 1 ? createdFirst : lineage.createdAt(originPartition, lastOffset);
    if (createdFirst >= this.#from && createdLast < this.#until) {
      this.histograms[reader]!.add(count, first - createdFirst, last - createdLast, lastOffset - firstOffset);
      return;
    }
    if (createdLast < this.#from || createdFirst >= this.#until) return;
    this.#addInside(reader, count, first, last, createdFirst, createdLast);
  }

  /** A span that crosses the start or the end of the measured time: only the part inside counts. */
  #addInside(
    reader: number,
    count: number,
    first: number,
    last: number,
    createdFirst: number,
    createdLast: number,
  ): void {
    const age = createdLast - createdFirst;
    const head = Math.max(0, Math.ceil(((this.#from - createdFirst) / age) * (count - 1)));
    const tail = Math.min(count - 1, Math.floor(((this.#until - 1 - createdFirst) / age) * (count - 1)));
    if (tail < head) return;
    const at = (k: number) =>
      first - createdFirst + ((last - createdLast - (first - createdFirst)) * k) / (count - 1);
    this.histograms[reader]!.add(tail - head + 1, at(head), at(tail));
  }
}
