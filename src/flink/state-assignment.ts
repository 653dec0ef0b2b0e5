/** Models: what of a checkpoint's state each subtask gets when a job is restored at another parallelism: lists in even shares
 *    in their order, keyed state by key-group ranges.
 *  Source: flink RoundRobinOperatorStateRepartitioner (SPLIT_DISTRIBUTE), StateAssignmentOperation, KeyGroupsStateHandle,
 *    RocksDBIncrementalRestoreOperation, RocksDBIncrementalCheckpointUtils (Flink 2.1).
 *  Leaves out: union and broadcast lists; files by the weight of their key groups (their number counts); clipping of the base
 *    database, which deletes a range; ingest of whole files (`use-ingest-db-restore-mode`). */

import { firstKeyGroup } from "../records/index.ts";
import type { StateHandle } from "./task-state-snapshot.ts";

/** The part of a list that subtask `subtask` of `parallelism` gets: parts are as even as can be, the first ones one longer. */
export function evenShare<Element>(
  list: readonly Element[],
  subtask: number,
  parallelism: number,
): readonly Element[] {
  const least = Math.floor(list.length / parallelism);
  const longer = list.length % parallelism;
  const start = subtask * least + Math.min(subtask, longer);
  return list.slice(start, start + least + (subtask < longer ? 1 : 0));
}

/** Which of the vertex's subtasks it is, and of how many. */
export interface SubtaskOf {
  readonly index: number;
  readonly parallelism: number;
}

export interface AssignedKeyedState {
  /** What is read. */
  readonly handles: readonly StateHandle[];
  /** bytes of it that go into another database entry by entry: those of all old subtasks but the one that shares most key
   *  groups, whose database is taken over. */
  readonly insertedBytes: number;
}

/** The keyed state of `subtask`.
 *  @param old keyed state of each subtask of the vertex that the checkpoint knows. @param readsParts files tell where key groups
 *  begin, so that only the wanted ones are read (heap, canonical savepoints); else whole files are (RocksDB). */
export function assignKeyedState(
  old: readonly (readonly StateHandle[])[],
  { index, parallelism }: SubtaskOf,
  maxParallelism: number,
  readsParts: boolean,
): AssignedKeyedState {
  const end = firstKeyGroup(index + 1, parallelism, maxParallelism);
  const first = firstKeyGroup(index, parallelism, maxParallelism);
  const handles: StateHandle[] = [];
  let inserted = 0;
  let base = { groups: 0, bytes: 0 };
  old.forEach((of, oldIndex) => {
    const oldFirst = firstKeyGroup(oldIndex, old.length, maxParallelism);
    const oldEnd = firstKeyGroup(oldIndex + 1, old.length, maxParallelism);
    const groups = Math.min(end, oldEnd) - Math.max(first, oldFirst);
    if (groups <= 0) return;
    const share = groups / (oldEnd - oldFirst);
    let bytes = 0;
    for (const handle of of) {
      const wanted = Math.round(handle.bytes * share);
      bytes += wanted;
      handles.push(readsParts ? { ...handle, bytes: wanted } : handle);
    }
    inserted += bytes;
    if (groups > base.groups) base = { groups, bytes };
  });
  return { handles, insertedBytes: readsParts ? 0 : inserted - base.bytes };
}
