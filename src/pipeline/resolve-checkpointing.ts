import { flinkOptions } from "./options/flink-options.ts";
import type { CheckpointingSpec, StateSpec } from "./pipeline.ts";
import type { ParsedPipeline } from "./schema.ts";
import type { Defaults } from "./settled.ts";

type FlinkConfig = NonNullable<ParsedPipeline["jobs"][string]["config"]>;

export function resolveCheckpointing(config: FlinkConfig, defaults: Defaults): CheckpointingSpec {
  const directory = defaults.optional(flinkOptions, config, "execution.checkpointing.dir");
  return {
    interval: defaults.optional(flinkOptions, config, "execution.checkpointing.interval"),
    intervalDuringBacklog: config["execution.checkpointing.interval-during-backlog"],
    minPause: defaults.flink(config, "execution.checkpointing.min-pause"),
    maxConcurrentCheckpoints: defaults.flink(config, "execution.checkpointing.max-concurrent-checkpoints"),
    mode:
      defaults.flink(config, "execution.checkpointing.mode") === "AT_LEAST_ONCE"
        ? "at-least-once"
        : "exactly-once",
    unaligned: defaults.flink(config, "execution.checkpointing.unaligned.enabled"),
    alignedTimeout: defaults.flink(config, "execution.checkpointing.aligned-checkpoint-timeout"),
    timeout: defaults.flink(config, "execution.checkpointing.timeout"),
    tolerableFailedCheckpoints: defaults.flink(
      config,
      "execution.checkpointing.tolerable-failed-checkpoints",
    ),
    checkpointsAfterTasksFinish: defaults.flink(
      config,
      "execution.checkpointing.checkpoints-after-tasks-finish",
    ),
    retained: defaults.flink(config, "execution.checkpointing.num-retained"),
    retention: defaults.flink(config, "execution.checkpointing.externalized-checkpoint-retention"),
    storage: storageOf(config["execution.checkpointing.storage"], directory),
    directory,
    dataInlineThreshold: defaults.flink(config, "execution.checkpointing.data-inline-threshold"),
  };
}

/** A directory selects the file system unless something else is written. Source: Flink CheckpointStorageLoader. */
function storageOf(written: string | undefined, directory: string | undefined): CheckpointingSpec["storage"] {
  if (written === undefined) return directory === undefined ? "jobmanager" : "filesystem";
  return written.toLowerCase() === "jobmanager" ? "jobmanager" : "filesystem";
}

export function resolveState(config: FlinkConfig, defaults: Defaults): StateSpec {
  const backend = defaults.flink(config, "state.backend.type").toLowerCase();
  const fromLocal = defaults.flink(config, "execution.state-recovery.from-local");
  return {
    // Flink 1.20 still reads the names that its older versions had for state on the heap.
    backend: ["hashmap", "filesystem", "jobmanager", "memory"].includes(backend) ? "hashmap" : "rocksdb",
    incremental: defaults.flink(config, "execution.checkpointing.incremental"),
    transferThreads: defaults.flink(config, "state.backend.rocksdb.checkpoint.transfer.thread.num"),
    // Source: Flink 2.1 CheckpointingOptions.LOCAL_BACKUP_ENABLED, which falls back.
    localBackup: config["execution.checkpointing.local-backup.enabled"] ?? fromLocal,
    fromLocal,
  };
}
