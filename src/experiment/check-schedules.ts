import fc from "fast-check";
import type { FaultPlan } from "../faults/index.ts";
import type { Pipeline } from "../pipeline/index.ts";
import { faultSchedules } from "./fault-schedules.ts";
import { judgePipeline, runPipeline, type Verdict } from "./run-pipeline.ts";
import type { RunResult } from "./run-result.ts";

export interface ScheduleSearch {
  /** Schedules that are drawn, from 1. */
  readonly runs: number;
  /** What the schedules are drawn from, a whole number; the same one draws the same schedules. */
  readonly seed: number;
  /** ns of load of each run. */
  readonly duration: number;
  /** Faults of a schedule, at most. */
  readonly mostFaults?: number;
  /** Called before each run, those that shrink a schedule included. */
  readonly onRun?: (runs: number) => void;
}

/** What is wrong with one run. */
export interface Violation {
  /** Name of the check; that of the error where Sluice itself failed. */
  readonly check: string;
  readonly what: string;
  /** It is Sluice that failed, not a guarantee of the simulated system. */
  readonly isBug: boolean;
}

/** The smallest schedule that was found to break something. */
export interface BrokenSchedule {
  readonly faults: FaultPlan;
  /** Seed of the run. */
  readonly seed: string;
  readonly violation: Violation;
  /** undefined: the run gave none. */
  readonly result: RunResult | undefined;
}

export interface ScheduleReport {
  /** Schedules that were drawn; with a broken one those up to it. */
  readonly schedules: number;
  /** Runs in all, those that shrank it included. */
  readonly runs: number;
  /** undefined: every schedule kept what the pipeline promises. */
  readonly broken: BrokenSchedule | undefined;
}

const MOST_FAULTS = 4;
/** Seeds of the runs lie below. */
const RUN_SEEDS = 1_000_000;
/** Runs that a broken schedule is shrunk in. */
const SHRINKING_RUNS = 300;
/** Schedules of fewer faults that are drawn once one has been found. */
const SMALLER_SCHEDULES = 200;

/** Draws fault schedules for a pipeline, in addition to the faults it has, and runs each until one violates a check or makes
 *  Sluice fail; that one is shrunk to the fewest and simplest faults that still do. */
export function checkSchedules(pipeline: Pipeline, search: ScheduleSearch): ScheduleReport {
  const { mostFaults = MOST_FAULTS } = search;
  let report = new Search(pipeline, search, search.runs, mostFaults).run();
  let { runs } = report;
  const { schedules } = report;
  // What is left may hang together: none can go without the others being moved. A schedule of fewer may still be found.
  while (report.broken !== undefined && report.broken.faults.length > 1) {
    const fewer = report.broken.faults.length - 1;
    const smaller = new Search(pipeline, search, SMALLER_SCHEDULES, fewer, runs).run();
    runs += smaller.runs;
    if (smaller.broken === undefined) break;
    report = smaller;
  }
  return { schedules, runs, broken: report.broken };
}

/** One search among schedules of up to `mostFaults`. */
class Search {
  readonly #pipeline: Pipeline;
  readonly #search: ScheduleSearch;
  readonly #schedules: number;
  readonly #mostFaults: number;
  readonly #runsBefore: number;
  #runs = 0;
  #shrinkingRuns = 0;
  #isShrinking = false;

  constructor(
    pipeline: Pipeline,
    search: ScheduleSearch,
    schedules: number,
    mostFaults: number,
    runsBefore = 0,
  ) {
    this.#pipeline = pipeline;
    this.#search = search;
    this.#schedules = schedules;
    this.#mostFaults = mostFaults;
    this.#runsBefore = runsBefore;
  }

  run(): ScheduleReport {
    const { seed, duration } = this.#search;
    const schedules = faultSchedules(this.#pipeline, duration, this.#mostFaults);
    // A smaller seed is no simpler one, so the seed stays while the faults shrink.
    const runSeeds = fc.noShrink(fc.noBias(fc.nat({ max: RUN_SEEDS - 1 })));
    const details = fc.check(
      fc.property(schedules, runSeeds, (faults, runSeed) => this.#holds(faults, String(runSeed))),
      { numRuns: this.#schedules, seed },
    );
    const found = { schedules: details.numRuns, runs: this.#runs };
    if (details.counterexample === null) return { ...found, broken: undefined };
    const [faults, runSeed] = details.counterexample;
    const violation = this.#attempt(judgePipeline, faults, String(runSeed)).violation!;
    const result = this.#attempt(runPipeline, faults, String(runSeed)).ran;
    return { ...found, broken: { faults, seed: String(runSeed), violation, result } };
  }

  #holds(faults: FaultPlan, seed: string): boolean {
    if (this.#isShrinking && this.#shrinkingRuns++ >= SHRINKING_RUNS) return true;
    this.#search.onRun?.(this.#runsBefore + this.#runs);
    this.#runs++;
    const holds = this.#attempt(judgePipeline, faults, seed).violation === undefined;
    if (!holds) this.#isShrinking = true;
    return holds;
  }

  #attempt<Ran extends Verdict>(run: Run<Ran>, faults: FaultPlan, seed: string): Attempt<Ran> {
    const pipeline = { ...this.#pipeline, faults: [...this.#pipeline.faults, ...faults] };
    try {
      const ran = run(pipeline, { seed, duration: this.#search.duration });
      return { ran, violation: violationOf(ran) };
    } catch (error) {
      const [check, what] = error instanceof Error ? [error.name, error.message] : ["Error", String(error)];
      return { ran: undefined, violation: { check, what, isBug: true } };
    }
  }
}

type Run<Ran> = (pipeline: Pipeline, options: { readonly seed: string; readonly duration: number }) => Ran;

interface Attempt<Ran> {
  readonly ran: Ran | undefined;
  readonly violation: Violation | undefined;
}

function violationOf({ checks, stopReason }: Verdict): Violation | undefined {
  const failed = checks.find(({ violations }) => violations.length > 0);
  if (failed !== undefined) return { check: failed.name, what: failed.violations[0]!, isBug: false };
  if (stopReason === "reached-end") return undefined;
  return { check: "reached-end", what: `the run stopped: ${stopReason}`, isBug: true };
}
