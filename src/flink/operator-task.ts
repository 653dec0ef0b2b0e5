/** Models: a subtask behind an exchange: its input gates, barrier alignment, the service of records one after the other,
 *    mails between two records, what it hands on to the network, and the sinks chained behind it.
 *  Source: flink OneInputStreamTask, StreamTask.processInput, SubtaskCheckpointCoordinatorImpl.checkpointState,
 *    SinkWriterOperator, CommitterOperator (Flink 2.1).
 *  Leaves out: timers, state access apart from the service time, operators that turn one record into none or many. */

import { invariant, NO_EVENT, type RandomStream, type Simulation } from "../engine/index.ts";
import { type Lineage, Outbox, SpanList } from "../records/index.ts";
import {
  type BarrierHandlerState,
  barrierHandler,
  onBarrier,
  RESUME_CHANNEL,
  START_SNAPSHOT,
} from "./barrier-handler.ts";
import { ChainedSinks, type SinkOfTask } from "./chained-sinks.ts";
import type { Channel, DownstreamTask, UpstreamTask } from "./channel.ts";
import { type CheckpointProperties, PERIODIC_CHECKPOINT } from "./checkpoint-properties.ts";
import { InputGates } from "./input-gates.ts";
import { type Mail, Mailbox } from "./mailbox.ts";
import type { BufferRecycler, NetworkBuffer } from "./network-buffer.ts";
import { type RecordWriterSettings, RecordWriters } from "./record-writers.ts";
import { Service } from "./service.ts";
import type { SubtaskCheckpointCoordinator } from "./subtask-checkpoint-coordinator.ts";

/** Event kinds, payload a = number of the task; `flush`: b = record writer. */
export interface OperatorTaskKinds {
  readonly flush: number;
  readonly wake: number;
  readonly flushed: number;
  readonly syncDone: number;
}

export interface OperatorTaskSettings {
  readonly job: number;
  readonly subtask: number;
  readonly floatingBuffers: number;
  readonly buffersPerChannel: number;
  readonly writers: RecordWriterSettings;
  /** ns after which a run of records is handed on at the latest; infinite when only readers look at the output. */
  readonly longestRun: number;
  /** one record at a time, each with its own event: the reference for spans. */
  readonly oneRecord: boolean;
}

/** bytes of a KafkaCommittable with its lineage: producer id, epoch, transactional id, checkpoint, subtask.
 *  Source: KafkaCommittableSerializer, CommittableCollectorSerializer; the length of the id is an estimate. */
const COMMITTABLE_BYTES = 80;

/** Draws how long `records` records take together, ns. */
export type ServiceDraw = (records: number) => number;

/** What a task works with. */
export interface OperatorTaskParts {
  readonly service: ServiceDraw;
  readonly sinks: readonly SinkOfTask[];
  readonly lineage: Lineage;
  readonly recycler: BufferRecycler;
  readonly checkpoints: SubtaskCheckpointCoordinator;
  /** one stream for each output edge's buffer flusher. */
  readonly flushers: readonly RandomStream[];
}

export class OperatorTask implements DownstreamTask, UpstreamTask {
  readonly number: number;
  readonly #sim: Simulation;
  readonly #kinds: OperatorTaskKinds;
  readonly #settings: OperatorTaskSettings;
  readonly #parts: OperatorTaskParts;
  readonly #sinks: ChainedSinks;
  readonly #mailbox = new Mailbox();
  readonly #outbox = new Outbox();
  readonly #leaving: SpanList;
  /** What the sinks still get of the buffer in service, where its records go to the network too. */
  readonly #toSinks: SpanList;
  #inputs: InputGates;
  #writers: RecordWriters;
  #barriers: BarrierHandlerState = barrierHandler(0);
  readonly #service: Service;
  #current: NetworkBuffer | undefined;
  #currentChannel: Channel | undefined;
  /** The thread must turn to something else when the record in hand is done, which is then; -1: it needn't. */
  #boundaryAt = -1;
  /** The output is not available, and the buffer in service rests since then; -1: no. */
  #restingSince = -1;
  // Blocked in a snapshot or a commit since; -1: not.
  #blockedSince = -1;
  #snapshotOf = 0;
  #snapshotStart = 0;
  #triggeredAt = 0;
  /** The operator's own synchronous part of the snapshot, ns. */
  #ownSync = 0;
  #properties: CheckpointProperties = PERIODIC_CHECKPOINT;
  #committing = 0;
  /** Records handed on since the job began. */
  #records = 0;
  #wakeEvent = NO_EVENT;
  #wakeAt = 0;

  constructor(
    sim: Simulation,
    kinds: OperatorTaskKinds,
    number: number,
    settings: OperatorTaskSettings,
    parts: OperatorTaskParts,
  ) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.number = number;
    this.#settings = settings;
    this.#parts = parts;
    const { separate } = parts.recycler;
    this.#sinks = new ChainedSinks(parts.sinks, parts.lineage, separate);
    this.#leaving = new SpanList(separate);
    this.#toSinks = new SpanList(separate);
    this.#service = new Service(parts.lineage);
    this.#inputs = new InputGates(settings, []);
    this.#writers = new RecordWriters(sim, kinds.flush, number, settings.writers, [], []);
  }

  /** Called once, with the channels of each input gate and of each output edge, at the time the job is RUNNING. */
  start(inputs: readonly (readonly Channel[])[], outputs: readonly (readonly Channel[])[]): void {
    const { writers } = this.#settings;
    this.#inputs = new InputGates(this.#settings, inputs);
    this.#writers = new RecordWriters(
      this.#sim,
      this.#kinds.flush,
      this.number,
      writers,
      outputs,
      this.#parts.flushers,
    );
    this.#service.feedInto(this.#writers.channels.length);
    this.#barriers = barrierHandler(this.#inputs.channels.length);
    this.#inputs.connect(this);
    this.#writers.startFlushers();
  }

  /** A mail from the JobManager has arrived. */
  post(mail: Mail): void {
    this.#mailbox.put(mail);
    this.#run();
  }

  /** Handler of `wake`. */
  onWake(): void {
    this.#wakeEvent = NO_EVENT;
    this.#run();
  }

  /** Handler of `flush`. */
  onFlush(writer: number): void {
    this.#writers.flush(writer);
    this.afterSegmentFull();
  }

  /** Handler of `syncDone`. */
  onSyncDone(): void {
    const now = this.#sim.now;
    this.#parts.checkpoints.submit(this.#snapshotOf, now - this.#snapshotStart, now);
    this.#inputs.resumeConsumption();
    this.#unblock();
  }

  /** A sink's commit was answered. */
  onCommitted(): void {
    if (!this.#sinks.goOnCommitting(this.#committing)) this.#unblock();
  }

  /** Hands on what has left the operator by `now`. */
  settle(now: number): void {
    if (this.#blockedSince < 0) this.#settleService(now);
  }

  // ---- DownstreamTask

  onData(channel: Channel): void {
    this.#inputs.onData(channel);
    this.#run();
  }

  touch(): void {
    this.#run();
  }

  // ---- UpstreamTask

  onBufferQueued(channel: Channel): void {
    this.#writers.onBufferQueued(channel);
  }

  onBufferTaken(channel: Channel): void {
    if (this.#writers.onBufferTaken(channel)) this.#wakeUpAt(this.#sim.now);
  }

  /** Without output the thread stops behind the record in hand. */
  afterSegmentFull(): void {
    if (!this.#writers.available) this.#run();
  }

  emitInto(channel: Channel, now: number): void {
    this.#service.emitInto(channel, this.#doneBy(now));
  }

  timeOfEmission(channel: Channel, records: number): number {
    // One record at a time, the channels are looked after at each one's end.
    if (this.#isHeldUp || this.#service.isIdle || this.#settings.oneRecord) return Number.POSITIVE_INFINITY;
    const missing = records - channel.open.records;
    if (missing <= 0) return this.#sim.now;
    const index = this.#service.indexOf(channel, missing);
    return index < this.#service.size ? this.#service.endOf(index) : Number.POSITIVE_INFINITY;
  }

  // ---- the task thread

  #run(): void {
    const now = this.#sim.now;
    for (;;) {
      if (this.#blockedSince >= 0) return;
      if (this.#isDue(now)) this.#settleService(now);
      if (!this.#mailbox.isEmpty && this.#isBetweenRecords(now)) {
        this.#settleService(now);
        this.#runMail(this.#mailbox.take()!);
        continue;
      }
      if (!this.#writers.available) {
        if (this.#isBetweenRecords(now)) this.#rest(now);
        else this.#planWake();
        return;
      }
      if (this.#restingSince >= 0) this.#resume(now);
      if (this.#current !== undefined) {
        this.#planWake();
        return;
      }
      if (!this.#inputs.hasData) return;
      this.#takeNext(now);
    }
  }

  /** Nothing of the buffer in service is being served. */
  get #isHeldUp(): boolean {
    return this.#blockedSince >= 0 || this.#restingSince >= 0;
  }

  #doneBy(now: number): number {
    if (this.#restingSince >= 0) return this.#service.doneBy(this.#restingSince);
    return this.#service.doneBy(this.#blockedSince >= 0 ? this.#blockedSince : now);
  }

  /** Whether something of the buffer in service must be handed on now: all of it, a record, or a long run. */
  #isDue(now: number): boolean {
    if (this.#current === undefined || this.#restingSince >= 0) return false;
    const { start, served, perRecord } = this.#service;
    if (this.#service.isFinished(now) || this.#settings.oneRecord) return true;
    return now - start - served * perRecord >= this.#settings.longestRun;
  }

  /** A mail waits until the record in hand is done. */
  #isBetweenRecords(now: number): boolean {
    if (this.#current === undefined || this.#restingSince >= 0) return true;
    if (this.#boundaryAt < 0) this.#boundaryAt = this.#service.boundaryAt(now);
    return this.#boundaryAt <= now;
  }

  #planWake(): void {
    const { busyUntil, served } = this.#service;
    const { oneRecord, longestRun } = this.#settings;
    let at = busyUntil;
    if (this.#boundaryAt >= 0) at = this.#boundaryAt;
    else if (!oneRecord) {
      const nobodyWaits = !this.#inputs.hasData && !this.#currentChannel!.senderWaits;
      if (nobodyWaits && longestRun === Number.POSITIVE_INFINITY) return;
      at = Math.min(at, this.#sim.now + longestRun);
    }
    if (oneRecord && this.#boundaryAt < 0) at = Math.min(at, Math.ceil(this.#service.endOf(served)));
    this.#wakeUpAt(Math.ceil(at));
  }

  #wakeUpAt(at: number): void {
    if (this.#wakeEvent !== NO_EVENT) {
      if (this.#wakeAt === at) return;
      this.#sim.cancel(this.#wakeEvent);
    }
    this.#wakeAt = at;
    this.#wakeEvent = this.#sim.scheduleAt(at, this.#kinds.wake, this.number, 0);
  }

  #takeNext(now: number): void {
    const channel = this.#inputs.next();
    const buffer = channel.take();
    this.#inputs.afterTake(channel);
    if (buffer.isBarrier) {
      this.#handleBarrier(channel, buffer, now);
      return;
    }
    this.#current = buffer;
    this.#currentChannel = channel;
    this.#service.begin(buffer.spans, now, this.#parts.service(buffer.spans.records));
    if (this.#writers.channels.length === 0) return;
    if (!this.#sinks.isEmpty) buffer.spans.copyTo(this.#toSinks);
    this.#writers.foresee();
  }

  /** Hands on the records of the buffer in service that are done by `now`, and recycles it when all are. */
  #settleService(now: number): void {
    const buffer = this.#current;
    if (buffer === undefined || this.#restingSince >= 0) return;
    const service = this.#service;
    const done = service.doneBy(now);
    if (done > service.served) this.#handOn(done);
    const finished = service.isFinished(now);
    if (finished || this.#settings.oneRecord) this.#writers.endEmission(now);
    if (!finished) return;
    const channel = this.#currentChannel!;
    this.#current = undefined;
    this.#currentChannel = undefined;
    this.#boundaryAt = -1;
    service.end();
    this.#parts.recycler.giveBack(buffer);
    this.#inputs.recycle(channel);
  }

  /** The sinks get the records up to number `done` of the buffer in service. */
  #handOn(done: number): void {
    const service = this.#service;
    const first = service.endOf(service.served);
    const last = service.endOf(done - 1);
    const count = done - service.served;
    service.served = done;
    this.#records += count;
    if (this.#sinks.isEmpty) return;
    const spans = this.#writers.channels.length === 0 ? this.#current!.spans : this.#toSinks;
    if (count === spans.records) {
      this.#sinks.write(spans, first, last);
      return;
    }
    spans.moveFront(count, this.#leaving);
    this.#sinks.write(this.#leaving, first, last);
  }

  /** The output is not available: the thread waits, and runs only mails. */
  #rest(now: number): void {
    if (this.#restingSince >= 0 || this.#current === undefined) return;
    this.#settleService(now);
    if (this.#current === undefined) return;
    this.#writers.endEmission(now);
    this.#restingSince = now;
    this.#boundaryAt = -1;
  }

  #resume(now: number): void {
    this.#service.delay(now - this.#restingSince);
    this.#restingSince = -1;
    this.#writers.foresee();
  }

  #block(): void {
    const now = this.#sim.now;
    if (this.#restingSince < 0 && this.#current !== undefined) this.#writers.endEmission(now);
    this.#blockedSince = now;
  }

  #unblock(): void {
    invariant(this.#blockedSince >= 0, "only a blocked task is unblocked");
    const pause = this.#sim.now - this.#blockedSince;
    this.#blockedSince = -1;
    this.#boundaryAt = -1;
    if (this.#restingSince < 0 && this.#current !== undefined) {
      this.#service.delay(pause);
      this.#writers.foresee();
    }
    this.#run();
  }

  #runMail(mail: Mail): void {
    invariant(mail.kind !== "trigger-checkpoint", "only sources are triggered by mail");
    this.#boundaryAt = -1;
    const completed = this.#parts.checkpoints.onNotification(mail, this.#sim.now);
    if (completed === 0) return;
    this.#committing = completed;
    if (this.#sinks.commit(completed)) this.#block();
  }

  // ---- barriers

  #handleBarrier(channel: Channel, barrier: NetworkBuffer, now: number): void {
    const checkpoint = barrier.barrierOf;
    const { triggeredAt, properties } = barrier;
    this.#parts.recycler.giveBack(barrier);
    this.#outbox.clear();
    onBarrier(this.#barriers, channel.downstreamIndex, checkpoint, now, this.#outbox);
    for (let i = 0; i < this.#outbox.length; i++) {
      const effect = this.#outbox.effects[i]!;
      if (effect === RESUME_CHANNEL) this.#inputs.channels[this.#outbox.a[i]!]!.resumeConsumption();
      else if (effect === START_SNAPSHOT)
        this.#startSnapshot(checkpoint, this.#outbox.b[i]!, triggeredAt, properties, now);
    }
  }

  #startSnapshot(
    checkpoint: number,
    alignment: number,
    triggeredAt: number,
    properties: CheckpointProperties,
    now: number,
  ): void {
    const startDelay = Math.max(0, now - alignment - triggeredAt);
    this.#parts.checkpoints.begin(checkpoint, {
      startDelay,
      alignment,
      processedBytes: 0,
      persistedBytes: 0,
    });
    this.#snapshotOf = checkpoint;
    this.#triggeredAt = triggeredAt;
    this.#properties = properties;
    this.#block();
    this.#afterFlush(this.#sinks.flush(checkpoint, now));
  }

  /** A sink has flushed what was sent before the barrier. */
  onFlushed(): void {
    this.#afterFlush(this.#sinks.goOnFlushing(this.#snapshotOf, this.#sim.now));
  }

  /** The sinks have flushed at `at`; -1: one of them hasn't yet. */
  #afterFlush(at: number): void {
    if (at < 0) return;
    if (this.#writers.channels.length === 0) this.#takeSnapshot(at);
    else if (at <= this.#sim.now) this.onAllFlushed();
    else this.#sim.scheduleAt(Math.ceil(at), this.#kinds.flushed, this.number, 0);
  }

  /** Handler of `flushed`: the barrier goes out before the state is copied. */
  onAllFlushed(): void {
    const now = this.#sim.now;
    this.#writers.broadcast(this.#snapshotOf, this.#triggeredAt, now, this.#properties);
    this.#takeSnapshot(now);
  }

  #takeSnapshot(from: number): void {
    this.#snapshotStart = from;
    const committables = this.#sinks.committables();
    const bytes = committables.length * COMMITTABLE_BYTES;
    const own = this.#parts.checkpoints.snapshotState(
      this.#snapshotOf,
      this.#records,
      { splits: [], committables, bytes },
      this.#properties,
    );
    this.#ownSync = own;
    this.#endSync(this.#sinks.snapshotState(this.#snapshotOf, from));
  }

  /** A sink has taken its snapshot. */
  onSnapshotTaken(): void {
    this.#endSync(this.#sinks.goOnSnapshotting(this.#snapshotOf, this.#sim.now));
  }

  /** The sinks have taken their snapshots at `at`; -1: one of them hasn't yet. */
  #endSync(at: number): void {
    if (at < 0) return;
    this.#sim.scheduleAt(Math.ceil(at + this.#ownSync), this.#kinds.syncDone, this.number, 0);
  }
}
