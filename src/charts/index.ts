export { type BackPressureOptions, backPressure } from "./back-pressure.ts";
export { type BarChartOptions, barChart } from "./bar-chart.ts";
export { checkpointTimeline } from "./checkpoint-timeline.ts";
export { type DuplicatesAndLossesOptions, duplicatesAndLosses } from "./duplicates-and-losses.ts";
export { countAxis, countScale, durationAxis, durationScale } from "./duration-axis.ts";
export { type FailurePhase, failurePhases } from "./failure-phases.ts";
export { figuresOf, verdictOf } from "./figures-of.ts";
export { known, largestWithin, mean, only, pick, ratio, share, type Where } from "./find-points.ts";
export {
  formatBytes,
  formatCount,
  formatKnownShare,
  formatMs,
  formatShare,
  formatTimes,
} from "./format-quantity.ts";
export { latencyAgainstInterval } from "./latency-against-interval.ts";
export {
  type CrashRow,
  crashLayers,
  crashRows,
  type LatencyAroundCrashOptions,
  latencyAroundCrash,
} from "./latency-around-crash.ts";
export { latencyDistribution } from "./latency-distribution.ts";
export { type LawPoint, type LineChartOptions, lineChart } from "./line-chart.ts";
export { type LostEpochOptions, lostEpoch } from "./lost-epoch.ts";
export { measuredAndSimulated, type OverlayLine } from "./measured-and-simulated.ts";
export { type Outcome, type OutcomeMatrixOptions, outcomeMatrix } from "./outcome-matrix.ts";
export { protocolSequence } from "./protocol-sequence.ts";
export { type LagRow, lagRows, type ReaderLagOptions, readerLag } from "./reader-lag.ts";
export { type RecoverySplitOptions, recoverySplit } from "./recovery-split.ts";
export { renderPng, renderSvg, titleOf } from "./render-chart.ts";
export { COLORS, FAILURE_PHASES, seriesScales, THEME, VEGA_LITE, wrapped } from "./theme.ts";
export { tradeOffFront } from "./trade-off-front.ts";
