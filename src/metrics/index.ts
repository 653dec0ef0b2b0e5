export { CheckpointLog, type LoggedCheckpoint, type LoggedPhase } from "./checkpoint-log.ts";
export { CheckpointRecorder, type JobCheckpoints } from "./checkpoint-recorder.ts";
export { CheckpointSizes, type JobCheckpointSizes } from "./checkpoint-sizes.ts";
export type { CheckpointConfigInfo, JobCheckpointStatistics } from "./checkpoint-statistics.ts";
export { CheckpointStatsTracker } from "./checkpoint-stats-tracker.ts";
export { LatencyRecorder } from "./latency-recorder.ts";
export { LatencySeries } from "./latency-series.ts";
export { type Bucket, RampHistogram } from "./ramp-histogram.ts";
export { UpsertView, type UpsertViewFigures } from "./upsert-view.ts";
