import type { Metric, PointSummary, Settings, SweepResults } from "../experiment/index.ts";
import type { JobSpec } from "../pipeline/index.ts";
import { type Guess, nanoseconds } from "./guesses.ts";
import {
  AFTER_COMPLETION,
  AS_CONFIGURED,
  CRASHES,
  type Crash,
  exceptionIn,
  highOf,
  LONGEST_CRASH,
  lowOf,
  NO_CRASH,
  type ReviewPlan,
  type Setting,
  SWAPPED,
  TYPICAL,
} from "./plan-review.ts";

/** A mean over the repetitions, the half-width of its 95 % interval (null: a single repetition), and the largest of them. */
export interface Known {
  readonly mean: number;
  readonly halfWidth: number | null;
  readonly max: number;
}

/** What a named reader is promised. */
export interface ReaderFacts {
  readonly reader: string;
  readonly topic: string;
  readonly isolationLevel: string;
  /** Between 0 and 1: that of its SLO, or 0.99. */
  readonly quantile: number;
  /** null: it has no SLO. */
  readonly sloMs: number | null;
}

export interface ReaderLatency extends ReaderFacts {
  /** At the quantile, ms; null: nothing arrived in the time that was measured. */
  readonly latencyMs: Known | null;
  /** Whether the whole interval is within the SLO; null: there is none. */
  readonly met: boolean | null;
}

/** One point of the grid: what each reader sees, without a fault. */
export interface GridPoint {
  readonly guarantee: string;
  readonly intervalMs: number;
  readonly reader: string;
  readonly isolationLevel: string;
  readonly latencyMs: Known | null;
}

export interface Repeats {
  readonly guarantee: string;
  readonly intervalMs: number;
  readonly reader: string;
  readonly repeated: number;
}

export interface CrashFigures {
  readonly crash: Crash;
  /** From the fault until every task runs again, ms; null: it doesn't, or nothing happened. */
  readonly outageMs: Known | null;
  /** Its parts, ms: until the job failed, until its tasks could be deployed, until all of them ran. */
  readonly phases: Readonly<Record<"noticedMs" | "restartMs" | "restoreMs", Known | null>>;
  /** Age of the checkpoint that is restored, ms. */
  readonly ageMs: Known | null;
  readonly readers: readonly {
    readonly reader: string;
    readonly lost: number;
    readonly repeated: number;
    /** How far a key's value went back in time, ms. */
    readonly setbackMs: number;
  }[];
}

export interface OtherCrash {
  readonly job: string;
  /** Whether anybody reads what it writes: how long it is down is measured with its readers. */
  readonly isRead: boolean;
  /** From the fault until every task runs again, ms; null: no reader reads what the job writes, or it isn't back. */
  readonly outageMs: Known | null;
  readonly readers: CrashFigures["readers"];
}

/** One guarantee with one interval, looked at from all sides. Counts are the largest of all repetitions. */
export interface Candidate {
  readonly name: string;
  readonly guarantee: string;
  readonly intervalMs: number;
  readonly readers: readonly ReaderLatency[];
  /** Nothing replaces a process that is lost. */
  readonly isStandalone: boolean;
  /** Most records that any reader lost although nothing failed. */
  readonly lostWithoutFault: number;
  readonly crashes: readonly CrashFigures[];
  /** An exception in each of the other jobs, at its own worst instant; empty: there is one job. */
  readonly otherCrashes: readonly OtherCrash[];
  /** After the longest crash, from when every task runs until no reader waits longer than before, ms; null: it wasn't seen. */
  readonly caughtUpMs: Known | null;
  readonly checkpointMs: Known | null;
  /** ms a second. */
  readonly busiestTask: Known;
  readonly meanTask: Known;
  readonly taskBytesPerS: Known;
  readonly storageBytesPerH: Known | null;
  readonly putsPerH: Known | null;
  readonly transactionalIdsPerDay: Known;
  /** Least of the exactly-once sinks, ms; null: there are none. */
  readonly transactionTimeoutMs: number | null;
  /** Below it a crash loses records that were already pre-committed, ms; null: nothing is written in transactions. */
  readonly leastTimeoutMs: number | null;
}

/** What a lost node loses under a transaction timeout, of all readers the most. */
export interface TimeoutTrial {
  readonly timeoutMs: number;
  readonly lost: number;
}

/** @param results of the runs that try transaction timeouts. */
export function timeoutTrialsOf(results: SweepResults): TimeoutTrial[] {
  const runs = Map.groupBy(results.summaries, ({ factors }) => String(factors["timeout"]));
  return [...runs].map(([timeout, summaries]) => ({
    timeoutMs: nanoseconds(timeout) / 1e6,
    lost: Math.max(...summaries.map((summary) => largest(summary, "records_lost"))),
  }));
}

export interface GuessEffect extends Guess {
  /** At the ends of the range, one repetition; `typical` likewise. */
  readonly low: string;
  readonly ends: Readonly<Record<"low" | "typical" | "high", GuessOutcome>>;
}

export interface GuessOutcome extends Outcome {
  /** ns */
  readonly value: number;
}

/** All guesses at once. */
export interface JointOutcome extends Outcome {
  readonly name: string;
  /** What was drawn, by key, as `--set` takes it. */
  readonly settings: Settings;
}

/** What comes of guesses, in one repetition. */
export interface Outcome {
  /** By reader, ms. */
  readonly latencyMs: Readonly<Record<string, number | null>>;
  readonly outageMs: number | null;
  readonly busiestTask: number;
  readonly leastTimeoutMs: number | null;
}

const KEYS = { guess: TYPICAL, isolation: AS_CONFIGURED, crash: NO_CRASH };

/** The readers of a plan's pipeline. */
export function readersOf({ pipeline }: ReviewPlan): ReaderFacts[] {
  return pipeline.readers.map(({ name, topic, consumer, slo }) => ({
    reader: name,
    topic,
    isolationLevel: consumer.isolationLevel,
    quantile: slo?.quantile ?? 0.99,
    sloMs: slo === undefined ? null : slo.bound / 1e6,
  }));
}

/** What each reader, under each isolation level, sees at each point of the grid. */
export function gridPointsOf(plan: ReviewPlan, results: SweepResults): GridPoint[] {
  return [AS_CONFIGURED, SWAPPED].flatMap((isolation) =>
    find(results, { ...KEYS, isolation }).map((summary) => ({
      guarantee: String(summary.factors["guarantee"]),
      intervalMs: Number(summary.factors["interval"]),
      reader: summary.reader,
      isolationLevel: summary.isolationLevel,
      latencyMs: latencyOf(plan, summary),
    })),
  );
}

/** Most records repeated to each reader by an exception, at each point of the grid. */
export function repeatsOf(results: SweepResults): Repeats[] {
  return find(results, { ...KEYS, crash: "exception" }).map((summary) => ({
    guarantee: String(summary.factors["guarantee"]),
    intervalMs: Number(summary.factors["interval"]),
    reader: summary.reader,
    repeated: largest(summary, "records_duplicated"),
  }));
}

/** A setting's figures, but for how long it takes to catch up; undefined: it could not be run.
 *  @param results hold it without a crash and with each. */
export function candidateOf(
  plan: ReviewPlan,
  results: SweepResults,
  name: string,
  setting: Setting,
): Candidate | undefined {
  const intervalMs = nanoseconds(setting.interval) / 1e6;
  const here = { ...KEYS, guarantee: setting.guarantee, interval: intervalMs };
  const steady = find(results, here);
  const first = writtenBy(plan.job, steady);
  if (first === undefined) return undefined;
  const crashes = CRASHES.map((crash) => crashFiguresOf(crash, plan.job, find(results, { ...here, crash })));
  const sinks = plan.job.sinks.filter(({ deliveryGuarantee }) =>
    setting.guarantee === AS_CONFIGURED
      ? deliveryGuarantee === "exactly-once"
      : setting.guarantee === "exactly-once",
  );
  const timeouts = sinks.map(({ transactionTimeout }) =>
    Math.min(transactionTimeout, plan.pipeline.kafka.transactionMaxTimeout),
  );
  const after = writtenBy(plan.job, find(results, { ...here, crash: AFTER_COMPLETION }));
  const outages = [
    ...crashes.map(({ outageMs }) => outageMs),
    after ? known(after, "recovery_ms") : null,
  ].flatMap((outage) => (outage === null ? [] : [outage.max]));
  const duration = known(first, "checkpoint_duration_max_ms");
  return {
    name,
    guarantee: setting.guarantee,
    intervalMs,
    readers: readersOf(plan).map((facts) => {
      const summary = steady.find(({ reader }) => reader === facts.reader);
      const latencyMs = summary === undefined ? null : latencyOf(plan, summary);
      return { ...facts, latencyMs, met: facts.sloMs === null ? null : isWithin(latencyMs, facts.sloMs) };
    }),
    isStandalone: plan.pipeline.flink.resourceProvider === "standalone",
    lostWithoutFault: Math.max(0, ...steady.map((summary) => largest(summary, "records_lost"))),
    crashes,
    otherCrashes: plan.otherJobs.map((job) =>
      otherCrashOf(job, find(results, { ...here, crash: exceptionIn(job.name) })),
    ),
    caughtUpMs: null,
    checkpointMs: known(first, "checkpoint_duration_mean_ms"),
    busiestTask: known(first, "busiest_task_ms_per_s")!,
    meanTask: known(first, "mean_task_ms_per_s")!,
    taskBytesPerS: known(first, "task_bytes_out_per_s")!,
    storageBytesPerH: known(first, "storage_bytes_per_h"),
    putsPerH: known(first, "storage_puts_per_h"),
    transactionalIdsPerDay: known(first, "transactional_ids_per_day")!,
    transactionTimeoutMs: timeouts.length === 0 ? null : Math.min(...timeouts) / 1e6,
    leastTimeoutMs:
      timeouts.length === 0 || outages.length === 0
        ? null
        : intervalMs + (duration?.max ?? 0) + Math.max(...outages),
  };
}

/** The candidate with how long it takes its slowest reader to catch up. @param results of the runs that go on until then. */
export function withCatchUp(candidate: Candidate, results: SweepResults | undefined): Candidate {
  const found = (results?.summaries ?? []).filter(
    ({ factors }) =>
      factors["guarantee"] === candidate.guarantee && factors["interval"] === candidate.intervalMs,
  );
  const times = found.flatMap((summary) => known(summary, "catch_up_ms") ?? []);
  const [slowest = null] = times.toSorted((a, b) => b.mean - a.mean);
  return { ...candidate, caughtUpMs: slowest };
}

export function crashOf({ crashes }: Candidate, crash: Crash): CrashFigures {
  return crashes.find((one) => one.crash === crash)!;
}

/** What all guesses together do. @param results of one repetition. */
export function jointOutcomesOf(plan: ReviewPlan, results: SweepResults): JointOutcome[] {
  return plan.together.map(({ name, settings }) => ({ name, settings, ...outcomeOf(plan, results, name) }));
}

/** What a guess does at its ends and in between. @param results of one repetition. */
export function guessEffectsOf(plan: ReviewPlan, results: SweepResults): GuessEffect[] {
  const outcome = (guess: string, value: string): GuessOutcome => ({
    value: nanoseconds(value),
    ...outcomeOf(plan, results, guess),
  });
  return plan.guesses.map((guess) => ({
    ...guess,
    ends: {
      low: outcome(lowOf(guess), guess.low),
      typical: outcome(TYPICAL, guess.typical),
      high: outcome(highOf(guess), guess.high),
    },
  }));
}

function outcomeOf(plan: ReviewPlan, results: SweepResults, guess: string): Outcome {
  const steady = find(results, { ...KEYS, guess });
  const crashed = writtenBy(plan.job, find(results, { ...KEYS, guess, crash: LONGEST_CRASH }));
  const outageMs =
    crashed === undefined || crashed.metrics.restarts.mean === 0
      ? null
      : (known(crashed, "recovery_ms")?.mean ?? null);
  const first = writtenBy(plan.job, steady);
  const duration = first === undefined ? null : known(first, "checkpoint_duration_max_ms");
  return {
    latencyMs: Object.fromEntries(
      steady.map((summary) => [summary.reader, latencyOf(plan, summary)?.mean ?? null]),
    ),
    outageMs,
    busiestTask: first === undefined ? Number.NaN : first.metrics.busiest_task_ms_per_s.mean,
    leastTimeoutMs:
      outageMs === null || first === undefined
        ? null
        : Number(first.factors["interval"]) + (duration?.mean ?? 0) + outageMs,
  };
}

/** Whether all of the interval lies within the bound. */
export function isWithin(value: Known | null, bound: number): boolean {
  return value !== null && value.mean + (value.halfWidth ?? 0) <= bound;
}

function crashFiguresOf(crash: Crash, job: JobSpec, summaries: readonly PointSummary[]): CrashFigures {
  const first = writtenBy(job, summaries);
  const happened = first !== undefined && first.metrics.restarts.mean > 0;
  return {
    crash,
    outageMs: happened ? known(first, "recovery_ms") : null,
    phases: {
      noticedMs: happened ? known(first, "noticed_ms") : null,
      restartMs: happened ? known(first, "restart_ms") : null,
      restoreMs: happened ? known(first, "restore_ms") : null,
    },
    ageMs: happened ? known(first, "restored_checkpoint_age_ms") : null,
    readers: countsOf(summaries),
  };
}

function otherCrashOf(job: JobSpec, summaries: readonly PointSummary[]): OtherCrash {
  const own = summaries.find(({ topic }) => job.sinks.some((sink) => sink.topic === topic));
  return {
    job: job.name,
    isRead: own !== undefined,
    outageMs: own === undefined ? null : known(own, "recovery_ms"),
    readers: countsOf(summaries),
  };
}

function countsOf(summaries: readonly PointSummary[]): CrashFigures["readers"] {
  return summaries.map((summary) => ({
    reader: summary.reader,
    lost: largest(summary, "records_lost"),
    repeated: largest(summary, "records_duplicated"),
    setbackMs: largest(summary, "upsert_setback_ms"),
  }));
}

/** What a reader of the job's own topics has of it: a row's metrics of jobs are those of the job that writes its topic. */
function writtenBy(job: JobSpec, summaries: readonly PointSummary[]): PointSummary | undefined {
  const own = summaries.find(({ topic }) => job.sinks.some((sink) => sink.topic === topic));
  return own ?? summaries[0];
}

function latencyOf({ pipeline }: ReviewPlan, summary: PointSummary): Known | null {
  const { slo } = pipeline.readers.find(({ name }) => name === summary.reader)!;
  return known(summary, slo === undefined ? "latency_p99_ms" : "latency_slo_ms");
}

function known(summary: PointSummary, metric: Metric): Known | null {
  const { count, mean, halfWidth } = summary.metrics[metric];
  if (count === 0) return null;
  return { mean, halfWidth: Number.isFinite(halfWidth) ? halfWidth : null, max: largest(summary, metric) };
}

function largest(summary: PointSummary, metric: Metric): number {
  return summary.values[metric].reduce((most, value) => (value > most ? value : most), 0);
}

function find(
  results: SweepResults,
  where: Readonly<Record<string, string | number>>,
): readonly PointSummary[] {
  return results.summaries.filter((summary) =>
    Object.entries(where).every(
      ([name, wanted]) => (name === "reader" ? summary.reader : summary.factors[name]) === wanted,
    ),
  );
}
