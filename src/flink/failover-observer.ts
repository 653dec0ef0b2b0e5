import type { JobStatus } from "./default-scheduler.ts";

/** What failures and recovery report. Times are ns of the virtual clock; reasons are indices of FAILURE_REASONS. */
export interface FailoverObserver {
  jobStatusChanged(job: number, status: JobStatus, at: number): void;
  /** A failure is known to the JobMaster; subtask -1: of the job as a whole. */
  jobFailed(job: number, subtask: number, reason: number, at: number): void;
  /** Tasks were reset to a checkpoint (0: to nothing) and wait for their deployment. */
  jobRestored(job: number, checkpoint: number, at: number): void;
  /** The JobMaster has learned that every task of a bounded job has handed on everything. */
  inputEnded?(job: number, at: number): void;
  /** The job is submitted with another parallelism, of each vertex. */
  jobRescaled?(job: number, parallelisms: readonly number[], at: number): void;
  /** The JobMaster learns that an attempt runs. */
  executionRunning(job: number, subtask: number, attempt: number, at: number): void;
  allRunning(job: number, at: number): void;
  /** A process has ended, is frozen, goes on, or has registered; numbered from 0 in the order of their starts. */
  taskManagerEnded(taskManager: number, at: number): void;
  /** A process is about to end since a task in it hasn't within task.cancellation.timeout. */
  cancellationTimedOut(taskManager: number, at: number): void;
  taskManagerFrozen(taskManager: number, until: number, at: number): void;
  taskManagerRegistered(taskManager: number, at: number): void;
  /** A heartbeat or a watch has declared a TaskManager lost; job -1: at the ResourceManager. */
  taskManagerLost(job: number, taskManager: number, at: number): void;
  /** The JobManager's process has ended. `isRecoverable`: a successor will take its jobs over; else they are gone. */
  jobManagerEnded(isRecoverable: boolean, at: number): void;
  /** It stands still, and goes on where it was. */
  jobManagerFrozen(until: number, at: number): void;
  /** It is there, and no leader any more. */
  leadershipLost(at: number): void;
  /** Another one leads, or the same again. */
  jobManagerLeads(at: number): void;
  /** A TaskManager has noticed that its JobManager is gone, and has ended all tasks. */
  taskManagerDisconnected(taskManager: number, at: number): void;
}
