import type { SweepResults } from "./sweep-results.ts";

/** One experiment: a question, the settings it compares, and what is measured. Plain data, written as
 *  `experiments/NN-question.ts`. */
export interface Experiment {
  /** What a person wants to know, with a question mark. */
  readonly question: string;
  /** A pipeline file, relative to the experiment's own. */
  readonly pipeline: string;
  /** Keys set at every point, as `--set KEY=VALUE` takes them. A value is text or a `formula`. */
  readonly set?: Settings;
  /** What varies, by name. Factors are crossed in the order they stand here, the last one fastest, unless `points` lists the
   *  combinations. */
  readonly factors: Readonly<Record<string, Factor>>;
  /** The combinations to run, each naming a value or level of every factor. Default: all of them. */
  readonly points?: readonly Readonly<Record<string, string | number>>[];
  /** Names that formulas may use besides the factors', for example `{ snapshotTime: "2 s" }`. */
  readonly constants?: Readonly<Record<string, string | number>>;
  /** How often each point is run, each time with another seed: repetition r has the same seed at every point, so that the points
   *  see the same arrivals and delays (common random numbers). */
  readonly repetitions: number | SequentialRepetitions;
  /** Seed of the first repetition; the next have the numbers after it. Default 1. */
  readonly seed?: number;
  /** Simulated time under load: an expression such as `"max(5 min, 30 * interval)"`. */
  readonly duration: string;
  /** Time at the beginning that isn't measured: an expression, or `"mser-5"` to find it in a pilot run of each point.
   *  Default: a tenth of the duration, two checkpoint intervals at least. */
  readonly warmUp?: string;
  /** Keeps, of the first repetition of each point, what readers and tasks go through, in slots of this length: an expression.
   *  Default: nothing is kept. */
  readonly series?: string;
  /** How runs may end that are an answer and no mistake: with a check that fails, refused as Flink or Kafka would, or stopped since
   *  nothing happens any more. */
  readonly expected?: readonly ExpectedEnd[];
  /** What the terminal shows, and what `compare` compares unless told otherwise. */
  readonly metrics: readonly Metric[];
  readonly charts: readonly Chart[];
}

export const EXPECTED_ENDS = ["check failed", "bad config", "stopped"] as const;

export type ExpectedEnd = (typeof EXPECTED_ENDS)[number];

/** KEY: VALUE, as for `--set`. */
export type Settings = Readonly<Record<string, string | number | Formula>>;

/** A key with its values, or levels that set several keys at once. */
export type Factor =
  | { readonly key: string; readonly values: readonly (string | number | Formula)[] }
  | { readonly levels: Readonly<Record<string, Settings>> };

/** A mathjs expression with units over the factors that stand before it and the constants: `"5 * snapshotTime"`. */
export interface Formula {
  readonly formula: string;
}

/** Repetitions go on until the mean of a metric is known precisely enough. */
export interface SequentialRepetitions {
  /** At least 3; 10 or more for intervals that keep their word. */
  readonly atLeast: number;
  readonly atMost: number;
  readonly metric: Metric;
  /** The reader it is measured at; default: every one. */
  readonly reader?: string;
  /** Half-width of the 95 % interval over the mean: 0.05 is 5 %. */
  readonly relative: number;
}

/** Columns of the result table that hold a measurement. */
export const METRICS = [
  "latency_min_ms",
  "latency_mean_ms",
  "latency_p10_ms",
  "latency_p50_ms",
  "latency_p90_ms",
  "latency_p99_ms",
  "latency_p99_9_ms",
  "latency_max_ms",
  // At the quantile of the reader's SLO.
  "latency_slo_ms",
  // By LogAppendTime of its topic, and by the latency markers that reach that topic's sinks.
  "latency_append_p50_ms",
  "latency_append_p99_ms",
  "latency_marker_p50_ms",
  "latency_marker_p99_ms",
  "records_in",
  "records_visible",
  "records_lost",
  "records_duplicated",
  // Records that windows dropped, since they came when theirs had been fired.
  "records_late",
  // Furthest that a value of a reader with `deduplicate` went back in time.
  "upsert_setback_ms",
  "checkpoints_triggered",
  "checkpoints_completed",
  "checkpoints_failed",
  "checkpoint_period_mean_ms",
  "checkpoint_duration_mean_ms",
  "checkpoint_duration_p50_ms",
  "checkpoint_duration_p99_ms",
  "checkpoint_duration_max_ms",
  "alignment_mean_ms",
  "alignment_max_ms",
  // Most that one checkpoint's tasks took from their channels while its barriers were aligned.
  "alignment_processed_max_bytes",
  // Synchronous part of a subtask's snapshot.
  "sync_mean_ms",
  "sync_max_ms",
  "precommit_to_commit_mean_ms",
  // From a checkpoint's completion to PrepareCommit of its transactions, and how many did not wait for it.
  "completion_to_prepare_commit_mean_ms",
  "prepared_before_completion",
  // What the brokers need for a commit.
  "end_txn_to_complete_commit_mean_ms",
  // Bytes of the job's completed checkpoints: written for one, and records in flight in it.
  "checkpoint_size_mean_bytes",
  "in_flight_mean_bytes",
  // Of the job that writes the reader's topic. How often it restarted.
  "restarts",
  // From each crash until every task ran again, in all.
  "outage_ms",
  // From the first fault until a JobMaster or the ResourceManager declared a TaskManager lost.
  "detection_ms",
  // From the first fault until every task ran again after the last failure: the sum of the next three.
  "recovery_ms",
  // From the first fault until the job failed.
  "noticed_ms",
  // From there until its tasks could be deployed for the last time.
  "restart_ms",
  // From there until every task ran.
  "restore_ms",
  // From there until the reader's last record that was a quarter later than any before the fault.
  "catch_up_ms",
  // From the trigger of the checkpoint that was restored to the first crash.
  "restored_checkpoint_age_ms",
  // From the first fault until the last transaction that was open then had been committed or aborted.
  "transactions_open_ms",
  // Of the whole pipeline, without faults. Busy time of the busiest task since it began, and the mean of all.
  "busiest_task_ms_per_s",
  "mean_task_ms_per_s",
  // What tasks send each other.
  "task_bytes_out_per_s",
  // Asked of checkpoint storage, from what a checkpoint takes and the time between two.
  "storage_bytes_per_h",
  "storage_puts_per_h",
  "transactional_ids_per_day",
] as const;

export type Metric = (typeof METRICS)[number];

/** A picture of an experiment's results. */
export interface Chart {
  /** Names its files: kebab-case. */
  readonly name: string;
  /** A Vega-Lite or Vega specification whose title is the finding, computed from the results. */
  draw(results: SweepResults): ChartSpec;
}

/** A Vega or Vega-Lite specification; `$schema` tells which. */
export type ChartSpec = Readonly<Record<string, unknown>> & { readonly $schema: string };

/** Declares an experiment, with its types checked. */
export function defineExperiment(experiment: Experiment): Experiment {
  return experiment;
}
