/** Models: a subtask behind a keyed exchange: its input gate with floating buffers, barrier alignment, the service of
 *    records one after the other, mails between two records, and what is chained behind it (a sink).
 *  Source: flink OneInputStreamTask, StreamTask.processInput, SingleInputGate, BufferManager,
 *    SubtaskCheckpointCoordinatorImpl.checkpointState, SinkWriterOperator, CommitterOperator (Flink 2.1).
 *  Leaves out: operators with several inputs or a network output, timers, state access apart from the service time. */

import { invariant, NO_EVENT, type Simulation } from "../engine/index.ts";
import { Outbox, SpanList } from "../records/index.ts";
import {
  type BarrierHandlerState,
  barrierHandler,
  onBarrier,
  RESUME_CHANNEL,
  START_SNAPSHOT,
} from "./barrier-handler.ts";
import type { Channel, DownstreamTask } from "./channel.ts";
import { type CheckpointProperties, PERIODIC_CHECKPOINT } from "./checkpoint-properties.ts";
import { Fifo } from "./fifo.ts";
import { type Mail, Mailbox } from "./mailbox.ts";
import type { BufferRecycler, NetworkBuffer } from "./network-buffer.ts";
import type { SubtaskCheckpointCoordinator } from "./subtask-checkpoint-coordinator.ts";
import type { CommittableState } from "./task-state-snapshot.ts";

/** What is chained behind the operator. Times are ns. */
export interface ChainedSink {
  /** Takes all records of `spans` (and empties it); they leave the operator evenly from `first` to `last`. */
  write(spans: SpanList, first: number, last: number): void;
  /** prepareSnapshotPreBarrier at `now`. @returns when the flush is over; -1 when onFlushed will tell. */
  prepareSnapshot(checkpoint: number, now: number): number;
  /** What the committer has collected and not yet committed, oldest first. */
  committables(): readonly CommittableState[];
  /** snapshotState at `now`. @returns how long it blocks the task. */
  snapshotState(checkpoint: number, now: number): number;
  /** notifyCheckpointComplete. @returns whether the task is blocked until onCommitted. */
  notifyCheckpointComplete(checkpoint: number): boolean;
}

/** Event kinds, payload a = number of the task. */
export interface OperatorTaskKinds {
  readonly wake: number;
  readonly syncDone: number;
}

export interface OperatorTaskSettings {
  readonly job: number;
  readonly subtask: number;
  readonly floatingBuffers: number;
  readonly buffersPerChannel: number;
  /** ns after which a run of records is handed on at the latest; infinite when only readers look at the output. */
  readonly longestRun: number;
  /** one record at a time, each with its own event: the reference for spans. */
  readonly oneRecord: boolean;
}

/** bytes of a KafkaCommittable with its lineage: producer id, epoch, transactional id, checkpoint, subtask.
 *  Source: KafkaCommittableSerializer, CommittableCollectorSerializer; the length of the id is an estimate. */
const COMMITTABLE_BYTES = 80;

/** Share of a record that rounding may take: a wake-up planned for the end of a record must find it done. */
const ROUNDING = 1e-9;

/** Draws how long `records` records take together, ns. */
export type ServiceDraw = (records: number) => number;

export class OperatorTask implements DownstreamTask {
  readonly number: number;
  channels: readonly Channel[] = [];
  readonly #sim: Simulation;
  readonly #kinds: OperatorTaskKinds;
  readonly #settings: OperatorTaskSettings;
  readonly #service: ServiceDraw;
  readonly #sink: ChainedSink;
  readonly #recycler: BufferRecycler;
  readonly #checkpoints: SubtaskCheckpointCoordinator;
  readonly #mailbox = new Mailbox();
  readonly #outbox = new Outbox();
  readonly #leaving: SpanList;
  #barriers: BarrierHandlerState = barrierHandler(0);
  // Channels with data, in the order in which they got it.
  readonly #ready = new Fifo<Channel>();
  readonly #isReady: Uint8Array;
  readonly #floatingHeld: Int32Array;
  #floatingFree: number;
  // The buffer in service: record k (from 0) leaves at #start + (k + 1) * #perRecord.
  #current: NetworkBuffer | undefined;
  #currentChannel: Channel | undefined;
  #size = 0;
  #served = 0;
  #start = 0;
  #perRecord = 0;
  #busyUntil = 0;
  /** A mail waits for the record in hand, which ends then; -1: none. */
  #mailAt = -1;
  // Blocked in a snapshot or a commit since; -1: not.
  #blockedSince = -1;
  #snapshotOf = 0;
  #snapshotStart = 0;
  #properties: CheckpointProperties = PERIODIC_CHECKPOINT;
  /** Records handed on since the job began. */
  #records = 0;
  #wakeEvent = NO_EVENT;
  #wakeAt = 0;

  constructor(
    sim: Simulation,
    kinds: OperatorTaskKinds,
    number: number,
    settings: OperatorTaskSettings,
    service: ServiceDraw,
    sink: ChainedSink,
    recycler: BufferRecycler,
    checkpoints: SubtaskCheckpointCoordinator,
    inputs: number,
  ) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.number = number;
    this.#settings = settings;
    this.#service = service;
    this.#sink = sink;
    this.#recycler = recycler;
    this.#checkpoints = checkpoints;
    this.#leaving = new SpanList(recycler.separate);
    this.#isReady = new Uint8Array(inputs);
    this.#floatingHeld = new Int32Array(inputs);
    this.#floatingFree = settings.floatingBuffers;
  }

  start(channels: readonly Channel[]): void {
    this.channels = channels;
    this.#barriers = barrierHandler(channels.length);
    for (const channel of channels) channel.connect(this);
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

  /** Handler of `syncDone`. */
  onSyncDone(): void {
    const now = this.#sim.now;
    this.#checkpoints.submit(this.#snapshotOf, now - this.#snapshotStart, now);
    for (const channel of this.channels) channel.resumeConsumption();
    this.#unblock();
  }

  /** The sink's commit was answered. */
  onCommitted(): void {
    this.#unblock();
  }

  /** Hands on what has left the operator by `now`. */
  settle(now: number): void {
    if (this.#blockedSince < 0) this.#settleService(now);
  }

  // ---- DownstreamTask

  onData(channel: Channel): void {
    this.#offerFloating(channel);
    if (this.#isReady[channel.downstreamIndex] === 0 && channel.hasData) this.#pushReady(channel);
    this.#run();
  }

  touch(): void {
    this.#run();
  }

  // ---- the task thread

  #run(): void {
    const now = this.#sim.now;
    for (;;) {
      if (this.#blockedSince >= 0) return;
      if (this.#isDue(now)) this.#settleService(now);
      if (!this.#mailbox.isEmpty && this.#mayRunMail(now)) {
        this.#settleService(now);
        this.#runMail(this.#mailbox.take()!);
        continue;
      }
      if (this.#current !== undefined) {
        this.#planWake();
        return;
      }
      if (this.#ready.length === 0) return;
      this.#takeNext(now);
    }
  }

  /** Whether something of the buffer in service must be handed on now: all of it, a record, or a long run. */
  #isDue(now: number): boolean {
    if (this.#current === undefined) return false;
    if (this.#busyUntil <= now || this.#settings.oneRecord) return true;
    return now - this.#start - this.#served * this.#perRecord >= this.#settings.longestRun;
  }

  /** A mail waits until the record in hand is done. */
  #mayRunMail(now: number): boolean {
    if (this.#current === undefined) return true;
    if (this.#mailAt < 0) {
      const inHand = Math.ceil((now - this.#start) / this.#perRecord - ROUNDING);
      this.#mailAt = Math.min(this.#busyUntil, Math.ceil(this.#start + inHand * this.#perRecord));
    }
    return this.#mailAt <= now;
  }

  #planWake(): void {
    let at = this.#busyUntil;
    if (this.#mailAt >= 0) at = this.#mailAt;
    else if (!this.#settings.oneRecord) {
      const { longestRun } = this.#settings;
      const nobodyWaits = this.#ready.length === 0 && !this.#currentChannel!.senderWaits;
      if (nobodyWaits && longestRun === Number.POSITIVE_INFINITY) return;
      at = Math.min(at, this.#sim.now + longestRun);
    }
    if (this.#settings.oneRecord && this.#mailAt < 0) {
      at = Math.min(at, this.#start + Math.ceil((this.#served + 1) * this.#perRecord));
    }
    at = Math.ceil(at);
    if (this.#wakeEvent !== NO_EVENT) {
      if (this.#wakeAt === at) return;
      this.#sim.cancel(this.#wakeEvent);
    }
    this.#wakeAt = at;
    this.#wakeEvent = this.#sim.scheduleAt(at, this.#kinds.wake, this.number, 0);
  }

  #takeNext(now: number): void {
    const channel = this.#ready.shift()!;
    this.#isReady[channel.downstreamIndex] = 0;
    const buffer = channel.take();
    if (channel.hasData) this.#pushReady(channel);
    if (buffer.isBarrier) {
      this.#handleBarrier(channel, buffer, now);
      return;
    }
    this.#current = buffer;
    this.#currentChannel = channel;
    this.#size = buffer.spans.records;
    this.#served = 0;
    this.#start = now;
    const total = this.#service(this.#size);
    this.#perRecord = total / this.#size;
    this.#busyUntil = Math.ceil(now + total);
  }

  /** Hands on the records of the buffer in service that are done by `now`, and recycles it when all are. */
  #settleService(now: number): void {
    const buffer = this.#current;
    if (buffer === undefined) return;
    const finished = this.#busyUntil <= now;
    let done = this.#size;
    if (!finished)
      done = Math.min(this.#size - 1, Math.floor((now - this.#start) / this.#perRecord + ROUNDING));
    const count = done - this.#served;
    if (count > 0) {
      const first = this.#start + (this.#served + 1) * this.#perRecord;
      const last = this.#start + done * this.#perRecord;
      this.#served = done;
      this.#records += count;
      if (finished) this.#sink.write(buffer.spans, first, last);
      else {
        buffer.spans.moveFront(count, this.#leaving);
        this.#sink.write(this.#leaving, first, last);
      }
    }
    if (!finished) return;
    const channel = this.#currentChannel!;
    this.#current = undefined;
    this.#currentChannel = undefined;
    this.#mailAt = -1;
    this.#recycler.giveBack(buffer);
    if (!channel.local) this.#recycleCredit(channel);
  }

  #block(): void {
    this.#blockedSince = this.#sim.now;
  }

  #unblock(): void {
    invariant(this.#blockedSince >= 0, "only a blocked task is unblocked");
    const pause = this.#sim.now - this.#blockedSince;
    this.#blockedSince = -1;
    this.#mailAt = -1;
    if (this.#current !== undefined) {
      this.#start += pause;
      this.#busyUntil += pause;
    }
    this.#run();
  }

  #runMail(mail: Mail): void {
    invariant(mail.kind !== "trigger-checkpoint", "only sources are triggered by mail");
    this.#mailAt = -1;
    const completed = this.#checkpoints.onNotification(mail, this.#sim.now);
    if (completed !== 0 && this.#sink.notifyCheckpointComplete(completed)) this.#block();
  }

  // ---- barriers

  #handleBarrier(channel: Channel, barrier: NetworkBuffer, now: number): void {
    const checkpoint = barrier.barrierOf;
    const { triggeredAt, properties } = barrier;
    this.#recycler.giveBack(barrier);
    this.#outbox.clear();
    onBarrier(this.#barriers, channel.downstreamIndex, checkpoint, now, this.#outbox);
    for (let i = 0; i < this.#outbox.length; i++) {
      const effect = this.#outbox.effects[i]!;
      if (effect === RESUME_CHANNEL) this.channels[this.#outbox.a[i]!]!.resumeConsumption();
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
    this.#checkpoints.begin(checkpoint, { startDelay, alignment, processedBytes: 0, persistedBytes: 0 });
    this.#snapshotOf = checkpoint;
    this.#properties = properties;
    this.#block();
    const flushed = this.#sink.prepareSnapshot(checkpoint, now);
    if (flushed >= 0) this.#takeSnapshot(flushed);
  }

  /** The sink has flushed what was sent before the barrier. */
  onFlushed(): void {
    this.#takeSnapshot(this.#sim.now);
  }

  #takeSnapshot(from: number): void {
    this.#snapshotStart = from;
    const committables = this.#sink.committables();
    const bytes = committables.length * COMMITTABLE_BYTES;
    const own = this.#checkpoints.snapshotState(
      this.#snapshotOf,
      this.#records,
      { splits: [], committables, bytes },
      this.#properties,
    );
    const sync = own + this.#sink.snapshotState(this.#snapshotOf, from);
    this.#sim.scheduleAt(Math.ceil(from + sync), this.#kinds.syncDone, this.number, 0);
  }

  // ---- buffers and credits

  /** Floating buffers are asked for until the credit covers the sender's backlog and the exclusive buffers. */
  #offerFloating(channel: Channel): void {
    if (channel.local) return;
    const wanted = channel.queuedData + this.#settings.buffersPerChannel;
    while (
      this.#floatingFree > 0 &&
      channel.unusedCredit + this.#floatingHeld[channel.downstreamIndex]! < wanted
    ) {
      this.#floatingFree--;
      this.#floatingHeld[channel.downstreamIndex]!++;
      channel.grantCredit();
    }
  }

  #recycleCredit(channel: Channel): void {
    const i = channel.downstreamIndex;
    if (this.#floatingHeld[i]! > 0 && !channel.senderWaits) {
      this.#floatingHeld[i]!--;
      this.#floatingFree++;
      for (const other of this.channels) if (other.senderWaits) this.#offerFloating(other);
      return;
    }
    channel.grantCredit();
  }

  #pushReady(channel: Channel): void {
    this.#ready.push(channel);
    this.#isReady[channel.downstreamIndex] = 1;
  }
}
