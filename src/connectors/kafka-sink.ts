/** Models: KafkaSink: the writer (sticky or fixed partitioner, one transaction per checkpoint) and the committer chained
 *    behind it, for the three delivery guarantees.
 *  Source: flink-connector-kafka KafkaWriter, ExactlyOnceKafkaWriter, KafkaCommitter (4.0); kafka BuiltInPartitioner.
 *  Leaves out: send errors, retries, the producer pool, names of transactional ids, abort of lingering transactions,
 *    keys that choose the partition, a flush that sends what still lingers. */

import type { ChainedSink } from "../flink/index.ts";
import type { RandomStream, Simulation } from "../engine/index.ts";
import {
  appendDelay,
  type BrokerTiming,
  ProducerConnection,
  produceService,
  type Topic,
  type TransactionCoordinator,
} from "../kafka/index.ts";
import { SpanList } from "../records/index.ts";
import type { ConnectorObserver } from "./observations.ts";

export type DeliveryGuarantee = "none" | "at-least-once" | "exactly-once";

export interface KafkaSinkSettings {
  readonly job: number;
  /** number of this writer among all writers of the simulated world. */
  readonly writer: number;
  readonly subtask: number;
  readonly deliveryGuarantee: DeliveryGuarantee;
  readonly partitioner: "default" | "fixed";
  readonly recordBytes: number;
  readonly batchSize: number;
  /** ns */
  readonly linger: number;
  readonly acks: "0" | "1" | "all";
  readonly maxInFlight: number;
  readonly brokers: number;
  readonly replicationFactor: number;
  /** event kind that answers EndTxn; payload a = the writer's number. */
  readonly commitReply: number;
}

interface Committable {
  readonly checkpoint: number;
  readonly transaction: number;
}

export class KafkaSink implements ChainedSink {
  readonly #sim: Simulation;
  readonly #settings: KafkaSinkSettings;
  readonly #timing: BrokerTiming;
  readonly #topic: Topic;
  readonly #coordinator: TransactionCoordinator;
  readonly #random: RandomStream;
  readonly #observer: ConnectorObserver;
  readonly #connections: readonly ProducerConnection[];
  readonly #appendDelay: number;
  readonly #part: SpanList;
  readonly #run: SpanList;
  #partition: number;
  #bytesInPartition = 0;
  #senderFreeAt = 0;
  #lastAckAt = 0;
  /** Per partition: until when its open batch lingers. */
  readonly #lingersUntil: Float64Array;
  #transaction = 0;
  #committables: Committable[] = [];
  #onCommitted: () => void = () => {};

  constructor(
    sim: Simulation,
    settings: KafkaSinkSettings,
    timing: BrokerTiming,
    topic: Topic,
    coordinator: TransactionCoordinator,
    random: RandomStream,
    observer: ConnectorObserver,
    sequential: boolean,
  ) {
    this.#sim = sim;
    this.#settings = settings;
    this.#timing = timing;
    this.#topic = topic;
    this.#coordinator = coordinator;
    this.#random = random;
    this.#observer = observer;
    const service = produceService(timing, settings.replicationFactor, settings.acks);
    this.#connections = Array.from(
      { length: settings.brokers },
      () => new ProducerConnection(timing.roundTrip, service, timing.clientWakeup, settings.maxInFlight),
    );
    this.#appendDelay = appendDelay(timing);
    this.#part = new SpanList(sequential);
    this.#run = new SpanList(sequential);
    this.#lingersUntil = new Float64Array(topic.partitions);
    this.#partition = settings.partitioner === "fixed" ? settings.subtask % topic.partitions : random.below(topic.partitions);
    if (this.#exactlyOnce) this.#transaction = coordinator.begin(settings.writer, topic);
  }

  /** Tells the task, blocked since notifyCheckpointComplete, that all its committables are committed. */
  listen(onCommitted: () => void): void {
    this.#onCommitted = onCommitted;
  }

  get #exactlyOnce(): boolean {
    return this.#settings.deliveryGuarantee === "exactly-once";
  }

  write(spans: SpanList, first: number, last: number): void {
    const { batchSize, recordBytes, partitioner } = this.#settings;
    const spacing = spans.records > 1 ? (last - first) / (spans.records - 1) : 0;
    let at = first;
    while (spans.records > 0) {
      let count = spans.records;
      if (partitioner === "default") {
        const room = Math.max(1, Math.ceil((batchSize - this.#bytesInPartition) / recordBytes));
        if (room < count) count = room;
      }
      spans.moveFront(count, this.#part);
      this.#bytesInPartition += count * recordBytes;
      const full = this.#bytesInPartition >= batchSize;
      this.#send(count, at, at + (count - 1) * spacing, full);
      at += count * spacing;
      if (full) {
        this.#bytesInPartition = 0;
        if (partitioner === "default") this.#partition = this.#random.below(this.#topic.partitions);
      }
    }
  }

  prepareSnapshot(checkpoint: number, now: number): number {
    const { deliveryGuarantee, job, writer } = this.#settings;
    if (deliveryGuarantee === "none") return now;
    const flushed = Math.max(now, this.#lastAckAt);
    if (this.#exactlyOnce && !this.#coordinator.isEmpty(this.#transaction)) {
      this.#committables.push({ checkpoint, transaction: this.#transaction });
      this.#observer.preCommitted(job, writer, checkpoint, this.#transaction, flushed);
    }
    return flushed;
  }

  snapshotState(): number {
    if (!this.#exactlyOnce) return 0;
    if (this.#coordinator.isEmpty(this.#transaction)) this.#coordinator.drop(this.#transaction);
    this.#transaction = this.#coordinator.begin(this.#settings.writer, this.#topic);
    return this.#coordinator.initProducerIdTime;
  }

  notifyCheckpointComplete(checkpoint: number): boolean {
    return this.#commitNext(checkpoint);
  }

  /** Handler of the answer to EndTxn. */
  onCommitReply(): void {
    const { checkpoint } = this.#committables.shift()!;
    if (!this.#commitNext(checkpoint)) this.#onCommitted();
  }

  #commitNext(checkpoint: number): boolean {
    const next = this.#committables[0];
    if (next === undefined || next.checkpoint > checkpoint) return false;
    const { job, writer, commitReply } = this.#settings;
    this.#observer.commitSent(job, writer, next.checkpoint, next.transaction, this.#sim.now);
    this.#coordinator.commit(next.transaction, commitReply, writer);
    return true;
  }

  /** Sends what is in #part, `count` records handed to the producer evenly from `first` to `last`. */
  #send(count: number, first: number, last: number, batchFull: boolean): void {
    const partition = this.#partition;
    if (this.#exactlyOnce && this.#coordinator.addPartition(this.#transaction, partition, first)) {
      this.#senderFreeAt = Math.max(this.#senderFreeAt, first) + this.#coordinator.addPartitionsTime;
    }
    const spacing = count > 1 ? (last - first) / (count - 1) : 0;
    let left = count;
    let at = first;
    while (left > 0) {
      const readyAt = this.#lingering(partition, at, last, batchFull);
      if (readyAt <= at) {
        this.#request(left, at, last);
        return;
      }
      const waiting = spacing === 0 ? left : Math.min(left, Math.floor((readyAt - at) / spacing) + 1);
      this.#request(waiting, readyAt, readyAt);
      left -= waiting;
      at += waiting * spacing;
    }
  }

  /** Until when a record handed over at `at` waits: for its batch to linger, or for the Sender; `at` itself if not. */
  #lingering(partition: number, at: number, last: number, batchFull: boolean): number {
    let readyAt = Math.max(at, this.#senderFreeAt);
    const { linger } = this.#settings;
    if (linger === 0) return readyAt;
    if (this.#lingersUntil[partition]! < at) this.#lingersUntil[partition] = at + linger;
    let closes = this.#lingersUntil[partition]!;
    if (batchFull && last <= closes) {
      closes = last;
      this.#lingersUntil[partition] = -1;
    }
    if (closes > readyAt) readyAt = closes;
    return readyAt;
  }

  #request(count: number, first: number, last: number): void {
    const partition = this.#partition;
    const connection = this.#connections[this.#topic.leader(partition)]!;
    const answered = connection.send(count, first, last);
    const ack = answered + this.#timing.roundTrip / 2 + this.#timing.clientWakeup;
    if (ack > this.#lastAckAt) this.#lastAckAt = ack;
    const log = this.#topic.logs[partition]!;
    const delay = this.#appendDelay;
    for (let i = 0; i < connection.runCount; i++) {
      const run = connection.runs[i]!;
      this.#part.moveFront(run.count, this.#run);
      log.append(this.#run, run.first + delay, run.last + delay, this.#transaction);
      this.#run.clear();
    }
  }
}
