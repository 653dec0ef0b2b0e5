import type { EventTimeMetrics } from "./event-time.ts";
import type { TaskTimes } from "./task-gauges.ts";
import type { TaskCounters, TaskRates } from "./task-meters.ts";

/** What a task's buffers and its mailbox are at, under Flink's names. */
export interface TaskQueues {
  /** Its output is not available. */
  readonly isBackPressured: boolean;
  /** Buffers of the remote channels that have come and wait. */
  readonly inputQueueLength: number;
  /** Buffers in the subpartitions' queues. */
  readonly outputQueueLength: number;
  /** Shares of buffers that hold data: of all of the remote channels, of the floating ones, of those of a channel alone. */
  readonly inPoolUsage: number;
  readonly inputFloatingBuffersUsage: number;
  readonly inputExclusiveBuffersUsage: number;
  /** Of the output's pools. */
  readonly outPoolUsage: number;
  readonly mailboxQueueSize: number;
}

/** What the latest snapshot of a task waited for, ns. */
export interface SnapshotGauges {
  readonly checkpointStartDelayNanos: number;
  /** Of an alignment under way, as long as it has lasted. */
  readonly checkpointAlignmentTime: number;
}

/** Where buffers are debloated: bytes of a buffer, and ms until what is under way is consumed. */
export interface DebloatGauges {
  readonly debloatedBufferSize: number;
  readonly estimatedTimeToConsumeBuffersMs: number;
}

/** What the metrics of a sink's writer and committer show, of the current attempt.
 *  Source: flink InternalSinkWriterMetricGroup, InternalSinkCommitterMetricGroup (FLIP-371). */
export interface SinkMetrics {
  /** Records that the writer has handed to its producer. */
  readonly numRecordsSend: number;
  /** Committables that have come to the committer, and what became of them; one that is retried counts each time. */
  readonly totalCommittables: number;
  readonly successfulCommittables: number;
  readonly alreadyCommittedCommittables: number;
  readonly failedCommittables: number;
  readonly retriedCommittables: number;
  /** Those that wait for their checkpoint. */
  readonly pendingCommittables: number;
}

/** What Flink's metrics of a task show. */
export interface TaskMetrics extends RunningTaskMetrics {
  /** Of the sinks chained to the task. */
  readonly sinks?: readonly (SinkMetrics & { readonly topic: string })[];
  /** ms that the attempt took from the beginning of its restore until it ran; 0 for one that runs from the beginning on. */
  readonly initializationTime: number;
}

/** What the task itself knows of them. */
export type RunningTaskMetrics = TaskTimes &
  TaskCounters &
  TaskRates &
  TaskQueues &
  SnapshotGauges &
  Partial<DebloatGauges> &
  // Where the job has event time.
  Partial<EventTimeMetrics>;
