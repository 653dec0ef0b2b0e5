import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import {
  checkExperiment,
  type Experiment,
  ExperimentError,
  expandPoints,
  type FactorColumn,
  factorColumns,
  loadFormulas,
  type Point,
  type PointRun,
  replayCommand,
  type Table,
  tablesOf,
} from "../../experiment/index.ts";
import { ConfigError, type Pipeline } from "../../pipeline/index.ts";
import { importModule, type LoadedPipeline, loadPipeline, readText } from "../load-pipeline.ts";
import { UsageError } from "../usage-error.ts";

/** An experiment file, read and expanded. */
export interface LoadedExperiment {
  /** The file's name without extension. */
  readonly name: string;
  readonly experiment: Experiment;
  /** Path of the pipeline file from the working directory. */
  readonly pipelineFile: string;
  readonly pipelineText: string;
  readonly points: readonly Point[];
  /** The pipeline as the first point runs it; null when it can't be run. */
  readonly firstPoint: Pipeline | null;
  readonly factors: readonly FactorColumn[];
  readonly tables: readonly Table[];
  /** The command that runs a repetition again. */
  readonly replay: (run: Pick<PointRun, "point" | "seed">) => string;
  /** Names the definition, the pipeline and the simulator's sources: what has the same digest has the same results. */
  readonly digest: string;
}

/** Loads `experiments/NN-question.ts`.
 *  @param pipeline a pipeline file, from the working directory, in place of the experiment's own.
 *  @throws UsageError when the file, its definition or its pipeline file can't be used. */
export async function loadExperiment(file: string, pipeline?: string): Promise<LoadedExperiment> {
  readText(file);
  if (!/\.[cm]?[jt]s$/.test(file)) {
    throw new UsageError([
      `Cannot read ${file}: got no TypeScript or JavaScript, wanted an experiment such as experiments/01-interval-for-slo.ts`,
    ]);
  }
  const { experiment: exported } = await importModule(file);
  if (exported === undefined) {
    throw new UsageError([
      `Cannot read ${file}: got no export named experiment, wanted \`export const experiment = defineExperiment({…})\``,
    ]);
  }
  try {
    const experiment = checkExperiment(exported);
    const pipelineFile = relative(".", pipeline ?? resolve(dirname(file), experiment.pipeline)).replaceAll(
      "\\",
      "/",
    );
    return await prepareExperiment(basename(file, extname(file)), experiment, pipelineFile);
  } catch (error) {
    if (error instanceof ExperimentError) throw new UsageError([`${error.message} (${file})`]);
    throw error;
  }
}

/** Expands an experiment on a pipeline file. @param pipelineFile its path from the working directory.
 *  @throws ExperimentError when the definition, UsageError when the file can't be used. */
export async function prepareExperiment(
  name: string,
  experiment: Experiment,
  pipelineFile: string,
): Promise<LoadedExperiment> {
  const points = expandPoints(experiment, await loadFormulas());
  const pipelineText = readText(pipelineFile);
  const firstPoint = configOf(await loadPipeline(pipelineFile), points[0]!);
  const factors = factorColumns(experiment, points);
  const replay: LoadedExperiment["replay"] = ({ point, seed }) =>
    replayCommand(pipelineFile, { ...points[point]!, seed });
  return {
    name,
    experiment,
    pipelineFile,
    pipelineText,
    points,
    firstPoint,
    factors,
    tables: tablesOf({ experiment: name, points, factors, replay }),
    replay,
    digest: digestOf([JSON.stringify(experiment), pipelineText, JSON.stringify(firstPoint)]),
  };
}

function configOf(load: LoadedPipeline, { assignments }: Point): Pipeline | null {
  try {
    return load(assignments).pipeline;
  } catch (error) {
    // The rows of its runs have the reason.
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

const SOURCES = resolve(import.meta.dirname, "../..");
/** Folders of `src/` that don't change what a sweep gives. */
const WITHOUT_EFFECT = new Set(["charts", "cli", "fidelity", "interop", "review", "verification"]);

function digestOf(inputs: readonly string[]): string {
  const hash = createHash("sha256");
  const add = (text: string): void => void hash.update(`${text.length}:`).update(text);
  for (const input of inputs) add(input);
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name === "cli/sweep/result-files.ts" || !WITHOUT_EFFECT.has(name.split("/")[0]!))
    .filter((name) => name.endsWith(".ts") && !/\.(test|fixture|properties)\.ts$/.test(name))
    .sort();
  for (const name of files) {
    add(name);
    add(readFileSync(join(SOURCES, name), "utf8"));
  }
  return hash.digest("hex").slice(0, 32);
}
