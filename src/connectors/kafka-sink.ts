/** Models: KafkaSink: the writer (sticky or fixed partitioner, or by key, one transaction per checkpoint) and the committer
 *    chained behind it, for the three delivery guarantees. Starting the next transaction is part of the snapshot and blocks the
 *    task, committing blocks it again.
 *  Source: flink-connector-kafka KafkaWriter, ExactlyOnceKafkaWriter, KafkaCommitter (3.4, 4.0, 5.0); which partition a record
 *    goes to is partition-writers.ts.
 *  Leaves out: connections of several producers of one writer (its records go over one). */

import { invariant, type RandomStream, type Simulation } from "../engine/index.ts";
import type { ChainedSink, CommittableState, SinkMetrics } from "../flink/index.ts";
import {
  errorName,
  INVALID_PRODUCER_EPOCH,
  type KafkaError,
  NONE,
  REQUEST_TIMED_OUT,
  type RecordProducer,
  type Topic,
  type TransactionalClient,
  type TransactionCoordinator,
} from "../kafka/index.ts";
import { Outbox, type SpanList } from "../records/index.ts";
import { commitOutcome } from "./commit-outcome.ts";
import {
  addCommittable,
  COMMIT,
  type CommitterSettings,
  type CommitterState,
  committablesOf,
  committer,
  FAIL_TASK,
  onCheckpointComplete,
  onCommitted,
} from "./committer.ts";
import { InternalProducer } from "./internal-producer.ts";
import { type AbortStrategy, lingeringTransactions } from "./lingering-transactions.ts";
import type { ConnectorObserver } from "./observations.ts";
import {
  KeyedWriter,
  OnePartitionWriter,
  type PartitionedSink,
  type PartitionWriter,
} from "./partition-writers.ts";
import { type CheckpointTransaction, ProducerPool } from "./producer-pool.ts";
import { idsToInitialise, type TransactionNamingStrategy } from "./transaction-naming.ts";
import { type OwnedSubtasks, ownedSubtasks } from "./transaction-ownership.ts";
import { UpsertBuffer, type UpsertBufferSettings } from "./upsert-buffer.ts";

export type DeliveryGuarantee = "none" | "at-least-once" | "exactly-once";

export interface KafkaSinkSettings {
  readonly job: number;
  /** number of this writer among all writers of the simulated world. */
  readonly writer: number;
  readonly subtask: number;
  readonly parallelism: number;
  readonly deliveryGuarantee: DeliveryGuarantee;
  readonly partitioner: "default" | "fixed" | "key";
  readonly recordBytes: number;
  readonly batchSize: number;
  /** Transactions of protocol version 2. */
  readonly joinsAtBroker: boolean;
  /** Of an upsert-kafka sink that holds back rows; its timer's event has the number of the writer as payload a. */
  readonly bufferFlush?: UpsertBufferSettings & { readonly kind: number };
  /** What exactly-once goes by. */
  readonly transactionalIdPrefix: string;
  readonly namingStrategy: TransactionNamingStrategy;
  readonly abortStrategy: AbortStrategy;
  /** Whether a producer is free again with its commit (connector 3.x), or only with the next snapshot (4.0 on). */
  readonly recyclesOnCommit: boolean;
  readonly committer: CommitterSettings;
}

/** What is committed when the checkpoint has completed: plain data, enough for another producer to go on with it. */
export interface KafkaCommittable {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** The run's number of the transaction. */
  readonly transaction: number;
}

/** State of one writer in a checkpoint, for each subtask whose ids it owns. */
export interface KafkaWriterState {
  readonly transactionalIdPrefix: string;
  readonly ownedSubtask: number;
  /** Subtasks that anybody owns. */
  readonly totalOwned: number;
  readonly precommitted: readonly CheckpointTransaction[];
}

/** What a checkpoint keeps of one subtask of the sink: plain data. */
export interface KafkaSinkState {
  readonly checkpoint: number;
  readonly writers: readonly KafkaWriterState[];
  readonly committables: readonly { readonly checkpoint: number; readonly committable: KafkaCommittable }[];
}

/** How a sink tells its task that what it waits for is over. */
export interface KafkaSinkListener {
  /** prepareSnapshot couldn't foresee the end of the flush. */
  onFlushed(): void;
  /** snapshotState has started the next transaction. */
  onSnapshotTaken(): void;
  /** notifyCheckpointComplete has committed. */
  onCommitted(): void;
  /** A send that was blocked goes on. */
  onRoom(): void;
  /** A record, a transaction or a commit was refused: the sink throws, and does nothing any more. */
  onFailed(): void;
}

/** Snapshots of a sink that may still be asked for. */
const MOST_STATES = 16;

export class KafkaSink implements ChainedSink, PartitionedSink {
  readonly #sim: Simulation;
  readonly #settings: KafkaSinkSettings;
  readonly #topic: Topic;
  readonly #coordinator: TransactionCoordinator;
  readonly #makeClient: (transactionalId: string) => TransactionalClient;
  readonly #observer: ConnectorObserver;
  readonly #producer: RecordProducer;
  readonly #partitions: PartitionWriter;
  readonly #outbox = new Outbox();
  readonly #committer: CommitterState<KafkaCommittable> = committer();
  #pool: ProducerPool;
  #owned: OwnedSubtasks;
  #recordsSend = 0;
  #current: InternalProducer | undefined;
  #lastCheckpoint = 0;
  /** 1 for each partition that the transaction holds. */
  readonly #added: Uint8Array;
  readonly #buffer: UpsertBuffer | undefined;
  #bufferDueAt = Number.POSITIVE_INFINITY;
  /** Committed, and the writer doesn't know yet. */
  readonly #finished: string[] = [];
  #committingProducer: InternalProducer | undefined;
  #failed = false;
  #disposed = false;
  #hasInputEnded = false;
  #listener: KafkaSinkListener | undefined;
  /** What the latest snapshots kept, by checkpoint. */
  readonly states = new Map<number, KafkaSinkState>();

  /** @param makeClient the transactional part of a new producer. */
  constructor(
    sim: Simulation,
    settings: KafkaSinkSettings,
    topic: Topic,
    producer: RecordProducer,
    coordinator: TransactionCoordinator,
    makeClient: (transactionalId: string) => TransactionalClient,
    random: RandomStream,
    observer: ConnectorObserver,
    separate: boolean,
  ) {
    this.#sim = sim;
    this.#settings = settings;
    this.#topic = topic;
    this.#producer = producer;
    this.#coordinator = coordinator;
    this.#makeClient = makeClient;
    this.#observer = observer;
    this.#added = new Uint8Array(topic.partitions);
    const { byKey } = producer;
    const { bufferFlush, partitioner, joinsAtBroker, subtask } = settings;
    // An upsert-kafka sink draws a partition too, and leaves it.
    const fixed = partitioner === "fixed" ? subtask % topic.partitions : undefined;
    const one = new OnePartitionWriter(this, settings, topic.partitions, fixed, random, separate);
    this.#partitions = byKey === undefined ? one : new KeyedWriter(this, byKey, joinsAtBroker, separate);
    this.#buffer =
      bufferFlush &&
      new UpsertBuffer(bufferFlush, separate, sim.now, (rows, from, to) =>
        this.#partitions.write(rows, from, to),
      );
    this.#pool = this.#makePool([]);
    this.#owned = ownedSubtasks(settings.namingStrategy, settings.subtask, settings.parallelism, []);
    producer.listen(
      () => this.#fail(REQUEST_TIMED_OUT),
      () => this.#listener?.onRoom(),
    );
  }

  listen(listener: KafkaSinkListener): void {
    this.#listener = listener;
  }

  /** Metrics of the writer and of the committer. */
  get metrics(): SinkMetrics {
    return {
      numRecordsSend: this.#recordsSend,
      ...this.#committer.counters,
      pendingCommittables: this.#committer.requests.length,
    };
  }

  #exactlyOnce(): boolean {
    return this.#settings.deliveryGuarantee === "exactly-once";
  }

  // ---- start

  /** Starts a sink whose first transaction was initialised before the simulated time began. */
  openAtStart(): void {
    if (!this.#exactlyOnce()) return;
    const { transactionalIdPrefix, subtask, namingStrategy } = this.#settings;
    const [id] = idsToInitialise(namingStrategy, transactionalIdPrefix, subtask, 0, 1, new Set());
    const producer = this.#pool.take(id!, 1);
    const error = producer.client.initAtStart();
    invariant(error === NONE, "the parser has checked transaction.timeout.ms");
    this.#lastCheckpoint = 1;
    this.#begin(producer);
  }

  /** Starts a sink now: commits what `restored` holds, aborts what earlier attempts left open, and starts a transaction.
   *  Each of these waits for its coordinator.
   *  @param latestCheckpoint the last id that the job has given away: the first transaction is of the next one. */
  open(restored: KafkaSinkState | undefined, whenOpen: () => void, latestCheckpoint = 0): void {
    if (!this.#exactlyOnce()) {
      whenOpen();
      return;
    }
    const checkpoint = restored?.checkpoint ?? 0;
    const { namingStrategy, subtask, parallelism } = this.#settings;
    const writers = restored?.writers ?? [];
    this.#pool = this.#makePool(writers.flatMap(({ precommitted }) => precommitted));
    this.#owned = ownedSubtasks(namingStrategy, subtask, parallelism, writers);
    for (const one of restored?.committables ?? []) {
      addCommittable(this.#committer, one.checkpoint, one.committable);
    }
    const abort = (): void => this.#abortLingering(checkpoint, restored, whenOpen, latestCheckpoint);
    if (!this.#commitUpTo(checkpoint, abort)) abort();
  }

  #abortLingering(
    checkpoint: number,
    restored: KafkaSinkState | undefined,
    whenOpen: () => void,
    latestCheckpoint: number,
  ): void {
    const { abortStrategy, transactionalIdPrefix, subtask, parallelism } = this.#settings;
    const prefixes = [transactionalIdPrefix];
    const writers = restored?.writers ?? [];
    const before = writers[0]?.transactionalIdPrefix ?? transactionalIdPrefix;
    if (before !== transactionalIdPrefix) prefixes.push(before);
    const lingering = lingeringTransactions(abortStrategy, {
      prefixes,
      subtask,
      parallelism,
      firstCheckpoint: checkpoint + 1,
      owned: this.#owned,
      precommitted: new Set(
        writers.flatMap(({ precommitted }) => precommitted.map(({ transactionalId }) => transactionalId)),
      ),
      ongoing: this.#coordinator.listOngoing(),
    });
    const start = (at: number): void => {
      this.#lastCheckpoint = Math.max(checkpoint, latestCheckpoint);
      this.#startTransaction(this.#lastCheckpoint + 1, at, whenOpen);
    };
    const next = (epoch: number, at: number): void => {
      const id = lingering.next(epoch);
      if (id === undefined) {
        start(at);
        return;
      }
      const producer = this.#pool.take(id, 0);
      producer.client.initTransactions(at, (error) => {
        if (error !== NONE) {
          this.#fail(error);
          return;
        }
        this.#pool.recycleEmpty(id);
        next(producer.client.producerEpoch, this.#sim.now);
      });
    };
    // LISTING: DescribeProducers, then ListTransactions, each to all brokers at once.
    const listing = abortStrategy === "LISTING" ? 2 * this.#coordinator.requests.readTime : 0;
    next(-1, this.#sim.now + listing);
  }

  // ---- records

  write(spans: SpanList, first: number, last: number): void {
    if (this.#buffer === undefined) this.#partitions.write(spans, first, last);
    else {
      this.#buffer.add(spans, first, last);
      this.#planFlush();
    }
  }

  /** Handler of its event: what the task has handed over until now is in the buffer. */
  onBufferDue(): void {
    this.#bufferDueAt = Number.POSITIVE_INFINITY;
    if (this.#disposed) return;
    const { now } = this.#sim;
    this.#topic.settle(now);
    this.#buffer!.flushDue(now + 1);
    this.#planFlush();
  }

  #planFlush(): void {
    const at = Math.max(this.#sim.now, Math.ceil(this.#buffer!.nextFlushAt()));
    if (at >= this.#bufferDueAt || at >= Number.MAX_SAFE_INTEGER) return;
    this.#bufferDueAt = at;
    this.#sim.scheduleAt(at, this.#settings.bufferFlush!.kind, this.#settings.writer, 0);
  }

  /** @param joinTime see RecordProducer.send; -1: the producer was fenced. */
  sendTo(partition: number, spans: SpanList, first: number, last: number, joinTime: number): void {
    const transaction = this.#current?.transaction ?? 0;
    if (joinTime < 0 || this.#producer.isFenced) this.#fail(INVALID_PRODUCER_EPOCH);
    if (this.#failed) {
      spans.clear();
      return;
    }
    const { job, writer } = this.#settings;
    this.#observer.written?.(job, writer, this.#topic.name, transaction, spans.records, first);
    this.#recordsSend += spans.records;
    this.#producer.send(partition, spans, first, last, transaction, joinTime);
  }

  lingers(partition: number, at: number): boolean {
    return this.#producer.lingers(partition, at);
  }

  isNew(partition: number): boolean {
    return this.#exactlyOnce() && this.#added[partition] === 0;
  }

  join(partitions: readonly number[], at: number): number {
    for (const partition of partitions) this.#added[partition] = 1;
    const producer = this.#current!;
    producer.addData();
    const topicPartitions = partitions.map((partition) =>
      this.#coordinator.topicPartition(this.#topic, partition),
    );
    return producer.client.join(producer.transaction, topicPartitions, at);
  }

  isBlocked(): boolean {
    return !this.#failed && this.#producer.awaitsRoom();
  }

  // ---- checkpoints

  prepareSnapshot(checkpoint: number, now: number): number {
    if (this.#hasInputEnded) return now;
    this.#buffer?.flushDue(now);
    this.#buffer?.flush(now);
    if (this.#settings.deliveryGuarantee === "none") return now;
    return this.#flush(checkpoint, now);
  }

  /** Whatever the guarantee, all is flushed. The committable is of the checkpoint behind the last one that it knows.
   *  Source: SinkWriterOperator.endInput, KafkaWriter.flush. */
  endInput(now: number): number {
    this.#hasInputEnded = true;
    this.#buffer?.flushDue(now);
    this.#buffer?.flush(now);
    return this.#flush(this.#lastCheckpoint, now);
  }

  #flush(checkpoint: number, now: number): number {
    const flushed = this.#producer.flush(now, () => {
      if (this.#preCommit(checkpoint, this.#sim.now)) this.#listener!.onFlushed();
    });
    if (flushed < 0) return flushed;
    return this.#preCommit(checkpoint, flushed) ? flushed : -1;
  }

  /** @returns false: a record was refused, and the task fails. */
  #preCommit(checkpoint: number, at: number): boolean {
    if (!this.#exactlyOnce()) return true;
    const producer = this.#current!;
    const { client, transaction } = producer;
    const { job, writer } = this.#settings;
    if (this.#producer.isFenced) this.#fail(INVALID_PRODUCER_EPOCH);
    if (this.#failed) return false;
    if (producer.state !== "DATA_IN_TRANSACTION") {
      this.#coordinator.drop(transaction);
      this.#pool.recycleEmpty(client.transactionalId);
      return true;
    }
    producer.precommitTransaction();
    const { transactionalId, producerId, producerEpoch } = client;
    addCommittable(this.#committer, checkpoint, { transactionalId, producerId, producerEpoch, transaction });
    this.#observer.preCommitted(job, writer, checkpoint, transaction, at);
    return true;
  }

  committables(): readonly CommittableState[] {
    return this.#committer.requests.map(({ checkpoint, committable }) => ({
      checkpoint,
      transaction: committable.transaction,
    }));
  }

  snapshotState(checkpoint: number, now: number): number {
    const { transactionalIdPrefix } = this.#settings;
    if (!this.#exactlyOnce()) return 0;
    for (const id of this.#finished) this.#pool.recycle(id);
    while (this.#finished.length > 0) this.#finished.pop();
    const { ongoing } = this.#pool;
    const { ids, total: totalOwned } = this.#owned;
    const writers = ids.map((ownedSubtask, i): KafkaWriterState => {
      // New transactions are named after the first alone.
      return { transactionalIdPrefix, ownedSubtask, totalOwned, precommitted: i === 0 ? ongoing : [] };
    });
    this.states.set(checkpoint, {
      checkpoint,
      writers,
      committables: committablesOf(this.#committer),
    });
    if (this.states.size > MOST_STATES) this.states.delete(this.states.keys().next().value!);
    this.#startTransaction(checkpoint + 1, now, () => this.#listener!.onSnapshotTaken());
    return -1;
  }

  #startTransaction(checkpoint: number, now: number, whenStarted: () => void): void {
    const { namingStrategy, transactionalIdPrefix } = this.#settings;
    const ids = idsToInitialise(
      namingStrategy,
      transactionalIdPrefix,
      this.#owned.ids[0]!,
      this.#lastCheckpoint,
      checkpoint,
      this.#pool,
    );
    this.#lastCheckpoint = checkpoint;
    const initialise = (i: number, at: number): void => {
      const id = ids[i]!;
      const producer = this.#pool.take(id, checkpoint);
      producer.client.initTransactions(at, (error) => {
        if (error !== NONE) this.#fail(error);
        else if (i < ids.length - 1) {
          this.#pool.recycleEmpty(id);
          initialise(i + 1, this.#sim.now);
        } else {
          this.#begin(producer);
          whenStarted();
        }
      });
    };
    initialise(0, now);
  }

  #begin(producer: InternalProducer): void {
    producer.beginTransaction(this.#coordinator.begin(this.#settings.writer));
    for (let partition = 0; partition < this.#added.length; partition++) this.#added[partition] = 0;
    this.#current = producer;
  }

  // ---- commit

  notifyCheckpointComplete(checkpoint: number): boolean {
    if (this.#failed) return true;
    return this.#commitUpTo(checkpoint, () => this.#listener!.onCommitted());
  }

  /** @returns whether it takes time; `whenDone` is called then. */
  #commitUpTo(checkpoint: number, whenDone: () => void): boolean {
    this.#outbox.clear();
    onCheckpointComplete(this.#committer, checkpoint, this.#settings.committer, this.#outbox);
    return this.#perform(whenDone);
  }

  #perform(whenDone: () => void): boolean {
    const effect = this.#outbox.effects[0];
    const ticket = this.#outbox.a[0]!;
    if (effect === COMMIT) this.#commit(ticket, whenDone);
    else if (effect === FAIL_TASK) this.#fail(REQUEST_TIMED_OUT);
    return effect === COMMIT || effect === FAIL_TASK;
  }

  #commit(ticket: number, whenDone: () => void): void {
    const { checkpoint, committable } = this.#committer.requests.find((one) => one.ticket === ticket)!;
    const { transactionalId, transaction } = committable;
    const { job, writer, recyclesOnCommit } = this.#settings;
    this.#observer.commitSent(job, writer, checkpoint, transaction, this.#sim.now);
    const own = this.#pool.producerOf(transactionalId);
    if (own?.state === "NOT_IN_TRANSACTION") {
      this.#failSecondCommit();
      return;
    }
    const producer = own ?? this.#resume(committable);
    producer.endTransaction(true, (error) => {
      const outcome = commitOutcome(error);
      if (outcome === "signalFailedWithKnownReason") {
        this.#observer.committableDropped(
          job,
          writer,
          checkpoint,
          transaction,
          errorName(error),
          this.#sim.now,
        );
        this.#pool.discard(transactionalId);
      } else if (outcome === "signalFailedWithUnknownReason") this.#fail(error);
      else if (outcome === "success" && recyclesOnCommit) this.#pool.recycle(transactionalId);
      else if (outcome === "success") this.#finished.push(transactionalId);
      this.#outbox.clear();
      onCommitted(this.#committer, outcome, this.#settings.committer, this.#outbox);
      if (!this.#perform(whenDone)) whenDone();
    });
  }

  /** The writer's producer has forgotten its transaction when the first attempt timed out: IllegalStateException, which the
   *  committer doesn't know. Source: FlinkKafkaInternalProducer.commitTransaction. */
  #failSecondCommit(): void {
    this.#outbox.clear();
    onCommitted(this.#committer, "signalFailedWithUnknownReason", this.#settings.committer, this.#outbox);
    this.#fail(REQUEST_TIMED_OUT);
  }

  /** The committer's own producer, for transactions whose producer is gone. */
  #resume({ transactionalId, producerId, producerEpoch, transaction }: KafkaCommittable): InternalProducer {
    if (this.#committingProducer === undefined) {
      this.#committingProducer = new InternalProducer(this.#makeClient(transactionalId));
    } else this.#committingProducer.client.setTransactionalId(transactionalId);
    this.#committingProducer.resumeTransaction(producerId, producerEpoch, transaction);
    return this.#committingProducer;
  }

  // ---- end

  /** The task ends in good order: an open transaction that isn't pre-committed is aborted, best effort, and the thread waits
   *  for the answer, for max.block.ms at most. */
  close(whenClosed: () => void = () => {}): void {
    const current = this.#current;
    if (this.#disposed || current?.state !== "DATA_IN_TRANSACTION") {
      this.kill();
      whenClosed();
      return;
    }
    current.endTransaction(false, () => {
      current.client.dispose();
      whenClosed();
    });
    this.#stop(current);
  }

  /** The process is gone: what it has sent takes its course, nothing more comes from it.
   *  @returns how many records had not been sent. */
  kill(): number {
    const dropped = this.#stop(undefined);
    this.#current?.client.dispose();
    return dropped;
  }

  /** @param aborting what is left of it until its abort is answered. */
  #stop(aborting: InternalProducer | undefined): number {
    if (this.#disposed) return 0;
    this.#disposed = true;
    const dropped = this.#producer.kill(this.#sim.now);
    const { job, writer } = this.#settings;
    if (dropped > 0) this.#observer.unsentDropped?.(job, writer, this.#topic.name, dropped);
    this.#pool.dispose(aborting);
    this.#committingProducer?.client.dispose();
    return dropped;
  }

  #fail(error: KafkaError): void {
    if (this.#failed) return;
    this.#failed = true;
    const { job, writer } = this.#settings;
    this.#observer.sinkFailed(job, writer, errorName(error), this.#sim.now);
    this.#listener?.onFailed();
  }

  #makePool(restored: readonly CheckpointTransaction[]): ProducerPool {
    return new ProducerPool((id) => new InternalProducer(this.#makeClient(id)), restored);
  }
}
