export { checkClaim } from "./check-claim.ts";
export { checkExperiment } from "./check-experiment.ts";
export type { BrokenSchedule, ScheduleReport, ScheduleSearch, Violation } from "./check-schedules.ts";
export {
  type Claim,
  defineClaim,
  type Figures,
  type Judgement,
  type Measured,
  type Verdict,
} from "./claim.ts";
export { expandPoints, type FactorColumn, factorColumns, type Point } from "./expand-points.ts";
export {
  type Chart,
  type ChartSpec,
  defineExperiment,
  type Experiment,
  METRICS,
  type Metric,
  type Settings,
} from "./experiment.ts";
export { ExperimentError } from "./experiment-error.ts";
export { type Formulas, loadFormulas } from "./formula.ts";
export { logSpaced } from "./log-spaced.ts";
export { failedRun, type PointRun, type RunStatus, runPoint } from "./point-run.ts";
export { nextRepetitions, type StopValues, stopValuesOf } from "./repetitions.ts";
export { quoted, replayCommand } from "./replay-command.ts";
export { type Difference, replayRun, type StoredRun, storedRuns } from "./replay-run.ts";
export { type Cell, type SweepShape, type Table, type TableColumn, tablesOf } from "./result-tables.ts";
export { type Measurement, measurePipeline, type RunOptions, runPipeline } from "./run-pipeline.ts";
export type {
  CheckpointResult,
  LatencySummary,
  OutageResult,
  ReaderResult,
  ReaderStall,
  RunResult,
  VertexResult,
} from "./run-result.ts";
export { loadScheduleSearch } from "./schedule-search.ts";
export {
  failuresOf,
  type HistogramRow,
  type NamedRow,
  type PointSummary,
  type ResultFactor,
  type SeriesEntry,
  type SweepResults,
  summarise,
  type TimelineEntry,
} from "./sweep-results.ts";
