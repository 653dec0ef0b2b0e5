export { type Measurement, measurePipeline, type RunOptions, runPipeline } from "./run-pipeline.ts";
export type { CheckpointResult, LatencySummary, ReaderResult, RunResult } from "./run-result.ts";
