import { readFileSync } from "node:fs";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { fileProblem } from "./file-problem.ts";
import { UsageError } from "./usage-error.ts";

const MODULE_EXTENSIONS = new Set([".ts", ".mts", ".js", ".mjs"]);

/** The text of a pipeline file. A module's `pipeline` is handed on as JSON, which is YAML too, so that there is one
 *  parser for both.
 *  @throws UsageError when the file cannot be read or the module exports no pipeline. */
export async function readPipelineFile(file: string): Promise<string> {
  const text = readText(file);
  return MODULE_EXTENSIONS.has(extname(file)) ? await readModule(file) : text;
}

function readText(file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const problem = error instanceof TypeError ? "it is not UTF-8 text" : fileProblem(error);
    if (problem === undefined) throw error;
    throw new UsageError([`Cannot read ${file}: ${problem}`]);
  }
}

async function readModule(file: string): Promise<string> {
  const exports = await importModule(file);
  if (typeof exports["pipeline"] !== "object" || exports["pipeline"] === null) {
    throw new UsageError([
      `Cannot read ${file}: got no export named pipeline, wanted \`export const pipeline = {…}\``,
    ]);
  }
  try {
    return JSON.stringify(exports["pipeline"], null, 2);
  } catch (error) {
    throw new UsageError([`Cannot read ${file}: its pipeline is not plain data: ${firstLine(error)}`]);
  }
}

async function importModule(file: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    // Whatever a user's module throws while it loads is the module's mistake, not ours.
    throw new UsageError([`Cannot read ${file}: loading the module failed: ${firstLine(error)}`]);
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? text;
}
