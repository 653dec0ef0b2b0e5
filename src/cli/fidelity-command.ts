import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  compareCase,
  type FidelityReport,
  type FidelityRow,
  type KindSummary,
  type ReferenceCase,
  readReferenceCase,
  type SimulatedPhases,
  simulateOverPhases,
  summariseRows,
} from "../fidelity/index.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { fileProblem } from "./file-problem.ts";
import { readText } from "./load-pipeline.ts";
import { type Column, renderPlainTable } from "./plain-table.ts";
import type { Colors, Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** What follows `sluice fidelity`, as typed. */
export interface FidelityArguments {
  readonly cases?: string;
  readonly json?: boolean;
  /** File to write as a page with charts beside it. */
  readonly page?: string;
  readonly seed: string;
}

/** What came of all cases of a folder. */
export interface ComparedCases {
  readonly cases: readonly {
    readonly reference: ReferenceCase;
    readonly simulated: SimulatedPhases;
    readonly rows: readonly FidelityRow[];
  }[];
  readonly report: FidelityReport;
  /** Names of the cases that the environment's constants come from. */
  readonly calibration: ReadonlySet<string>;
  readonly exitCode: ExitCode;
}

/** The folder of the cases that come with Sluice. */
export const REFERENCE = join(import.meta.dirname, "..", "..", "reference", "cases");
const CALIBRATION = join(REFERENCE, "..", "calibration.json");
const ENVIRONMENTS = join(import.meta.dirname, "..", "..", "environments");
const GAP = 2;

/** Holds the simulator against measured runs, and says how far off each figure is. A file that is no case is named, and the
 *  others are judged all the same.
 *  @throws UsageError when the folder holds no case. */
export function compareWithReference(typed: FidelityArguments, terminal: Terminal): ExitCode {
  const compared = compareCases(typed, terminal);
  printComparison(compared, typed, terminal);
  return compared.exitCode;
}

export function printComparison(
  { report, calibration }: ComparedCases,
  { json }: FidelityArguments,
  terminal: Terminal,
): void {
  terminal.print(
    json
      ? `${JSON.stringify({ calibration: [...calibration], ...report }, null, 2)}\n`
      : renderReport(report, calibration, terminal.colors),
  );
}

/** Simulates all cases of a folder and judges their figures; what has to be told of single ones is warned about.
 *  @throws UsageError when the folder holds no case. */
export function compareCases(typed: FidelityArguments, terminal: Terminal): ComparedCases {
  if (!/^\d{1,15}$/.test(typed.seed))
    throw new UsageError([`Cannot read --seed: got "${typed.seed}", wanted a whole number`]);
  const folder = typed.cases ?? REFERENCE;
  const { cases: references, problems } = readCases(folder);
  for (const problem of problems) terminal.warn(problem);
  const calibration = new Set(typed.cases === undefined ? readCalibration() : []);
  const notes = new Set<string>();
  const cases = references.map((reference) => {
    const settings = { seed: typed.seed, environment: environmentOf(reference) };
    const simulated = simulateOverPhases(reference, settings);
    for (const note of simulated.notes) notes.add(`${reference.name}: ${note}`);
    return { reference, simulated, rows: compareCase(reference, simulated) };
  });
  for (const note of notes) terminal.warn(note);
  const report = summariseRows(cases.flatMap(({ rows }) => rows));
  const verdict = report.within === report.total ? EXIT_CODES.fine : EXIT_CODES.checkFailed;
  return { cases, report, calibration, exitCode: problems.length > 0 ? EXIT_CODES.badInput : verdict };
}

function readCases(folder: string): { readonly cases: ReferenceCase[]; readonly problems: string[] } {
  const problems: string[] = [];
  const cases = filesIn(folder).flatMap((file) => {
    const reading = readReferenceCase(readText(join(folder, file)), file);
    if (reading.ok) return [reading.value];
    problems.push(`Cannot read ${join(folder, file)}: ${reading.problem}`);
    return [];
  });
  if (cases.length === 0)
    throw new UsageError(
      problems.length > 0
        ? problems
        : [`Cannot read ${folder}: got no file that ends in .json, wanted reference cases`],
    );
  return { cases, problems };
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(".json"))
      .toSorted();
  } catch (error) {
    const problem = fileProblem(error);
    if (problem === undefined) throw error;
    throw new UsageError([`Cannot read ${folder}: ${problem}`]);
  }
}

function readCalibration(): readonly string[] {
  return JSON.parse(readText(CALIBRATION)) as readonly string[];
}

/** The place a case ran in: the two-core host, with one broker or with more. */
export function environmentOf({ input }: ReferenceCase): { readonly path: string; readonly text: string } {
  const name = (input.brokers ?? 1) > 1 ? "two-core-host-three-brokers" : "two-core-host";
  const path = join(ENVIRONMENTS, `${name}.yaml`);
  return { path, text: readText(path) };
}

function renderReport(report: FidelityReport, calibration: ReadonlySet<string>, colors: Colors): string {
  const { within, total, medianErrorPercent } = report;
  const lines = [
    ...renderPlainTable(report.rows, rowColumns(calibration), GAP, colors),
    "",
    ...renderPlainTable(report.kinds, KIND_COLUMNS, GAP, colors),
    "",
  ];
  if (calibration.size > 0) lines.push("* the environment's constants come from this case", "");
  lines.push(
    `fidelity: ${within} of ${total} within tolerance, median error ${percent(medianErrorPercent, " ")}`,
  );
  return `${lines.join("\n")}\n`;
}

function rowColumns(calibration: ReadonlySet<string>): readonly Column<FidelityRow>[] {
  return [
    {
      header: "case",
      align: "left",
      cell: ({ case: name }) => (calibration.has(name) ? `${name} *` : name),
    },
    { header: "figure", align: "left", cell: ({ figure, unit }) => `${figure}, ${unit}` },
    { header: "measured", align: "right", cell: ({ measured }) => amount(measured) },
    { header: "simulated", align: "right", cell: simulatedText },
    { header: "error", align: "right", cell: ({ errorPercent }) => percent(errorPercent) },
    {
      header: "verdict",
      align: "left",
      cell: ({ verdict, note }, { red, dim }) => {
        const text = note === null ? verdict : `${verdict}: ${note}`;
        return verdict === "ok" ? dim(text) : red(text);
      },
    },
  ];
}

function simulatedText({ simulated, range }: FidelityRow): string {
  if (simulated === null) return "-";
  return range === null
    ? amount(simulated)
    : `${amount(simulated)} (${amount(range[0])} to ${amount(range[1])})`;
}

const KIND_COLUMNS: readonly Column<KindSummary>[] = [
  { header: "kind", align: "left", cell: ({ kind }) => kind },
  { header: "within", align: "right", cell: ({ within, rows }) => `${within} of ${rows}` },
  { header: "not simulated", align: "right", cell: ({ notSimulated }) => String(notSimulated) },
  { header: "median error", align: "right", cell: ({ medianErrorPercent }) => percent(medianErrorPercent) },
  { header: "worst", align: "right", cell: ({ worst }) => percent(worst?.errorPercent ?? null) },
  {
    header: "where",
    align: "left",
    cell: ({ worst }) => (worst === null ? "" : `${worst.case}, ${worst.figure}`),
  },
];

/** A figure as the report has it. */
export function amount(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 100 ? 2 : 1);
}

function percent(value: number | null, space = " "): string {
  return value === null ? "-" : `${value.toFixed(1)}${space}%`;
}
