/** Models: how long a new leader of partitions of __transaction_state reads before it coordinates their ids: each partition
 *  from its beginning, one after the other.
 *  Source: kafka TransactionStateManager (loadTransactionMetadata, a scheduler of one thread), TransactionLogValue,
 *    DefaultRecordBatch.
 *  Leaves out: the log cleaner (what is written stays, a segment of transaction.state.log.segment.bytes at least does in
 *    Kafka), names of the topics in a record. */

/** bytes of a batch with one record, its id and its partitions aside: 61 of the batch, some 10 of the record, the key's
 *  version and length, and a value with producer ids, epoch, time-out, state, two times and a topic's name. */
const RECORD_BYTES = 140;
const PARTITION_BYTES = 4;

export class StateLogLoader {
  readonly #bytes: Float64Array;
  /** Per broker: when its thread is free, ns. */
  readonly #freeAt: Float64Array;
  readonly #byteTime: number;

  /** @param bytesAtStart of each partition. @param bytesPerSecond that one thread reads and takes in. */
  constructor(partitions: number, brokers: number, bytesAtStart: number, bytesPerSecond: number) {
    this.#bytes = new Float64Array(partitions).fill(bytesAtStart);
    this.#freeAt = new Float64Array(brokers);
    this.#byteTime = 1e9 / bytesPerSecond;
  }

  /** A transition of `transactionalId` with so many partitions is written to `partition`. */
  onWrite(partition: number, transactionalId: string, topicPartitions: number): void {
    this.#bytes[partition]! += RECORD_BYTES + transactionalId.length + PARTITION_BYTES * topicPartitions;
  }

  /** `broker` leads `partition` since `now`. @returns when it has loaded it, ns. */
  load(partition: number, broker: number, now: number): number {
    const from = Math.max(now, this.#freeAt[broker]!);
    const loadedAt = from + Math.round(this.#bytes[partition]! * this.#byteTime);
    this.#freeAt[broker] = loadedAt;
    return loadedAt;
  }
}
