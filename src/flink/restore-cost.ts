/** Models: what a subtask has to read and to do before its keyed state is there again.
 *  Source: flink HeapRestoreOperation, RocksDBIncrementalRestoreOperation, RocksDBFullRestoreOperation (Flink 2.1).
 *  Leaves out: ForSt; local copies, which cost nothing to read; at another parallelism: state-assignment.ts. */

import type { CheckpointProperties } from "./checkpoint-properties.ts";
import type { TaskStateSnapshot } from "./task-state-snapshot.ts";

export interface RestoreCost {
  /** bytes to read from checkpoint storage; what was inline came with the request to deploy. */
  readonly downloadBytes: number;
  readonly files: number;
  /** Files that are read at the same time, at most. */
  readonly threads: number;
  /** bytes whose entries are put into the backend one by one. */
  readonly insertedBytes: number;
}

/** Whether keyed state is read entry by entry, else RocksDB's files as they are. @param of what it belongs to: a checkpoint, or a
 *  savepoint and its format. */
export function readsEntries(of: CheckpointProperties, backend: "hashmap" | "rocksdb"): boolean {
  return backend === "hashmap" || (of.kind !== "checkpoint" && of.format === "CANONICAL");
}

/** @param of what the snapshot belongs to. @param insertedBytes of other subtasks' databases, where the parallelism is another. */
export function restoreCost(
  snapshot: TaskStateSnapshot,
  of: CheckpointProperties,
  backend: "hashmap" | "rocksdb",
  transferThreads: number,
  insertedBytes = 0,
): RestoreCost {
  const read = snapshot.keyed.filter(({ scope }) => scope !== "inline");
  const sum = (handles: TaskStateSnapshot["keyed"]): number =>
    handles.reduce((all, { bytes }) => all + bytes, 0);
  const byEntry = readsEntries(of, backend);
  return {
    downloadBytes: sum(read),
    files: read.length,
    threads: byEntry ? 1 : transferThreads,
    insertedBytes: byEntry ? sum(snapshot.keyed) : insertedBytes,
  };
}
