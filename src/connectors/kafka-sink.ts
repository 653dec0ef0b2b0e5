/** Models: KafkaSink: the writer (sticky or fixed partitioner, one transaction per checkpoint) and the committer chained
 *    behind it, for the three delivery guarantees.
 *  Source: flink-connector-kafka KafkaWriter, ExactlyOnceKafkaWriter, KafkaCommitter (4.0); kafka BuiltInPartitioner.
 *  Leaves out: send errors, the producer pool, names of transactional ids, abort of lingering transactions, keys that
 *    choose the partition. */

import type { RandomStream, Simulation } from "../engine/index.ts";
import type { ChainedSink, CommittableState } from "../flink/index.ts";
import type { RecordProducer, Topic, TransactionCoordinator } from "../kafka/index.ts";
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
  /** event kind that answers EndTxn; payload a = the writer's number. */
  readonly commitReply: number;
}

export class KafkaSink implements ChainedSink {
  readonly #sim: Simulation;
  readonly #settings: KafkaSinkSettings;
  readonly #topic: Topic;
  readonly #coordinator: TransactionCoordinator;
  readonly #random: RandomStream;
  readonly #observer: ConnectorObserver;
  readonly #producer: RecordProducer;
  readonly #part: SpanList;
  #partition: number;
  #bytesInPartition = 0;
  #transaction = 0;
  /** 1 for each partition that the transaction holds. */
  readonly #added: Uint8Array;
  #committables: CommittableState[] = [];
  #onCommitted: () => void = () => {};
  #onFlushed: () => void = () => {};

  constructor(
    sim: Simulation,
    settings: KafkaSinkSettings,
    topic: Topic,
    producer: RecordProducer,
    coordinator: TransactionCoordinator,
    random: RandomStream,
    observer: ConnectorObserver,
    separate: boolean,
  ) {
    this.#sim = sim;
    this.#settings = settings;
    this.#topic = topic;
    this.#producer = producer;
    this.#coordinator = coordinator;
    this.#random = random;
    this.#observer = observer;
    this.#part = new SpanList(separate);
    this.#added = new Uint8Array(topic.partitions);
    this.#partition =
      settings.partitioner === "fixed" ? settings.subtask % topic.partitions : random.below(topic.partitions);
    if (this.#exactlyOnce) this.#transaction = coordinator.begin(settings.writer, topic);
  }

  /** How the sink tells its task what the task waits for: `onFlushed` when prepareSnapshot couldn't foresee it, and
   *  `onCommitted` when notifyCheckpointComplete has blocked it. */
  listen(onFlushed: () => void, onCommitted: () => void): void {
    this.#onFlushed = onFlushed;
    this.#onCommitted = onCommitted;
  }

  get #exactlyOnce(): boolean {
    return this.#settings.deliveryGuarantee === "exactly-once";
  }

  /** BuiltInPartitioner moves on between batch.size and twice that, once what it has is drained; here, when a run of
   *  records ends in between. */
  write(spans: SpanList, first: number, last: number): void {
    const { batchSize, recordBytes, partitioner } = this.#settings;
    const sticky = partitioner === "default";
    let at = first;
    let part = spans;
    let count = spans.records;
    const splits = sticky && this.#room < count;
    const spacing = splits ? (last - first) / (count - 1) : 0;
    while (spans.records > 0) {
      let end = last;
      if (splits) {
        count = Math.min(spans.records, this.#room);
        spans.moveFront(count, this.#part);
        part = this.#part;
        end = at + (count - 1) * spacing;
      }
      this.#bytesInPartition += count * recordBytes;
      const full = this.#bytesInPartition >= batchSize;
      const adds = this.#exactlyOnce && this.#addPartition(this.#partition, at);
      this.#producer.send(this.#partition, part, at, end, this.#transaction, adds);
      at = end + spacing;
      if (full) {
        this.#bytesInPartition = 0;
        if (sticky) this.#partition = this.#random.below(this.#topic.partitions);
      }
    }
  }

  /** Records until the sticky partition has got twice batch.size. */
  get #room(): number {
    const { batchSize, recordBytes } = this.#settings;
    return Math.ceil((2 * batchSize - this.#bytesInPartition) / recordBytes);
  }

  /** Whether `partition` is new in the transaction; the coordinator then learns of it at `at`. */
  #addPartition(partition: number, at: number): boolean {
    if (this.#added[partition] === 1) return false;
    this.#added[partition] = 1;
    this.#coordinator.addPartition(this.#transaction, partition, at);
    return true;
  }

  prepareSnapshot(checkpoint: number, now: number): number {
    if (this.#settings.deliveryGuarantee === "none") return now;
    const flushed = this.#producer.flush(now, () => {
      this.#preCommit(checkpoint, this.#sim.now);
      this.#onFlushed();
    });
    if (flushed >= 0) this.#preCommit(checkpoint, flushed);
    return flushed;
  }

  #preCommit(checkpoint: number, at: number): void {
    if (!this.#exactlyOnce || this.#coordinator.isEmpty(this.#transaction)) return;
    const { job, writer } = this.#settings;
    this.#committables.push({ checkpoint, transaction: this.#transaction });
    this.#observer.preCommitted(job, writer, checkpoint, this.#transaction, at);
  }

  committables(): readonly CommittableState[] {
    return [...this.#committables];
  }

  snapshotState(): number {
    if (!this.#exactlyOnce) return 0;
    if (this.#coordinator.isEmpty(this.#transaction)) this.#coordinator.drop(this.#transaction);
    this.#transaction = this.#coordinator.begin(this.#settings.writer, this.#topic);
    this.#added.fill(0);
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
}
