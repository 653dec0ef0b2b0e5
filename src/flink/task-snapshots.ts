/** Models: the snapshots of a task behind an exchange, from its barriers to its part in the acknowledgement: what the barrier
 *    handler decides is carried out, the sinks flush, the barrier goes on, the state is copied, what is in flight is kept.
 *  Source: flink SingleCheckpointBarrierHandler, CheckpointBarrierTracker, SubtaskCheckpointCoordinatorImpl.checkpointState,
 *    ChannelStateWriterImpl (Flink 2.1).
 *  Leaves out: that a frozen process's sinks and uploads stand still as well. */

import { NO_EVENT, type Simulation } from "../engine/index.ts";
import { Outbox } from "../records/index.ts";
import { type AlignmentSettings, barrierKindFor } from "./alignment.ts";
import {
  ALIGNED,
  ARM_TIMER,
  type BarrierHandlerState,
  type BarrierKind,
  BEGIN_CAPTURE,
  barrierHandler,
  CANCELLATION,
  CONVERT,
  DECLINE,
  DISARM_TIMER,
  END_ALIGNMENT,
  onAlignmentTimeout,
  onAnnouncement,
  onBarrier,
  onCancellation,
  onEndOfPartition,
  RESUME_CHANNEL,
  resumeBlocked,
  START_SNAPSHOT,
  TIMEOUTABLE,
  UNALIGNED,
} from "./barrier-handler.ts";
import {
  type BarrierTrackerState,
  barrierTracker,
  onTrackedBarrier,
  onTrackedCancellation,
  onTrackedEndOfPartition,
} from "./barrier-tracker.ts";
import type { ChainedSinks } from "./chained-sinks.ts";
import type { Channel } from "./channel.ts";
import { type CheckpointProperties, PERIODIC_CHECKPOINT } from "./checkpoint-properties.ts";
import { InputGates } from "./input-gates.ts";
import type { Mail } from "./mailbox.ts";
import type { BufferRecycler, NetworkBuffer } from "./network-buffer.ts";
import type { RecordWriters } from "./record-writers.ts";
import type { SubtaskCheckpointCoordinator } from "./subtask-checkpoint-coordinator.ts";
import type { SnapshotGauges } from "./task-metrics.ts";
import type { TumblingWindowsState } from "./tumbling-windows.ts";

/** Event kinds, payload a = number of the task. */
export interface TaskSnapshotKinds {
  readonly flushed: number;
  readonly syncDone: number;
  /** b = checkpoint: its barriers have been waited for long enough. */
  readonly alignmentTimeout: number;
}

export interface TaskSnapshotSettings {
  readonly alignment: AlignmentSettings;
  /** `execution.checkpointing.checkpoints-after-tasks-finish.enabled` */
  readonly checkpointsAfterTasksFinish: boolean;
  /** ns to write that many bytes of records in flight. */
  readonly channelStateWrite: (bytes: number) => number;
}

/** The task whose snapshots they are. */
export interface SnapshottedTask {
  readonly number: number;
  isDisposed(): boolean;
  /** It begins its part in a checkpoint. */
  beginCheckpoint(checkpoint: number): void;
  /** Records that its keyed state has seen. */
  records(): number;
  /** State of its windows; undefined: it has none. */
  windows(): TumblingWindowsState | undefined;
  /** The thread does nothing else from here on, until it is unblocked. */
  block(): void;
  unblock(): void;
  /** What is received and not served becomes state of `checkpoint`. */
  beginCapture(checkpoint: number): void;
  /** A mail of the task's own comes, and is run if nothing is in its way. */
  post(mail: Mail): void;
  /** A mail for the thread, which runs: before the others, where the release has such. */
  putUrgent(kind: Mail["kind"], channel: Channel, checkpoint: number, triggeredAt: number): void;
  /** @returns whether the task is frozen: then `action` happens when it goes on. */
  waitsForThaw(action: () => void): boolean;
}

/** What takes part in them. */
export interface TaskSnapshotParts {
  readonly sinks: ChainedSinks;
  readonly checkpoints: SubtaskCheckpointCoordinator;
  readonly recycler: BufferRecycler;
}

/** bytes of a KafkaCommittable with its lineage: producer id, epoch, transactional id, checkpoint, subtask.
 *  Source: KafkaCommittableSerializer, CommittableCollectorSerializer; the length of the id is an estimate. */
const COMMITTABLE_BYTES = 80;

export class TaskSnapshots {
  readonly #sim: Simulation;
  readonly #kinds: TaskSnapshotKinds;
  readonly #settings: TaskSnapshotSettings;
  readonly #parts: TaskSnapshotParts;
  readonly #task: SnapshottedTask;
  readonly #outbox = new Outbox();
  #inputs: InputGates = new InputGates({ floatingBuffers: 0, buffersPerChannel: 0 }, []);
  #writers: RecordWriters;
  #barriers: BarrierHandlerState = barrierHandler(0);
  #tracker: BarrierTrackerState = barrierTracker(0);
  #alignmentTimer = NO_EVENT;
  // The snapshot under way.
  #checkpoint = 0;
  #startedAt = 0;
  /** How its barriers behave from here on. */
  #kind: BarrierKind = ALIGNED;
  #triggeredAt = 0;
  #properties: CheckpointProperties = PERIODIC_CHECKPOINT;
  #startDelay = 0;
  #alignment = 0;
  #processedBytes = 0;
  /** The latest checkpoint whose records in flight were captured. */
  #captured = 0;
  #isTaken = false;
  #isAligned = false;
  /** The operator's own synchronous part, ns. */
  #ownSync = 0;
  /** When the sinks have flushed, and when the synchronous part is over. */
  #event = NO_EVENT;
  #syncEndsAt = 0;

  /** @param writers where barriers go until it is connected: nowhere. */
  constructor(
    sim: Simulation,
    kinds: TaskSnapshotKinds,
    settings: TaskSnapshotSettings,
    parts: TaskSnapshotParts,
    task: SnapshottedTask,
    writers: RecordWriters,
  ) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.#settings = settings;
    this.#parts = parts;
    this.#task = task;
    this.#writers = writers;
  }

  /** Called once, when the task starts. */
  connect(inputs: InputGates, writers: RecordWriters): void {
    this.#inputs = inputs;
    this.#writers = writers;
    const channels = inputs.channels.length;
    this.#barriers = barrierHandler(channels, this.#settings.alignment.alignedTimeout);
    this.#tracker = barrierTracker(channels);
  }

  dispose(): void {
    this.#sim.cancel(this.#event);
    this.#sim.cancel(this.#alignmentTimer);
    this.#parts.checkpoints.dispose();
  }

  // ---- barriers

  /** A barrier, or a cancellation, was read from the channel at this place among the inputs. */
  onBarrier(index: number, barrier: NetworkBuffer, now: number): void {
    const { barrierOf: checkpoint, triggeredAt, kind, wanted, properties } = barrier;
    this.#parts.recycler.giveBack(barrier);
    this.#outbox.clear();
    const isTracked = this.#settings.alignment.mode === "at-least-once";
    if (kind === CANCELLATION) {
      if (isTracked) onTrackedCancellation(this.#tracker, index, checkpoint, now, this.#outbox);
      else onCancellation(this.#barriers, checkpoint, this.#outbox);
    } else {
      this.#kind = wanted;
      this.#properties = properties;
      this.#triggeredAt = triggeredAt;
      if (isTracked) onTrackedBarrier(this.#tracker, index, checkpoint, now, this.#outbox);
      else onBarrier(this.#barriers, index, checkpoint, kind, triggeredAt, now, this.#outbox);
    }
    this.#carryOut(now);
  }

  /** The partition behind the channel at this place has ended. */
  onEndOfPartition(index: number, now: number): void {
    const { alignment, checkpointsAfterTasksFinish: allowFinished } = this.#settings;
    this.#outbox.clear();
    if (alignment.mode === "at-least-once")
      onTrackedEndOfPartition(this.#tracker, index, now, this.#outbox, allowFinished);
    else onEndOfPartition(this.#barriers, index, now, this.#outbox, allowFinished);
    this.#carryOut(now);
  }

  /** Mail: the JobManager triggers a checkpoint at this task, since all tasks before it have finished. In channels that don't
   *  say so yet the request stands for the barrier.
   *  Source: flink StreamTask.triggerUnfinishedChannelsCheckpoint.
   *  @param open places of these channels. */
  onTrigger({ checkpoint, triggeredAt, properties }: Mail, open: readonly number[], now: number): void {
    const { alignment } = this.#settings;
    const kind = barrierKindFor(alignment, properties);
    this.#kind = kind;
    this.#properties = properties;
    this.#triggeredAt = triggeredAt;
    if (open.length === 0) {
      this.#start(checkpoint, 0, now);
      return;
    }
    this.#outbox.clear();
    for (const index of open) {
      if (alignment.mode === "at-least-once")
        onTrackedBarrier(this.#tracker, index, checkpoint, now, this.#outbox);
      else onBarrier(this.#barriers, index, checkpoint, kind, triggeredAt, now, this.#outbox, true);
    }
    this.#carryOut(now);
  }

  /** Mail: a timeoutable barrier is on its way. */
  onAnnouncement(checkpoint: number, triggeredAt: number, now: number): void {
    this.#outbox.clear();
    this.#kind = TIMEOUTABLE;
    onAnnouncement(this.#barriers, checkpoint, triggeredAt, now, this.#outbox);
    this.#carryOut(now);
  }

  /** Handler of `alignmentTimeout`: a mail like others. */
  onAlignmentTimer(checkpoint: number): void {
    this.#alignmentTimer = NO_EVENT;
    const mail: Mail = {
      kind: "alignment-timeout",
      checkpoint,
      triggeredAt: 0,
      properties: PERIODIC_CHECKPOINT,
      other: 0,
    };
    this.#task.post(mail);
  }

  /** That mail. */
  onAlignmentTimeout(checkpoint: number, now: number): void {
    this.#outbox.clear();
    onAlignmentTimeout(this.#barriers, checkpoint, now, this.#outbox);
    this.#carryOut(now);
  }

  /** Source: flink CheckpointBarrierHandler.getAlignmentDurationNanos, getCheckpointStartDelayNanos. */
  gauges(now: number): SnapshotGauges {
    const { firstArrivalAt, pending } = this.#barriers;
    const isAligning = pending !== 0 && firstArrivalAt >= 0;
    return {
      checkpointStartDelayNanos: inMilliseconds(this.#startDelay),
      checkpointAlignmentTime: isAligning ? now - firstArrivalAt : this.#alignment,
    };
  }

  /** Bytes are read; those read while barriers are collected are told in the acknowledgement. */
  onBytesRead(bytes: number): void {
    // Barriers of a checkpoint have come, and not all.
    if (this.#barriers.pending !== 0 || this.#tracker.tracked.length > 0) this.#processedBytes += bytes;
  }

  #carryOut(now: number): void {
    const { effects, a, b } = this.#outbox;
    for (let i = 0; i < this.#outbox.length; i++) {
      const x = a[i]!;
      switch (effects[i]) {
        case RESUME_CHANNEL:
          this.#inputs.channels[x]!.resumeConsumption();
          break;
        case BEGIN_CAPTURE:
          this.#kind = UNALIGNED;
          this.#triggeredAt = this.#barriers.triggeredAt;
          this.#captured = x;
          this.#task.beginCapture(x);
          break;
        case CONVERT:
          for (const channel of this.#inputs.channels)
            if (channel.convertAnnounced(x)) this.#task.putUrgent("priority-barrier", channel, 0, 0);
          break;
        case START_SNAPSHOT:
          this.#start(x, b[i]!, now);
          break;
        case END_ALIGNMENT:
          this.#alignment = b[i]!;
          this.#isAligned = true;
          this.#inputs.endCapture();
          this.#resumeIfTaken();
          break;
        case ARM_TIMER:
          this.#alignmentTimer = this.#sim.scheduleAt(
            Math.max(now, Math.ceil(b[i]!)),
            this.#kinds.alignmentTimeout,
            this.#task.number,
            x,
          );
          break;
        case DISARM_TIMER:
          this.#sim.cancel(this.#alignmentTimer);
          this.#alignmentTimer = NO_EVENT;
          break;
        case DECLINE:
          this.#inputs.endCapture();
          this.#processedBytes = 0;
          this.#parts.checkpoints.decline(x, b[i]!, now);
          this.#writers.broadcast(x, 0, now, CANCELLATION, this.#properties);
          break;
      }
    }
  }

  /** The last barrier of a checkpoint that goes on unaligned has come when its snapshot is over. */
  #resumeIfTaken(): void {
    if (!this.#isTaken) return;
    this.#resumeChannels();
    this.#completeIfAll();
  }

  /** Blocked channels go on. */
  #resumeChannels(): void {
    const outbox = new Outbox();
    resumeBlocked(this.#barriers, outbox);
    for (let i = 0; i < outbox.length; i++) this.#inputs.channels[outbox.a[i]!]!.resumeConsumption();
  }

  // ---- the snapshot

  #start(checkpoint: number, alignment: number, now: number): void {
    const { checkpoints, sinks } = this.#parts;
    switch (checkpoints.decide(checkpoint)) {
      case "ignore":
        this.#resumeChannels();
        return;
      case "cancel":
        this.#resumeChannels();
        this.#writers.broadcast(checkpoint, this.#triggeredAt, now, CANCELLATION, this.#properties);
        return;
    }
    // What was captured for one that was given up is no state of this one.
    if (this.#captured !== checkpoint) this.#inputs.dropState();
    this.#startDelay = Math.max(0, now - alignment - this.#triggeredAt);
    const metrics = {
      startDelay: this.#startDelay,
      alignment,
      processedBytes: 0,
      persistedBytes: 0,
    };
    checkpoints.begin(checkpoint, metrics, "goes-on");
    this.#task.beginCheckpoint(checkpoint);
    this.#checkpoint = checkpoint;
    this.#isTaken = false;
    this.#isAligned = this.#barriers.pending !== checkpoint;
    this.#task.block();
    this.#afterFlush(sinks.flush(checkpoint, now));
  }

  /** A sink has flushed what was sent before the barrier. */
  onFlushed(): void {
    if (this.#task.isDisposed() || this.#task.waitsForThaw(() => this.onFlushed())) return;
    this.#afterFlush(this.#parts.sinks.goOnFlushing(this.#checkpoint, this.#sim.now));
  }

  /** The sinks have flushed at `at`; -1: one of them hasn't yet. */
  #afterFlush(at: number): void {
    if (at < 0) return;
    if (this.#writers.channels.length === 0) this.#take(at);
    else if (at <= this.#sim.now) this.onAllFlushed();
    else this.#event = this.#sim.scheduleAt(Math.ceil(at), this.#kinds.flushed, this.#task.number, 0);
  }

  /** Handler of `flushed`: the barrier goes out before the state is copied. */
  onAllFlushed(): void {
    if (this.#task.waitsForThaw(() => this.onAllFlushed())) return;
    const now = this.#sim.now;
    this.#writers.broadcast(this.#checkpoint, this.#triggeredAt, now, this.#kind, this.#properties);
    this.#take(now);
  }

  #take(from: number): void {
    this.#startedAt = from;
    const { sinks, checkpoints } = this.#parts;
    const committables = sinks.committables();
    const bytes = committables.length * COMMITTABLE_BYTES;
    const windows = this.#task.windows();
    this.#ownSync = checkpoints.snapshotState(
      this.#checkpoint,
      this.#task.records(),
      windows === undefined
        ? { splits: [], committables, bytes }
        : { splits: [], committables, bytes, windows },
      this.#properties,
      from,
    );
    this.#endSync(sinks.snapshotState(this.#checkpoint, from));
  }

  /** A sink has taken its snapshot. */
  onSnapshotTaken(): void {
    if (this.#task.waitsForThaw(() => this.onSnapshotTaken())) return;
    this.#endSync(this.#parts.sinks.goOnSnapshotting(this.#checkpoint, this.#sim.now));
  }

  /** The sinks have taken their snapshots at `at`; -1: one of them hasn't yet. */
  #endSync(at: number): void {
    if (at < 0) return;
    const end = Math.ceil(at + this.#ownSync);
    this.#syncEndsAt = end;
    this.#event = this.#sim.scheduleAt(end, this.#kinds.syncDone, this.#task.number, 0);
  }

  /** ns; when the synchronous part that is under way is over, past if none is. */
  get syncEndsAt(): number {
    return this.#syncEndsAt;
  }

  /** Handler of `syncDone`. */
  onSyncDone(): void {
    this.#event = NO_EVENT;
    if (this.#task.waitsForThaw(() => this.onSyncDone())) return;
    const now = this.#sim.now;
    this.#parts.checkpoints.submit(this.#checkpoint, now - this.#startedAt, now);
    this.#isTaken = true;
    this.#outbox.clear();
    resumeBlocked(this.#barriers, this.#outbox);
    this.#carryOut(now);
    this.#completeIfAll();
    this.#task.unblock();
  }

  /** A barrier that might have overtaken has left the output in time. */
  onTimeoutableBarrierSent(checkpoint: number): void {
    this.#writers.onTimeoutableBarrierSent(checkpoint);
    this.#completeIfAll();
  }

  /** Handler of `outputTimeout`. */
  onOutputTimeout(checkpoint: number): void {
    if (this.#task.waitsForThaw(() => this.onOutputTimeout(checkpoint))) return;
    this.#writers.onOutputTimeout(checkpoint);
    this.#completeIfAll();
  }

  /** The snapshot is complete when its state is copied, the last barrier has come, and none waits in the output. */
  #completeIfAll(): void {
    if (!this.#isTaken || !this.#isAligned || this.#writers.barriersWaiting > 0) return;
    this.#isTaken = false;
    const now = this.#sim.now;
    const persistedBytes = this.#inputs.stateBytes + this.#writers.stateBytes;
    const metrics = {
      startDelay: this.#startDelay,
      alignment: this.#alignment,
      processedBytes: this.#processedBytes,
      persistedBytes,
    };
    this.#processedBytes = 0;
    const state = persistedBytes === 0 ? [] : [...this.#inputs.takeState(), ...this.#writers.takeState()];
    const writtenAt = persistedBytes === 0 ? now : now + this.#settings.channelStateWrite(persistedBytes);
    this.#parts.checkpoints.completeAlignment(this.#checkpoint, metrics, state, writtenAt, now);
  }
}

/** ns, as a difference of the clock's milliseconds tells them. */
export function inMilliseconds(ns: number): number {
  return Math.floor(ns / 1e6) * 1e6;
}
