/** Models: a consumer's fetches with every request, parked request and answer an event: the reference that fetch-loop.ts
 *    is tested against.
 *  Source: kafka Fetcher, DelayedFetch, ReplicaManager.readFromLog (partitions in turn until fetch.max.bytes).
 *  Leaves out: fetch sessions, max.poll.records. */

import { NO_EVENT, type Simulation } from "../engine/index.ts";
import type { FetchSettings } from "./fetch-loop.ts";
import type { IsolationLevel } from "./isolation-level.ts";
import type { LogConsumer, RecordTaker } from "./log-consumer.ts";

/** Event kinds; payload a = the consumer's number, b = broker. */
export interface EagerConsumerKinds {
  readonly readable: number;
  readonly requestArrives: number;
  readonly answerArrives: number;
  /** fetch.max.wait.ms of a parked fetch is over. */
  readonly waitOver: number;
}

/** What is fetched, as given to `readable`. */
interface FetchedSpan {
  readonly partition: number;
  readonly originPartition: number;
  readonly route: number;
  from: number;
  readonly to: number;
  readonly transaction: number;
}

interface Session {
  parked: boolean;
  /** Known to become readable, in order of time; what is readable; what is on its way in an answer. */
  readonly coming: FetchedSpan[];
  available: FetchedSpan[];
  /** event of the parked fetch. */
  waitOver: number;
  readonly answers: FetchedSpan[][];
}

export class EagerConsumer implements LogConsumer {
  readonly isolationLevel: IsolationLevel;
  readonly #sim: Simulation;
  readonly #kinds: EagerConsumerKinds;
  readonly #number: number;
  readonly #fetch: FetchSettings;
  readonly #sessions: readonly Session[];
  readonly #take: RecordTaker;

  /** @param take gets each span when it is in the consumer's hands. */
  constructor(
    sim: Simulation,
    kinds: EagerConsumerKinds,
    number: number,
    isolationLevel: IsolationLevel,
    brokers: number,
    fetch: FetchSettings,
    take: RecordTaker,
  ) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.#number = number;
    this.isolationLevel = isolationLevel;
    this.#fetch = fetch;
    this.#take = take;
    this.#sessions = Array.from({ length: brokers }, () => ({
      parked: true,
      coming: [],
      available: [],
      waitOver: NO_EVENT,
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
    if (session.parked && this.#isEnough(session)) this.#answer(broker);
  }

  onRequestArrives(broker: number): void {
    const session = this.#sessions[broker]!;
    session.parked = true;
    if (this.#isEnough(session)) this.#answer(broker);
    else if (this.#fetch.fetchMinBytes > this.#fetch.recordBytes) {
      session.waitOver = this.#sim.scheduleAfter(
        Math.round(this.#fetch.fetchMaxWait),
        this.#kinds.waitOver,
        this.#number,
        broker,
      );
    }
  }

  onWaitOver(broker: number): void {
    this.#sessions[broker]!.waitOver = NO_EVENT;
    this.#answer(broker);
  }

  onAnswerArrives(broker: number): void {
    const now = this.#sim.now;
    for (const span of this.#sessions[broker]!.answers.shift()!) {
      const { partition, originPartition, route, from, to, transaction } = span;
      this.#take(partition, originPartition, route, from, to, now, now, transaction);
    }
  }

  #isEnough(session: Session): boolean {
    if (session.available.length === 0) return false;
    const { fetchMinBytes, recordBytes } = this.#fetch;
    if (fetchMinBytes <= recordBytes) return true;
    return (
      session.available.reduce((sum, span) => sum + span.to - span.from, 0) * recordBytes >= fetchMinBytes
    );
  }

  #answer(broker: number): void {
    const session = this.#sessions[broker]!;
    this.#sim.cancel(session.waitOver);
    session.waitOver = NO_EVENT;
    session.parked = false;
    const { roundTrip, wakeup, byteTime, recordBytes } = this.#fetch;
    const answer = this.#cut(session);
    session.answers.push(answer);
    const records = answer.reduce((sum, span) => sum + span.to - span.from, 0);
    const transfer = Math.round(records * recordBytes * byteTime);
    const inbound = Math.round(roundTrip / 2) + wakeup + transfer;
    this.#sim.scheduleAfter(inbound, this.#kinds.answerArrives, this.#number, broker);
    this.#sim.scheduleAfter(roundTrip + wakeup + transfer, this.#kinds.requestArrives, this.#number, broker);
  }

  /** What one answer holds: at most so much of a partition, and of all; the rest stays. */
  #cut(session: Session): FetchedSpan[] {
    const { recordBytes, maxPartitionFetchBytes, fetchMaxBytes } = this.#fetch;
    const mostOfOne = Math.max(1, Math.floor(maxPartitionFetchBytes / recordBytes));
    let room = Math.max(1, Math.floor(fetchMaxBytes / recordBytes));
    const taken = new Map<number, number>();
    const answer: FetchedSpan[] = [];
    const kept: FetchedSpan[] = [];
    for (const span of session.available) {
      const before = taken.get(span.partition) ?? 0;
      const count = Math.min(span.to - span.from, mostOfOne - before, room);
      if (count > 0) {
        answer.push({ ...span, to: span.from + count });
        span.from += count;
        taken.set(span.partition, before + count);
        room -= count;
      }
      if (span.from < span.to) kept.push(span);
    }
    session.available = kept;
    return answer;
  }
}
