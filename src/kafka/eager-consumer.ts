/** Models: a consumer's fetches with every request, parked request and answer an event: the reference that fetch-loop.ts
 *    is tested against.
 *  Source: kafka Fetcher, DelayedFetch (fetch.min.bytes 1).
 *  Leaves out: as fetch-loop.ts. */

import type { Simulation } from "../engine/index.ts";
import type { IsolationLevel } from "./isolation-level.ts";
import type { LogConsumer, RecordTaker } from "./log-consumer.ts";

/** Event kinds; payload a = the consumer's number, b = broker. */
export interface EagerConsumerKinds {
  readonly readable: number;
  readonly requestArrives: number;
  readonly answerArrives: number;
}

/** What is fetched, as given to `readable`. */
interface FetchedSpan {
  readonly partition: number;
  readonly originPartition: number;
  readonly route: number;
  readonly from: number;
  readonly to: number;
  readonly transaction: number;
}

interface Session {
  parked: boolean;
  /** Known to become readable, in order of time; what is readable; what is on its way in an answer. */
  readonly coming: FetchedSpan[];
  available: FetchedSpan[];
  readonly answers: FetchedSpan[][];
}

export class EagerConsumer implements LogConsumer {
  readonly isolationLevel: IsolationLevel;
  readonly #sim: Simulation;
  readonly #kinds: EagerConsumerKinds;
  readonly #number: number;
  readonly #roundTrip: number;
  readonly #wakeup: number;
  readonly #sessions: readonly Session[];
  readonly #take: RecordTaker;

  /** @param take gets each span when it is in the consumer's hands. */
  constructor(
    sim: Simulation,
    kinds: EagerConsumerKinds,
    number: number,
    isolationLevel: IsolationLevel,
    brokers: number,
    roundTrip: number,
    wakeup: number,
    take: RecordTaker,
  ) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.#number = number;
    this.isolationLevel = isolationLevel;
    this.#roundTrip = roundTrip;
    this.#wakeup = wakeup;
    this.#take = take;
    this.#sessions = Array.from({ length: brokers }, () => ({
      parked: true,
      coming: [],
      available: [],
      answers: [],
    }));
  }

  readable(
    partition: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    first: number,
    _last: number,
    transaction: number,
  ): void {
    const broker = partition % this.#sessions.length;
    this.#sessions[broker]!.coming.push({ partition, originPartition, route, from, to, transaction });
    const at = Math.max(this.#sim.now, Math.ceil(first));
    this.#sim.scheduleAt(at, this.#kinds.readable, this.#number, broker);
  }

  onReadable(broker: number): void {
    const session = this.#sessions[broker]!;
    session.available.push(session.coming.shift()!);
    if (session.parked) this.#answer(broker);
  }

  onRequestArrives(broker: number): void {
    const session = this.#sessions[broker]!;
    session.parked = true;
    if (session.available.length > 0) this.#answer(broker);
  }

  onAnswerArrives(broker: number): void {
    const now = this.#sim.now;
    for (const span of this.#sessions[broker]!.answers.shift()!) {
      const { partition, originPartition, route, from, to, transaction } = span;
      this.#take(partition, originPartition, route, from, to, now, now, transaction);
    }
  }

  #answer(broker: number): void {
    const session = this.#sessions[broker]!;
    session.parked = false;
    session.answers.push(session.available);
    session.available = [];
    const inbound = Math.round(this.#roundTrip / 2) + this.#wakeup;
    this.#sim.scheduleAfter(inbound, this.#kinds.answerArrives, this.#number, broker);
    this.#sim.scheduleAfter(this.#roundTrip + this.#wakeup, this.#kinds.requestArrives, this.#number, broker);
  }
}
