import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { InvariantError } from "../engine/index.ts";
import { type Difference, replayRun, type StoredRun, storedRuns } from "../experiment/index.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { significant } from "./format-quantity.ts";
import { readText } from "./load-pipeline.ts";
import { isSweepFolder, type ReplayArguments, replaySweep } from "./sweep/replay-sweep.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

const LONGEST_VALUE = 200;

/** Runs again what a `run.json` (or the folder it is in), or a sweep's results, were made from, and says whether that gives the
 *  same, to the last bit.
 *  @throws UsageError when the file isn't one. */
export async function replayResults(
  path: string,
  typed: ReplayArguments,
  terminal: Terminal,
): Promise<ExitCode> {
  if (isSweepFolder(path)) return replaySweep(path, typed, terminal, another);
  if (typed.point !== undefined || typed.repetition !== undefined)
    throw new UsageError([
      `Cannot replay a point of ${path}: got no sweep, wanted the folder of its results`,
    ]);
  return replayRunFile(path, terminal);
}

function replayRunFile(path: string, terminal: Terminal): ExitCode {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "run.json") : path;
  const runs = readRuns(file);
  let isSame = true;
  for (const run of runs) {
    const difference = replay(run, file);
    if (difference !== undefined) isSame = false;
    terminal.print(describe(run, difference));
  }
  return isSame ? EXIT_CODES.fine : EXIT_CODES.checkFailed;
}

function readRuns(file: string): readonly StoredRun[] {
  const wanted = "wanted run.json as this version of sluice run writes it";
  let json: unknown;
  try {
    json = JSON.parse(readText(file));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError([`Cannot replay ${file}: it is no JSON, ${wanted}`]);
  }
  const runs = storedRuns(json);
  if (runs === undefined) throw new UsageError([`Cannot replay ${file}: it holds no run, ${wanted}`]);
  return runs;
}

function replay(run: StoredRun, file: string): Difference | undefined {
  try {
    return replayRun(run).difference;
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError([
      `Cannot replay ${file}: its config is not one of this version of Sluice (${reason.split("\n", 1)[0]})`,
    ]);
  }
}

function describe(run: StoredRun, difference: Difference | undefined): string {
  const { pipeline, seed, simulatedSeconds, outcomeFingerprint } = run;
  const name = `${pipeline}, seed ${seed}, ${significant(simulatedSeconds)} s simulated`;
  if (difference === undefined) return `${name}: the same again, outcomes ${outcomeFingerprint}\n`;
  return `${name}: ${another(difference)}\n`;
}

function another({ path, was, is }: Difference): string {
  return `another result; first ${path}: it was ${shown(was)}, and is ${shown(is)}`;
}

function shown(value: string | undefined): string {
  if (value === undefined) return "not there";
  return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
}
