import { basename, extname, join } from "node:path";
import manifest from "../../../package.json" with { type: "json" };
import { type PointRun, type SweepResults, stopValuesOf } from "../../experiment/index.ts";
import { formatDuration } from "../../pipeline/index.ts";
import { EXIT_CODES, type ExitCode } from "../exit-codes.ts";
import { formatCount, significant } from "../format-quantity.ts";
import { type Column, renderPlainTable } from "../plain-table.ts";
import { PLAIN, type Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { Journal } from "./journal.ts";
import { type LoadedExperiment, loadExperiment } from "./load-experiment.ts";
import { openProgress } from "./progress.ts";
import { type Manifest, readResults } from "./read-results.ts";
import { writeTables } from "./result-files.ts";
import { ResultFolder } from "./result-folder.ts";
import { type FinishedRun, Sweep } from "./run-sweep.ts";
import { renderSweepReport } from "./sweep-report.ts";
import { openWorkerPool, type WorkerPool } from "./worker-pool.ts";

/** What follows `sluice sweep EXPERIMENT…`, as typed. */
export interface SweepArguments {
  readonly list?: boolean;
  readonly workers?: string;
  readonly out?: string;
  /** In place of the experiment's own. */
  readonly pipeline?: string;
  readonly again?: boolean;
}

/** Points listed before a sweep; `--list` lists all. */
const LISTED = 12;
/** Lines of the report that the terminal shows; report.txt has all. */
const SHOWN = 60;

/** Sweeps experiments, one after the other.
 *  @param openPool starts the workers.
 *  @throws UsageError when a file or an argument has to be mended. */
export async function sweepExperiments(
  files: readonly string[],
  typed: SweepArguments,
  terminal: Terminal,
  openPool: (workers: number | undefined) => Promise<WorkerPool> = openWorkerPool,
): Promise<ExitCode> {
  const workers = readWorkers(typed.workers);
  if (typed.out !== undefined && files.length > 1) {
    throw new UsageError(["Cannot read --out: got several experiments, wanted one, or no --out"]);
  }
  const experiments: LoadedExperiment[] = [];
  for (const file of files) experiments.push(await loadExperiment(file, typed.pipeline));
  let worst: ExitCode = EXIT_CODES.fine;
  for (const loaded of experiments) {
    listPoints(loaded, typed.list ? Number.POSITIVE_INFINITY : LISTED, terminal);
    if (typed.list) continue;
    const code = await sweepExperiment(loaded, typed, () => openPool(workers), terminal);
    worst = worseOf(worst, code);
    if (code === EXIT_CODES.interrupted) return code;
  }
  return worst;
}

/** Sweeps one experiment, unless its results are there; goes on where it was interrupted.
 *  @throws UsageError when the results' folder can't be used. */
export async function sweepExperiment(
  loaded: LoadedExperiment,
  typed: Pick<SweepArguments, "again" | "out" | "pipeline">,
  openPool: () => Promise<WorkerPool>,
  terminal: Terminal,
): Promise<ExitCode> {
  const folder = typed.out ?? defaultFolder(loaded.name, typed.pipeline);
  const swept = await sweepInto(folder, loaded, { again: typed.again ?? false, openPool }, terminal);
  if (swept.kind === "interrupted") return EXIT_CODES.interrupted;
  if (swept.kind === "there") {
    terminal.warn(`${folder} holds the results of this experiment already; --again runs it anew`);
    return EXIT_CODES.fine;
  }
  const { results, problems, runs, runSeconds, workers, worst } = swept;
  terminal.print(renderSweepReport(results, loaded.experiment.metrics, terminal.colors, SHOWN));
  for (const problem of problems.slice(0, LISTED)) terminal.warn(problem);
  if (problems.length > LISTED)
    terminal.warn(`… and ${formatCount(problems.length - LISTED)} points more; results.csv has them all`);
  terminal.warn(
    `${formatCount(runs)} runs in ${significant(runSeconds)} s on ${workers} workers. Written: ${join(folder, "results.parquet")}, results.csv, histograms, checkpoints, timeline, series, manifest.json`,
  );
  return worst;
}

/** How a sweep went. `there`: the folder held its results already. */
export type Swept =
  | { readonly kind: "interrupted" }
  | { readonly kind: "there"; readonly results: SweepResults }
  | {
      readonly kind: "swept";
      readonly results: SweepResults;
      /** One line for each point of which a run didn't go well. */
      readonly problems: readonly string[];
      readonly runs: number;
      readonly runSeconds: number;
      readonly workers: number;
      readonly worst: ExitCode;
    };

/** Sweeps into a folder, or reads what is there of this very sweep.
 *  @throws UsageError when the folder can't be used. */
export async function sweepInto(
  path: string,
  loaded: LoadedExperiment,
  {
    again,
    openPool,
    part,
  }: {
    readonly again: boolean;
    readonly openPool: () => Promise<WorkerPool>;
    /** What of a longer work it is, for its progress. */
    readonly part?: string;
  },
  terminal: Terminal,
): Promise<Swept> {
  const { name, experiment, digest, tables, replay } = loaded;
  const facts: Manifest = {
    experiment: name,
    question: experiment.question,
    digest,
    factors: loaded.factors.map(({ factor, column, type }) => ({ factor, column, type })),
    pipelineFile: loaded.pipelineFile,
    pipelineText: loaded.pipelineText,
    points: loaded.points,
    definition: experiment,
  };
  const folder = new ResultFolder(path);
  try {
    if (!again && folder.holds(digest))
      return { kind: "there", results: await readResults(folder.path, facts) };
    const earlier: FinishedRun[] = [];
    const journal = Journal.open(folder.journal, { sluiceJournal: 1, experiment: name, digest }, (run) => {
      earlier.push({ ...run, stopValues: stopValuesOf(experiment, run) });
    });
    const sweep = new Sweep(loaded, earlier);
    if (earlier.length > 0) {
      terminal.warn(`Going on behind ${formatCount(earlier.length)} runs of an interrupted sweep`);
    }
    const begin = performance.now();
    const { isStopped, workers } = await runAll(sweep, journal, openPool, terminal, part);
    if (isStopped) {
      journal.close();
      const { finished, planned } = sweep.progress;
      terminal.warn(`Interrupted after ${finished} of ${planned} runs: the same command goes on from there`);
      return { kind: "interrupted" };
    }
    const runSeconds = (performance.now() - begin) / 1000;
    let worst: ExitCode = EXIT_CODES.fine;
    const problems = new Map<number, string>();
    const counted = function* (): Generator<PointRun> {
      for (const run of sweep.runs(journal)) {
        const isExpected = experiment.expected?.some((end) => end === run.status) ?? false;
        if (!isExpected) worst = worseOf(worst, codeOf(run));
        if (!isExpected && run.reason !== null && !problems.has(run.point)) {
          problems.set(
            run.point,
            `Point ${run.point}, repetition ${run.repetition}, ${run.status}: ${run.reason}; again: ${replay(run)}`,
          );
        }
        yield run;
      }
    };
    folder.move(await writeTables(folder.path, tables, counted()));
    const results = await readResults(folder.path, facts);
    const runs = sweep.progress.finished - earlier.length;
    const writingSeconds = (performance.now() - begin) / 1000 - runSeconds;
    const timing = { workers, runs, wallSeconds: runSeconds, writingSeconds };
    folder.move(
      folder.prepare({
        "report.txt": renderSweepReport(results, experiment.metrics, PLAIN),
        "timing.json": `${JSON.stringify(timing, null, 2)}\n`,
        "manifest.json": describeSweep(loaded, facts),
      }),
    );
    journal.discard();
    return { kind: "swept", results, problems: [...problems.values()], runs, runSeconds, workers, worst };
  } finally {
    folder.release();
  }
}

/** Another pipeline's results stand beside those of the experiment's own. */
function defaultFolder(name: string, pipeline: string | undefined): string {
  return join("output", pipeline === undefined ? name : `${name}-${basename(pipeline, extname(pipeline))}`);
}

async function runAll(
  sweep: Sweep,
  journal: Journal,
  openPool: () => Promise<WorkerPool>,
  terminal: Terminal,
  part: string | undefined,
): Promise<{ readonly isStopped: boolean; readonly workers: number }> {
  const { finished, planned } = sweep.progress;
  const progress = await openProgress(terminal, planned, finished, part);
  const pool = await openPool();
  let isStopped = false;
  let stop = (): void => {};
  const stopping = new Promise<void>((resolve) => {
    stop = () => {
      isStopped = true;
      resolve();
    };
  });
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    const run = sweep.run(
      pool,
      journal,
      (now) => progress.update(now.finished, now.planned),
      () => isStopped,
    );
    await Promise.race([run, stopping]);
  } finally {
    for (const signal of signals) process.off(signal, stop);
    progress.stop();
    await pool.close();
  }
  return { isStopped, workers: pool.workers };
}

export function readWorkers(typed: string | undefined): number | undefined {
  if (typed === undefined) return undefined;
  const workers = Number(typed);
  if (/^\d+$/.test(typed) && workers >= 1 && workers <= 1024) return workers;
  throw new UsageError([`Cannot read --workers: got "${typed}", wanted a whole number from 1 to 1024`]);
}

function listPoints({ name, experiment, points }: LoadedExperiment, most: number, terminal: Terminal): void {
  type Point = (typeof points)[number];
  const columns: Column<Point>[] = [
    { header: "point", align: "right", cell: (point) => String(point.number) },
    ...Object.keys(experiment.factors).map(
      (factor): Column<Point> => ({
        header: factor,
        align: "right",
        cell: (point) => point.factors[factor]!,
      }),
    ),
    { header: "simulated", align: "right", cell: (point) => formatDuration(point.duration) },
  ];
  const { repetitions } = experiment;
  const times =
    typeof repetitions === "number" ? `${repetitions}` : `${repetitions.atLeast} to ${repetitions.atMost}`;
  terminal.warn(`${name}: ${experiment.question}`);
  terminal.warn(`${formatCount(points.length)} points, ${times} repetitions each`);
  for (const line of renderPlainTable(points.slice(0, most), columns, 2, PLAIN)) terminal.warn(line);
  if (points.length > most)
    terminal.warn(`… and ${formatCount(points.length - most)} more (--list shows all)`);
}

/** What a reader of the results needs to know, and nothing of the machine. */
function describeSweep(loaded: LoadedExperiment, facts: Manifest): string {
  const { firstPoint } = loaded;
  const content = { sluiceSweep: 1, sluice: manifest.version, ...facts, firstPoint };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function codeOf({ status }: PointRun): ExitCode {
  switch (status) {
    case "ok":
      return EXIT_CODES.fine;
    case "check failed":
    case "stopped":
      return EXIT_CODES.checkFailed;
    case "bad config":
      return EXIT_CODES.badInput;
    case "bug":
      return EXIT_CODES.bug;
  }
}

function worseOf(a: ExitCode, b: ExitCode): ExitCode {
  return a > b ? a : b;
}
