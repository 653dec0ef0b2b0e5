/** Models: a record of the job's input at which an operator throws whenever it gets it, up to a number of times.
 *  Source: flink StreamTask.processInput: an exception of a user function fails its task, and a restored one meets the
 *    record again.
 *  Leaves out: operators that skip what they can't process; records that a source can't deserialise. */

import { type Lineage, SpanList } from "../records/index.ts";

export class PoisonRecord {
  readonly #lineage: Lineage;
  readonly #originPartition: number;
  readonly #offset: number;
  #timesLeft: number;

  constructor(lineage: Lineage, originPartition: number, offset: number, times: number) {
    this.#lineage = lineage;
    this.#originPartition = originPartition;
    this.#offset = offset;
    this.#timesLeft = times;
  }

  /** How many records of the list are served before it; -1: it isn't among them, or does no harm any more. */
  indexIn(spans: SpanList): number {
    if (this.#timesLeft === 0) return -1;
    for (let i = 0; i < spans.count; i++) {
      if (spans.partition[i] !== this.#originPartition) continue;
      const rank = this.#rankOn(spans.route[i]!);
      if (rank >= spans.from[i]! && rank < spans.to[i]!) return precedingIn(spans, i, rank);
    }
    return -1;
  }

  /** An operator has met it. */
  strike(): void {
    this.#timesLeft--;
  }

  /** Its rank on the route; -1: it doesn't take that way. */
  #rankOn(route: number): number {
    const way = this.#lineage.routeById(route);
    const local = this.#lineage.localPartition(this.#originPartition);
    const rank = way.rankOf(local, this.#offset);
    return way.rankOf(local, this.#offset + 1) > rank ? rank : -1;
  }
}

/** How many records leave the list before the one of that rank in span `i`, in the order in which moveFront takes them. */
function precedingIn(spans: SpanList, i: number, rank: number): number {
  for (let preceding = 0; preceding < spans.records; preceding++) {
    const rest = new SpanList(true);
    spans.copyTo(rest);
    const front = new SpanList(true);
    rest.moveFront(preceding + 1, front);
    const { partition, route } = spans;
    const taken = front.rows().some(([p, r, , to]) => p === partition[i] && r === route[i] && to > rank);
    if (taken) return preceding;
  }
  return spans.records - 1;
}
