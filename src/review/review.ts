import type { SweepResults } from "../experiment/index.ts";
import { haveWindows } from "../pipeline/index.ts";
import { type GuessThreshold, guessThresholds } from "./guess-threshold.ts";
import { nanoseconds } from "./guesses.ts";
import type { ReviewPlan, Setting } from "./plan-review.ts";
import { proposeSetting } from "./propose-setting.ts";
import {
  type Candidate,
  candidateOf,
  type GridPoint,
  type GuessEffect,
  gridPointsOf,
  guessEffectsOf,
  type JointOutcome,
  jointOutcomesOf,
  type ReaderFacts,
  type Repeats,
  readersOf,
  repeatsOf,
  type TimeoutTrial,
  timeoutTrialsOf,
  withCatchUp,
} from "./review-figures.ts";
import { type ThroughCrash, throughCrashOf } from "./through-crash.ts";

/** Everything that a review says is computed from. Plain data. */
export interface Review {
  readonly pipeline: string;
  readonly seed: number;
  readonly repetitions: number;
  readonly configured: Setting & {
    readonly intervalMs: number;
    /** The one job that gets other intervals, since those of the others differ from its own; null: all jobs do. */
    readonly job: string | null;
  };
  /** The job that crashes in every way: the one that writes what the first reader reads. */
  readonly crashedJob: string;
  readonly readers: readonly ReaderFacts[];
  readonly guarantees: readonly string[];
  readonly grid: readonly GridPoint[];
  /** What an exception just before a checkpoint completes repeats at most. */
  readonly repeats: readonly Repeats[];
  /** As configured, proposed (where it is another), and at-least-once with upsert (where it is a third). */
  readonly candidates: readonly Candidate[];
  /** Name of the candidate that is proposed; null: nothing that was tried keeps every promise. */
  readonly proposed: string | null;
  /** Of the first candidate that writes in transactions: half of its least safe timeout, and that; empty: none does. */
  readonly timeouts: readonly TimeoutTrial[];
  /** `transaction.abort.timed.out.transaction.cleanup.interval.ms` */
  readonly sweepMs: number;
  /** Whether a job hands on what it has counted in windows, all at once when one fires. */
  readonly haveWindows: boolean;
  /** What the configured job's readers see around its longest crash; null: it doesn't come back. */
  readonly throughCrash: ThroughCrash | null;
  readonly guesses: readonly GuessEffect[];
  /** All guesses at once, draw by draw, and last at their upper ends; empty: nothing is guessed. */
  readonly together: readonly JointOutcome[];
  /** Of what is proposed, or else of what is configured. */
  readonly thresholds: readonly GuessThreshold[];
}

export const CONFIGURED = "as configured";
export const PROPOSED = "proposed";
export const UPSERT = "at-least-once with upsert";

/** What is looked at closely, by name, each setting once: the configured one first. */
export function settingsToCompare(plan: ReviewPlan, grid: SweepResults): ReadonlyMap<string, Setting> {
  const { guarantee, interval } = plan;
  const proposal = proposeSetting(plan, gridPointsOf(plan, grid));
  const settings = new Map<string, Setting>([[CONFIGURED, { guarantee, interval }]]);
  const add = (name: string, setting: Setting): void => {
    const isThere = [...settings.values()].some(
      (one) => one.guarantee === setting.guarantee && one.interval === setting.interval,
    );
    if (!isThere) settings.set(name, setting);
  };
  if (proposal !== undefined) add(PROPOSED, proposal);
  add(UPSERT, { guarantee: "at-least-once", interval });
  return settings;
}

/** The setting whose guesses are looked at: what is proposed, or else what is configured. */
export function settingToGuess(settings: ReadonlyMap<string, Setting>): Setting {
  return settings.get(PROPOSED) ?? settings.get(CONFIGURED)!;
}

/** The setting under which transaction timeouts are tried, and which, ms; undefined: nothing is written in transactions. */
export function timeoutsToTry(
  plan: ReviewPlan,
  settings: ReadonlyMap<string, Setting>,
  crashes: SweepResults,
): { readonly setting: Setting; readonly timeouts: readonly number[] } | undefined {
  for (const [name, setting] of settings) {
    const least = candidateOf(plan, crashes, name, setting)?.leastTimeoutMs ?? null;
    if (least === null) continue;
    const safe = Math.ceil(least / 1000) * 1000;
    return { setting, timeouts: [Math.round(safe / 2), safe] };
  }
  return undefined;
}

/** The figures of the settings that could be run. @param settings those of `settingsToCompare`. */
export function candidatesOf(
  plan: ReviewPlan,
  settings: ReadonlyMap<string, Setting>,
  crashes: SweepResults,
): Candidate[] {
  return [...settings].flatMap(([name, setting]) => candidateOf(plan, crashes, name, setting) ?? []);
}

/** Puts the results of the sweeps together.
 *  @param settings those of `settingsToCompare`. */
export function buildReview(
  plan: ReviewPlan,
  settings: ReadonlyMap<string, Setting>,
  results: {
    readonly grid: SweepResults;
    readonly crashes: SweepResults;
    readonly guesses: SweepResults;
    readonly timeouts: SweepResults | undefined;
    readonly recovery: SweepResults | undefined;
  },
): Review {
  const grid = gridPointsOf(plan, results.grid);
  const candidates = candidatesOf(plan, settings, results.crashes).map((candidate) =>
    withCatchUp(candidate, results.recovery),
  );
  const guesses = guessEffectsOf(plan, results.guesses);
  const proposal = proposeSetting(plan, grid);
  const proposed = candidates.find(
    ({ guarantee, intervalMs }) =>
      guarantee === proposal?.guarantee && intervalMs === nanoseconds(proposal.interval) / 1e6,
  );
  const guessed = candidates.find(({ name }) => name === PROPOSED) ?? candidates[0]!;
  const { guarantee, interval, pipeline, request } = plan;
  return {
    pipeline: pipeline.name,
    seed: request.seed,
    repetitions: results.grid.summaries[0]?.repetitions ?? 0,
    configured: {
      guarantee,
      interval,
      intervalMs: nanoseconds(interval) / 1e6,
      job: plan.isAlone ? plan.job.name : null,
    },
    crashedJob: plan.job.name,
    readers: readersOf(plan),
    guarantees: plan.guarantees.filter((one) => grid.some((point) => point.guarantee === one)),
    grid,
    repeats: repeatsOf(results.grid),
    candidates,
    proposed: proposed?.name ?? null,
    haveWindows: pipeline.jobs.some((job) => haveWindows(job).includes(true)),
    sweepMs: pipeline.kafka.transactions.sweepInterval / 1e6,
    throughCrash: throughCrashOf(plan, results.recovery),
    timeouts: results.timeouts === undefined ? [] : timeoutTrialsOf(results.timeouts),
    guesses,
    together: jointOutcomesOf(plan, results.guesses),
    thresholds: guessThresholds(guessed, guesses),
  };
}
