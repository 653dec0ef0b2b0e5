import { CatchUp, CheckpointLog, TransactionsAtFault } from "../metrics/index.ts";
import {
  ConfigError,
  type Pipeline,
  type PipelineObserver,
  type PipelineReading,
} from "../pipeline/index.ts";
import { costMetrics } from "./cost-metrics.ts";
import { describeFailures, describeTimeline, type TimelineRow } from "./describe-timeline.ts";
import type { Point } from "./expand-points.ts";
import { METRICS, type Metric } from "./experiment.ts";
import { type Aftermath, recoveryMetrics } from "./recovery-metrics.ts";
import { type Measurement, measurePipeline, type RunOptions } from "./run-pipeline.ts";
import type { RunResult } from "./run-result.ts";
import { type SeriesRow, TimeSeries } from "./time-series.ts";
import { findWarmUp } from "./warm-up-pilot.ts";

/** How a run went. `check failed`: it ran, and a check of the simulated system found something. `bad config`: it could not be
 *  run. `bug`: Sluice failed. `stopped`: it hit a bound. */
export type RunStatus = "ok" | "check failed" | "bad config" | "stopped" | "bug";

/** What one reader saw in one run. */
export interface ReaderRow {
  readonly reader: string;
  readonly topic: string;
  readonly isolationLevel: string;
  /** Of the jobs that write its topic. */
  readonly deliveryGuarantee: string;
  readonly sloMet: boolean | null;
  readonly simulatedS: number;
  readonly warmUpS: number;
  /** Records whose latency was measured. */
  readonly recordsMeasured: number;
  /** In the order of METRICS; null: nothing was measured. */
  readonly metrics: readonly (number | null)[];
  /** Latencies: records by stretch, from (exclusive) and to in ms. */
  readonly histogram: readonly (readonly [fromMs: number, toMs: number, records: number])[];
}

/** One checkpoint: instants in ms of the virtual clock; null: not reached. */
export interface CheckpointRow {
  readonly job: string;
  readonly checkpoint: number;
  readonly triggeredAtMs: number;
  readonly latestAckAtMs: number | null;
  readonly completedAtMs: number | null;
  readonly failedAtMs: number | null;
  readonly failureReason: string | null;
  readonly alignmentMaxMs: number;
}

/** One repetition of one point, as plain data that goes into the journal. */
export interface PointRun {
  readonly point: number;
  readonly repetition: number;
  readonly seed: string;
  readonly status: RunStatus;
  /** One line; null when all is well. */
  readonly reason: string | null;
  readonly events: number | null;
  readonly outcomeFingerprint: string | null;
  readonly readers: readonly ReaderRow[];
  readonly checkpoints: readonly CheckpointRow[];
  /** Of the first repetition alone. */
  readonly timeline: readonly TimelineRow[];
  /** Of the first repetition alone, where the experiment wants it. */
  readonly series: readonly SeriesRow[];
}

/** Checkpoints of each job whose phases are kept. */
const DETAILED_CHECKPOINTS = 3;
/** Stretches of a histogram to a factor of two: 4.4 % wide. */
const HISTOGRAM_STEPS = 16;
const QUANTILES = [0.1, 0.5, 0.9, 0.99, 0.999];
const MILLISECOND = 1e6;

/** The seed of a repetition: the same at every point that doesn't set its own. */
export function seedOf(point: Point, repetition: number): string {
  return String(point.seed + repetition);
}

/** Runs one repetition of a point. What goes wrong is in the result, with its reason; nothing is thrown.
 *  @param read gives the pipeline under the point's assignments. */
export function runPoint(
  point: Point,
  repetition: number,
  read: (assignments: readonly string[]) => PipelineReading,
): PointRun {
  const seed = seedOf(point, repetition);
  try {
    const { pipeline } = read(point.assignments);
    let log: CheckpointLog | undefined;
    let afterFaults: (() => Aftermath) | undefined;
    let series: TimeSeries | undefined;
    const slot = repetition === 0 ? point.series : undefined;
    const measurement = measurePipeline(pipeline, {
      seed,
      duration: point.duration,
      ...measuredWindow(point, pipeline),
      ...(slot === undefined
        ? {}
        : { sample: { every: slot, take: (world, now) => series!.look(world, now) } }),
      observe: (lineage, warmUp) => {
        const listeners: Partial<PipelineObserver>[] = [];
        log = new CheckpointLog(warmUp, repetition === 0 ? DETAILED_CHECKPOINTS : 0);
        listeners.push(log);
        if (slot !== undefined) {
          series = new TimeSeries(pipeline, lineage, slot);
          listeners.push(series.latency, series.arrivals);
        }
        if (pipeline.faults.length > 0) {
          const catchUp = new CatchUp(pipeline.readers.length, lineage);
          const transactions = new TransactionsAtFault();
          listeners.push(catchUp, transactions);
          afterFaults = () => ({
            caughtUpAt: pipeline.readers.map((_, reader) => catchUp.until(reader)),
            transactionsOpenFor: transactions.openFor,
          });
        }
        return listeners;
      },
    });
    return {
      ...describeRun(point, repetition, measurement, log!, afterFaults?.()),
      series: series?.rows() ?? [],
    };
  } catch (error) {
    const status = error instanceof ConfigError ? "bad config" : "bug";
    return failedRun(point, repetition, status, error instanceof Error ? error.message : String(error));
  }
}

/** A repetition that gave nothing, for the first line of the reason. */
export function failedRun(point: Point, repetition: number, status: RunStatus, reason: string): PointRun {
  return {
    point: point.number,
    repetition,
    seed: seedOf(point, repetition),
    status,
    reason: reason.split("\n", 1)[0]!,
    events: null,
    outcomeFingerprint: null,
    readers: [],
    checkpoints: [],
    timeline: [],
    series: [],
  };
}

/** A pilot's warm-up, of the last point that asked: the repetitions of a point follow each other. */
let lastPilot: { readonly key: string; readonly warmUp: number } | undefined;

function measuredWindow(point: Point, pipeline: Pipeline): Pick<RunOptions, "window"> {
  const until = point.duration;
  if (point.warmUp === undefined) return {};
  if (point.warmUp !== "mser-5") return { window: { from: point.warmUp, until } };
  const key = JSON.stringify([point, pipeline]);
  if (lastPilot?.key !== key) {
    lastPilot = { key, warmUp: findWarmUp(pipeline, seedOf(point, 0), point.duration) };
  }
  return { window: { from: lastPilot.warmUp, until } };
}

function describeRun(
  point: Point,
  repetition: number,
  measurement: Measurement,
  log: CheckpointLog,
  aftermath: Aftermath | undefined,
): Omit<PointRun, "series"> {
  const { result } = measurement;
  const failed = result.checks.find((check) => check.violations.length > 0);
  const stopped = result.stopReason !== "reached-end";
  return {
    point: point.number,
    repetition,
    seed: result.seed,
    status: stopped ? "stopped" : failed === undefined ? "ok" : "check failed",
    reason: stopped
      ? `stopped: ${result.stopReason}`
      : failed === undefined
        ? null
        : `${failed.name}: ${failed.violations[0]}`,
    events: result.events,
    outcomeFingerprint: result.outcomeFingerprint,
    readers: result.readers.map((_, reader) => describeReader(measurement, log, aftermath, reader)),
    checkpoints: describeCheckpoints(result, log),
    timeline: [
      ...describeTimeline(result, log),
      ...(repetition === 0 ? describeFailures(measurement, aftermath) : []),
    ],
  };
}

function describeReader(
  { result, latencies, checkpoints, checkpointSizes, recovery }: Measurement,
  log: CheckpointLog,
  aftermath: Aftermath | undefined,
  i: number,
): ReaderRow {
  const reader = result.readers[i]!;
  const { latencyByLogAppendTime: append, latencyByMarker: marker } = reader;
  const histogram = latencies[i]!;
  const measured = histogram.count > 0;
  const quantiles = measured ? histogram.quantiles(QUANTILES) : [];
  const writers = result.config.jobs.flatMap((job, number) =>
    job.sinks.some((sink) => sink.topic === reader.topic) ? [number] : [],
  );
  const job = checkpoints[writers[0] ?? -1];
  const sizes = checkpointSizes[writers[0] ?? -1];
  const [durationP50, durationP99] =
    job === undefined || job.durations.count === 0 ? [] : job.durations.quantiles([0.5, 0.99]);
  const values: Readonly<Partial<Record<Metric, number | null | undefined>>> = {
    latency_min_ms: measured ? histogram.min : null,
    latency_mean_ms: measured ? histogram.mean : null,
    latency_p10_ms: quantiles[0],
    latency_p50_ms: quantiles[1],
    latency_p90_ms: quantiles[2],
    latency_p99_ms: quantiles[3],
    latency_p99_9_ms: quantiles[4],
    latency_max_ms: measured ? histogram.max : null,
    latency_slo_ms: inNanoseconds(reader.slo?.measuredMs ?? null),
    latency_append_p50_ms: inNanoseconds(append.p50Ms),
    latency_append_p99_ms: inNanoseconds(append.p99Ms),
    latency_marker_p50_ms: marker === "off" ? null : inNanoseconds(marker.p50Ms),
    latency_marker_p99_ms: marker === "off" ? null : inNanoseconds(marker.p99Ms),
    records_in: reader.recordsIn,
    records_visible: reader.recordsVisible,
    records_lost: reader.recordsLost,
    records_duplicated: reader.recordsDuplicated,
    records_late: result.windows?.find((one) => one.job === result.config.jobs[writers[0] ?? -1]?.name)
      ?.lateRecordsDropped,
    upsert_setback_ms: reader.upsertView === null ? null : reader.upsertView.deepestMs * MILLISECOND,
    checkpoints_triggered: job?.triggered,
    checkpoints_completed: job?.completed,
    checkpoints_failed: job?.failed,
    checkpoint_period_mean_ms: job && job.triggerGaps.count > 0 ? job.triggerGaps.mean : null,
    checkpoint_duration_mean_ms: job && job.durations.count > 0 ? job.durations.mean : null,
    checkpoint_duration_p50_ms: durationP50,
    checkpoint_duration_p99_ms: durationP99,
    checkpoint_duration_max_ms: job && job.durations.count > 0 ? job.durations.max : null,
    alignment_mean_ms: meanOf(log.alignment),
    alignment_max_ms: log.alignment.count > 0 ? log.alignment.max : null,
    alignment_processed_max_bytes:
      sizes && sizes.processed.count > 0 ? Math.round(sizes.processed.max) : null,
    sync_mean_ms: meanOf(log.sync),
    sync_max_ms: log.sync.count > 0 ? log.sync.max : null,
    precommit_to_commit_mean_ms: meanOf(log.preCommitToCommit),
    completion_to_prepare_commit_mean_ms: meanOf(log.completionToPrepareCommit),
    prepared_before_completion: log.preparedBeforeCompletion,
    end_txn_to_complete_commit_mean_ms: meanOf(log.endTxnToCompleteCommit),
    checkpoint_size_mean_bytes: sizes && sizes.checkpointed.count > 0 ? sizes.checkpointed.mean : null,
    in_flight_mean_bytes: sizes && sizes.persisted.count > 0 ? sizes.persisted.mean : null,
    ...recoveryMetrics(recovery, log, aftermath, writers[0], i),
    ...costMetrics(result, checkpoints),
  };
  return {
    reader: reader.reader,
    topic: reader.topic,
    isolationLevel: reader.isolationLevel,
    deliveryGuarantee: writers
      .map((number) => result.deliveryGuarantees[result.config.jobs[number]!.name]!)
      .join(", "),
    sloMet: reader.slo?.met ?? null,
    simulatedS: result.simulatedSeconds,
    warmUpS: result.warmUpSeconds,
    recordsMeasured: histogram.count,
    metrics: METRICS.map((metric) => inUnit(metric, values[metric])),
    histogram: measured
      ? histogram
          .buckets(HISTOGRAM_STEPS)
          .map(({ from, to, count }) => [from / MILLISECOND, to / MILLISECOND, count] as const)
      : [],
  };
}

function meanOf({ count, sum }: { readonly count: number; readonly sum: number }): number | null {
  return count > 0 ? sum / count : null;
}

function inNanoseconds(ms: number | null): number | null {
  return ms === null ? null : ms * MILLISECOND;
}

function inUnit(metric: Metric, value: number | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  return metric.endsWith("_ms") ? value / MILLISECOND : value;
}

function describeCheckpoints({ config }: RunResult, log: CheckpointLog): CheckpointRow[] {
  const reached = (at: number): number | null => (at < 0 ? null : at / MILLISECOND);
  return log.checkpoints.map((one) => ({
    job: config.jobs[one.job]!.name,
    checkpoint: one.checkpoint,
    triggeredAtMs: one.triggeredAt / MILLISECOND,
    latestAckAtMs: reached(one.latestAckAt),
    completedAtMs: reached(one.completedAt),
    failedAtMs: reached(one.failedAt),
    failureReason: one.failureReason === "" ? null : one.failureReason,
    alignmentMaxMs: one.longestAlignment / MILLISECOND,
  }));
}
