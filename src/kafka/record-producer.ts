import type { SpanList } from "../records/index.ts";

/** A KafkaProducer as the sink uses it: records go to partitions in the order of send. Times are ns. */
export interface RecordProducer {
  /** Sends all records of `spans` (and empties it), handed over evenly from `first` to `last`, which are not in the
   *  future. `addsPartition`: the partition is new in the transaction, so the Sender first waits for
   *  AddPartitionsToTxn. */
  send(
    partition: number,
    spans: SpanList,
    first: number,
    last: number,
    transaction: number,
    addsPartition: boolean,
  ): void;
  /** flush() at `now`: what lingers is sent. @returns when all that was sent is acknowledged; -1 when `onFlushed` will
   *  tell. */
  flush(now: number, onFlushed: () => void): number;
  /** Hands the logs every request that has been sent by `now`. */
  settle(now: number): void;
  /** The process dies: what was not sent by `now` is gone, requests on the wire are still appended. Nothing may be sent
   *  afterwards. @returns the number of records that are gone. */
  kill(now: number): number;
  /** close(timeout) at `now`: sends what lingers and waits for it at most `timeout`; what can't be sent until then is
   *  gone. @returns when it is over; -1 when `onClosed` will tell. */
  close(now: number, timeout: number, onClosed: () => void): number;
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
