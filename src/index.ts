export { type LatencySummary, type RunOptions, type RunResult, runPipeline } from "./experiment/index.ts";
export { ConfigError, type Issue, type Pipeline, parsePipeline, resolvePipeline } from "./pipeline/index.ts";
