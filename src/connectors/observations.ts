/** What the connectors report. Times are ns of the virtual clock. Observers must not change the run. */
export interface ConnectorObserver {
  /** A writer of a sink hands `records` records to its producer, in `transaction` (0: none), from `first` on. */
  written?(
    job: number,
    writer: number,
    topic: string,
    transaction: number,
    records: number,
    first: number,
  ): void;
  /** A writer's producer is gone with `records` records that it hadn't sent. */
  unsentDropped?(job: number, writer: number, topic: string, records: number): void;
  /** A writer has flushed: `transaction` holds what it wrote for `checkpoint` of `job`, and waits for its completion. */
  preCommitted(job: number, writer: number, checkpoint: number, transaction: number, at: number): void;
  /** The writer sends EndTxn for `transaction`. */
  commitSent(job: number, writer: number, checkpoint: number, transaction: number, at: number): void;
  /** The commit of `transaction` was refused for good with Kafka's `error`: Flink logs it and goes on, and the records are
   *  lost. */
  committableDropped(
    job: number,
    writer: number,
    checkpoint: number,
    transaction: number,
    error: string,
    at: number,
  ): void;
  /** Kafka refused the writer with `error`: its task fails. */
  sinkFailed(job: number, writer: number, error: string, at: number): void;
}
