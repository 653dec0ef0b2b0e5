import type { SpanList } from "../records/index.ts";

/** A KafkaProducer as the sink uses it: records go to partitions in the order of send. Times are ns. */
export interface RecordProducer {
  /** Sends all records of `spans` (and empties it), handed over evenly from `first` to `last`. `addsPartition`: the
   *  partition is new in the transaction, so the Sender first waits for AddPartitionsToTxn. `fillsBatch`: the run ends
   *  with a full batch. */
  send(
    partition: number,
    spans: SpanList,
    first: number,
    last: number,
    transaction: number,
    addsPartition: boolean,
    fillsBatch: boolean,
  ): void;
  /** flush() at `now`. @returns when all that was sent is acknowledged; -1 when `onFlushed` will tell. */
  flush(now: number, onFlushed: () => void): number;
}

/** What a producer does its work by. Times are ns. */
export interface RecordProducerSettings {
  readonly brokers: number;
  readonly maxInFlight: number;
  readonly batchSize: number;
  readonly recordBytes: number;
  readonly linger: number;
  /** a produce request's hold on its connection. */
  readonly service: number;
  /** AddPartitionsToTxn, until its answer. */
  readonly addPartitionsTime: number;
}
