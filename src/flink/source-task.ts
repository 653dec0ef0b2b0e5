/** Models: a source subtask: emission of what its splits have, at one record per emission time; the buffer flusher; the
 *    trigger of a checkpoint from its mailbox; back-pressure when its output is not available; the end of the data where its
 *    splits have one.
 *  Source: flink SourceOperatorStreamTask, SourceOperator, RecordWriter.OutputFlusher, SubtaskCheckpointCoordinatorImpl.
 *  Leaves out: the wait of a mail for the record in hand (one emission time), split assignment at run time;
 *    that a frozen process's uploads and queued buffers stand still as well. */

import { NO_EVENT, type RandomStream, type Simulation } from "../engine/index.ts";
import type { Lineage } from "../records/index.ts";
import { type AlignmentSettings, barrierKindFor } from "./alignment.ts";
import type { Channel } from "./channel.ts";
import type { UpstreamTask } from "./channel-ends.ts";
import { CHECKPOINT_DECLINED, CHECKPOINT_DECLINED_TASK_CLOSING } from "./checkpoint-failure-reason.ts";
import { type CheckpointProperties, isSynchronous, PERIODIC_CHECKPOINT } from "./checkpoint-properties.ts";
import { EndOfInput, type EndOfInputSettings } from "./end-of-input.ts";
import { MAX_WATERMARK, UNCHANGED } from "./event-time.ts";
import { drawOutput } from "./latency-marker.ts";
import { type Mail, Mailbox } from "./mailbox.ts";
import type { FlinkObserver } from "./observations.ts";
import { ProcessFreeze } from "./process-freeze.ts";
import { type RecordWriterSettings, RecordWriters } from "./record-writers.ts";
import { SourceEmission } from "./source-emission.ts";
import type { SourceFeed } from "./source-feed.ts";
import type { SubtaskCheckpointCoordinator } from "./subtask-checkpoint-coordinator.ts";
import { BUSY, HARD_BACK_PRESSURED, IDLE, SOFT_BACK_PRESSURED, TaskGauges } from "./task-gauges.ts";
import { type TaskCounters, TaskMeters } from "./task-meters.ts";
import type { RunningTaskMetrics } from "./task-metrics.ts";
import { inMilliseconds } from "./task-snapshots.ts";
import type { OperatorState } from "./task-state-snapshot.ts";
import { WatermarkEmitter, type WatermarkStrategy } from "./watermark-emitter.ts";

/** Event kinds, payload a = number of the task. */
export interface SourceTaskKinds {
  readonly flush: number;
  readonly advance: number;
  readonly syncDone: number;
  /** b = checkpoint: its barriers have waited in the output long enough. */
  readonly outputTimeout: number;
  /** a latency marker is due. */
  readonly latencyMarker: number;
  /** pipeline.auto-watermark-interval is over. */
  readonly watermark: number;
}

export interface SourceTaskSettings {
  readonly job: number;
  readonly subtask: number;
  /** ns to deserialise and emit one record. */
  readonly emission: number;
  readonly writers: RecordWriterSettings;
  readonly alignment: AlignmentSettings;
  /** ns to write that many bytes of records in flight. */
  readonly channelStateWrite: (bytes: number) => number;
  readonly commitOffsets: boolean;
  /** undefined: the job has no event time. `random` draws when its timer goes off. */
  readonly watermarks?: { readonly strategy: WatermarkStrategy; readonly random: RandomStream };
  /** The job has ended with a savepoint that completed, or it failed and the task throws. */
  readonly onStopped: (isCompleted: boolean) => void;
  readonly endOfInput: EndOfInputSettings;
  /** undefined: no latency markers. */
  readonly latencyMarkers?: {
    /** ns from one to the next. */
    readonly interval: number;
    /** Draws the channel that each goes through. */
    readonly random: RandomStream;
  };
}

/** Flink's gauges of a Kafka source's subtask, `KafkaSourceReader.topic.….partition.…` among them. */
export interface SourceReaderMetrics {
  readonly pendingRecords: number;
  readonly commitsSucceeded: number;
  readonly partitions: readonly {
    readonly partition: number;
    /** Of the last record that was emitted. */
    readonly currentOffset: number;
    /** That the group would go on from; -1: nothing was committed. */
    readonly committedOffset: number;
  }[];
}

/** bytes of a source reader's state: frame, and each split (topic, partition, two offsets).
 *  Source: KafkaPartitionSplitSerializer; 295 B measured for one split, Flink 2.1.1 with connector 4.0.1. */
const READER_STATE_BYTES = 263;
const SPLIT_BYTES = 32;

const LATENCY_MARKER: Mail = {
  kind: "latency-marker",
  checkpoint: 0,
  triggeredAt: 0,
  properties: PERIODIC_CHECKPOINT,
  other: 0,
};

export class SourceTask implements UpstreamTask {
  readonly number: number;
  readonly feed: SourceFeed;
  readonly #sim: Simulation;
  readonly #kinds: SourceTaskKinds;
  readonly #settings: SourceTaskSettings;
  readonly #randoms: readonly RandomStream[];
  readonly #checkpoints: SubtaskCheckpointCoordinator;
  readonly #observer: FlinkObserver;
  readonly #mailbox = new Mailbox();
  #writers: RecordWriters;
  readonly #emission: SourceEmission;
  #inSnapshot = false;
  #snapshotOf = 0;
  #snapshotStart = 0;
  #startDelay = 0;
  #isSnapshotTaken = false;
  #advanceEvent = NO_EVENT;
  #markerEvent = NO_EVENT;
  #syncEvent = NO_EVENT;
  #isStarted = false;
  #isDisposed = false;
  readonly #freeze = new ProcessFreeze();
  /** The savepoint that the job is to end with: nothing is emitted behind it. 0: none. */
  #stopsWith = 0;
  readonly #gauges = new TaskGauges();
  readonly #meters = new TaskMeters();
  readonly #end: EndOfInput;
  /** It has finished, or is about to. */
  #isFinishing = false;
  readonly #watermarks: WatermarkEmitter | undefined;
  /** The watermarks' timer went off while the thread was blocked. */
  #isWatermarkDue = false;

  constructor(
    sim: Simulation,
    kinds: SourceTaskKinds,
    number: number,
    settings: SourceTaskSettings,
    feed: SourceFeed,
    lineage: Lineage,
    randoms: readonly RandomStream[],
    checkpoints: SubtaskCheckpointCoordinator,
    observer: FlinkObserver,
  ) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.number = number;
    this.#settings = settings;
    this.feed = feed;
    this.#randoms = randoms;
    this.#checkpoints = checkpoints;
    this.#observer = observer;
    this.#writers = new RecordWriters(sim, kinds, number, settings.writers, [], []);
    this.#end = new EndOfInput(settings.endOfInput, 0);
    const { watermarks, emission } = settings;
    this.#watermarks =
      watermarks &&
      new WatermarkEmitter(sim, kinds.watermark, number, watermarks.strategy, feed.splits, watermarks.random);
    this.#emission = new SourceEmission(feed, lineage, emission, this.#gauges, this.#watermarks);
  }

  /** Called once, with the channels of each output edge, at the time the job is RUNNING. */
  start(outputs: readonly (readonly Channel[])[]): void {
    const { writers } = this.#settings;
    this.#writers = new RecordWriters(this.#sim, this.#kinds, this.number, writers, outputs, this.#randoms);
    this.#isStarted = true;
    this.#gauges.begin(this.#sim.now);
    this.#emission.connect(this.#writers.channels);
    this.#writers.start();
    this.#watermarks?.start();
    this.#advance();
    if (this.#settings.latencyMarkers !== undefined) this.#markAfter(0);
  }

  /** A mail from the JobManager has arrived. */
  post(mail: Mail): void {
    if (this.#isDisposed) return;
    this.#mailbox.put(mail);
    if (this.#inSnapshot || this.#freeze.isFrozen) return;
    this.#pause();
    this.#advance();
  }

  /** Its process stands still from here on: nothing more is emitted, and what comes waits. */
  freeze(): void {
    if (this.#isDisposed || this.#freeze.isFrozen) return;
    this.#freeze.begin();
    if (!this.#inSnapshot) this.#pause();
  }

  /** Its process goes on where it was. */
  thaw(): void {
    if (this.#isDisposed || !this.#freeze.isFrozen) return;
    // The end of a snapshot goes on by itself.
    const goesOn = !this.#inSnapshot;
    this.#freeze.end();
    if (goesOn && !this.#inSnapshot) this.#advance();
  }

  /** From now on a record takes `slowness` times as long as usually. */
  slowDown(slowness: number): void {
    if (this.#isDisposed) return;
    const runs = this.#isStarted && !this.#inSnapshot && !this.#freeze.isFrozen;
    if (runs) this.#pause();
    this.#emission.slowDown(slowness);
    if (runs) this.#advance();
  }

  /** New records for a feed without closed form. */
  wake(): void {
    if (this.#emission.mode === "idle" && !this.#isDisposed) this.#advance();
  }

  /** What the feed foresaw no longer holds. */
  onFeedChanged(): void {
    if (this.#isDisposed || !this.#isStarted || this.#inSnapshot || this.#freeze.isFrozen) return;
    this.#pause();
    this.#advance();
  }

  /** The task is gone at this instant, and its channels with it; late messages for it are ignored. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#sim.cancel(this.#advanceEvent);
    this.#sim.cancel(this.#syncEvent);
    this.#sim.cancel(this.#markerEvent);
    this.#watermarks?.dispose();
    this.#writers.dispose();
    this.#checkpoints.dispose();
    this.feed.dispose();
  }

  /** What its metrics show at `now`. A source aligns nothing and has no input buffers. */
  metrics(now: number): RunningTaskMetrics {
    return {
      ...this.#counters(now),
      ...this.#gauges.read(now),
      ...this.#meters.rates,
      isBackPressured: !this.#writers.available,
      inputQueueLength: 0,
      inPoolUsage: 0,
      inputFloatingBuffersUsage: 0,
      inputExclusiveBuffersUsage: 0,
      outputQueueLength: this.#writers.buffersQueued,
      outPoolUsage: this.#writers.poolUsage,
      mailboxQueueSize: this.#mailbox.length,
      checkpointStartDelayNanos: inMilliseconds(this.#startDelay),
      checkpointAlignmentTime: 0,
      ...this.#watermarks?.metrics(now),
    };
  }

  /** While emission follows the closed form the task is busy for the emission times of its records, and idle otherwise. A source
   *  reads no buffers, and what it reads is what it emits. */
  #counters(now: number): TaskCounters {
    const numRecords = this.#emission.recordsOut(now);
    return {
      numRecordsIn: numRecords,
      numRecordsOut: numRecords,
      numBytesIn: 0,
      numBytesOut: this.#writers.bytesOut,
      numBuffersOut: this.#writers.buffersOut,
    };
  }

  /** The process updates its meters. */
  updateMeters(now: number): void {
    this.#meters.update(this.#counters(now));
  }

  /** It has emitted no watermark and has nothing to read: as long as nothing comes, no window behind it is fired. */
  holdsWatermarkUp(now: number): boolean {
    if (this.#end.isDataEnded) return false;
    return this.#watermarks?.isSilent === true && this.pendingRecords(now) === 0;
  }

  /** Flink's gauge: records that could be read at `now` and have not been taken. */
  pendingRecords(now: number): number {
    return this.feed.pendingRecords(now) - this.#emission.aheadOfFeed(now);
  }

  /** What the metrics of its Kafka reader show at `now`; offsets count records alone. A source that hasn't emitted any of a split
   *  has its current offset in front of it. */
  readerMetrics(now: number): SourceReaderMetrics {
    const pendingRecords = this.pendingRecords(now);
    const { committedOffset, commitsSucceeded } = this.feed.checkpointed;
    const partitions = Array.from({ length: this.feed.splits }, (_, split) => ({
      partition: this.feed.topicPartition(split),
      currentOffset: this.#emission.emittedOffset(split, now) - 1,
      committedOffset: committedOffset[split]!,
    }));
    return { pendingRecords, commitsSucceeded, partitions };
  }

  /** Handler of `advance`: a chunk has ended, records came, the last one is emitted, or the output is available again. */
  onAdvance(): void {
    this.#advanceEvent = NO_EVENT;
    if (this.#emission.mode === "ramp") {
      this.#writers.endEmission(this.#sim.now);
      this.#emission.finishChunk();
    } else if (this.#emission.mode === "live") this.#pause();
    this.#advance();
  }

  /** Handler of `flush`. */
  onFlush(writer: number): void {
    if (this.#freeze.defers(() => this.onFlush(writer))) return;
    this.#writers.flush(writer);
    this.afterSegmentFull();
  }

  /** Handler of `latencyMarker`: a mail like others, which only a snapshot keeps waiting. */
  onLatencyMarker(): void {
    this.#markerEvent = NO_EVENT;
    if (this.#freeze.defers(() => this.onLatencyMarker())) return;
    if (this.#inSnapshot || !this.#mailbox.isEmpty) this.#mailbox.put(LATENCY_MARKER);
    else this.#emitLatencyMarker();
  }

  /** Source: flink LatencyMarkerEmitter, RecordWriterOutput.emitLatencyMarker. */
  #emitLatencyMarker(): void {
    const { interval, random } = this.#settings.latencyMarkers!;
    const now = this.#sim.now;
    if (this.#stopsWith !== 0 || this.#end.isDataEnded) return;
    // Its timer ends late as that of a buffer flusher does.
    this.#markAfter(interval + Math.floor(random.uniform() * this.#settings.writers.oversleep));
    const output = drawOutput(this.#writers.edges, 0, random);
    if (typeof output === "number") return;
    output.emitMarker({ sourceSubtask: this.#settings.subtask, markedTime: now }, now);
    this.afterSegmentFull();
  }

  #markAfter(delay: number): void {
    this.#markerEvent = this.#sim.scheduleAfter(delay, this.#kinds.latencyMarker, this.number, 0);
  }

  /** Handler of `syncDone`. */
  onSyncDone(): void {
    this.#syncEvent = NO_EVENT;
    if (this.#freeze.defers(() => this.onSyncDone())) return;
    this.#inSnapshot = false;
    const now = this.#sim.now;
    this.#checkpoints.submit(this.#snapshotOf, now - this.#snapshotStart, now);
    this.#isSnapshotTaken = true;
    this.#completeIfAll();
    if (this.#isWatermarkDue) this.#emitWatermark();
    this.#advance();
  }

  /** Handler of `watermark`: a mail like others. */
  onWatermarkTimer(): void {
    this.#watermarks!.onTimer();
    if (this.#freeze.defers(() => this.onWatermarkTimer())) return;
    if (this.#inSnapshot) this.#isWatermarkDue = true;
    else this.#emitWatermark();
  }

  #emitWatermark(): void {
    this.#isWatermarkDue = false;
    const now = this.#sim.now;
    this.#emission.noteEmitted(now);
    this.#emission.noteFinished(now);
    this.#watermarks!.emit((watermark, status) => {
      this.#writers.emitEventTime(watermark, status, now);
      this.afterSegmentFull();
    });
  }

  /** Handler of `outputTimeout`. */
  onOutputTimeout(checkpoint: number): void {
    if (this.#freeze.defers(() => this.onOutputTimeout(checkpoint))) return;
    this.#writers.onOutputTimeout(checkpoint);
    this.#completeIfAll();
  }

  /** The snapshot is complete when its state is copied and no barrier waits in the output that may overtake. */
  #completeIfAll(): void {
    if (!this.#isSnapshotTaken || this.#writers.barriersWaiting > 0) return;
    this.#isSnapshotTaken = false;
    const now = this.#sim.now;
    const persistedBytes = this.#writers.stateBytes;
    const metrics = { startDelay: this.#startDelay, alignment: 0, processedBytes: 0, persistedBytes };
    const state = persistedBytes === 0 ? [] : this.#writers.takeState();
    const writtenAt = persistedBytes === 0 ? now : now + this.#settings.channelStateWrite(persistedBytes);
    this.#checkpoints.completeAlignment(this.#snapshotOf, metrics, state, writtenAt, now);
  }

  // ---- UpstreamTask

  onTimeoutableBarrierSent(_channel: Channel, checkpoint: number): void {
    this.#writers.onTimeoutableBarrierSent(checkpoint);
    this.#completeIfAll();
  }

  onBufferQueued(channel: Channel): void {
    this.#writers.onBufferQueued(channel);
  }

  onBufferTaken(channel: Channel): void {
    if (!this.#writers.onBufferTaken(channel) || this.#emission.mode !== "paused" || this.#inSnapshot) return;
    if (this.#advanceEvent === NO_EVENT) {
      this.#advanceEvent = this.#sim.scheduleAfter(0, this.#kinds.advance, this.number, 0);
    }
  }

  onAllRecordsProcessed(): void {
    if (this.#isDisposed) return;
    this.#end.onAllRecordsProcessed();
    if (!this.#inSnapshot) this.#advance();
  }

  afterSegmentFull(): void {
    if (this.#writers.available || this.#end.isDataEnded) return;
    this.#pause();
    this.#watermarks?.holdUp(this.#sim.now);
    if (!this.#inSnapshot) this.#enterBackPressure();
  }

  emitInto(channel: Channel, now: number): void {
    this.#emission.emitInto(channel, now);
  }

  timeOfEmission(channel: Channel, records: number): number {
    return this.#emission.timeOfEmission(channel, records, this.#sim.now);
  }

  // ---- the task thread

  #advance(): void {
    if (this.#freeze.isFrozen) return;
    const now = this.#sim.now;
    // In the middle of a record not even mails are run.
    while (!this.#inSnapshot && !this.#mailbox.isEmpty && !this.#writers.isExhausted)
      this.#run(this.#mailbox.take()!);
    if (this.#inSnapshot || !this.#isStarted) return;
    if (this.#stopsWith !== 0 || this.#end.isDataEnded) {
      this.#emission.rest("paused");
      this.#gauges.enter(IDLE, now);
      if (this.#stopsWith === 0 && this.#end.isOver) this.#finishWhenNothingIsPending();
      return;
    }
    if (!this.#writers.available) {
      this.#emission.rest("paused");
      this.#watermarks?.holdUp(now);
      this.#enterBackPressure();
      return;
    }
    this.#watermarks?.goOn(now);
    if (this.#emission.isAtEnd) this.#endData(now);
    else this.#emit(now);
  }

  #emit(now: number): void {
    const end = this.#emission.beginChunk(now);
    if (end >= 0) {
      this.#gauges.enter(BUSY, now);
      this.#advanceAt(end);
      this.#writers.foresee();
      return;
    }
    this.#gauges.enter(IDLE, now);
    if (this.#emission.mayBeLive) {
      this.#emission.beginLive();
      this.#writers.foresee();
      const last = this.#emission.endAfter(now);
      if (last !== Number.POSITIVE_INFINITY) this.#advanceAt(last);
      return;
    }
    this.#emission.rest("idle");
    const next = this.feed.nextAt(now);
    if (next !== Number.POSITIVE_INFINITY) this.#advanceAt(next);
  }

  /** Source: flink SourceOperator.emitNext (DATA_FINISHED), StreamTask.endData, SourceOperator.finish. */
  #endData(now: number): void {
    this.#emission.rest("paused");
    this.#gauges.enter(IDLE, now);
    this.#sim.cancel(this.#markerEvent);
    if (this.#watermarks !== undefined) {
      this.#watermarks.dispose();
      this.#writers.emitEventTime(MAX_WATERMARK, UNCHANGED, now);
    }
    this.#writers.endData(now);
    this.#end.endData(this.#writers.channels.length);
    if (this.#end.isOver) this.#finishWhenNothingIsPending();
  }

  #finishWhenNothingIsPending(): void {
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    this.#checkpoints.whenNothingIsPending(() => {
      this.#writers.finish(this.#sim.now);
      this.#end.finish();
    });
  }

  #enterBackPressure(): void {
    const activity = this.#writers.isExhausted ? HARD_BACK_PRESSURED : SOFT_BACK_PRESSURED;
    this.#gauges.enter(activity, this.#sim.now);
  }

  #advanceAt(time: number): void {
    this.#sim.cancel(this.#advanceEvent);
    this.#advanceEvent = this.#sim.scheduleAt(Math.ceil(time), this.#kinds.advance, this.number, 0);
  }

  /** Stops the emission here and now. */
  #pause(): void {
    const now = this.#sim.now;
    if (this.#emission.mode === "paused") return;
    this.#writers.endEmission(now);
    this.#emission.interrupt(now);
    this.#sim.cancel(this.#advanceEvent);
    this.#advanceEvent = NO_EVENT;
  }

  // ---- checkpoints

  #run(mail: Mail): void {
    if (mail.kind === "trigger-checkpoint") this.#takeSnapshot(mail);
    else if (mail.kind === "latency-marker") this.#emitLatencyMarker();
    else {
      const completed = this.#checkpoints.onNotification(mail, this.#sim.now);
      this.#end.completeCheckpoint(completed);
      if (mail.checkpoint === this.#stopsWith)
        this.#settings.onStopped(mail.kind === "notify-checkpoint-complete");
      if (completed === 0) return;
      this.feed.notifyCheckpointComplete(completed);
      if (!this.#settings.commitOffsets) return;
      const { job, subtask } = this.#settings;
      this.#observer.offsetsCommitted(job, subtask, completed, this.#sim.now);
    }
  }

  #takeSnapshot({ checkpoint, triggeredAt, properties }: Mail): void {
    if (this.#checkpoints.decide(checkpoint) !== "take") return;
    const now = this.#sim.now;
    if (this.#isFinishing) {
      this.#checkpoints.decline(checkpoint, CHECKPOINT_DECLINED_TASK_CLOSING, now);
      return;
    }
    if (this.#end.isDataEnded && isSynchronous(properties) && !properties.drain) {
      // A task that is finishing can't be stopped without a drain. Source: flink StreamTask.performCheckpoint.
      this.#checkpoints.decline(checkpoint, CHECKPOINT_DECLINED, now);
      return;
    }
    this.#end.beginCheckpoint(checkpoint);
    this.#startDelay = now - triggeredAt;
    this.#isSnapshotTaken = false;
    const metrics = {
      startDelay: this.#startDelay,
      alignment: 0,
      processedBytes: 0,
      persistedBytes: 0,
    };
    this.#checkpoints.begin(checkpoint, metrics, "goes-on");
    const state = this.#operatorState(checkpoint);
    for (let split = 0; split < this.feed.splits; split++) {
      const partition = this.feed.originPartition(split);
      const ofOrigin = this.#emission.nextOffsetOfOrigin(split);
      this.#observer.offsetInSnapshot(this.#settings.job, checkpoint, partition, ofOrigin);
    }
    if (isSynchronous(properties)) this.#endWatermarks(properties, now);
    const kind = barrierKindFor(this.#settings.alignment, properties);
    this.#writers.broadcast(checkpoint, triggeredAt, now, kind, properties);
    if (isSynchronous(properties)) this.#stopsWith = checkpoint;
    this.#inSnapshot = true;
    this.#gauges.enter(BUSY, now);
    this.#snapshotOf = checkpoint;
    this.#snapshotStart = now;
    const sync = this.#checkpoints.snapshotState(checkpoint, 0, state, properties, now);
    this.#syncEvent = this.#sim.scheduleAfter(Math.ceil(sync), this.#kinds.syncDone, this.number, 0);
  }

  /** The source has stopped: it looks for watermarks no more; drained, it says that nothing will come.
   *  Source: flink SourceOperator.stop, finish. */
  #endWatermarks({ drain }: CheckpointProperties, now: number): void {
    if (this.#watermarks === undefined) return;
    this.#watermarks.dispose();
    if (drain && !this.#end.isDataEnded) this.#writers.emitEventTime(MAX_WATERMARK, UNCHANGED, now);
  }

  /** SourceReader.snapshotState: the splits that aren't finished, with the offsets to go on from. */
  #operatorState(checkpoint: number): OperatorState {
    const { feed } = this;
    const { stoppingOffsets } = feed;
    const offsets: number[] = [];
    const splits: OperatorState["splits"][number][] = [];
    for (let split = 0; split < feed.splits; split++) {
      const offset = this.#emission.nextOffset(split);
      offsets.push(offset);
      const stoppingOffset = stoppingOffsets?.[split];
      if (stoppingOffset !== undefined && offset >= stoppingOffset) continue;
      const partition = feed.originPartition(split);
      const topicPartition = feed.topicPartition(split);
      splits.push(
        stoppingOffset === undefined
          ? { partition, topicPartition, offset }
          : { partition, topicPartition, offset, stoppingOffset },
      );
    }
    feed.snapshotState(checkpoint, offsets);
    return { splits, committables: [], bytes: READER_STATE_BYTES + splits.length * SPLIT_BYTES };
  }
}
