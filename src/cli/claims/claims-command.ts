import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, extname, join, relative } from "node:path";
import { figuresOf, renderSvg } from "../../charts/index.ts";
import { ExperimentError, type Figures } from "../../experiment/index.ts";
import { EXIT_CODES, type ExitCode } from "../exit-codes.ts";
import { fileProblem } from "../file-problem.ts";
import { makeFolder } from "../make-folder.ts";
import { type Column, renderPlainTable } from "../plain-table.ts";
import { readManifest, readResults } from "../sweep/read-results.ts";
import { readWorkers, sweepExperiment } from "../sweep/sweep-command.ts";
import { openWorkerPool, type WorkerPool } from "../sweep/worker-pool.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { type JudgedClaim, PAGE_MARK, renderClaimsPage, verdictText } from "./claims-page.ts";
import { bundledClaims, claimFile, type LoadedClaim, loadClaim } from "./load-claim.ts";

/** What follows `sluice claims`, as typed. */
export interface ClaimsArguments {
  readonly json?: boolean;
  readonly workers?: string;
  readonly again?: boolean;
  /** In place of the claims' own. */
  readonly pipeline?: string;
  /** Folder of the page and its charts; default: docs, and output/claims-PIPELINE for a pipeline of one's own. */
  readonly out?: string;
}

const PAGE = "claims.md";
const CHARTS = "charts/claims";
const NO_FIGURES: Figures = {
  mean: () => Number.NaN,
  text: () => "",
  ratio: () => ({ mean: Number.NaN, halfWidth: Number.NaN }),
};

/** Simulates what claims are judged by, as far as the results aren't there, and writes the page with their verdicts.
 *  @param files claims; none: those that come with Sluice.
 *  @throws UsageError when a file or an argument has to be mended. */
export async function judgeClaims(
  files: readonly string[],
  typed: ClaimsArguments,
  terminal: Terminal,
  openPool: (workers: number | undefined) => Promise<WorkerPool> = openWorkerPool,
): Promise<ExitCode> {
  const workers = readWorkers(typed.workers);
  const { pipeline } = typed;
  const out = typed.out ?? (pipeline === undefined ? "docs" : join("output", `claims-${stemOf(pipeline)}`));
  const page = join(out, PAGE);
  if (existsSync(page) && !readFileSync(page, "utf8").startsWith(PAGE_MARK)) {
    throw new UsageError([
      `Cannot write ${page}: a file that Sluice has not written is there, wanted another --out`,
    ]);
  }
  const claims: LoadedClaim[] = [];
  for (const file of files.length === 0 ? bundledClaims() : files.map(claimFile))
    claims.push(await loadClaim(file, pipeline));
  // The workers are shared: to start them takes longer than a claim.
  let pool: WorkerPool | undefined;
  const shared = async (): Promise<WorkerPool> => {
    pool ??= await openPool(workers);
    return { workers: pool.workers, run: pool.run, close: async () => {} };
  };
  const judged: JudgedClaim[] = [];
  const left: string[] = [];
  try {
    for (const one of claims) {
      const missing = pipeline === undefined ? undefined : missingReader(one);
      if (missing !== undefined) {
        left.push(
          `Claim ${one.claim.number} can't be judged on ${pipeline}: got no reader ${missing}, which it names`,
        );
        continue;
      }
      const folder = folderOf(one.name, pipeline);
      const { code, said } = await sweepClaim(one, folder, typed, shared, terminal);
      // A pipeline of one's own may lack what a claim is about.
      if (pipeline !== undefined && code === EXIT_CODES.badInput) {
        left.push(`Claim ${one.claim.number} can't be judged on ${pipeline}: ${reasonIn(said)}`);
        continue;
      }
      if (code !== EXIT_CODES.fine) {
        for (const line of said) terminal.warn(line);
        return code;
      }
      judged.push(await judgeOne(one, { folder, out, pipeline }, terminal));
    }
  } finally {
    await pool?.close();
  }
  for (const line of left) terminal.warn(line);
  if (judged.length === 0) return EXIT_CODES.badInput;
  write(page, renderClaimsPage(judged, rootFrom(out), pipeline));
  terminal.print(typed.json ? `${JSON.stringify(judged, null, 2)}\n` : renderVerdicts(judged, terminal));
  terminal.warn(`Written: ${page}, ${join(out, CHARTS)}`);
  return EXIT_CODES.fine;
}

async function sweepClaim(
  { loaded }: LoadedClaim,
  out: string,
  { again }: ClaimsArguments,
  openPool: () => Promise<WorkerPool>,
  terminal: Terminal,
): Promise<{ readonly code: ExitCode; readonly said: readonly string[] }> {
  if (loaded === undefined) return { code: EXIT_CODES.fine, said: [] };
  const said: string[] = [];
  const quiet: Terminal = { ...terminal, print: () => {}, warn: (line) => void said.push(line) };
  const typed = { out, ...(again === undefined ? {} : { again }) };
  return { code: await sweepExperiment(loaded, typed, openPool, quiet), said };
}

/** A reader that the claim asks figures of and that its pipeline doesn't have; undefined: all are there, or none can be told. */
function missingReader({ claim, loaded }: LoadedClaim): string | undefined {
  const readers = loaded?.firstPoint?.readers.map(({ name }) => name);
  if (readers === undefined) return undefined;
  const asked = new Set<string>();
  const ask = ({ reader }: Readonly<Record<string, string | number>>): void => {
    if (reader !== undefined) asked.add(String(reader));
  };
  claim.judge({
    mean: (where) => {
      ask(where);
      return Number.NaN;
    },
    text: (where) => {
      ask(where);
      return "";
    },
    ratio: (over, under) => {
      for (const [where] of [...over, ...under]) ask(where);
      return { mean: Number.NaN, halfWidth: Number.NaN };
    },
  });
  return [...asked].find((reader) => !readers.includes(reader));
}

/** What the first run that couldn't be made says of the pipeline. */
function reasonIn(said: readonly string[]): string {
  const problem = said.find((line) => line.startsWith("Point ")) ?? "its runs can't be made";
  return problem.replace(/^.*?, bad config: /, "").replace(/; again: .*$/s, "");
}

async function judgeOne(
  { claim, loaded, name, file }: LoadedClaim,
  {
    folder,
    out,
    pipeline,
  }: { readonly folder: string; readonly out: string; readonly pipeline: string | undefined },
  terminal: Terminal,
) {
  const { number, advice } = claim;
  const onYours = claim.onYours.map((command) => command.replaceAll("PIPELINE", pipeline ?? "PIPELINE"));
  const charts: string[] = [];
  try {
    if (loaded === undefined)
      return { number, advice, ...claim.judge(NO_FIGURES), file, charts, onYours } satisfies JudgedClaim;
    const results = await readResults(folder, readManifest(folder));
    for (const chart of loaded.experiment.charts) {
      const svg = await renderSvg(chart.draw(results), (message) => terminal.warn(`${name}: ${message}`));
      charts.push(`${CHARTS}/${name}-${chart.name}.svg`);
      write(join(out, charts.at(-1)!), `${svg}\n`);
    }
    return {
      number,
      advice,
      ...claim.judge(figuresOf(results)),
      file,
      charts,
      onYours,
    } satisfies JudgedClaim;
  } catch (error) {
    if (error instanceof ExperimentError) throw new UsageError([`${error.message} (${file})`]);
    throw error;
  }
}

function folderOf(name: string, pipeline: string | undefined): string {
  return join("output", "claims", pipeline === undefined ? name : `${name}-${stemOf(pipeline)}`);
}

function stemOf(file: string): string {
  return basename(file, extname(file));
}

/** From the page to the working directory. */
function rootFrom(out: string): string {
  const path = relative(out, ".").replaceAll("\\", "/");
  return path === "" ? "" : `${path}/`;
}

function renderVerdicts(claims: readonly JudgedClaim[], { colors }: Terminal): string {
  const columns: Column<JudgedClaim>[] = [
    { header: "claim", align: "left", cell: ({ number }) => number },
    { header: "verdict", align: "left", cell: verdictText },
    { header: "advice", align: "left", cell: ({ advice }) => advice },
  ];
  const why = claims.map((claim) => `(${claim.number}) ${verdictText(claim)}: ${claim.why}`);
  return `${renderPlainTable(claims, columns, 2, colors).join("\n")}\n\n${why.join("\n")}\n`;
}

function write(file: string, text: string): void {
  try {
    makeFolder(join(file, ".."));
    writeFileSync(file, text);
  } catch (error) {
    const problem = fileProblem(error);
    if (problem === undefined) throw error;
    throw new UsageError([`Cannot write ${file}: ${problem}`]);
  }
}
