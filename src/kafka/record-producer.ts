import type { KeyedPartitions, SpanList } from "../records/index.ts";

/** A KafkaProducer as the sink uses it: records go to partitions in the order of send. Times are ns. */
export interface RecordProducer {
  /** How records go to partitions by their keys; undefined: they don't. Then `partition` of send is a slot of it, whose
   *  records go to the partitions of their keys. */
  readonly byKey: KeyedPartitions | undefined;
  /** Sends all records of `spans` (and empties it), handed over evenly from `first` to `last`, which are not in the
   *  future. `joinTime`: ns that a partition which is new in the transaction takes to join it, else 0; the Sender waits
   *  for it, or only the partition's broker where the partition joins there. */
  send(
    partition: number,
    spans: SpanList,
    first: number,
    last: number,
    transaction: number,
    joinTime: number,
  ): void;
  /** Whether a batch of `partition` lingers at `at` (ns), to which more can be added. */
  lingers(partition: number, at: number): boolean;
  /** Whether a record was refused since its producer had been fenced. */
  readonly isFenced: boolean;
  /** flush() at `now`: what lingers is sent. @returns when all that was sent is acknowledged; -1 when `onFlushed` will
   *  tell. */
  flush(now: number, onFlushed: () => void): number;
  /** Hands the logs every request that has been sent by `now`. */
  settle(now: number): void;
  /** Who is told when records are given up, which brokers that fail may bring about, and when a send that blocks goes on. */
  listen(onSendError: SendErrorListener, onRoom: () => void): void;
  /** Whether the next send blocks, since buffer.memory is used up. It goes on when there is room, or fails after
   *  max.block.ms: whoever listens is told. */
  awaitsRoom(): boolean;
  /** The process dies: what was not sent by `now` is gone, requests on the wire are still appended. Nothing may be sent
   *  afterwards. @returns the number of records that are gone. */
  kill(now: number): number;
  /** close(timeout) at `now`: sends what lingers and waits for it at most `timeout`; what can't be sent until then is
   *  gone. @returns when it is over; -1 when `onClosed` will tell. */
  close(now: number, timeout: number, onClosed: () => void): number;
}

/** Why a send fails for good; kafka-clients' exceptions. */
export type SendError =
  | "TimeoutException"
  | "NetworkException"
  | "NotEnoughReplicasException"
  | "NotLeaderOrFollowerException"
  | "OutOfOrderSequenceException"
  | "InvalidProducerEpochException";

/** Hears of the records that a producer gives up, with the time (ns) at which its caller is told. */
export type SendErrorListener = (error: SendError, at: number) => void;

/** What a producer does its work by. Times are ns. */
export interface RecordProducerSettings {
  readonly brokers: number;
  readonly maxInFlight: number;
  readonly batchSize: number;
  readonly recordBytes: number;
  readonly linger: number;
  /** a produce request's hold on its connection. */
  readonly service: number;
  /** Transactions of protocol version 2: a partition joins at its broker, not by a request of the producer. */
  readonly joinsAtBroker: boolean;
  readonly byKey?: KeyedPartitions;
}
