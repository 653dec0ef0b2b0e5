import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { measuredAndSimulated, type OverlayLine, renderSvg } from "../charts/index.ts";
import { hasFault, readPageSettings, sensitivities } from "../fidelity/index.ts";
import type { ExitCode } from "./exit-codes.ts";
import {
  type ComparedCases,
  compareCases,
  environmentOf,
  type FidelityArguments,
  printComparison,
  REFERENCE,
} from "./fidelity-command.ts";
import { type Overlay, PAGE_MARK, renderFidelityPage } from "./fidelity-page.ts";
import { fileProblem } from "./file-problem.ts";
import { readText } from "./load-pipeline.ts";
import { makeFolder } from "./make-folder.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

type Compared = ComparedCases["cases"][number];

const CHARTS = "charts/fidelity";
const NAMES = ["read_committed", "read_uncommitted"] as const;
const PERCENT = 100;

/** Judges the reference's cases, and writes the page that tells how far Sluice can be trusted, with charts beside it.
 *  @throws UsageError when the page can't be written. */
export async function writeFidelityPage(
  typed: FidelityArguments,
  page: string,
  terminal: Terminal,
): Promise<ExitCode> {
  if (typed.cases !== undefined)
    throw new UsageError([
      `Cannot read --page: got it beside --cases ${typed.cases}, wanted one: the page is about the reference`,
    ]);
  if (existsSync(page) && !readFileSync(page, "utf8").startsWith(PAGE_MARK))
    throw new UsageError([
      `Cannot write ${page}: a file that Sluice has not written is there, wanted another --page`,
    ]);
  const { overlays, sensitivity, off } = readPageSettings(readText(join(REFERENCE, "..", "page.json")));
  const compared = compareCases(typed, terminal);
  const caseOf = (name: string): Compared => {
    const found = compared.cases.find(({ reference }) => reference.name === name);
    if (found === undefined)
      throw new UsageError([`Cannot read reference/page.json: got "${name}", wanted the name of a case`]);
    return found;
  };
  const drawn: Overlay[] = [];
  for (const name of overlays) drawn.push(await drawOverlay(caseOf(name), dirname(page), terminal));
  const [crash, quick] = [caseOf(sensitivity.crash).reference, caseOf(sensitivity.quick).reference];
  const moved = sensitivities(crash, quick, { seed: typed.seed, environment: environmentOf(crash) });
  write(page, renderFidelityPage(compared, { overlays: drawn, moved, crash, quick, off }));
  printComparison(compared, typed, terminal);
  terminal.warn(`Written: ${page}, ${join(dirname(page), CHARTS)}`);
  return compared.exitCode;
}

async function drawOverlay(compared: Compared, folder: string, terminal: Terminal): Promise<Overlay> {
  const { reference, rows } = compared;
  const { name } = reference;
  const within = rows.filter(({ verdict }) => verdict === "ok").length;
  const finding = `${name}: ${within} of ${rows.length} figures within tolerance`;
  const crashes = hasFault(reference);
  const at = reference.fault?.at_s;
  const spec = measuredAndSimulated({
    finding,
    shown: crashes
      ? "p50 of what was created in each second, from its creation to its first arrival at a reader"
      : "every percentile of the latency, from a record's creation to its arrival at a reader",
    x: crashes
      ? { title: "seconds after the load's start, of a record's creation", percent: false }
      : { title: "share of records that arrive sooner", percent: true },
    yTitle: crashes ? "latency, p50" : "latency",
    lines: crashes ? crashLines(compared) : quantileLines(compared),
    ...(crashes && at !== undefined ? { moment: { x: at, label: "fault" } } : {}),
  });
  const svg = await renderSvg(spec, (message) => terminal.warn(`${name}: ${message}`));
  const chart = `${CHARTS}/${name}.svg`;
  write(join(folder, chart), `${svg}\n`);
  return { name, finding, chart };
}

function quantileLines({ reference, simulated }: Compared): OverlayLine[] {
  return NAMES.map((series) => {
    const cdf = reference.measured[series]?.steady_latency_ms?.cdf_percent ?? [];
    const latencies = simulated.runs.flatMap(({ isolations }) => isolations[series].latency ?? []);
    return {
      series,
      measured: cdf.map((ms, x) => ({ x, ms })),
      simulated: cdf.flatMap((_, x) => {
        const ms = middle(latencies.map((latency) => latency.quantile(x / PERCENT)));
        return ms === undefined ? [] : [{ x, ms }];
      }),
    };
  });
}

function crashLines({ reference, simulated }: Compared): OverlayLine[] {
  return NAMES.map((series) => {
    const seconds = reference.measured[series]?.latency_by_creation_second ?? [];
    return {
      series,
      measured: seconds.map(({ s, p50 }) => ({ x: s, ms: p50 })),
      simulated: seconds.flatMap(({ s }) => {
        const ms = middle(
          simulated.runs.flatMap(({ isolations }) => isolations[series].medianOfSecond(s) ?? []),
        );
        return ms === undefined ? [] : [{ x: s, ms }];
      }),
    };
  });
}

/** The median over the phases that a case doesn't state. */
function middle(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function write(file: string, text: string): void {
  try {
    makeFolder(dirname(file));
    writeFileSync(file, text);
  } catch (error) {
    const problem = fileProblem(error);
    if (problem === undefined) throw error;
    throw new UsageError([`Cannot write ${file}: ${problem}`]);
  }
}
