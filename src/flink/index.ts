export type { AlignmentSettings, ChannelState } from "./alignment.ts";
export { ALIGNED, barrierHandler, onBarrier, resumeBlocked, START_SNAPSHOT } from "./barrier-handler.ts";
export type { BufferDebloatSettings } from "./buffer-debloater.ts";
export type { ChainedSink } from "./chained-sinks.ts";
export { Channel } from "./channel.ts";
export type { ChannelKinds, ChannelSettings, UpstreamTask } from "./channel-ends.ts";
export { type CheckpointCoordinatorState, checkpointCoordinator } from "./checkpoint-coordinator.ts";
export { CheckpointDriver, type CheckpointKinds, type MetadataStorage } from "./checkpoint-driver.ts";
export { TASK_CHECKPOINT_FAILURE } from "./checkpoint-failure-reason.ts";
export type { CheckpointMetrics } from "./checkpoint-metrics.ts";
export type { PlannedTask } from "./checkpoint-plan.ts";
export type { CheckpointResponder } from "./checkpoint-responder.ts";
export type { CheckpointStorage } from "./checkpoint-storage.ts";
export { FileSystemCheckpointStorage, type StorageCounts } from "./checkpoint-storage-file-system.ts";
export { JobManagerCheckpointStorage, LARGEST_STATE_IN_MEMORY } from "./checkpoint-storage-in-memory.ts";
export { CheckpointStoreCondition, type StoreTrouble } from "./checkpoint-store-condition.ts";
export { type CompletedCheckpoint, latestCheckpoint } from "./completed-checkpoint-store.ts";
export { type JobStatus, pipelinedRegions } from "./default-scheduler.ts";
export type { EndOfInputSettings } from "./end-of-input.ts";
export type { FailoverObserver } from "./failover-observer.ts";
export { FlinkCluster, type FlinkClusterKinds, type ProcessTasks } from "./flink-cluster.ts";
export {
  FAILURE_REASONS,
  type FailureReason,
  type JobDeployment,
  JobMaster,
  type JobMasterKinds,
} from "./job-master.ts";
export type { JvmWarmUp } from "./jvm-warm-up.ts";
export { type LatencySamples, LatencyStats, type LatencyTracking } from "./latency-stats.ts";
export {
  type HighAvailability,
  type Succession,
  successionOf,
  survivesStandstill,
} from "./leader-election.ts";
export type { Mail } from "./mailbox.ts";
export { BufferRecycler } from "./network-buffer.ts";
export type { FlinkObserver, RescaledState } from "./observations.ts";
export { OperatorTask } from "./operator-task.ts";
export type { OperatorTaskKinds, ServiceDraw } from "./operator-task-parts.ts";
export { PoisonRecord } from "./poison-record.ts";
export type { RankListener } from "./processed-records.ts";
export { ProcessorSharing } from "./processor-sharing.ts";
export type { RestartStrategySettings } from "./restart-strategy.ts";
export { type RestoreCost, readsEntries, restoreCost } from "./restore-cost.ts";
export { ALL_ROUTES, type Chunk, type SourceFeed } from "./source-feed.ts";
export { type SourceReaderMetrics, SourceTask, type SourceTaskKinds } from "./source-task.ts";
export { assignKeyedState, evenShare } from "./state-assignment.ts";
export type { StateBackend } from "./state-backend.ts";
export { HashMapStateBackend } from "./state-backend-hashmap.ts";
export { RocksDBStateBackend } from "./state-backend-rocksdb.ts";
export { SubtaskCheckpointCoordinator } from "./subtask-checkpoint-coordinator.ts";
export { TaskEventTime, type TaskWindows } from "./task-event-time.ts";
export { UPDATE_INTERVAL } from "./task-gauges.ts";
export type { SinkMetrics, TaskMetrics } from "./task-metrics.ts";
export type { CommittableState, TaskStateSnapshot } from "./task-state-snapshot.ts";
export { NO_STATE } from "./task-state-snapshot.ts";
export { type FiredWindow, TumblingWindows } from "./tumbling-windows.ts";
