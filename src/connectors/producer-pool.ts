/** Models: the pool from which the exactly-once writer takes a producer for each transaction, first in first out, and the
 *    transactions that are going on. A producer keeps what it knows of coordinators from one transactional id to the next.
 *  Source: flink-connector-kafka ProducerPoolImpl (4.0; 3.x: ExactlyOnceKafkaWriter.producerPool).
 *  Leaves out: time to construct a producer. */

import { invariant } from "../engine/index.ts";
import type { InternalProducer } from "./internal-producer.ts";

/** Plain data, as the writer's state keeps it. */
export interface CheckpointTransaction {
  readonly transactionalId: string;
  readonly checkpoint: number;
}

interface Ongoing {
  /** undefined: the transaction was restored, its producer is the committer's. */
  readonly producer: InternalProducer | undefined;
  readonly checkpoint: number;
}

export class ProducerPool {
  readonly #make: (transactionalId: string) => InternalProducer;
  readonly #free: InternalProducer[] = [];
  readonly #ongoing = new Map<string, Ongoing>();
  created = 0;

  /** @param restored transactions that an earlier run left to its committer. */
  constructor(
    make: (transactionalId: string) => InternalProducer,
    restored: readonly CheckpointTransaction[],
  ) {
    this.#make = make;
    for (const { transactionalId, checkpoint } of restored) {
      this.#ongoing.set(transactionalId, { producer: undefined, checkpoint });
    }
  }

  /** A producer for `transactionalId`, not yet initialised. */
  take(transactionalId: string, checkpoint: number): InternalProducer {
    invariant(!this.#ongoing.has(transactionalId), "a transactional id has one transaction at a time");
    // Most often one is free: `shift` of the last one is a call.
    let producer = this.#free.length <= 1 ? this.#free.pop() : this.#free.shift();
    if (producer === undefined) {
      producer = this.#make(transactionalId);
      this.created++;
    } else producer.client.setTransactionalId(transactionalId);
    this.#ongoing.set(transactionalId, { producer, checkpoint });
    return producer;
  }

  /** The transaction of `transactionalId` is over, and so are all of earlier checkpoints. */
  recycle(transactionalId: string): void {
    const over = this.#ongoing.get(transactionalId);
    if (over === undefined) return;
    this.#giveBack(transactionalId, over);
    for (const [id, one] of this.#ongoing) if (one.checkpoint < over.checkpoint) this.#giveBack(id, one);
  }

  /** The transaction of `transactionalId` got no records: its producer is free again. */
  recycleEmpty(transactionalId: string): void {
    this.#giveBack(transactionalId, this.#ongoing.get(transactionalId)!);
  }

  /** The producer of `transactionalId` was fenced: it is closed, and its id free. */
  discard(transactionalId: string): void {
    this.#ongoing.get(transactionalId)?.producer?.client.dispose();
    this.#ongoing.delete(transactionalId);
  }

  /** The producer that holds the transaction of `transactionalId`; undefined: an earlier run's did. */
  producerOf(transactionalId: string): InternalProducer | undefined {
    return this.#ongoing.get(transactionalId)?.producer;
  }

  get ongoing(): CheckpointTransaction[] {
    const ongoing: CheckpointTransaction[] = [];
    for (const [transactionalId, { checkpoint }] of this.#ongoing)
      ongoing.push({ transactionalId, checkpoint });
    return ongoing;
  }

  /** Whether a transaction of `transactionalId` is under way. */
  has(transactionalId: string): boolean {
    return this.#ongoing.has(transactionalId);
  }

  /** @param except one that isn't closed yet. */
  dispose(except?: InternalProducer): void {
    for (const producer of this.#free) producer.client.dispose();
    for (const { producer } of this.#ongoing.values()) if (producer !== except) producer?.client.dispose();
  }

  #giveBack(transactionalId: string, { producer }: Ongoing): void {
    this.#ongoing.delete(transactionalId);
    if (producer === undefined) return;
    producer.reset();
    this.#free.push(producer);
  }
}
