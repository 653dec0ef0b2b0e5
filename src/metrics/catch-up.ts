import type { KafkaObserver } from "../kafka/index.ts";
import type { Lineage } from "../records/index.ts";

/** A record is late when it takes longer than this times the longest latency before the first fault. */
const LATE = 1.25;

/** Until when each reader got records later than it had been used to before the first fault: what was replayed and what had
 *  waited meanwhile. */
export class CatchUp implements Pick<KafkaObserver, "delivered"> {
  readonly #lineage: Lineage;
  #isBefore = true;
  /** Per reader: longest latency before the fault, ns. */
  readonly #longest: Float64Array;
  /** Per reader: arrival of the last late record, ns; -Infinity: none was late. */
  readonly #until: Float64Array;

  constructor(readers: number, lineage: Lineage) {
    this.#lineage = lineage;
    this.#longest = new Float64Array(readers);
    this.#until = new Float64Array(readers).fill(Number.NEGATIVE_INFINITY);
  }

  faultInjected(): void {
    this.#isBefore = false;
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
    const latency = (rank: number, arrival: number): number =>
      arrival - lineage.createdAt(originPartition, lineage.offsetOf(originPartition, route, rank));
    const atFirst = latency(from, first);
    const atLast = latency(to - 1, last);
    if (this.#isBefore) {
      this.#longest[reader] = Math.max(this.#longest[reader]!, atFirst, atLast);
      return;
    }
    const bound = LATE * this.#longest[reader]!;
    if (Math.max(atFirst, atLast) <= bound) return;
    // Latencies of a run lie on a line between those of its ends.
    const share = atLast > bound ? 1 : (atFirst - bound) / (atFirst - atLast);
    this.#until[reader] = Math.max(this.#until[reader]!, first + share * (last - first));
  }

  /** ns; -Infinity: no record was late; NaN: none came before the fault, to know what is late. */
  until(reader: number): number {
    return this.#longest[reader] === 0 ? Number.NaN : this.#until[reader]!;
  }
}
