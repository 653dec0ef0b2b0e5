import type { KafkaObserver } from "../kafka/index.ts";
import { type Lineage, SpanEnds } from "../records/index.ts";
import { RampHistogram } from "./ramp-histogram.ts";

/** Latency of each reader: from a record's creation to its delivery, over records created from `from` until `until`. */
export class LatencyRecorder implements Pick<KafkaObserver, "delivered"> {
  readonly histograms: readonly RampHistogram[];
  readonly #lineage: Lineage;
  readonly #from: number;
  readonly #until: number;
  readonly #ends = new SpanEnds();

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
    const origin = lineage.originOf(originPartition);
    const way = lineage.routeById(route);
    const local = lineage.localPartition(originPartition);
    const count = to - from;
    const ends = this.#ends;
    way.findEnds(local, from, to - 1, ends);
    const createdFirst = origin.createdAt(local, ends.firstOffset);
    const createdLast = count === 1 ? createdFirst : origin.createdAt(local, ends.lastOffset);
    if (createdFirst >= this.#from && createdLast < this.#until) {
      this.histograms[reader]!.add(count, first - createdFirst, last - createdLast, ends.steps);
      return;
    }
    if (createdLast < this.#from || createdFirst >= this.#until) return;
    this.#addInside(reader, originPartition, route, from, to, first, last);
  }

  /** A span that crosses the start or the end of the measured time: only the records created inside count. */
  #addInside(
    reader: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
  ): void {
    const lineage = this.#lineage;
    const head = Math.max(from, lineage.rankAt(originPartition, route, this.#from - 1));
    const end = Math.min(to, lineage.rankAt(originPartition, route, this.#until - 1));
    if (end <= head) return;
    const spacing = (last - first) / (to - from - 1);
    const headOffset = lineage.offsetOf(originPartition, route, head);
    const tailOffset = lineage.offsetOf(originPartition, route, end - 1);
    const headLatency = first + (head - from) * spacing - lineage.createdAt(originPartition, headOffset);
    const tailLatency = first + (end - 1 - from) * spacing - lineage.createdAt(originPartition, tailOffset);
    const way = lineage.routeById(route);
    const local = lineage.localPartition(originPartition);
    const places = way.placeOf(local, end - 1, tailOffset) - way.placeOf(local, head, headOffset);
    this.histograms[reader]!.add(end - head, headLatency, tailLatency, places);
  }
}
