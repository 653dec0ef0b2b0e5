/** Models: the counter of consecutive failed checkpoints, and when it fails the job.
 *  Source: flink CheckpointFailureManager (Flink 2.2).
 *  Leaves out: nothing. */

import { CHECKPOINT_FAILURE_REASONS } from "./checkpoint-failure-reason.ts";

/** Plain data. */
export interface CheckpointFailureCounter {
  consecutive: number;
  /** ids that are in the count; each counts once. */
  counted: number[];
  lastSucceeded: number;
}

/** `execution.checkpointing.tolerable-failed-checkpoints` that switches the counter off. */
export const UNLIMITED_FAILURES = 2 ** 31 - 1;

export function checkpointFailureCounter(): CheckpointFailureCounter {
  return { consecutive: 0, counted: [], lastSucceeded: 0 };
}

/** What failed: `id` 0 when it had none yet; `byTask`: a task reported it. */
export interface FailedCheckpoint {
  readonly id: number;
  readonly isSavepoint: boolean;
  readonly isSynchronous: boolean;
  readonly byTask: boolean;
}

/** Takes note of a failure. @returns whether it fails the job. */
export function countFailure(
  counter: CheckpointFailureCounter,
  tolerable: number,
  failed: FailedCheckpoint,
  reason: number,
): boolean {
  const byTask = failed.byTask && !CHECKPOINT_FAILURE_REASONS[reason]!.preFlight;
  if (failed.isSavepoint) {
    if (!byTask) return false;
    if (failed.isSynchronous) return true;
  }
  const { id } = failed;
  if (id !== 0 && id <= counter.lastSucceeded) return false;
  if (tolerable !== UNLIMITED_FAILURES && CHECKPOINT_FAILURE_REASONS[reason]!.counted) {
    if (id === 0 || !counter.counted.includes(id)) counter.consecutive++;
    if (id !== 0 && !counter.counted.includes(id)) counter.counted.push(id);
  }
  if (counter.consecutive <= tolerable) return false;
  clear(counter);
  return true;
}

export function countSuccess(counter: CheckpointFailureCounter, id: number): void {
  if (id <= counter.lastSucceeded) return;
  counter.lastSucceeded = id;
  clear(counter);
}

function clear(counter: CheckpointFailureCounter): void {
  counter.consecutive = 0;
  counter.counted = [];
}
