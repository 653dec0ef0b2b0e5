import { type CompletedCheckpoint, type RestoreCost, restoreCost } from "../../flink/index.ts";
import type { JobSpec } from "../pipeline.ts";
import type { RestoredSubtask } from "./job-subtask.ts";
import type { JobSurroundings } from "./job-surroundings.ts";

/** What a subtask has to read from the store; undefined: nothing. */
export function costOf(
  { state, rescaled }: RestoredSubtask,
  { properties }: CompletedCheckpoint,
  { state: { backend, transferThreads } }: JobSpec,
): RestoreCost | undefined {
  const cost = restoreCost(state, properties, backend, transferThreads, rescaled?.insertedBytes);
  return cost.files === 0 ? undefined : cost;
}

/** ns to read what a subtask starts from; `cost` undefined: nothing. */
export function restoreTime(
  cost: RestoreCost | undefined,
  { state }: JobSpec,
  { pipeline, events }: JobSurroundings,
): number {
  if (cost === undefined) return 0;
  const { storageLatency, storageBandwidth, rocksdbFlushBandwidth } = pipeline.environment;
  const { downloadBytes, files, threads, insertedBytes } = cost;
  const streams = Math.min(files, threads);
  const time =
    Math.ceil(files / streams) * storageLatency + (downloadBytes / storageBandwidth / streams) * 1e9;
  // What goes into RocksDB entry by entry is flushed to the local disk.
  const flush = state.backend === "rocksdb" ? (insertedBytes / rocksdbFlushBandwidth) * 1e9 : 0;
  return Math.round(time * events.store.slowness + flush);
}
