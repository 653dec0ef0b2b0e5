/** Why records are in no log. `leader lost`: it had acknowledged them, or was never to, and its followers did not have them.
 *  `delivery timeout`, `retries exhausted`: their producer has given them up. */
export type LossReason = "leader lost" | "delivery timeout" | "retries exhausted";

/** What the Kafka models report. Times are ns of the virtual clock. Observers must not change the run. */
export interface KafkaObserver {
  /** So many records of a partition of the topic with this number are gone. */
  recordsLost?(topic: number, partition: number, records: number, reason: LossReason, at: number): void;
  /** So many records of a partition of the topic with this number are appended a second time; 0: only behind later ones. */
  recordsRepeated?(topic: number, partition: number, records: number, at: number): void;
  /** A producer that initialised the transactional id with this number has got its epoch, so that older ones are fenced. */
  producerInitialised?(id: number, producerId: number, producerEpoch: number, at: number): void;
  /** A coordinator takes EndTxn from a producer: the transaction with this number will be committed, or aborted. */
  endTxnTaken?(
    id: number,
    producerId: number,
    producerEpoch: number,
    commit: boolean,
    transaction: number,
    at: number,
  ): void;
  /** The high watermark of a topic partition has passed the marker of `transaction`; told before readers get what that makes
   *  stable. */
  markerWritten?(
    topic: string,
    topicPartition: number,
    transaction: number,
    commit: boolean,
    at: number,
  ): void;
  /** Reader `reader` received ranks [from, to) of `route` of `originPartition`, evenly from `first` to `last`.
   *  `transaction` is the number of the transaction they were written in, 0 for none; `topicPartition` that of its topic which
   *  they came from. */
  delivered(
    reader: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
    transaction: number,
    topicPartition: number,
  ): void;
  /** Ranks [from, to) were appended to the topic with this number among the pipeline's, evenly from `first` to `last`: their
   *  timestamps where message.timestamp.type is LogAppendTime. */
  appended?(
    topic: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
    transaction: number,
    topicPartition: number,
  ): void;
  /** A transaction got its first partition at the coordinator. */
  transactionBegan(transaction: number, writer: number, at: number): void;
  /** PrepareCommit is durable: the transaction's outcome is decided. */
  transactionPrepared(transaction: number, at: number): void;
  /** The last partition's high watermark passed its commit marker, and CompleteCommit is durable. */
  transactionCompleted(transaction: number, at: number): void;
  /** As transactionCompleted, for a transaction that was aborted: by its producer, by another one with its transactional id,
   *  or since it was open for longer than its time-out. */
  transactionAborted(transaction: number, at: number): void;
}
