/** Where tasks send what the JobManager must know. */
export interface CheckpointResponder {
  /** The subtask's snapshot is complete at `at` (ns, now or later); the message still has to travel. */
  acknowledge(subtask: number, checkpoint: number, at: number): void;
}

/** What a subtask's snapshot costs. All ns. */
export interface SnapshotCost {
  readonly sync: number;
  readonly async: number;
}
