import type { CheckpointConfigInfo } from "../metrics/index.ts";
import type { JobSpec } from "../pipeline/index.ts";

const MILLISECOND = 1e6;
/** What Flink shows for an interval that is off: Long.MAX_VALUE, to the precision that a number has here. */
const OFF = 2 ** 63;

/** What Flink's REST API tells of a job's checkpoint settings. */
export function checkpointConfig({ checkpointing, state }: JobSpec): CheckpointConfigInfo {
  const { interval, minPause, timeout, maxConcurrentCheckpoints, storage } = checkpointing;
  const isOn = interval !== undefined;
  return {
    // Flink shows at_least_once for a job without checkpoints.
    mode: isOn ? "exactly_once" : "at_least_once",
    interval: isOn ? Math.max(interval, minPause) / MILLISECOND : OFF,
    timeout: timeout / MILLISECOND,
    min_pause: minPause / MILLISECOND,
    max_concurrent: maxConcurrentCheckpoints,
    externalization: { enabled: false, delete_on_cancellation: true },
    state_backend: state.backend === "hashmap" ? "HashMapStateBackend" : "EmbeddedRocksDBStateBackend",
    checkpoint_storage:
      storage === "jobmanager" ? "JobManagerCheckpointStorage" : "FileSystemCheckpointStorage",
    unaligned_checkpoints: false,
    tolerable_failed_checkpoints: checkpointing.tolerableFailedCheckpoints,
    aligned_checkpoint_timeout: 0,
    checkpoints_after_tasks_finish: checkpointing.checkpointsAfterTasksFinish,
    state_changelog_enabled: false,
    changelog_periodic_materialization_interval: 600_000,
    changelog_storage: "memory",
  };
}
