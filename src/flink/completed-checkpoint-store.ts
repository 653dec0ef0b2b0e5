/** Models: the completed checkpoints that are retained; the newest is what a failover restores.
 *  Source: flink DefaultCompletedCheckpointStore (Flink 2.2).
 *  Leaves out: the pointers in a highly available store as such; their write is part of the time to finalise. */

import type { CheckpointProperties } from "./checkpoint-properties.ts";
import type { TaskStateSnapshot } from "./task-state-snapshot.ts";

/** Plain data, times in ns. */
export interface CompletedCheckpoint {
  readonly id: number;
  readonly properties: CheckpointProperties;
  readonly triggeredAt: number;
  readonly latestAckAt: number;
  readonly completedAt: number;
  /** bytes of `_metadata`. */
  readonly metadataBytes: number;
  /** what each subtask acknowledged, by the subtask's number in its job. */
  readonly states: ReadonlyMap<number, TaskStateSnapshot>;
  /** subtasks that had finished. */
  readonly finished: readonly number[];
}

/** Oldest first. */
export interface CompletedCheckpointStore {
  readonly retained: CompletedCheckpoint[];
}

export function completedCheckpointStore(): CompletedCheckpointStore {
  return { retained: [] };
}

/** Adds a checkpoint, and drops the oldest beyond `most`. @returns the dropped ones, oldest first. */
export function addCheckpoint(
  store: CompletedCheckpointStore,
  checkpoint: CompletedCheckpoint,
  most: number,
): CompletedCheckpoint[] {
  const { retained } = store;
  retained.push(checkpoint);
  const dropped: CompletedCheckpoint[] = [];
  while (retained.length > most) dropped.push(retained.shift()!);
  return dropped;
}

/** What a failover restores; undefined: the job starts from nothing. */
export function latestCheckpoint(store: CompletedCheckpointStore): CompletedCheckpoint | undefined {
  return store.retained.at(-1);
}
