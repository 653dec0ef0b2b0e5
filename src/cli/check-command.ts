import { setFlagsFromString } from "node:v8";
import {
  type BrokenSchedule,
  loadScheduleSearch,
  type RunResult,
  replayCommand,
} from "../experiment/index.ts";
import { formatDuration } from "../pipeline/index.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { formatCount, significant } from "./format-quantity.ts";
import { loadPipeline } from "./load-pipeline.ts";
import { openProgress } from "./sweep/progress.ts";
import type { Terminal } from "./terminal.ts";
import { readSimulatedTime, readWhole, reviewSettings } from "./typed-values.ts";
import { UsageError } from "./usage-error.ts";

/** What follows `sluice check PIPELINE`, as typed. */
export interface CheckArguments {
  readonly runs: string;
  readonly for: string;
  readonly seed: string;
  readonly set?: readonly string[];
}

/** Seeds that the draws of a search tell apart. */
const MOST_SEEDS = 2 ** 31;
/** Of a timeline, and how many of them at its end. */
const EVENTS = 10;
const LAST_EVENTS = 4;

/** Searches for a schedule of faults that breaks what a pipeline promises, and prints the smallest it finds.
 *  @throws UsageError, ConfigError when the user has to mend something. */
export async function checkPipelineFile(
  file: string,
  typed: CheckArguments,
  terminal: Terminal,
): Promise<ExitCode> {
  const problems: string[] = [];
  const runs = readWhole("--runs", typed.runs, 1, problems);
  const seed = readWhole("--seed", typed.seed, 0, problems);
  if (seed >= MOST_SEEDS)
    problems.push(`Cannot read --seed: got "${typed.seed}", wanted less than ${MOST_SEEDS}`);
  const duration = readSimulatedTime("--for", typed.for, problems);
  reviewSettings(typed.set, problems);
  if (problems.length > 0 || duration === undefined) throw new UsageError(problems);
  const { pipeline, warnings } = (await loadPipeline(file))(typed.set ?? []);
  for (const { message } of warnings) terminal.warn(message);

  const { checkSchedules } = await loadScheduleSearch();
  const progress = await openProgress(terminal, runs, 0);
  const begin = performance.now();
  const onRun = (done: number): void => progress.update(done, Math.max(done, runs));
  const report = withFeedbackFromTheStart(() => checkSchedules(pipeline, { runs, seed, duration, onRun }));
  progress.stop();
  const seconds = (performance.now() - begin) / 1000;
  const speed =
    `${formatCount(report.schedules)} schedule${report.schedules === 1 ? "" : "s"} of ${formatDuration(duration)}, ` +
    `seed ${seed}, ${significant(report.runs / seconds)} a second`;
  if (report.broken === undefined) {
    terminal.print(`${pipeline.name}: no check failed in ${speed}\n`);
    return EXIT_CODES.fine;
  }
  const { seed: runSeed, faults } = report.broken;
  const command = replayCommand(file, { seed: runSeed, duration, assignments: typed.set ?? [], faults });
  terminal.print(`${pipeline.name}: a check failed in ${speed}\n\n${describeBroken(report.broken, command)}`);
  return report.broken.violation.isBug ? EXIT_CODES.bug : EXIT_CODES.checkFailed;
}

/** V8 begins to collect what it optimises a function by at its first call, not at its eighth: what is called once a world is
 *  otherwise slow for the first hundred schedules. Taken back, since files in the compile cache are bound to V8's settings. */
function withFeedbackFromTheStart<T>(search: () => T): T {
  setFlagsFromString("--no-lazy-feedback-allocation");
  try {
    return search();
  } finally {
    setFlagsFromString("--lazy-feedback-allocation");
  }
}

function describeBroken({ faults, violation, result }: BrokenSchedule, command: string): string {
  const failed = result?.checks.filter(({ violations }) => violations.length > 0) ?? [];
  const checks = failed.map(({ name, violations }) => `${name}: ${violations[0]}`);
  return [
    ...(checks.length > 0 ? checks : [`${violation.check}: ${violation.what}`]),
    "",
    ...(faults.length === 0 ? ["It takes no fault."] : []),
    command,
    ...(result === undefined || result.recovery.timeline.length === 0 ? [] : ["", ...timelineOf(result)]),
    "",
  ].join("\n");
}

/** The faults, and of what else happened the first and the last events, ten together where the faults leave room; what happened
 *  again (as a job that restarts and fails does) only once. */
function timelineOf({ recovery }: RunResult): string[] {
  const told = new Set<string>();
  const lines: string[] = [];
  const faults: string[] = [];
  for (const { atMs, job, what } of recovery.timeline) {
    const event = `${job === null ? "" : `${job}: `}${what}`;
    if (told.has(event)) continue;
    told.add(event);
    const line = `  ${(atMs / 1000).toFixed(3).padStart(9)} s  ${event}`;
    if (what.startsWith("command-line-")) faults.push(line);
    lines.push(line);
  }
  const others = lines.filter((line) => !faults.includes(line));
  const room = Math.max(LAST_EVENTS, EVENTS - faults.length);
  const first = others.slice(0, Math.max(0, Math.min(room, others.length) - LAST_EVENTS));
  const kept = new Set([...faults, ...first, ...others.slice(-LAST_EVENTS)]);
  return lines.filter((line) => kept.has(line));
}
