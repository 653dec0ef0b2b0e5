import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type PipelineInput,
  type PipelineReading,
  parsePipeline,
  resolvePipeline,
} from "../pipeline/index.ts";
import { fileProblem } from "./file-problem.ts";
import { UsageError } from "./usage-error.ts";

/** A pipeline file that has been read once and can be resolved under different `KEY=VALUE` assignments.
 *  @throws ConfigError when what it says cannot be used. */
export type LoadedPipeline = (assignments: readonly string[]) => PipelineReading;

const MODULE_EXTENSIONS = new Set([".ts", ".mts", ".js", ".mjs"]);

/** Loads a pipeline file, YAML or a module that exports `pipeline`.
 *  @throws UsageError when the file cannot be read or the module exports no pipeline. */
export async function loadPipeline(file: string): Promise<LoadedPipeline> {
  const text = readText(file);
  const readFile = besidePipeline(file);
  if (!MODULE_EXTENSIONS.has(extname(file)))
    return (assignments) => parsePipeline(text, file, assignments, readFile);
  const input = await importPipeline(file);
  return (assignments) => resolvePipeline(input, file, assignments, readFile);
}

/** Reads the files that a pipeline file names. */
export function besidePipeline(file: string): (path: string) => string {
  return (path) => readText(namedPath(path, dirname(file)));
}

/** A file that a pipeline file names is looked for beside the pipeline file, then from the folder the command runs in. */
function namedPath(path: string, folder: string): string {
  const beside = resolve(folder, path);
  return !isAbsolute(path) && !existsSync(beside) && existsSync(path) ? path : beside;
}

/** Text of a file.
 *  @throws UsageError when it cannot be read or isn't UTF-8. */
export function readText(file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const problem = error instanceof TypeError ? "it is not UTF-8 text" : fileProblem(error);
    if (problem === undefined) throw error;
    throw new UsageError([`Cannot read ${file}: ${problem}`]);
  }
}

async function importPipeline(file: string): Promise<PipelineInput> {
  const exports = await importModule(file);
  const { pipeline } = exports;
  if (typeof pipeline !== "object" || pipeline === null) {
    throw new UsageError([
      `Cannot read ${file}: got no export named pipeline, wanted \`export const pipeline = {…}\``,
    ]);
  }
  // What it holds is checked as a file's content is.
  return pipeline as PipelineInput;
}

/** What a user's module exports.
 *  @throws UsageError when it cannot be loaded. */
export async function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    // Whatever a user's module throws while it loads is the module's mistake, not ours.
    const reason = error instanceof Error ? error.message : String(error);
    const [firstLine] = reason.split("\n", 1);
    throw new UsageError([`Cannot read ${file}: loading the module failed: ${firstLine}`]);
  }
}
