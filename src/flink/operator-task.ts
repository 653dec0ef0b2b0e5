/** Models: a subtask behind an exchange: its input gates, the service of records one after the other, mails between two
 *    records, what it hands on to the network, and the sinks chained behind it.
 *  Source: flink OneInputStreamTask, StreamTask.processInput, SinkWriterOperator, CommitterOperator (Flink 2.1).
 *  Leaves out: timers but those of windows, state access apart from the service time, other operators that turn one record
 *    into none or many; that a latency marker behind the record in hand waits for output;
 *    that a frozen process's sinks, uploads and queued buffers stand still as well. */

import { InvariantError, invariant, NO_EVENT, type RandomStream, type Simulation } from "../engine/index.ts";
import { type Lineage, SpanList } from "../records/index.ts";
import type { AlignmentSettings } from "./alignment.ts";
import type { BufferDebloatSettings } from "./buffer-debloater.ts";
import { ChainedSinks, type DivideRanks, type SinkOfTask } from "./chained-sinks.ts";
import type { Channel, DownstreamTask, UpstreamTask } from "./channel.ts";
import { isSynchronous, PERIODIC_CHECKPOINT } from "./checkpoint-properties.ts";
import { DebloatedInputs } from "./debloated-inputs.ts";
import { EndOfInput, type EndOfInputSettings } from "./end-of-input.ts";
import { InputGates } from "./input-gates.ts";
import type { LatencySamples, LatencyStats } from "./latency-stats.ts";
import { type Mail, Mailbox } from "./mailbox.ts";
import { type BufferRecycler, END_OF_DATA, type NetworkBuffer } from "./network-buffer.ts";
import type { PoisonRecord } from "./poison-record.ts";
import { ProcessedRecords, type RankListener } from "./processed-records.ts";
import { type RecordWriterSettings, RecordWriters } from "./record-writers.ts";
import { Service } from "./service.ts";
import type { SubtaskCheckpointCoordinator } from "./subtask-checkpoint-coordinator.ts";
import type { TaskEventTime } from "./task-event-time.ts";
import { BUSY, HARD_BACK_PRESSURED, IDLE, SOFT_BACK_PRESSURED, TaskGauges } from "./task-gauges.ts";
import { type TaskCounters, TaskMeters } from "./task-meters.ts";
import type { RunningTaskMetrics } from "./task-metrics.ts";
import { type SnapshottedTask, TaskSnapshots } from "./task-snapshots.ts";

/** Event kinds, payload a = number of the task; `flush`: b = record writer. */
export interface OperatorTaskKinds {
  readonly flush: number;
  readonly wake: number;
  readonly flushed: number;
  readonly syncDone: number;
  /** b = checkpoint: its barriers have been waited for long enough, at the input and in the output. */
  readonly alignmentTimeout: number;
  readonly outputTimeout: number;
  /** buffers are debloated. */
  readonly debloat: number;
  /** the sinks have flushed what was left at the end of the input. */
  readonly inputEnded: number;
}

export interface OperatorTaskSettings {
  readonly job: number;
  readonly subtask: number;
  readonly floatingBuffers: number;
  readonly buffersPerChannel: number;
  readonly writers: RecordWriterSettings;
  readonly alignment: AlignmentSettings;
  /** `execution.checkpointing.checkpoints-after-tasks-finish.enabled` */
  readonly checkpointsAfterTasksFinish: boolean;
  /** ns to write that many bytes of records in flight. */
  readonly channelStateWrite: (bytes: number) => number;
  /** ns after which a run of records is handed on at the latest; infinite when only readers look at the output. */
  readonly longestRun: number;
  /** one record at a time, each with its own event: the reference for spans. */
  readonly oneRecord: boolean;
  /** undefined: buffers are not debloated. */
  readonly debloat?: BufferDebloatSettings;
  /** records that the restored state has seen; 0 without one. */
  readonly restoredRecords: number;
}

/** Draws how long `records` records take together, ns. */
export type ServiceDraw = (records: number) => number;

/** What a task works with. */
export interface OperatorTaskParts {
  readonly service: ServiceDraw;
  readonly sinks: readonly SinkOfTask[];
  /** What sinks write of a route, where the job gets another parallelism. */
  readonly divide?: DivideRanks | undefined;
  readonly lineage: Lineage;
  readonly recycler: BufferRecycler;
  readonly checkpoints: SubtaskCheckpointCoordinator;
  /** one stream for each output edge's buffer flusher. */
  readonly flushers: readonly RandomStream[];
  /** Records at which an operator throws, and whom to tell when one does. */
  readonly poison: readonly PoisonRecord[];
  readonly onPoisoned: (record: PoisonRecord) => void;
  /** The job has ended with a savepoint that completed, or it failed and the task throws. */
  readonly onStopped: (isCompleted: boolean) => void;
  readonly endOfInput: EndOfInputSettings;
  /** undefined: no latency markers. */
  readonly latencyStats?: LatencyStats | undefined;
  /** Told of ranks [from, to) of a route of an origin partition once they are processed, and before the state is asked for that
   *  holds them; undefined: nobody listens. */
  readonly applied?: RankListener | undefined;
  /** undefined: the job has no event time. */
  readonly eventTime?: TaskEventTime | undefined;
}

export class OperatorTask implements DownstreamTask, UpstreamTask {
  readonly number: number;
  readonly #sim: Simulation;
  readonly #kinds: OperatorTaskKinds;
  readonly #settings: OperatorTaskSettings;
  readonly #parts: OperatorTaskParts;
  readonly #sinks: ChainedSinks;
  readonly #mailbox = new Mailbox();
  readonly snapshots: TaskSnapshots;
  readonly #leaving: SpanList;
  #inputs: InputGates;
  #writers: RecordWriters;
  readonly #service: Service;
  readonly #gauges = new TaskGauges();
  readonly #meters = new TaskMeters();
  // Records and bytes of the buffers taken.
  #recordsTaken = 0;
  #bytesTaken = 0;
  #current: NetworkBuffer | undefined;
  #currentChannel: Channel | undefined;
  /** Behind how many records of the buffer in service the next latency marker comes; -1: none does. */
  #markerIndex = -1;
  readonly #eventTime: TaskEventTime | undefined;
  /** Its operator keeps the records in windows. */
  readonly #collects: boolean;
  /** What is in service are results of windows: the thread runs no mail before they are out. */
  #isFiring = false;
  /** The record behind the buffer in service at which an operator will throw, and what was behind that buffer with it. */
  #poison: PoisonRecord | undefined;
  #poisoned: SpanList | undefined;
  /** An operator has thrown, or the job has ended with a savepoint: the task ends at this instant. */
  #isEnding = false;
  /** What is being committed is the savepoint that the job ends with. */
  #stops = false;
  readonly #processed: ProcessedRecords;
  /** How many records of the buffer in service are told as processed. */
  #told = 0;
  /** The thread must turn to something else when the record in hand is done, which is then; -1: it needn't. */
  #boundaryAt = -1;
  /** The output is not available, and the buffer in service rests since then; -1: no. */
  #restingSince = -1;
  // Blocked in a snapshot or a commit since; -1: not.
  #blockedSince = -1;
  #committing = 0;
  /** Records handed on since the job began. */
  #records = 0;
  #wakeEvent = NO_EVENT;
  #wakeAt = 0;
  #isDisposed = false;
  #debloated: DebloatedInputs | undefined;
  /** undefined until the first channel's data ends. */
  #end: EndOfInput | undefined;
  /** Channels whose data goes on; of those behind which a partition has ended, 1. */
  #openData = 0;
  #endedPartitions: Uint8Array = new Uint8Array(0);
  /** The sinks flush what is left. */
  #isEndingInput = false;
  /** Its process stands still. */
  #isFrozen = false;
  /** What blocks the thread is that alone. */
  #isBlockedByFreeze = false;
  readonly #atThaw: (() => void)[] = [];

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
    this.#records = settings.restoredRecords;
    const { separate } = parts.recycler;
    this.#sinks = new ChainedSinks(parts.sinks, parts.lineage, separate, parts.divide);
    this.#leaving = new SpanList(separate);
    this.#service = new Service(parts.lineage);
    this.#inputs = new InputGates(settings, []);
    this.#writers = new RecordWriters(sim, kinds, number, settings.writers, [], []);
    this.#eventTime = parts.eventTime;
    this.#collects = parts.eventTime?.hasWindows === true;
    this.#processed = new ProcessedRecords(listener(parts));
    const { checkpoints, recycler } = parts;
    const snapshotParts = { sinks: this.#sinks, checkpoints, recycler };
    this.snapshots = new TaskSnapshots(
      sim,
      kinds,
      settings,
      snapshotParts,
      this.#snapshotted(),
      this.#writers,
    );
  }

  /** The task as its snapshots see it. */
  #snapshotted(): SnapshottedTask {
    return {
      number: this.number,
      isDisposed: () => this.#isDisposed,
      records: () => this.#records,
      beginCheckpoint: (checkpoint) => this.#end?.beginCheckpoint(checkpoint),
      windows: () => this.#eventTime?.snapshot(),
      block: () => this.#block(),
      unblock: () => this.#unblock(),
      beginCapture: (checkpoint) => this.#beginCapture(checkpoint),
      post: (mail) => this.post(mail),
      putUrgent: (kind, channel, checkpoint, triggeredAt) =>
        this.#putUrgent(kind, channel, checkpoint, triggeredAt),
      waitsForThaw: (action) => this.#waitsForThaw(action),
    };
  }

  /** Called once, with the channels of each input gate and of each output edge, at the time the job is RUNNING. */
  start(inputs: readonly (readonly Channel[])[], outputs: readonly (readonly Channel[])[]): void {
    const { writers } = this.#settings;
    this.#gauges.begin(this.#sim.now);
    this.#inputs = new InputGates(this.#settings, inputs);
    this.#writers = new RecordWriters(
      this.#sim,
      this.#kinds,
      this.number,
      writers,
      outputs,
      this.#parts.flushers,
    );
    this.#service.feedInto(this.#writers.channels.length);
    this.snapshots.connect(this.#inputs, this.#writers);
    this.#eventTime?.connect(this.#inputs.channels.length);
    this.#openData = this.#inputs.channels.length;
    this.#endedPartitions = new Uint8Array(this.#openData);
    this.#inputs.connect(this);
    this.#writers.start();
    const { debloat } = this.#settings;
    if (debloat === undefined) return;
    this.#debloated = new DebloatedInputs(this.#sim, this.#kinds.debloat, this.number, debloat, this.#inputs);
  }

  /** A mail from the JobManager has arrived. */
  post(mail: Mail): void {
    if (this.#isDisposed) return;
    this.#mailbox.put(mail);
    this.#run();
  }

  /** The task is gone at this instant: what has left it by now has left it, and nothing else happens. Its channels go with it;
   *  late messages for it are ignored. Its sinks are somebody else's to end. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.settle(this.#sim.now);
    this.#isDisposed = true;
    this.#sim.cancel(this.#wakeEvent);
    this.#debloated?.dispose();
    this.#writers.dispose();
    this.#inputs.dispose();
    this.snapshots.dispose();
  }

  /** Its process stands still from here on: the thread stops in the middle of a record, and what comes waits. */
  freeze(): void {
    if (this.#isDisposed || this.#isFrozen) return;
    this.#isFrozen = true;
    if (this.#blockedSince >= 0) return;
    this.#settleService(this.#sim.now);
    this.#block();
    this.#isBlockedByFreeze = true;
  }

  /** Its process goes on where it was. */
  thaw(): void {
    if (this.#isDisposed || !this.#isFrozen) return;
    this.#isFrozen = false;
    for (const action of this.#atThaw.splice(0)) action();
    if (!this.#isBlockedByFreeze) return;
    this.#isBlockedByFreeze = false;
    this.#unblock();
  }

  /** What is left of the buffer in service takes `ratio` times as long from now on; how long later ones do is the draw's. */
  stretchService(ratio: number): void {
    const service = this.#service;
    if (this.#isDisposed || service.perRecord === 0) return;
    if (!this.#isHeldUp()) this.#settleService(this.#sim.now);
    if (this.#current === undefined) return;
    if (this.#restingSince >= 0) service.stretch(this.#restingSince, ratio);
    else if (this.#blockedSince >= 0) service.stretch(this.#blockedSince, ratio);
    else {
      const now = this.#sim.now;
      this.#writers.endEmission(now);
      service.stretch(now, ratio);
      this.#boundaryAt = -1;
      this.#gauges.enter(BUSY, now, service.busyUntil);
      this.#writers.foresee();
      this.#run();
    }
  }

  /** ns; when the record in hand is done, or now. */
  recordDoneAt(now: number): number {
    return this.#current === undefined || this.#isHeldUp() ? now : this.#service.boundaryAt(now);
  }

  /** @returns whether the task is frozen: then `action` happens when it goes on. */
  #waitsForThaw(action: () => void): boolean {
    if (this.#isFrozen) this.#atThaw.push(action);
    return this.#isFrozen;
  }

  /** What its metrics show at `now`. Changes nothing in what the task does. */
  metrics(now: number): RunningTaskMetrics {
    return {
      ...this.#gauges.read(now),
      ...this.#counters(now),
      ...this.#meters.rates,
      ...this.#inputs.usage(this.#currentChannel),
      isBackPressured: !this.#writers.available,
      outputQueueLength: this.#writers.buffersQueued,
      outPoolUsage: this.#writers.poolUsage,
      mailboxQueueSize: this.#mailbox.length,
      ...this.snapshots.gauges(now),
      ...this.#debloated?.gauges,
      ...this.#eventTime?.metrics(),
    };
  }

  /** Of this attempt: records that were served, and of buffers taken their records' bytes; what only goes to chained sinks is
   *  not out. */
  #counters(now: number): TaskCounters {
    const inService = this.#service.isIdle ? 0 : this.#service.size - this.#doneBy(now);
    const numRecordsIn = this.#recordsTaken - (this.#isFiring ? 0 : inService);
    const handedOn = this.#collects
      ? this.#eventTime!.resultsOut - (this.#isFiring ? inService : 0)
      : numRecordsIn;
    return {
      numRecordsIn,
      numRecordsOut: this.#writers.channels.length === 0 ? 0 : handedOn,
      numBytesIn: this.#bytesTaken,
      numBytesOut: this.#writers.bytesOut,
      numBuffersOut: this.#writers.buffersOut,
    };
  }

  /** The process updates its meters. */
  updateMeters(now: number): void {
    this.#meters.update(this.#counters(now));
  }

  /** What its operators have kept of latency markers. */
  get latencies(): readonly LatencySamples[] {
    return this.#parts.latencyStats?.histograms ?? [];
  }

  /** Handler of `wake`. */
  onWake(): void {
    this.#wakeEvent = NO_EVENT;
    this.#run();
  }

  /** Handler of `flush`. */
  onFlush(writer: number): void {
    if (this.#waitsForThaw(() => this.onFlush(writer))) return;
    this.#writers.flush(writer);
    this.afterSegmentFull();
  }

  /** A sink's commit was answered. */
  onCommitted(): void {
    if (this.#isDisposed || this.#waitsForThaw(() => this.onCommitted())) return;
    if (this.#sinks.goOnCommitting(this.#committing)) return;
    if (this.#stops) this.#stop(true);
    this.#unblock();
  }

  /** A sink that blocked the thread takes records again. */
  onRoom(): void {
    if (this.#isDisposed || this.#waitsForThaw(() => this.onRoom())) return;
    this.#unblock();
  }

  /** A sink has flushed, before a barrier or at the end of the input. */
  onFlushed(): void {
    if (!this.#isEndingInput) this.snapshots.onFlushed();
    else if (!this.#isDisposed && !this.#waitsForThaw(() => this.onFlushed()))
      this.#endInputAt(this.#sinks.goOnEndingInput(this.#sim.now));
  }

  onAllRecordsProcessed(): void {
    if (this.#isDisposed) return;
    this.#end!.onAllRecordsProcessed();
    this.#run();
  }

  /** The job ends with a savepoint. @param isCompleted false: it has failed, and so does the task. */
  #stop(isCompleted: boolean): void {
    this.#isEnding = true;
    this.#parts.onStopped(isCompleted);
  }

  /** Hands on what has left the operator by `now`. */
  settle(now: number): void {
    if (!this.#isDisposed && this.#blockedSince < 0) this.#settleService(now);
  }

  // ---- DownstreamTask

  onData(channel: Channel): void {
    this.#inputs.onData(channel);
    this.#run();
  }

  touch(): void {
    this.#run();
  }

  onPriorityBarrier(channel: Channel): void {
    this.#putUrgent("priority-barrier", channel, 0, 0);
    this.#run();
  }

  onAnnouncement(channel: Channel, checkpoint: number, triggeredAt: number): void {
    this.#putUrgent("announcement", channel, checkpoint, triggeredAt);
    this.#run();
  }

  #putUrgent(kind: Mail["kind"], channel: Channel, checkpoint: number, triggeredAt: number): void {
    const mail: Mail = {
      kind,
      checkpoint,
      triggeredAt,
      channel: channel.downstreamIndex,
      properties: PERIODIC_CHECKPOINT,
      other: 0,
    };
    if (this.#settings.alignment.urgentMails) this.#mailbox.putUrgent(mail);
    else this.#mailbox.put(mail);
  }

  // ---- UpstreamTask

  onTimeoutableBarrierSent(_channel: Channel, checkpoint: number): void {
    this.snapshots.onTimeoutableBarrierSent(checkpoint);
  }

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
    if (this.#collects && !this.#isFiring) return;
    this.#service.emitInto(channel, this.#doneBy(now));
  }

  timeOfEmission(channel: Channel, records: number): number {
    // One record at a time, the channels are looked after at each one's end.
    if (this.#isHeldUp() || this.#service.isIdle || this.#settings.oneRecord) return Number.POSITIVE_INFINITY;
    if (this.#collects && !this.#isFiring) return Number.POSITIVE_INFINITY;
    const missing = records - channel.open.records;
    if (missing <= 0) return this.#sim.now;
    const index = this.#service.indexOf(channel, missing);
    return index < this.#service.size ? this.#service.endOf(index) : Number.POSITIVE_INFINITY;
  }

  // ---- the task thread

  #run(): void {
    const now = this.#sim.now;
    for (;;) {
      if (this.#blockedSince >= 0 || this.#isEnding) return;
      if (this.#isDue(now)) this.#settleService(now);
      const isAvailable = this.#writers.available;
      if (!isAvailable && this.#writers.isExhausted) {
        // In the middle of a record not even mails are run.
        this.#rest(now);
        this.#gauges.enter(HARD_BACK_PRESSURED, now);
        return;
      }
      if (!this.#mailbox.isEmpty && !this.#isFiring && this.#isBetweenRecords(now)) {
        this.#settleService(now);
        this.#runMail(this.#mailbox.take()!);
        continue;
      }
      // What a timer puts out doesn't ask whether the output is available: it goes on as long as there are buffers.
      if (!isAvailable && !this.#isFiring) {
        if (this.#isBetweenRecords(now)) {
          this.#rest(now);
          this.#gauges.enter(SOFT_BACK_PRESSURED, now);
        } else this.#planWake();
        return;
      }
      if (this.#restingSince >= 0) this.#resume(now);
      if (this.#current !== undefined) {
        this.#planWake();
        return;
      }
      if (!this.#inputs.hasData) {
        if (this.#end?.isOver === true) {
          this.#finish();
          return;
        }
        this.#gauges.enter(IDLE, now);
        this.#debloated?.onIdle(now);
        return;
      }
      if (this.#sinks.isBlocked()) {
        this.#block();
        return;
      }
      this.#takeNext(now);
    }
  }

  /** Nothing of the buffer in service is being served. */
  #isHeldUp(): boolean {
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
    if (this.#markerIndex >= 0 && this.#service.doneBy(now) >= this.#markerIndex) return true;
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
      const nobodyWaits =
        !this.#inputs.hasData && this.#currentChannel?.senderWaits !== true && !this.#isAwaitedInside();
      if (this.#markerIndex >= 0) at = Math.min(at, this.#service.endOf(this.#markerIndex - 1));
      else if (nobodyWaits && longestRun === Number.POSITIVE_INFINITY) return;
      at = Math.min(at, this.#sim.now + longestRun);
    }
    if (oneRecord && this.#boundaryAt < 0) at = Math.min(at, Math.ceil(this.#service.endOf(served)));
    this.#wakeUpAt(Math.ceil(at));
  }

  /** A mail waits for windows to be fired, or event time behind what is in service goes on. */
  #isAwaitedInside(): boolean {
    if (this.#isFiring) return !this.#mailbox.isEmpty || this.#writers.channels.length > 0;
    return this.#current!.hasEventTime;
  }

  /** @param at ns; beyond all time where a record hangs: never. */
  #wakeUpAt(at: number): void {
    if (at > Number.MAX_SAFE_INTEGER) return;
    if (this.#wakeEvent !== NO_EVENT) {
      if (this.#wakeAt === at) return;
      this.#sim.cancel(this.#wakeEvent);
    }
    this.#wakeAt = at;
    this.#wakeEvent = this.#sim.scheduleAt(at, this.#kinds.wake, this.number, 0);
  }

  #takeNext(now: number): void {
    const channel = this.#inputs.next();
    // What it had may have been a barrier that overtook, and is gone.
    if (!channel.hasData) return;
    const buffer = channel.take();
    this.#inputs.afterTake(channel);
    if (buffer.barrierOf < 0) {
      this.#onEnd(channel, buffer, now);
      return;
    }
    if (buffer.isEvent) {
      this.snapshots.onBarrier(channel.downstreamIndex, buffer, now);
      return;
    }
    if (buffer.spans.records === 0) {
      // Latency markers and event time alone, or a part of a record that ends in a later buffer.
      this.#passMarkers(buffer, 0, now);
      this.#endBuffer(buffer, channel, now);
      return;
    }
    if (this.#parts.poison.length > 0) this.#cutAtPoison(buffer);
    if (this.#poison !== undefined && buffer.spans.records === 0) {
      this.#throw();
      return;
    }
    this.#current = buffer;
    this.#currentChannel = channel;
    const bytes = channel.bytesOf(buffer.spans);
    this.snapshots.onBytesRead(bytes);
    this.#debloated?.onBytesRead(bytes, now);
    this.#recordsTaken += buffer.spans.records;
    this.#bytesTaken += bytes;
    if (buffer.markers.length > 0) this.#passMarkers(buffer, 0, now);
    this.#serve(buffer.spans, this.#parts.service(buffer.spans.records), now);
  }

  /** EndOfData or EndOfPartitionEvent was read from the channel.
   *  Source: flink CheckpointedInputGate.handleEvent, StreamTask.processInput (END_OF_DATA, END_OF_INPUT). */
  #onEnd(channel: Channel, event: NetworkBuffer, now: number): void {
    const { barrierOf: kind } = event;
    const index = channel.downstreamIndex;
    this.#parts.recycler.giveBack(event);
    this.#end ??= new EndOfInput(this.#parts.endOfInput, this.#inputs.channels.length);
    if (kind === END_OF_DATA) {
      channel.acknowledgeAllRecordsProcessed();
      if (--this.#openData > 0) return;
      this.#isEndingInput = true;
      this.#block();
      this.#endInputAt(this.#sinks.endInput(now));
      return;
    }
    this.#endedPartitions[index] = 1;
    this.#end.endPartition();
    channel.dispose();
    this.snapshots.onEndOfPartition(index, now);
  }

  /** The sinks have flushed at `at`; -1: one of them hasn't yet. */
  #endInputAt(at: number): void {
    if (at >= 0) this.#sim.scheduleAt(Math.ceil(at), this.#kinds.inputEnded, this.number, 0);
  }

  /** Handler of `inputEnded`: the operators are finished. Source: flink StreamTask.endData. */
  onInputEnded(): void {
    if (this.#isDisposed || this.#waitsForThaw(() => this.onInputEnded())) return;
    this.#isEndingInput = false;
    this.#writers.endData(this.#sim.now);
    this.#end!.endData(this.#writers.channels.length);
    this.#unblock();
  }

  #finish(): void {
    this.#isEnding = true;
    this.#parts.checkpoints.whenNothingIsPending(() => {
      this.#writers.finish(this.#sim.now);
      this.#end!.finish();
    });
  }

  /** The thread serves these records one after the other; they take `total` ns. */
  #serve(spans: SpanList, total: number, now: number): void {
    this.#service.begin(spans, now, total);
    this.#gauges.enter(BUSY, now, this.#service.busyUntil);
    if (this.#writers.channels.length === 0 || (this.#collects && !this.#isFiring)) return;
    this.#writers.foresee();
  }

  /** Latency markers of `buffer` behind its first `done` records, and not behind fewer, go on. */
  #passMarkers({ markers }: NetworkBuffer, done: number, now: number): void {
    let next = -1;
    for (const { marker, after } of markers) {
      if (after > done) {
        next = after;
        break;
      }
      if (after < this.#markerIndex) continue;
      const channel = this.#parts.latencyStats?.arrive(marker, this.#writers.edges, now);
      channel?.emitMarker(marker, now);
    }
    this.#markerIndex = next;
  }

  /** A buffer is done with: its memory goes back, and what it says of event time is heeded. */
  #endBuffer(buffer: NetworkBuffer, channel: Channel, now: number): void {
    const { watermark, status, hasEventTime } = buffer;
    this.#parts.recycler.giveBack(buffer);
    this.#inputs.recycle(channel);
    if (!hasEventTime || this.#eventTime === undefined) return;
    this.#eventTime.receive(channel.downstreamIndex, watermark, status);
    if (this.#eventTime.results.records > 0) this.#fire(now);
    else this.#handOnEventTime(now);
  }

  /** Windows are fired: one result after the other. */
  #fire(now: number): void {
    const { results } = this.#eventTime!;
    this.#isFiring = true;
    this.#current = this.#parts.recycler.take();
    results.copyTo(this.#current.spans);
    this.#serve(this.#current.spans, this.#eventTime!.serviceOfResults(), now);
  }

  #handOnEventTime(now: number): void {
    this.#eventTime!.handOn((watermark, status) => {
      this.#writers.emitEventTime(watermark, status, now);
    });
  }

  /** Hands on the records of the buffer in service that are done by `now`, and recycles it when all are. */
  #settleService(now: number): void {
    const buffer = this.#current;
    if (buffer === undefined || this.#restingSince >= 0) return;
    const service = this.#service;
    const done = service.doneBy(now);
    if (done > service.served) this.#handOn(done);
    if (this.#markerIndex >= 0 && done >= this.#markerIndex) this.#passMarkers(buffer, done, now);
    const finished = service.isFinished(now);
    if (finished || this.#settings.oneRecord) this.#writers.endEmission(now);
    if (!finished) return;
    const channel = this.#currentChannel;
    if (!this.#tellsRuns() && !this.#isFiring) this.#tellUpTo(service.size);
    this.#current = undefined;
    this.#currentChannel = undefined;
    this.#boundaryAt = -1;
    service.end();
    if (channel === undefined) {
      this.#isFiring = false;
      this.#parts.recycler.giveBack(buffer);
      this.#handOnEventTime(now);
      return;
    }
    this.#endBuffer(buffer, channel, now);
    if (this.#poison !== undefined) this.#throw();
  }

  /** A record at which an operator throws ends the buffer: nothing behind it is served any more. */
  #cutAtPoison({ spans }: NetworkBuffer): void {
    let first = spans.records;
    for (const record of this.#parts.poison) {
      const index = record.indexIn(spans);
      if (index < 0 || index >= first) continue;
      first = index;
      this.#poison = record;
    }
    if (this.#poison === undefined) return;
    const { separate } = this.#parts.recycler;
    const front = new SpanList(separate);
    spans.moveFront(first, front);
    this.#poisoned = new SpanList(separate);
    spans.copyTo(this.#poisoned);
    spans.clear();
    front.copyTo(spans);
  }

  #throw(): void {
    this.#isEnding = true;
    this.#poison!.strike();
    this.#parts.onPoisoned(this.#poison!);
  }

  /** The sinks get the records up to number `done` of the buffer in service. */
  #handOn(done: number): void {
    const service = this.#service;
    const first = service.endOf(service.served);
    const last = service.endOf(done - 1);
    const count = done - service.served;
    service.served = done;
    if (!this.#isFiring) this.#records += count;
    if (this.#sinks.isEmpty || (this.#collects && !this.#isFiring)) return;
    const { spans } = this.#current!;
    if (this.#writers.channels.length > 0) {
      // They go to the network too.
      service.copy(done - count, done, this.#leaving);
      this.#sinks.write(this.#leaving, first, last);
      return;
    }
    if (count === spans.records) {
      if (this.#tellsRuns()) this.#processed.tell(spans);
      this.#sinks.write(spans, first, last);
      return;
    }
    spans.moveFront(count, this.#leaving);
    if (this.#tellsRuns()) this.#processed.tell(this.#leaving);
    this.#sinks.write(this.#leaving, first, last);
  }

  /** Where records only go to sinks, a buffer is cut as they get them, and told of in the same runs; else as a whole. */
  #tellsRuns(): boolean {
    return !this.#collects && this.#writers.channels.length === 0 && !this.#sinks.isEmpty;
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
    this.#gauges.enter(BUSY, now, this.#service.busyUntil);
    this.#writers.foresee();
  }

  #block(): void {
    const now = this.#sim.now;
    if (this.#restingSince < 0 && this.#current !== undefined) this.#writers.endEmission(now);
    this.#blockedSince = now;
    this.#gauges.enter(BUSY, now);
  }

  #unblock(): void {
    invariant(this.#blockedSince >= 0, "only a blocked task is unblocked");
    const pause = this.#sim.now - this.#blockedSince;
    this.#blockedSince = -1;
    this.#boundaryAt = -1;
    if (this.#restingSince < 0 && this.#current !== undefined) {
      this.#service.delay(pause);
      this.#gauges.enter(BUSY, this.#sim.now, this.#service.busyUntil);
      this.#writers.foresee();
    }
    this.#run();
  }

  #runMail(mail: Mail): void {
    this.#boundaryAt = -1;
    const now = this.#sim.now;
    switch (mail.kind) {
      case "notify-checkpoint-complete":
      case "notify-checkpoint-aborted": {
        const completed = this.#parts.checkpoints.onNotification(mail, now);
        this.#end?.completeCheckpoint(completed);
        const isCompletion = mail.kind === "notify-checkpoint-complete";
        this.#stops = isSynchronous(mail.properties);
        if (this.#stops && !isCompletion) this.#stop(false);
        if (completed === 0) return;
        this.#committing = completed;
        if (this.#sinks.commit(completed)) this.#block();
        else if (this.#stops) this.#stop(true);
        break;
      }
      case "priority-barrier": {
        const channel = this.#inputs.channels[mail.channel!]!;
        const barrier = channel.takeBarrier();
        if (barrier === undefined) break;
        this.#inputs.afterTake(channel);
        this.snapshots.onBarrier(channel.downstreamIndex, barrier, now);
        break;
      }
      case "announcement":
        this.snapshots.onAnnouncement(mail.checkpoint, mail.triggeredAt, now);
        break;
      case "alignment-timeout":
        this.snapshots.onAlignmentTimeout(mail.checkpoint, now);
        break;
      case "trigger-checkpoint": {
        const open = [...this.#endedPartitions.keys()].filter((i) => this.#endedPartitions[i] === 0);
        this.snapshots.onTrigger(mail, open, now);
        break;
      }
      case "latency-marker":
        throw new InvariantError("only sources emit latency markers");
    }
  }

  /** What was received and not served, the rest of the buffer in service first, becomes state. */
  #beginCapture(checkpoint: number): void {
    if (this.#current === undefined) {
      this.#inputs.beginCapture(checkpoint, undefined, undefined);
      return;
    }
    const rest = new SpanList(this.#parts.recycler.separate);
    if (this.#tellsRuns()) this.#current.spans.copyTo(rest);
    else {
      this.#tellUpTo(this.#service.served);
      this.#service.copy(this.#service.served, this.#service.size, rest);
    }
    this.#poisoned?.copyTo(rest);
    this.#inputs.beginCapture(checkpoint, this.#currentChannel, rest);
  }

  /** The records of the buffer in service up to number `done` are processed; some of them may have been told. */
  #tellUpTo(done: number): void {
    const service = this.#service;
    if (this.#told === 0 && done === service.size) this.#processed.tell(this.#current!.spans);
    else if (done > this.#told) {
      const spans = new SpanList(this.#parts.recycler.separate);
      service.copy(this.#told, done, spans);
      this.#processed.tell(spans);
    }
    this.#told = done === service.size ? 0 : done;
  }

  /** Handler of `debloat`. */
  onDebloat(): void {
    this.#debloated!.onTimer();
    if (this.#waitsForThaw(() => this.onDebloat())) return;
    this.#debloated!.onPeriodOver();
  }
}

/** Windows hear of what is processed before anybody else. */
function listener({ applied, eventTime }: OperatorTaskParts): RankListener | undefined {
  if (eventTime?.hasWindows !== true) return applied;
  return (originPartition, route, from, to) => {
    eventTime.process(originPartition, route, from, to);
    applied?.(originPartition, route, from, to);
  };
}
