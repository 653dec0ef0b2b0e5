/** Models: InitProducerId, AddPartitionsToTxn, EndTxn, PrepareCommit, the markers and CompleteCommit of protocol v1,
 *    with the durable writes to __transaction_state and the per-broker queue of marker requests.
 *  Source: kafka TransactionCoordinator, TransactionMarkerChannelManager (one WriteTxnMarkers request at a time per
 *    broker, answered when all its markers are replicated).
 *  Leaves out: aborts, timeouts, fencing, coordinators on different brokers (FindCoordinator), partition verification,
 *    merging of marker requests that wait together, CONCURRENT_TRANSACTIONS (each transaction has an id of its own). */

import { invariant, type Simulation } from "../engine/index.ts";
import { appendDelay, type BrokerTiming, replicationDelay } from "./broker-timing.ts";
import type { KafkaObserver } from "./observations.ts";
import type { Topic } from "./topic.ts";
import { type TransactionState, transition } from "./transaction-state.ts";

interface Transaction {
  readonly number: number;
  readonly writer: number;
  readonly topic: Topic;
  readonly partitions: number[];
  state: TransactionState;
  replyKind: number;
  replyTo: number;
  markersLeft: number;
}

export class TransactionCoordinator {
  readonly #sim: Simulation;
  readonly #timing: BrokerTiming;
  readonly #observer: KafkaObserver;
  /** ns of one acks=all write to __transaction_state. */
  readonly #durableWrite: number;
  readonly #markerQueueFreeAt: Float64Array;
  readonly #transactions = new Map<number, Transaction>();
  readonly #prepared: number;
  readonly #markersWritten: number;
  readonly #completed: number;
  #lastNumber = 0;

  constructor(
    sim: Simulation,
    timing: BrokerTiming,
    brokers: number,
    replicationFactor: number,
    observer: KafkaObserver,
  ) {
    this.#sim = sim;
    this.#timing = timing;
    this.#observer = observer;
    this.#durableWrite = timing.append + replicationDelay(timing, replicationFactor);
    this.#markerQueueFreeAt = new Float64Array(brokers);
    this.#prepared = sim.defineKind("PrepareCommit durable", (number) => this.#onPrepared(number));
    this.#markersWritten = sim.defineKind("commit markers written", (number, broker) =>
      this.#onMarkers(number, broker),
    );
    this.#completed = sim.defineKind("CompleteCommit durable", (number) => this.#onCompleted(number));
  }

  /** ns the client is blocked in initTransactions for a transactional id that was never used. */
  get initProducerIdTime(): number {
    return this.#requestTime();
  }

  /** ns until AddPartitionsToTxn is answered. */
  get addPartitionsTime(): number {
    return this.#requestTime();
  }

  #requestTime(): number {
    const timing = this.#timing;
    return timing.roundTrip + timing.requestHandling + this.#durableWrite + timing.clientWakeup;
  }

  /** A transaction of `writer` on `topic`. The coordinator learns of it with its first partition. */
  begin(writer: number, topic: Topic): number {
    const number = ++this.#lastNumber;
    this.#transactions.set(number, {
      number,
      writer,
      topic,
      partitions: [],
      state: "Empty",
      replyKind: 0,
      replyTo: 0,
      markersLeft: 0,
    });
    return number;
  }

  /** `partition` joins the transaction at `at`; its records wait for `addPartitionsTime`. */
  addPartition(number: number, partition: number, at: number): void {
    const transaction = this.#get(number);
    invariant(!transaction.partitions.includes(partition), "a partition joins a transaction once");
    if (transaction.partitions.length === 0) this.#observer.transactionBegan(number, transaction.writer, at);
    transaction.state = transition(transaction.state, "Ongoing");
    transaction.partitions.push(partition);
  }

  isEmpty(number: number): boolean {
    return this.#get(number).partitions.length === 0;
  }

  /** A transaction without records never reaches the coordinator. */
  drop(number: number): void {
    invariant(this.isEmpty(number), "only an empty transaction is dropped");
    this.#transactions.delete(number);
  }

  /** EndTxn(commit), sent now; the answer is event (`replyKind`, `replyTo`, number). */
  commit(number: number, replyKind: number, replyTo: number): void {
    const transaction = this.#get(number);
    invariant(!this.isEmpty(number), "a transaction without partitions needs no EndTxn");
    transaction.replyKind = replyKind;
    transaction.replyTo = replyTo;
    const timing = this.#timing;
    this.#sim.scheduleAfter(
      Math.round(timing.roundTrip / 2 + timing.requestHandling + this.#durableWrite),
      this.#prepared,
      number,
      0,
    );
  }

  #onPrepared(number: number): void {
    const transaction = this.#get(number);
    const now = this.#sim.now;
    transaction.state = transition(transaction.state, "PrepareCommit");
    this.#observer.transactionPrepared(number, now);
    const timing = this.#timing;
    const reply = Math.round(timing.roundTrip / 2 + timing.clientWakeup);
    this.#sim.scheduleAfter(reply, transaction.replyKind, transaction.replyTo, number);
    const brokers = new Set(transaction.partitions.map((partition) => transaction.topic.leader(partition)));
    transaction.markersLeft = brokers.size;
    for (const broker of brokers) {
      const arrival = now + timing.replicationRoundTrip / 2;
      const start = Math.max(arrival, this.#markerQueueFreeAt[broker]!);
      const replication = transaction.topic.logs[0]!.replicationDelay;
      const done = Math.round(start + appendDelay(timing) + replication);
      this.#markerQueueFreeAt[broker] = done;
      this.#sim.scheduleAt(done, this.#markersWritten, number, broker);
    }
  }

  #onMarkers(number: number, broker: number): void {
    const transaction = this.#get(number);
    const now = this.#sim.now;
    transaction.topic.settle(now);
    for (const partition of transaction.partitions) {
      if (transaction.topic.leader(partition) === broker)
        transaction.topic.logs[partition]!.commit(number, now);
    }
    transaction.markersLeft--;
    if (transaction.markersLeft > 0) return;
    const delay = Math.round(this.#timing.replicationRoundTrip / 2 + this.#durableWrite);
    this.#sim.scheduleAfter(delay, this.#completed, number, 0);
  }

  #onCompleted(number: number): void {
    const transaction = this.#get(number);
    transaction.state = transition(transaction.state, "CompleteCommit");
    this.#observer.transactionCompleted(number, this.#sim.now);
    this.#transactions.delete(number);
  }

  #get(number: number): Transaction {
    const transaction = this.#transactions.get(number);
    invariant(transaction !== undefined, "the transaction is known to its coordinator");
    return transaction;
  }
}
