/** Models: the thread of a subtask behind an exchange: what it reads from its input gates, what it turns to between two records,
 *    and what makes it wait; its end.
 *  Source: flink OneInputStreamTask, StreamTask.processInput, MailboxProcessor (Flink 2.1).
 *  Leaves out: timers but those of windows, state access apart from the service time, other operators that turn one record
 *    into none or many; that a frozen process's sinks, uploads and queued buffers stand still as well. */

import { InvariantError, NO_EVENT, type Simulation } from "../engine/index.ts";
import { BufferInService } from "./buffer-in-service.ts";
import { ChainedSinks } from "./chained-sinks.ts";
import type { Channel } from "./channel.ts";
import type { DownstreamTask, UpstreamTask } from "./channel-ends.ts";
import { isSynchronous, PERIODIC_CHECKPOINT } from "./checkpoint-properties.ts";
import { DebloatedInputs } from "./debloated-inputs.ts";
import { EndOfInput } from "./end-of-input.ts";
import { InputGates } from "./input-gates.ts";
import type { LatencySamples } from "./latency-stats.ts";
import { type Mail, Mailbox } from "./mailbox.ts";
import { END_OF_DATA, type NetworkBuffer } from "./network-buffer.ts";
import type { OperatorTaskKinds, OperatorTaskParts, OperatorTaskSettings } from "./operator-task-parts.ts";
import { PoisonAhead } from "./poison-ahead.ts";
import { ProcessFreeze } from "./process-freeze.ts";
import { RecordWriters } from "./record-writers.ts";
import type { TaskEventTime } from "./task-event-time.ts";
import { HARD_BACK_PRESSURED, IDLE, SOFT_BACK_PRESSURED, TaskGauges } from "./task-gauges.ts";
import { type TaskCounters, TaskMeters } from "./task-meters.ts";
import type { RunningTaskMetrics } from "./task-metrics.ts";
import { type SnapshottedTask, TaskSnapshots } from "./task-snapshots.ts";

export class OperatorTask implements DownstreamTask, UpstreamTask {
  readonly number: number;
  readonly #sim: Simulation;
  readonly #kinds: OperatorTaskKinds;
  readonly #settings: OperatorTaskSettings;
  readonly #parts: OperatorTaskParts;
  readonly #sinks: ChainedSinks;
  readonly #mailbox = new Mailbox();
  readonly snapshots: TaskSnapshots;
  #inputs: InputGates;
  #writers: RecordWriters;
  readonly #inService: BufferInService;
  readonly #gauges = new TaskGauges();
  readonly #meters = new TaskMeters();
  // Records and bytes of the buffers taken.
  #recordsTaken = 0;
  #bytesTaken = 0;
  readonly #eventTime: TaskEventTime | undefined;
  /** undefined: no record makes an operator throw. */
  readonly #poison: PoisonAhead | undefined;
  /** An operator has thrown, or the job has ended with a savepoint: the task ends at this instant. */
  #isEnding = false;
  /** What is being committed is the savepoint that the job ends with. */
  #stops = false;
  #committing = 0;
  #wakeEvent = NO_EVENT;
  #wakeAt = 0;
  #isDisposed = false;
  #debloated: DebloatedInputs | undefined;
  #end: EndOfInput;
  /** The sinks flush what is left. */
  #isEndingInput = false;
  readonly #freeze = new ProcessFreeze();
  /** What blocks the thread is that alone. */
  #isBlockedByFreeze = false;

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
    const { checkpoints, recycler } = parts;
    this.#sinks = new ChainedSinks(parts.sinks, parts.lineage, recycler.separate, parts.divide);
    this.#inputs = new InputGates(settings, []);
    this.#writers = new RecordWriters(sim, kinds, number, settings.writers, [], []);
    this.#inService = new BufferInService(settings, parts, this.#sinks, this.#gauges, this.#writers);
    this.#eventTime = parts.eventTime;
    if (parts.poison.length > 0) this.#poison = new PoisonAhead(parts.poison, recycler.separate);
    this.#end = new EndOfInput(parts.endOfInput, 0);
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
      records: () => this.#inService.records,
      beginCheckpoint: (checkpoint) => this.#end.beginCheckpoint(checkpoint),
      windows: () => this.#eventTime?.snapshot(),
      block: () => this.#block(),
      unblock: () => this.#unblock(),
      beginCapture: (checkpoint) => this.#beginCapture(checkpoint),
      post: (mail) => this.post(mail),
      putUrgent: (kind, channel, checkpoint, triggeredAt) =>
        this.#putUrgent(kind, channel, checkpoint, triggeredAt),
      waitsForThaw: (action) => this.#freeze.defers(action),
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
    this.#inService.connect(this.#writers);
    this.#end = new EndOfInput(this.#parts.endOfInput, this.#inputs.channels.length);
    this.snapshots.connect(this.#inputs, this.#writers);
    this.#eventTime?.connect(this.#inputs.channels.length);
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
    if (this.#isDisposed || this.#freeze.isFrozen) return;
    this.#freeze.begin();
    if (this.#inService.isBlocked) return;
    this.#settleService(this.#sim.now);
    this.#block();
    this.#isBlockedByFreeze = true;
  }

  /** Its process goes on where it was. */
  thaw(): void {
    if (this.#isDisposed || !this.#freeze.isFrozen) return;
    this.#freeze.end();
    if (!this.#isBlockedByFreeze) return;
    this.#isBlockedByFreeze = false;
    this.#unblock();
  }

  /** What is left of the buffer in service takes `ratio` times as long from now on; how long later ones do is the draw's. */
  stretchService(ratio: number): void {
    const inService = this.#inService;
    if (this.#isDisposed || inService.isInstant) return;
    const now = this.#sim.now;
    if (!inService.isHeldUp) this.#settleService(now);
    if (inService.stretch(now, ratio)) this.#run();
  }

  /** ns; when the record in hand is done, or now. */
  recordDoneAt(now: number): number {
    return this.#inService.recordDoneAt(now);
  }

  /** What its metrics show at `now`. Changes nothing in what the task does. */
  metrics(now: number): RunningTaskMetrics {
    return {
      ...this.#gauges.read(now),
      ...this.#counters(now),
      ...this.#meters.rates,
      ...this.#inputs.usage(this.#inService.channel),
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
    const { isFiring } = this.#inService;
    const left = this.#inService.left(now);
    const numRecordsIn = this.#recordsTaken - (isFiring ? 0 : left);
    const handedOn = this.#eventTime?.hasWindows
      ? this.#eventTime.resultsOut - (isFiring ? left : 0)
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
    if (this.#freeze.defers(() => this.onFlush(writer))) return;
    this.#writers.flush(writer);
    this.afterSegmentFull();
  }

  /** A sink's commit was answered. */
  onCommitted(): void {
    if (this.#isDisposed || this.#freeze.defers(() => this.onCommitted())) return;
    if (this.#sinks.goOnCommitting(this.#committing)) return;
    if (this.#stops) this.#stop(true);
    this.#unblock();
  }

  /** A sink that blocked the thread takes records again. */
  onRoom(): void {
    if (this.#isDisposed || this.#freeze.defers(() => this.onRoom())) return;
    this.#unblock();
  }

  /** A sink has flushed, before a barrier or at the end of the input. */
  onFlushed(): void {
    if (!this.#isEndingInput) this.snapshots.onFlushed();
    else if (!this.#isDisposed && !this.#freeze.defers(() => this.onFlushed()))
      this.#endInputAt(this.#sinks.goOnEndingInput(this.#sim.now));
  }

  onAllRecordsProcessed(): void {
    if (this.#isDisposed) return;
    this.#end.onAllRecordsProcessed();
    this.#run();
  }

  /** The job ends with a savepoint. @param isCompleted false: it has failed, and so does the task. */
  #stop(isCompleted: boolean): void {
    this.#isEnding = true;
    this.#parts.onStopped(isCompleted);
  }

  /** Hands on what has left the operator by `now`. */
  settle(now: number): void {
    if (!this.#isDisposed && !this.#inService.isBlocked) this.#settleService(now);
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
    this.#inService.emitInto(channel, now);
  }

  timeOfEmission(channel: Channel, records: number): number {
    return this.#inService.timeOfEmission(channel, records, this.#sim.now);
  }

  // ---- the task thread

  #run(): void {
    const now = this.#sim.now;
    const inService = this.#inService;
    for (;;) {
      if (inService.isBlocked || this.#isEnding) return;
      if (inService.isDue(now)) this.#settleService(now);
      const isAvailable = this.#writers.available;
      if (!isAvailable && this.#writers.isExhausted) {
        // In the middle of a record not even mails are run.
        this.#rest(now);
        this.#gauges.enter(HARD_BACK_PRESSURED, now);
        return;
      }
      if (!this.#mailbox.isEmpty && !inService.isFiring && inService.isBetweenRecords(now)) {
        this.#settleService(now);
        this.#runMail(this.#mailbox.take()!);
        continue;
      }
      // What a timer puts out doesn't ask whether the output is available: it goes on as long as there are buffers.
      if (!isAvailable && !inService.isFiring) {
        if (inService.isBetweenRecords(now)) {
          this.#rest(now);
          this.#gauges.enter(SOFT_BACK_PRESSURED, now);
        } else this.#planWake();
        return;
      }
      if (inService.isResting) inService.resume(now);
      if (!inService.isEmpty) {
        this.#planWake();
        return;
      }
      if (!this.#inputs.hasData) {
        if (this.#end.isOver) {
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

  #planWake(): void {
    const isAwaited = this.#inputs.hasData || this.#inService.isAwaited(!this.#mailbox.isEmpty);
    this.#wakeUpAt(Math.ceil(this.#inService.nextAt(this.#sim.now, isAwaited)));
  }

  /** @param at ns; beyond all time, where a record hangs or nobody waits: never. */
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
      this.#inService.passMarkers(buffer, 0, now);
      this.#endBuffer(buffer, channel, now);
      return;
    }
    this.#poison?.cut(buffer.spans);
    if (buffer.spans.records === 0) {
      this.#throw();
      return;
    }
    const bytes = channel.bytesOf(buffer.spans);
    this.snapshots.onBytesRead(bytes);
    this.#debloated?.onBytesRead(bytes, now);
    this.#recordsTaken += buffer.spans.records;
    this.#bytesTaken += bytes;
    this.#inService.begin(buffer, channel, now);
  }

  /** EndOfData or EndOfPartitionEvent was read from the channel.
   *  Source: flink CheckpointedInputGate.handleEvent, StreamTask.processInput (END_OF_DATA, END_OF_INPUT). */
  #onEnd(channel: Channel, event: NetworkBuffer, now: number): void {
    const { barrierOf: kind } = event;
    const index = channel.downstreamIndex;
    this.#parts.recycler.giveBack(event);
    if (kind === END_OF_DATA) {
      channel.acknowledgeAllRecordsProcessed();
      if (!this.#end.endDataOfInput()) return;
      this.#isEndingInput = true;
      this.#block();
      this.#endInputAt(this.#sinks.endInput(now));
      return;
    }
    this.#end.endPartition(index);
    channel.dispose();
    this.snapshots.onEndOfPartition(index, now);
  }

  /** The sinks have flushed at `at`; -1: one of them hasn't yet. */
  #endInputAt(at: number): void {
    if (at >= 0) this.#sim.scheduleAt(Math.ceil(at), this.#kinds.inputEnded, this.number, 0);
  }

  /** Handler of `inputEnded`: the operators are finished. Source: flink StreamTask.endData. */
  onInputEnded(): void {
    if (this.#isDisposed || this.#freeze.defers(() => this.onInputEnded())) return;
    this.#isEndingInput = false;
    this.#eventTime?.endInput();
    this.#writers.endData(this.#sim.now);
    this.#end.endData(this.#writers.channels.length);
    this.#unblock();
  }

  #finish(): void {
    this.#isEnding = true;
    this.#parts.checkpoints.whenNothingIsPending(() => {
      this.#writers.finish(this.#sim.now);
      this.#end.finish();
    });
  }

  /** A buffer is done with: its memory goes back, and what it says of event time is heeded. */
  #endBuffer(buffer: NetworkBuffer, channel: Channel, now: number): void {
    const { watermark, status, hasEventTime } = buffer;
    this.#parts.recycler.giveBack(buffer);
    this.#inputs.recycle(channel);
    if (!hasEventTime || this.#eventTime === undefined) return;
    this.#eventTime.receive(channel.downstreamIndex, watermark, status);
    const { results } = this.#eventTime;
    if (results.records > 0) this.#inService.fire(results, this.#eventTime.serviceOfResults(), now);
    else this.#handOnEventTime(now);
  }

  #handOnEventTime(now: number): void {
    this.#eventTime!.handOn((watermark, status) => {
      this.#writers.emitEventTime(watermark, status, now);
    });
  }

  /** Hands on the records of the buffer in service that are done by `now`, and recycles it when all are. */
  #settleService(now: number): void {
    const inService = this.#inService;
    if (!inService.settle(now)) return;
    const { channel } = inService;
    const buffer = inService.release();
    if (channel === undefined) {
      this.#parts.recycler.giveBack(buffer);
      this.#handOnEventTime(now);
      return;
    }
    this.#endBuffer(buffer, channel, now);
    if (this.#poison?.next !== undefined) this.#throw();
  }

  #throw(): void {
    const { next } = this.#poison!;
    this.#isEnding = true;
    next!.strike();
    this.#parts.onPoisoned(next!);
  }

  /** The output is not available: the thread waits, and runs only mails. */
  #rest(now: number): void {
    if (this.#inService.isResting) return;
    this.#settleService(now);
    if (!this.#inService.isEmpty) this.#inService.rest(now);
  }

  #block(): void {
    this.#inService.block(this.#sim.now);
  }

  #unblock(): void {
    this.#inService.unblock(this.#sim.now);
    this.#run();
  }

  #runMail(mail: Mail): void {
    this.#inService.leaveBoundary();
    const now = this.#sim.now;
    switch (mail.kind) {
      case "notify-checkpoint-complete":
      case "notify-checkpoint-aborted": {
        const completed = this.#parts.checkpoints.onNotification(mail, now);
        this.#end.completeCheckpoint(completed);
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
      case "trigger-checkpoint":
        this.snapshots.onTrigger(mail, this.#end.openInputs, now);
        break;
      case "latency-marker":
        throw new InvariantError("only sources emit latency markers");
    }
  }

  /** What was received and not served, the rest of the buffer in service first, becomes state. */
  #beginCapture(checkpoint: number): void {
    const { isEmpty, channel } = this.#inService;
    const rest = isEmpty ? undefined : this.#inService.unserved();
    if (rest !== undefined) this.#poison?.copyTo(rest);
    this.#inputs.beginCapture(checkpoint, channel, rest);
  }

  /** Handler of `debloat`. */
  onDebloat(): void {
    this.#debloated!.onTimer();
    if (this.#freeze.defers(() => this.onDebloat())) return;
    this.#debloated!.onPeriodOver();
  }
}
