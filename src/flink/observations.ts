import type { CheckpointMetrics } from "./checkpoint-metrics.ts";
import type { TaskStateSnapshot } from "./task-state-snapshot.ts";
import type { FiredWindow } from "./tumbling-windows.ts";

/** What a subtask gets of the state of the subtasks of its vertex in a checkpoint. */
export interface RescaledState {
  readonly subtasks: readonly number[];
  /** Whether the records of this origin partition and route are the subtask's. */
  owns(originPartition: number, route: number): boolean;
}

/** What the Flink models report. Times are ns of the virtual clock. Observers must not change the run.
 *  A job's subtasks are numbered through: its sources first, then the subtasks behind the exchange. */
export interface FlinkObserver {
  /** An attempt of a subtask behind an exchange, the task with this number, begins with the state of `checkpoint`; 0: with
   *  none. @param rescaled where that was taken at another parallelism: what of it the subtask gets. */
  stateRestored?(
    job: number,
    subtask: number,
    task: number,
    checkpoint: number,
    rescaled: RescaledState | undefined,
  ): void;
  /** A latency marker that a source emitted at `markedTime` has come to an operator's (or sink writer's) subtask. */
  latencyReported?(job: number, operator: string, subtask: number, markedTime: number, at: number): void;
  /** Ranks [from, to) of `route` of `originPartition` were processed by a task: they are in its state. */
  applied?(
    job: number,
    subtask: number,
    task: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
  ): void;
  /** A subtask's operator has fired a window: it hands on so many results. */
  windowFired?(job: number, subtask: number, task: number, window: FiredWindow, results: number): void;
  /** Records that came to a windowed operator when their window had been fired were dropped. */
  lateRecordsDropped?(job: number, subtask: number, records: number): void;
  /** The input of a windowed operator has ended with so many records in windows that nothing fires any more. */
  windowsLeftOpen?(job: number, subtask: number, records: number): void;
  /** A request was accepted at `at` and its checkpoint has an id now. @param type CHECKPOINT, SAVEPOINT or SYNC_SAVEPOINT. */
  checkpointTriggered(job: number, checkpoint: number, at: number, type: string): void;
  /** A request failed before its checkpoint was pending; Flink counts it as triggered and failed. */
  checkpointTriggerFailed(job: number, reason: string, at: number): void;
  /** A subtask began its snapshot: the barrier is aligned (or, at a source, the trigger was taken from the mailbox). */
  snapshotStarted(
    job: number,
    subtask: number,
    checkpoint: number,
    startDelay: number,
    alignment: number,
  ): void;
  /** A subtask's asynchronous part ends at `at`; its acknowledgement is on its way then. */
  snapshotCompleted(job: number, subtask: number, checkpoint: number, at: number): void;
  /** A subtask's acknowledgement has arrived in time. */
  checkpointAcknowledged(
    job: number,
    subtask: number,
    checkpoint: number,
    metrics: CheckpointMetrics,
    snapshot: TaskStateSnapshot,
    at: number,
  ): void;
  /** `_metadata` is written and the checkpoint is in the store. */
  checkpointCompleted(
    job: number,
    checkpoint: number,
    triggeredAt: number,
    latestAckAt: number,
    at: number,
    metadataBytes: number,
  ): void;
  /** @param reason as Flink's CheckpointFailureReason names it. @param message as it words it. */
  checkpointAborted(job: number, checkpoint: number, reason: string, at: number, message: string): void;
  /** More checkpoints in a row have failed than are tolerated. */
  checkpointsFailedJob(job: number, reason: string, at: number): void;
  /** A source subtask's snapshot holds the next offset of a split. */
  offsetInSnapshot(job: number, checkpoint: number, originPartition: number, offset: number): void;
  /** Offsets of a completed checkpoint were committed to the consumer group. */
  offsetsCommitted(job: number, subtask: number, checkpoint: number, at: number): void;
}
