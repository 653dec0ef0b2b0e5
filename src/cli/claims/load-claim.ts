import { existsSync, readdirSync } from "node:fs";
import { basename, extname, join, relative, resolve } from "node:path";
import { type Claim, checkClaim, ExperimentError } from "../../experiment/index.ts";
import { importModule, readText } from "../load-pipeline.ts";
import { type LoadedExperiment, loadExperiment } from "../sweep/load-experiment.ts";
import { UsageError } from "../usage-error.ts";

/** A claim's file, read. */
export interface LoadedClaim {
  /** The file's name without extension. */
  readonly name: string;
  readonly file: string;
  readonly claim: Claim;
  /** What its figures come from; undefined: it is about names, and judged from tables. */
  readonly loaded: LoadedExperiment | undefined;
}

const CLAIMS = resolve(import.meta.dirname, "../../../experiments/claims");

/** The claims that come with Sluice, as paths from the working directory.
 *  @throws UsageError when they aren't there. */
export function bundledClaims(): string[] {
  if (!existsSync(CLAIMS)) {
    throw new UsageError([`Cannot read ${CLAIMS}: got no such folder, wanted the files of claims by name`]);
  }
  return readdirSync(CLAIMS)
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => relative(".", join(CLAIMS, name)).replaceAll("\\", "/"));
}

/** A claim's file by what was typed: its path, or of one that comes with Sluice its number (`5`) or name (`05-no-wait-for-the-commit`). */
export function claimFile(typed: string): string {
  if (existsSync(typed) || !/^[\w-]+$/.test(typed)) return typed;
  const beginning = /^\d+$/.test(typed) ? `${typed.padStart(2, "0")}-` : `${typed}.ts`;
  return bundledClaims().find((file) => basename(file).startsWith(beginning)) ?? typed;
}

/** Loads `experiments/claims/NN-advice.ts`: a module that exports `claim`, and the `experiment` that it is judged by.
 *  @param pipeline a pipeline file, from the working directory, in place of the experiment's own.
 *  @throws UsageError when the file, the claim or the experiment can't be used. */
export async function loadClaim(file: string, pipeline?: string): Promise<LoadedClaim> {
  readText(file);
  const { claim, experiment } = await importModule(file);
  try {
    return {
      name: basename(file, extname(file)),
      file,
      claim: checkClaim(claim),
      loaded: experiment === undefined ? undefined : await loadExperiment(file, pipeline),
    };
  } catch (error) {
    if (error instanceof ExperimentError) throw new UsageError([`${error.message} (${file})`]);
    throw error;
  }
}
