/** Models: a producer of the exactly-once writer, with the state of its transaction as the connector keeps it. PRECOMMITTED is
 *    the writer's own mark: Kafka knows no such state.
 *  Source: flink-connector-kafka FlinkKafkaInternalProducer (4.0).
 *  Leaves out: that a second commit of the same object throws after a time-out of the client (kafka-sink.ts sees to it). */

import { InvariantError, invariant } from "../engine/index.ts";
import type { KafkaError, TransactionalClient } from "../kafka/index.ts";

export type ProducerState = "NOT_IN_TRANSACTION" | "IN_TRANSACTION" | "DATA_IN_TRANSACTION" | "PRECOMMITTED";

/** Which state may follow which. */
const VALID_PREDECESSORS: Readonly<Record<ProducerState, readonly ProducerState[]>> = {
  NOT_IN_TRANSACTION: ["IN_TRANSACTION", "DATA_IN_TRANSACTION", "PRECOMMITTED"],
  IN_TRANSACTION: ["NOT_IN_TRANSACTION"],
  DATA_IN_TRANSACTION: ["IN_TRANSACTION"],
  PRECOMMITTED: ["DATA_IN_TRANSACTION", "NOT_IN_TRANSACTION"],
};

export function mayFollow(from: ProducerState, to: ProducerState): boolean {
  return VALID_PREDECESSORS[to].includes(from);
}

export class InternalProducer {
  readonly client: TransactionalClient;
  /** The run's number of the transaction; 0: none. */
  transaction = 0;
  #state: ProducerState = "NOT_IN_TRANSACTION";

  constructor(client: TransactionalClient) {
    this.client = client;
  }

  get state(): ProducerState {
    return this.#state;
  }

  beginTransaction(transaction: number): void {
    this.#enter("IN_TRANSACTION");
    this.transaction = transaction;
  }

  /** The first record of the transaction is sent. */
  addData(): void {
    if (this.#state !== "DATA_IN_TRANSACTION") this.#enter("DATA_IN_TRANSACTION");
  }

  precommitTransaction(): void {
    this.#enter("PRECOMMITTED");
  }

  /** A transaction that another producer flushed, to be committed by this one. */
  resumeTransaction(producerId: number, producerEpoch: number, transaction: number): void {
    this.#enter("PRECOMMITTED");
    this.transaction = transaction;
    this.client.resumeTransaction(producerId, producerEpoch);
  }

  endTransaction(commit: boolean, whenDone: (error: KafkaError) => void): void {
    invariant(this.#state !== "NOT_IN_TRANSACTION", "only a transaction that was begun is ended");
    this.client.endTransaction(commit, whenDone);
    this.reset();
  }

  /** Without records: nobody has to be told that the transaction is over. */
  reset(): void {
    if (this.#state !== "NOT_IN_TRANSACTION") this.#enter("NOT_IN_TRANSACTION");
    this.transaction = 0;
  }

  #enter(state: ProducerState): void {
    if (!mayFollow(this.#state, state))
      throw new InvariantError(`a producer can't go from ${this.#state} to ${state}`);
    this.#state = state;
  }
}
