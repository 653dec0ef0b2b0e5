import { join } from "node:path";
import { type RunResult, runPipeline } from "../experiment/index.ts";
import { hitsBrokers } from "../faults/index.ts";
import { groundsOf } from "../fidelity/index.ts";
import { FAULT_OPTION, type Pipeline } from "../pipeline/index.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { significant } from "./format-quantity.ts";
import { type LoadedPipeline, loadPipeline } from "./load-pipeline.ts";
import { prepareFolder, writeRunFiles } from "./run-files.ts";
import { intervalsOf } from "./run-intervals.ts";
import { listFailedChecks, type Runs, renderReport } from "./run-report.ts";
import { PLAIN, type Terminal } from "./terminal.ts";
import { readSimulatedTime, readWhole, reviewSettings } from "./typed-values.ts";
import { UsageError } from "./usage-error.ts";

/** What follows `sluice run PIPELINE`, as typed. */
export interface RunArguments {
  readonly seed: string;
  readonly for?: string;
  readonly set?: readonly string[];
  readonly fault?: readonly string[];
  readonly eachGuarantee?: boolean;
  readonly repetitions: string;
  readonly json?: boolean;
  readonly out?: string;
  readonly spans: "curves" | "one-record";
  readonly polls: "lazy" | "eager";
}

const GUARANTEES = ["none", "at-least-once", "exactly-once"];
const SECOND = 1e9;
const SHORTEST_DEFAULT = 120 * SECOND;
const DEFAULT_INTERVALS = 30;
const WIDTH_OF_FILES = Number.POSITIVE_INFINITY;

/** Runs a pipeline file, prints what came out and writes it to the output folder.
 *  @throws UsageError, ConfigError when the user has to mend something. */
export async function runPipelineFile(
  file: string,
  typed: RunArguments,
  terminal: Terminal,
): Promise<ExitCode> {
  const options = readOptions(typed);
  const pipelines = resolveEach(await loadPipeline(file), typed, terminal);
  const folder = typed.out ?? join("output", firstOf(pipelines).name);
  prepareFolder(folder, ["run.json", "run.txt", "timing.json"]);

  const repetitions = new Map<string, readonly RunResult[]>();
  const timings: Timing[] = [];
  for (const [guarantee, pipeline] of pipelines) {
    const begin = performance.now();
    const { seed, count, duration = defaultDuration(pipeline), ...how } = options;
    const runs = Array.from({ length: count }, (_, i) =>
      runPipeline(pipeline, { ...how, duration, seed: String(seed + i) }),
    );
    timings.push(timeRuns(guarantee, runs, (performance.now() - begin) / 1000));
    repetitions.set(guarantee, runs);
  }

  const json = toJson(repetitions, pipelines, typed.eachGuarantee ?? false);
  terminal.print(typed.json ? json : renderReport(repetitions, terminal.columns, terminal.colors));
  if (!typed.json) terminal.print(describeGrounds(firstOf(pipelines)) + describeTimings(timings));
  writeRunFiles(folder, {
    "run.json": json,
    "run.txt": renderReport(repetitions, WIDTH_OF_FILES, PLAIN),
    "timing.json": `${JSON.stringify(timings, null, 2)}\n`,
  });
  terminal.warn(`Written: ${join(folder, "run.json")}, run.txt, timing.json`);

  const failed = listFailedChecks(repetitions);
  for (const line of failed) terminal.warn(line);
  return failed.length > 0 ? EXIT_CODES.checkFailed : EXIT_CODES.fine;
}

interface ReadOptions extends Pick<RunArguments, "spans" | "polls"> {
  /** Of the first repetition. */
  readonly seed: number;
  /** Repetitions. */
  readonly count: number;
  /** ns; undefined: as the pipeline suggests. */
  readonly duration: number | undefined;
}

function readOptions(typed: RunArguments): ReadOptions {
  const problems: string[] = [];
  const seed = readWhole("--seed", typed.seed, 0, problems);
  const count = readWhole("--repetitions", typed.repetitions, 1, problems);
  const duration = typed.for === undefined ? undefined : readSimulatedTime("--for", typed.for, problems);
  reviewSettings(typed.set, problems);
  if (typed.out === "") problems.push('Cannot read --out: got "", wanted a folder');
  if (problems.length > 0) throw new UsageError(problems);
  return { seed, count, duration, spans: typed.spans, polls: typed.polls };
}

/** The pipelines to run, by delivery guarantee; a warning they share is printed once. */
function resolveEach(
  load: LoadedPipeline,
  typed: RunArguments,
  terminal: Terminal,
): ReadonlyMap<string, Pipeline> {
  const warnings = new Set<string>();
  const faults = (typed.fault ?? []).map((words, i) => `${FAULT_OPTION}${i + 1}=${words}`);
  const resolve = (assignments: readonly string[]): Pipeline => {
    const reading = load([...(typed.set ?? []), ...faults, ...assignments]);
    for (const warning of reading.warnings) warnings.add(warning.message);
    return reading.pipeline;
  };
  const pipelines = new Map<string, Pipeline>();
  if (typed.eachGuarantee) {
    for (const guarantee of GUARANTEES)
      pipelines.set(guarantee, resolve([`sink.delivery-guarantee=${guarantee}`]));
  } else {
    const pipeline = resolve([]);
    const guarantees = pipeline.jobs.flatMap((job) => job.sinks.map((sink) => sink.deliveryGuarantee));
    pipelines.set([...new Set(guarantees)].join(", "), pipeline);
  }
  for (const warning of warnings) terminal.warn(warning);
  reviewPolls(typed.polls, firstOf(pipelines));
  return pipelines;
}

/** The slow reference knows no broker that fails. */
function reviewPolls(polls: RunArguments["polls"], { faults }: Pipeline): void {
  const fault = polls === "eager" ? faults.find(({ action }) => hitsBrokers(action)) : undefined;
  if (fault === undefined) return;
  throw new UsageError([
    `Cannot read --polls: got "eager", wanted "lazy" where faults.${fault.name} hits brokers`,
  ]);
}

function firstOf(pipelines: ReadonlyMap<string, Pipeline>): Pipeline {
  for (const pipeline of pipelines.values()) return pipeline;
  throw new Error("Cannot run: there is no pipeline");
}

/** Enough checkpoints for their quantiles, nanoseconds. */
function defaultDuration(pipeline: Pipeline): number {
  const intervals = pipeline.jobs.map((job) => job.checkpointing.interval ?? 0);
  return Math.max(SHORTEST_DEFAULT, DEFAULT_INTERVALS * Math.max(0, ...intervals));
}

/** One run's JSON is the result itself, with what the prediction stands on and what its repetitions give; that of several is a list
 *  of them. */
function toJson(runs: Runs, pipelines: ReadonlyMap<string, Pipeline>, eachGuarantee: boolean): string {
  const results = [...runs].map(([name, repetitions]) => ({
    ...repetitions[0],
    grounds: groundsOf(pipelines.get(name)!),
    ...(repetitions.length > 1 && {
      repetitions: { seeds: repetitions.map(({ seed }) => seed), readers: intervalsOf(repetitions) },
    }),
  }));
  return `${JSON.stringify(eachGuarantee ? { runs: results } : results[0], null, 2)}\n`;
}

/** What of a prediction was held against no real cluster. Every place but the reference's is. */
function describeGrounds(pipeline: Pipeline): string {
  const extrapolated = groundsOf(pipeline).filter(({ grounds }) => grounds === "extrapolated");
  if (extrapolated.length === 0) return "";
  const mechanisms = extrapolated.map(({ mechanism }) => mechanism).join("; ");
  return `Not held against a real cluster: ${mechanisms} (docs/fidelity.md)\n`;
}

interface Timing {
  readonly deliveryGuarantee: string;
  readonly wallSeconds: number;
  readonly timesRealTime: number;
  readonly eventsPerSecond: number;
}

function timeRuns(deliveryGuarantee: string, runs: readonly RunResult[], wallSeconds: number): Timing {
  const sum = (of: (run: RunResult) => number) => runs.reduce((total, run) => total + of(run), 0);
  return {
    deliveryGuarantee,
    wallSeconds,
    timesRealTime: sum(({ simulatedSeconds }) => simulatedSeconds) / wallSeconds,
    eventsPerSecond: sum(({ events }) => events) / wallSeconds,
  };
}

function describeTimings(timings: readonly Timing[]): string {
  const wall = timings.map(({ wallSeconds }) => significant(wallSeconds)).join(" + ");
  const times = timings.map(({ timesRealTime }) => significant(timesRealTime)).join(", ");
  return `${wall} s wall time, ${times} × real time\n`;
}
