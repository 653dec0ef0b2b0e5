import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { figuresOf, renderSvg } from "../../charts/index.ts";
import { ExperimentError, type Figures } from "../../experiment/index.ts";
import { EXIT_CODES, type ExitCode } from "../exit-codes.ts";
import { fileProblem } from "../file-problem.ts";
import { type Column, renderPlainTable } from "../plain-table.ts";
import { readManifest, readResults } from "../sweep/read-results.ts";
import { readWorkers, sweepExperiment } from "../sweep/sweep-command.ts";
import { openWorkerPool, type WorkerPool } from "../sweep/worker-pool.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { type JudgedClaim, PAGE_MARK, renderClaimsPage, verdictText } from "./claims-page.ts";
import { bundledClaims, type LoadedClaim, loadClaim } from "./load-claim.ts";

/** What follows `sluice claims`, as typed. */
export interface ClaimsArguments {
  readonly json?: boolean;
  readonly workers?: string;
  readonly again?: boolean;
  /** Folder of the page and its charts. */
  readonly out: string;
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
  const page = join(typed.out, PAGE);
  if (existsSync(page) && !readFileSync(page, "utf8").startsWith(PAGE_MARK)) {
    throw new UsageError([
      `Cannot write ${page}: a file that Sluice has not written is there, wanted another --out`,
    ]);
  }
  const claims: LoadedClaim[] = [];
  for (const file of files.length === 0 ? bundledClaims() : files) claims.push(await loadClaim(file));
  // The workers are shared: to start them takes longer than a claim.
  let pool: WorkerPool | undefined;
  const shared = async (): Promise<WorkerPool> => {
    pool ??= await openPool(workers);
    return { workers: pool.workers, run: pool.run, close: async () => {} };
  };
  const judged: JudgedClaim[] = [];
  try {
    for (const one of claims) {
      const code = await sweepClaim(one, typed, shared, terminal);
      if (code !== EXIT_CODES.fine) return code;
      judged.push(await judgeOne(one, typed.out, terminal));
    }
  } finally {
    await pool?.close();
  }
  write(page, renderClaimsPage(judged, rootFrom(typed.out)));
  terminal.print(typed.json ? `${JSON.stringify(judged, null, 2)}\n` : renderVerdicts(judged, terminal));
  terminal.warn(`Written: ${page}, ${join(typed.out, CHARTS)}`);
  return EXIT_CODES.fine;
}

async function sweepClaim(
  { loaded, name }: LoadedClaim,
  { again }: ClaimsArguments,
  openPool: () => Promise<WorkerPool>,
  terminal: Terminal,
): Promise<ExitCode> {
  if (loaded === undefined) return EXIT_CODES.fine;
  const said: string[] = [];
  const quiet: Terminal = { ...terminal, print: () => {}, warn: (line) => void said.push(line) };
  const typed = { out: folderOf(name), ...(again === undefined ? {} : { again }) };
  const code = await sweepExperiment(loaded, typed, openPool, quiet);
  if (code !== EXIT_CODES.fine) for (const line of said) terminal.warn(line);
  return code;
}

async function judgeOne({ claim, loaded, name, file }: LoadedClaim, out: string, terminal: Terminal) {
  const { number, advice, onYours } = claim;
  const charts: string[] = [];
  try {
    if (loaded === undefined)
      return { number, advice, ...claim.judge(NO_FIGURES), file, charts, onYours } satisfies JudgedClaim;
    const folder = folderOf(name);
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

function folderOf(name: string): string {
  return join("output", "claims", name);
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
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    const problem = fileProblem(error);
    if (problem === undefined) throw error;
    throw new UsageError([`Cannot write ${file}: ${problem}`]);
  }
}
