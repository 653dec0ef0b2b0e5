import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { calibrate, formatEnvironmentFile, type RestAnswer, readRestAnswer } from "../interop/index.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { fileProblem } from "./file-problem.ts";
import { readText } from "./load-pipeline.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** What follows `sluice calibrate FILES…`, as typed. */
export interface CalibrateArguments {
  readonly name: string;
  readonly basedOn: string;
  readonly out?: string;
}

/** Reads answers of Flink's REST API and prints or writes the environment they describe.
 *  @throws UsageError when a file is none, or holds nothing to calibrate by. */
export function calibrateEnvironment(
  files: readonly string[],
  { name, basedOn, out }: CalibrateArguments,
  terminal: Terminal,
): ExitCode {
  const answers = readAnswers(files);
  for (const answer of answers)
    if (answer.kind === "other")
      terminal.warn(`Note on ${answer.file}: got ${answer.what}; nothing in it to calibrate by`);
  const calibration = calibrate(answers);
  if (Object.keys({ ...calibration.figures, ...calibration.observed }).length === 0) {
    throw new UsageError([
      `Cannot calibrate: got nothing to derive a figure from in ${files.join(", ")}, wanted answers about completed checkpoints`,
    ]);
  }
  const text = formatEnvironmentFile(calibration, { name, basedOn });
  if (out === undefined) terminal.print(text);
  else {
    write(out, text);
    terminal.warn(`Written: ${out}`);
  }
  return EXIT_CODES.fine;
}

function readAnswers(files: readonly string[]): RestAnswer[] {
  const problems: string[] = [];
  const answers = files.flatMap((file) => {
    const reading = readRestAnswer(readText(file), basename(file));
    if (reading.ok) return [reading.answer];
    problems.push(`Cannot read ${file}: ${reading.problem}`);
    return [];
  });
  if (problems.length > 0) throw new UsageError(problems);
  return answers;
}

/** A file that is there already is left alone. */
function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
    const problem = exists ? "it is there already, and would be lost" : fileProblem(error);
    if (problem === undefined) throw error;
    throw new UsageError([`Cannot write ${file}: ${problem}`]);
  }
}
