import { existsSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../../package.json" with { type: "json" };
import { renderSvg } from "../../charts/index.ts";
import { type Experiment, ExperimentError, quoted, type SweepResults } from "../../experiment/index.ts";
import { listDefaults, type PipelineReading, physicalDuration } from "../../pipeline/index.ts";
import {
  buildReview,
  candidatesOf,
  crashExperiment,
  type GivenGuess,
  gridExperiment,
  guessExperiment,
  planReview,
  type Review,
  type ReviewPlan,
  recoveryExperiment,
  reviewCharts,
  settingsToCompare,
  settingToGuess,
  timeoutExperiment,
  timeoutsToTry,
} from "../../review/index.ts";
import { EXIT_CODES, type ExitCode } from "../exit-codes.ts";
import { formatCount, significant } from "../format-quantity.ts";
import { loadPipeline, readText } from "../load-pipeline.ts";
import { prepareFolder, type ResultMark, writeRunFiles } from "../run-files.ts";
import { prepareExperiment } from "../sweep/load-experiment.ts";
import { readWorkers, sweepInto } from "../sweep/sweep-command.ts";
import { openWorkerPool, type WorkerPool } from "../sweep/worker-pool.ts";
import { PLAIN, type Terminal } from "../terminal.ts";
import { readSimulatedTime, readWhole, reviewSettings } from "../typed-values.ts";
import { UsageError } from "../usage-error.ts";
import { type Assumption, type Picture, renderReviewPage } from "./review-page.ts";
import { renderReviewReport } from "./review-report.ts";
import { announceTime } from "./review-time.ts";

/** What follows `sluice review PIPELINE`, as typed. */
export interface ReviewArguments {
  readonly seed: string;
  readonly for: string;
  readonly set?: readonly string[];
  readonly guess?: readonly string[];
  readonly json?: boolean;
  readonly workers?: string;
  readonly again?: boolean;
  readonly out?: string;
}

const REVIEW_MARK: ResultMark = { file: "review.json", text: '"sluiceReview": 1' };
const FILES = ["review.html", "review.json", "review.txt"];
const WIDTH_OF_FILES = Number.POSITIVE_INFINITY;
/** In their order. */
const PARTS = ["grid", "crashes", "guesses", "timeouts", "recovery"] as const;
type Part = (typeof PARTS)[number];
/** Problems of runs that are told. */
const TOLD = 6;

/** Reviews a pipeline file: sweeps its settings, prints the first screen and writes it to the output folder.
 *  @throws UsageError, ConfigError when the user has to mend something. */
export async function reviewPipelineFile(
  file: string,
  typed: ReviewArguments,
  terminal: Terminal,
  openPool: (workers: number | undefined) => Promise<WorkerPool> = openWorkerPool,
): Promise<ExitCode> {
  const { seed, duration, workers, guesses } = readOptions(typed);
  const set = typed.set ?? [];
  const load = await loadPipeline(file);
  const reading = load([...set, ...guesses.map(({ key, typical }) => `${key}=${typical}`)]);
  for (const { key, low, high } of guesses) for (const end of [low, high]) load([...set, `${key}=${end}`]);
  for (const warning of reading.warnings) terminal.warn(warning.message);
  if (reading.pipeline.readers.length === 0) {
    throw new UsageError([`Cannot review ${file}: got no readers, wanted at least one under readers:`]);
  }
  const folder = typed.out ?? join("output", reading.pipeline.name);
  prepareFolder(folder, FILES, REVIEW_MARK);
  const plan = planReview({ file, reading, set, seed, duration, guesses });

  const isNew = (typed.again ?? false) || !existsSync(join(folder, "review", PARTS[0]));
  const long = isNew ? await announceTime(plan, workers) : undefined;
  if (long !== undefined) terminal.warn(long);

  let pool: Promise<WorkerPool> | undefined;
  const shared = async (): Promise<WorkerPool> => {
    pool ??= openPool(workers);
    return { ...(await pool), close: async () => {} };
  };
  const begin = performance.now();
  const log: SweepLog = { runs: 0, worst: EXIT_CODES.fine, problems: [] };
  const sweep = (part: Part, experiment: Experiment): Promise<SweepResults | undefined> =>
    sweepPart(join(folder, "review", part), `${plan.pipeline.name}-${part}`, experiment, {
      file,
      again: typed.again ?? false,
      openPool: shared,
      part: `${PARTS.indexOf(part) + 1} of ${PARTS.length}, ${part}`,
      terminal,
      log,
    });
  try {
    const grid = await sweep("grid", gridExperiment(plan));
    if (grid === undefined) return EXIT_CODES.interrupted;
    const settings = settingsToCompare(plan, grid);
    const crashes = await sweep("crashes", crashExperiment(plan, [...settings.values()]));
    if (crashes === undefined) return EXIT_CODES.interrupted;
    const guessed = await sweep("guesses", guessExperiment(plan, settingToGuess(settings)));
    if (guessed === undefined) return EXIT_CODES.interrupted;
    const tried = timeoutsToTry(plan, settings, crashes);
    const timeouts =
      tried && (await sweep("timeouts", timeoutExperiment(plan, tried.setting, tried.timeouts)));
    if (tried !== undefined && timeouts === undefined) return EXIT_CODES.interrupted;
    const toRecover = recoveryExperiment(plan, candidatesOf(plan, settings, crashes));
    const recovery = toRecover && (await sweep("recovery", toRecover));
    if (toRecover !== undefined && recovery === undefined) return EXIT_CODES.interrupted;
    const review = buildReview(plan, settings, { grid, crashes, guesses: guessed, timeouts, recovery });
    const command = commandOf(file, typed);
    const json = toJson(review, command);
    const page = renderReviewPage({
      review,
      version: manifest.version,
      command,
      pipelineFile: file,
      pipelineText: readText(file),
      results: join(folder, "review", "grid"),
      pictures: await draw(review, terminal),
      assumptions: assumptionsOf(reading, plan),
      environment: reading.pipeline.environment.preset,
    });
    terminal.print(typed.json ? json : renderReviewReport(review, terminal.columns, terminal.colors));
    writeRunFiles(folder, {
      "review.html": page,
      "review.json": json,
      "review.txt": renderReviewReport(review, WIDTH_OF_FILES, PLAIN),
    });
  } finally {
    await (await pool)?.close();
  }
  for (const problem of log.problems.slice(0, TOLD)) terminal.warn(problem);
  const seconds = significant((performance.now() - begin) / 1000);
  terminal.warn(
    `${log.runs === 0 ? "Results were there" : `${formatCount(log.runs)} runs in ${seconds} s`}. Written: ${FILES.map((name) => join(folder, name)).join(", ")}`,
  );
  return log.worst;
}

async function draw(review: Review, terminal: Terminal): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const { name, finding, shown, spec } of reviewCharts(review)) {
    const svg = await renderSvg(spec, (message) => terminal.warn(`${name}: ${message}`));
    pictures.push({ name, finding, shown, svg });
  }
  return pictures;
}

/** What the environment's file or preset says where the pipeline says nothing, but for what is guessed. */
function assumptionsOf({ assumed }: PipelineReading, { guesses }: ReviewPlan): Assumption[] {
  return listDefaults()
    .filter(({ scope, key }) => scope === "environment" && guesses.every((guess) => guess.key !== key))
    .flatMap(({ key, meaning }) => {
      const figure = assumed[key];
      return figure === undefined ? [] : [{ key, meaning, value: figure.value, source: figure.source }];
    });
}

interface SweepLog {
  runs: number;
  worst: ExitCode;
  readonly problems: string[];
}

/** Sweeps one part; undefined: it was interrupted. */
async function sweepPart(
  folder: string,
  name: string,
  experiment: Experiment,
  {
    file,
    again,
    openPool,
    part,
    terminal,
    log,
  }: {
    readonly file: string;
    readonly again: boolean;
    readonly openPool: () => Promise<WorkerPool>;
    readonly part: string;
    readonly terminal: Terminal;
    readonly log: SweepLog;
  },
): Promise<SweepResults | undefined> {
  try {
    const loaded = await prepareExperiment(name, experiment, file);
    const swept = await sweepInto(folder, loaded, { again, openPool, part }, terminal);
    if (swept.kind === "interrupted") return undefined;
    if (swept.kind === "swept") {
      log.runs += swept.runs;
      // A timeout that is too short is tried to see it lose records.
      const isWanted = name.endsWith("-timeouts") && swept.worst === EXIT_CODES.checkFailed;
      if (swept.worst > log.worst && !isWanted) log.worst = swept.worst;
      if (!isWanted) log.problems.push(...swept.problems);
    }
    return swept.results;
  } catch (error) {
    if (error instanceof ExperimentError) throw new UsageError([`${error.message} (review of ${file})`]);
    throw error;
  }
}

/** `KEY=LOW..TYPICAL..HIGH`, durations each. */
function readGuess(text: string, problems: string[]): GivenGuess[] {
  const split = text.indexOf("=");
  const key = text.slice(0, Math.max(0, split)).trim();
  const parts = text
    .slice(split + 1)
    .split("..")
    .map((part) => part.trim());
  const [low = "", typical = "", high = ""] = parts;
  const values = parts.map((part) => physicalDuration({ min: 1 }).read(part));
  const [a, b, c] = values.map((one) => (one.ok ? one.value : Number.NaN));
  if (key !== "" && values.length === 3 && a! <= b! && b! <= c!) return [{ key, low, typical, high }];
  problems.push(
    `Cannot read --guess: got "${text}", wanted KEY=LOW..TYPICAL..HIGH with rising durations, such as "taskmanager.start=5 s..20 s..60 s"`,
  );
  return [];
}

function readOptions(typed: ReviewArguments) {
  const problems: string[] = [];
  const seed = readWhole("--seed", typed.seed, 0, problems);
  const duration = readSimulatedTime("--for", typed.for, problems);
  reviewSettings(typed.set, problems);
  const guesses = (typed.guess ?? []).flatMap((text) => readGuess(text, problems));
  if (typed.out === "") problems.push('Cannot read --out: got "", wanted a folder');
  if (problems.length > 0) throw new UsageError(problems);
  return { seed, duration, workers: readWorkers(typed.workers), guesses };
}

/** The command that gives the same files again. */
function commandOf(file: string, { seed, for: least, set = [], guess = [], out }: ReviewArguments): string {
  const words = ["npx", "sluice", "review", file, "--seed", seed];
  if (least !== "30 s") words.push("--for", least);
  for (const assignment of set) words.push("--set", assignment);
  for (const range of guess) words.push("--guess", range);
  if (out !== undefined) words.push("--out", out);
  return words.map(quoted).join(" ");
}

function toJson(review: Review, command: string): string {
  return `${JSON.stringify({ sluiceReview: 1, command, ...review }, null, 2)}\n`;
}
