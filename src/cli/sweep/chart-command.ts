import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderPng, renderSvg, titleOf } from "../../charts/index.ts";
import { type Chart, type ChartSpec, ExperimentError, type SweepResults } from "../../experiment/index.ts";
import { EXIT_CODES, type ExitCode } from "../exit-codes.ts";
import { makeFolder } from "../make-folder.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { renderChartPage } from "./chart-page.ts";
import { loadExperiment } from "./load-experiment.ts";
import { type Manifest, readManifest, readResults, resultFolderOf } from "./read-results.ts";

/** What follows `sluice chart EXPERIMENT…`, as typed. */
export interface ChartArguments {
  readonly out: readonly string[];
  /** Where the results are; default: output/<experiment>. */
  readonly from?: string;
}

const FORMATS = ["svg", "png", "html", "json"];
const MARK = ".sluice-charts";

/** Draws the charts of experiments from the results of their sweeps into `charts/` beside these.
 *  @throws UsageError when there are no results, or the experiment has changed since. */
export async function drawCharts(
  files: readonly string[],
  typed: ChartArguments,
  terminal: Terminal,
): Promise<ExitCode> {
  for (const format of typed.out) {
    if (!FORMATS.includes(format)) {
      throw new UsageError([`Cannot read --out: got "${format}", wanted one of ${FORMATS.join(", ")}`]);
    }
  }
  if (typed.from !== undefined && files.length > 1) {
    throw new UsageError(["Cannot read --from: got several experiments, wanted one, or no --from"]);
  }
  for (const file of files) await drawOne(file, typed, terminal);
  return EXIT_CODES.fine;
}

async function drawOne(file: string, { out, from }: ChartArguments, terminal: Terminal): Promise<void> {
  const folder = resultFolderOf(from ?? file);
  const manifest = readManifest(folder);
  const { experiment, digest } = await loadExperiment(file, manifest.pipelineFile);
  if (manifest.digest !== digest) {
    terminal.warn(
      `${file} or the simulator has changed since ${folder} was swept; \`sluice sweep ${file}\` renews it`,
    );
  }
  const results = await readResults(folder, manifest);
  const drawn = experiment.charts.map((chart) => ({ name: chart.name, spec: draw(chart, results, file) }));
  const files: Record<string, string | Uint8Array> = {};
  const pictures: { name: string; title: string; svg: string }[] = [];
  for (const { name, spec } of drawn) {
    if (out.includes("json")) files[`${name}.json`] = `${JSON.stringify(spec, null, 2)}\n`;
    if (out.every((format) => format === "json")) continue;
    const svg = await renderSvg(spec, (message) => terminal.warn(`${name}: ${message}`));
    pictures.push({ name, title: titleOf(spec), svg });
    if (out.includes("svg")) files[`${name}.svg`] = `${svg}\n`;
    if (out.includes("png")) files[`${name}.png`] = await renderPng(svg);
  }
  if (out.includes("html"))
    files["index.html"] = pageOf(manifest, file, pictures, readFileSync(join(folder, "report.txt"), "utf8"));
  writeCharts(join(folder, "charts"), files);
  for (const { spec } of drawn) terminal.print(`${titleOf(spec)}\n`);
  terminal.warn(
    `Written: ${Object.keys(files)
      .map((name) => join(folder, "charts", name))
      .join(", ")}`,
  );
}

/** @throws UsageError when a chart asks for points that the results don't have. */
function draw(chart: Chart, results: SweepResults, file: string): ChartSpec {
  try {
    return chart.draw(results);
  } catch (error) {
    if (error instanceof ExperimentError)
      throw new UsageError([`${error.message} (chart ${chart.name} of ${file})`]);
    throw error;
  }
}

function pageOf(
  { question, experiment }: Manifest,
  file: string,
  pictures: readonly { readonly name: string; readonly title: string; readonly svg: string }[],
  report: string,
): string {
  return renderChartPage({ question, experiment, file, pictures, report });
}

/** The folder is Sluice's as long as its mark is in it. */
function writeCharts(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  makeFolder(folder);
  const there = readdirSync(folder);
  const foreign = there.includes(MARK) ? [] : Object.keys(files).filter((name) => there.includes(name));
  if (foreign.length > 0) {
    throw new UsageError(
      foreign.map(
        (name) =>
          `Cannot write ${join(folder, name)}: a file that Sluice has not written is there, wanted it elsewhere`,
      ),
    );
  }
  writeFileSync(join(folder, MARK), "");
  for (const [name, content] of Object.entries(files)) {
    const temporary = join(folder, `.${name}.tmp`);
    try {
      writeFileSync(temporary, content);
      renameSync(temporary, join(folder, name));
    } finally {
      rmSync(temporary, { force: true });
    }
  }
}
