import type { CheckpointMetrics } from "./checkpoint-metrics.ts";
import type { TaskStateSnapshot } from "./task-state-snapshot.ts";

/** Where tasks send what the JobManager must know. The messages still have to travel.
 *  Source: flink CheckpointResponder. */
export interface CheckpointResponder {
  /** The task's snapshot is complete at `at` (ns, now or later). */
  acknowledge(
    task: number,
    checkpoint: number,
    metrics: CheckpointMetrics,
    snapshot: TaskStateSnapshot,
    at: number,
  ): void;
  /** The task could not take the snapshot, as it knows at `at`. @param reason a number of CHECKPOINT_FAILURE_REASONS. */
  decline(task: number, checkpoint: number, reason: number, at: number): void;
}
