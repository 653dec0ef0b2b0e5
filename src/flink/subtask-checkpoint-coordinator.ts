/** Models: a task's side of its checkpoints: which to take, the sizes and durations of a snapshot's parts, its
 *    acknowledgement, and what the task does when it hears of a checkpoint's end.
 *  Source: flink SubtaskCheckpointCoordinatorImpl, AsyncCheckpointRunnable, StreamTask.notifyCheckpointComplete (Flink 2.2).
 *  Leaves out: what chained operators do in their part of the snapshot, which the task adds; local copies. */

import type { ChannelState } from "./alignment.ts";
import { AsyncOperations, type AsyncPart } from "./async-operations.ts";
import { CHECKPOINT_ASYNC_EXCEPTION } from "./checkpoint-failure-reason.ts";
import type { BarrierMetrics } from "./checkpoint-metrics.ts";
import type { CheckpointProperties } from "./checkpoint-properties.ts";
import type { CheckpointResponder } from "./checkpoint-responder.ts";
import type { CheckpointStorage } from "./checkpoint-storage.ts";
import { type JvmWarmUp, slowness } from "./jvm-warm-up.ts";
import type { Mail } from "./mailbox.ts";
import type { FlinkObserver } from "./observations.ts";
import type { KeyedSnapshot, StateBackend, StatePiece } from "./state-backend.ts";
import type { OperatorState, StateHandle, TaskStateSnapshot } from "./task-state-snapshot.ts";

/** Durations in ns. */
export interface SubtaskCheckpointSettings {
  readonly job: number;
  /** number of the subtask in its job, and of the task that is its attempt. */
  readonly subtask: number;
  readonly task: number;
  /** Synchronous part in a warm process, without what the state backend and chained operators add. */
  readonly sync: number;
  /** Asynchronous part in a warm process, without the upload. */
  readonly async: number;
  /** What the task's first snapshot takes longer, in its synchronous part. */
  readonly first: number;
  /** Of the process. */
  readonly warmUp: JvmWarmUp;
  /** The checkpoint that the task was restored from; 0: none. */
  readonly restored: number;
  /** Records processed by routes that no parallelism of the job divides; undefined: it keeps its parallelism. */
  readonly recordsByPart?: ReadonlyMap<number, number> | undefined;
}

interface Snapshot {
  metrics: BarrierMetrics;
  /** The last barrier has come, and the records in flight that it holds are written; until then it isn't acknowledged. */
  channelState: readonly ChannelState[] | undefined;
  /** ns */
  channelStateWrittenAt: number;
  /** The asynchronous part, and when it ended. */
  finished: AsyncPart | undefined;
  finishedAt: number;
  keyed: KeyedSnapshot;
  operator: OperatorState;
  records: number;
  recordsByPart: ReadonlyMap<number, number> | undefined;
  sync: number;
}

const NO_KEYED_STATE: KeyedSnapshot = { sync: 0, written: [], reused: [], threads: 1 };
const NO_OPERATOR_STATE: OperatorState = { splits: [], committables: [], bytes: 0 };
/** Aborted checkpoints whose barriers may still come. */
const MOST_ABORTED = 64;

export class SubtaskCheckpointCoordinator {
  readonly #settings: SubtaskCheckpointSettings;
  readonly #backend: StateBackend | undefined;
  readonly #storage: CheckpointStorage;
  readonly #responder: CheckpointResponder;
  readonly #observer: FlinkObserver;
  readonly #async: AsyncOperations;
  readonly #snapshots = new Map<number, Snapshot>();
  readonly #aborted = new Set<number>();
  #lastCheckpointId: number;
  #latestReportCheckpointId: number;
  #isFirst = true;
  #isDisposed = false;
  #whenNothingIsPending: (() => void) | undefined;

  /** @param backend undefined: the task has no keyed state. */
  constructor(
    settings: SubtaskCheckpointSettings,
    backend: StateBackend | undefined,
    storage: CheckpointStorage,
    responder: CheckpointResponder,
    observer: FlinkObserver,
  ) {
    this.#settings = settings;
    this.#backend = backend;
    this.#storage = storage;
    this.#responder = responder;
    this.#observer = observer;
    const { async: asyncDuration, warmUp } = settings;
    this.#async = new AsyncOperations(
      storage,
      (at) => Math.round(asyncDuration * slowness(warmUp, at)),
      (part, at) => this.#finish(part, at),
      ({ checkpoint }, at) => this.#fail(checkpoint, at),
    );
    this.#lastCheckpointId = settings.restored;
    this.#latestReportCheckpointId = settings.restored;
  }

  /** What to do with a checkpoint whose barriers are aligned: `take` it, `ignore` it because a later one was, or `cancel` it
   *  because its abort is known, and tell the tasks behind so. */
  decide(checkpoint: number): "take" | "ignore" | "cancel" {
    if (checkpoint <= this.#lastCheckpointId) return "ignore";
    this.#lastCheckpointId = checkpoint;
    return this.#aborted.delete(checkpoint) ? "cancel" : "take";
  }

  /** The task begins its snapshot: pre-barrier work, then the barrier goes on. Where the alignment goes on, the checkpoint is
   *  acknowledged after completeAlignment. */
  begin(checkpoint: number, metrics: BarrierMetrics, alignment: "over" | "goes-on" = "over"): void {
    const { job, subtask } = this.#settings;
    this.#observer.snapshotStarted(job, subtask, checkpoint, metrics.startDelay, metrics.alignment);
    this.#snapshots.set(checkpoint, {
      metrics,
      channelState: alignment === "over" ? [] : undefined,
      channelStateWrittenAt: 0,
      finished: undefined,
      finishedAt: 0,
      keyed: NO_KEYED_STATE,
      operator: NO_OPERATOR_STATE,
      records: 0,
      recordsByPart: undefined,
      sync: 0,
    });
  }

  /** The synchronous part. @param records processed by the task since the job began.
   *  @returns its duration, ns, without what chained operators add. */
  snapshotState(
    checkpoint: number,
    records: number,
    operator: OperatorState,
    properties: CheckpointProperties,
    now: number,
  ): number {
    const snapshot = this.#snapshots.get(checkpoint)!;
    if (this.#backend) snapshot.keyed = this.#backend.snapshot(checkpoint, records, properties);
    snapshot.operator = operator;
    snapshot.records = records;
    const { recordsByPart } = this.#settings;
    snapshot.recordsByPart = recordsByPart && new Map(recordsByPart);
    const { sync, first, warmUp } = this.#settings;
    const more = this.#isFirst ? first : 0;
    this.#isFirst = false;
    return Math.round(sync * slowness(warmUp, now)) + more + snapshot.keyed.sync;
  }

  /** The synchronous part is over; it took `sync` with all that was added. */
  submit(checkpoint: number, sync: number, now: number): void {
    const snapshot = this.#snapshots.get(checkpoint);
    // The abort came while the synchronous part ran.
    if (snapshot === undefined) return;
    snapshot.sync = sync;
    const { written, threads } = snapshot.keyed;
    const uploads = written.filter((piece) => this.#isUploaded(piece));
    this.#async.submit({ checkpoint, submittedAt: now, uploads, threads });
  }

  /** The last barrier has come. @param channelState records in flight in the snapshot. @param at ns, when they are written;
   *  infinite: the store refuses them. */
  completeAlignment(
    checkpoint: number,
    metrics: BarrierMetrics,
    channelState: readonly ChannelState[],
    at: number,
    now: number,
  ): void {
    const snapshot = this.#snapshots.get(checkpoint);
    if (snapshot === undefined) return;
    if (at === Number.POSITIVE_INFINITY) {
      this.#fail(checkpoint, now);
      return;
    }
    snapshot.metrics = metrics;
    snapshot.channelState = channelState;
    snapshot.channelStateWrittenAt = at;
    if (snapshot.finished !== undefined) this.#finish(snapshot.finished, snapshot.finishedAt);
  }

  /** The task gives the checkpoint up at `now`. @param reason a number of CHECKPOINT_FAILURE_REASONS. */
  decline(checkpoint: number, reason: number, now: number): void {
    this.#snapshots.delete(checkpoint);
    this.#async.cancel(checkpoint, now);
    this.#responder.decline(this.#settings.task, checkpoint, reason, now);
    this.#tellIfNothingIsPending();
  }

  /** The mail tells of a completion, itself or as the latest one beside an abort.
   *  @returns the checkpoint whose completion the operators are told; 0: none that they don't know. */
  onNotification(mail: Mail, now: number): number {
    const aborted = mail.kind === "notify-checkpoint-aborted";
    const completed = this.#report(aborted ? mail.other : mail.checkpoint);
    if (aborted) {
      this.#abort(mail.checkpoint, now);
      this.#tellIfNothingIsPending();
    }
    return completed;
  }

  /** Calls `then` when all checkpoints that the task has begun are acknowledged, declined or given up; at once if they are.
   *  Source: flink SubtaskCheckpointCoordinatorImpl.waitForPendingCheckpoints. */
  whenNothingIsPending(then: () => void): void {
    this.#whenNothingIsPending = then;
    this.#tellIfNothingIsPending();
  }

  #tellIfNothingIsPending(): void {
    if (this.#whenNothingIsPending === undefined || this.#snapshots.size > 0 || this.#isDisposed) return;
    const then = this.#whenNothingIsPending;
    this.#whenNothingIsPending = undefined;
    then();
  }

  /** The task is gone, and what was under way with it. */
  dispose(): void {
    this.#isDisposed = true;
    this.#async.dispose();
    this.#snapshots.clear();
  }

  #report(completed: number): number {
    if (completed <= this.#latestReportCheckpointId) return 0;
    this.#latestReportCheckpointId = completed;
    this.#backend?.notifyCheckpointComplete(completed);
    return completed;
  }

  #abort(checkpoint: number, now: number): void {
    this.#snapshots.delete(checkpoint);
    this.#async.cancel(checkpoint, now);
    this.#backend?.notifyCheckpointAborted(checkpoint);
    if (checkpoint <= this.#lastCheckpointId) return;
    this.#aborted.add(checkpoint);
    for (const oldest of this.#aborted) {
      if (this.#aborted.size <= MOST_ABORTED) break;
      this.#aborted.delete(oldest);
    }
  }

  /** The asynchronous part has failed: the checkpoint is declined. */
  #fail(checkpoint: number, now: number): void {
    if (this.#isDisposed || !this.#snapshots.has(checkpoint)) return;
    this.decline(checkpoint, CHECKPOINT_ASYNC_EXCEPTION, now);
  }

  #isUploaded(piece: StatePiece): boolean {
    return piece.bytes > this.#storage.inlineThreshold;
  }

  #finish(part: AsyncPart, endedAt: number): void {
    const { checkpoint } = part;
    const snapshot = this.#snapshots.get(checkpoint);
    if (snapshot === undefined || this.#isDisposed) return;
    if (snapshot.channelState === undefined) {
      snapshot.finished = part;
      snapshot.finishedAt = endedAt;
      return;
    }
    const at = Math.max(endedAt, snapshot.channelStateWrittenAt);
    this.#snapshots.delete(checkpoint);
    const { job, subtask, task } = this.#settings;
    const { keyed, metrics, sync } = snapshot;
    const written = keyed.written.map((piece) => this.#handle(piece));
    const state = taskStateSnapshot(snapshot, written);
    if (this.#exceedsTheMessage(state)) {
      this.#responder.decline(task, checkpoint, CHECKPOINT_ASYNC_EXCEPTION, at);
      this.#tellIfNothingIsPending();
      return;
    }
    this.#backend?.stored(checkpoint, written);
    this.#observer.snapshotCompleted(job, subtask, checkpoint, at);
    this.#responder.acknowledge(
      task,
      checkpoint,
      { ...metrics, sync, async: at - part.submittedAt },
      state,
      at,
    );
    this.#tellIfNothingIsPending();
  }

  #handle(piece: StatePiece): StateHandle {
    const { file, bytes, scope } = piece;
    return this.#isUploaded(piece) ? { file, bytes, scope } : { file, bytes, scope: "inline" };
  }

  #exceedsTheMessage(state: TaskStateSnapshot): boolean {
    const { largestInline, largestMessage } = this.#storage;
    let message = state.operator.bytes;
    for (const { scope, bytes } of state.keyed) {
      if (scope !== "inline") continue;
      if (bytes > largestInline) return true;
      message += bytes;
    }
    return message > largestMessage;
  }
}

function taskStateSnapshot(snapshot: Snapshot, written: readonly StateHandle[]): TaskStateSnapshot {
  const { keyed, operator, metrics, records, recordsByPart } = snapshot;
  const checkpointedBytes = bytesOf(written) + operator.bytes + metrics.persistedBytes;
  const state: TaskStateSnapshot = {
    keyed: keyed.reused.length === 0 ? written : [...keyed.reused, ...written],
    operator,
    keyedRecords: records,
    channelState: snapshot.channelState ?? [],
    channelStateBytes: metrics.persistedBytes,
    checkpointedBytes,
    stateBytes: checkpointedBytes + bytesOf(keyed.reused),
  };
  return recordsByPart === undefined ? state : { ...state, recordsByPart };
}

function bytesOf(handles: readonly StateHandle[]): number {
  let bytes = 0;
  for (const handle of handles) bytes += handle.bytes;
  return bytes;
}
