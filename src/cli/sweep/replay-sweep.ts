import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import {
  type Cell,
  type Difference,
  type NamedRow,
  type Point,
  type PointRun,
  runPoint,
  type Table,
  tablesOf,
} from "../../experiment/index.ts";
import { parsePipeline } from "../../pipeline/index.ts";
import { EXIT_CODES, type ExitCode } from "../exit-codes.ts";
import { besidePipeline, type LoadedPipeline, loadPipeline } from "../load-pipeline.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { type Manifest, readManifest } from "./read-results.ts";
import { askNamed, literal, openDatabase } from "./result-database.ts";

/** Which runs of a sweep are run again, as typed; default: all. */
export interface ReplayArguments {
  readonly point?: string;
  readonly repetition?: string;
}

/** What tells first where a run went another way: what happened, in the order of time, then what came of it. */
const TOLD_FIRST: readonly Table["name"][] = ["timeline", "checkpoints", "series", "results"];

/** Whether a folder holds the results of a sweep. */
export function isSweepFolder(path: string): boolean {
  return existsSync(join(path, "manifest.json")) && existsSync(join(path, "results.parquet"));
}

/** Runs again what the rows of a sweep's results were made from, out of its manifest, and says whether they are the same, to the
 *  last bit. @param show how a difference is told.
 *  @throws UsageError when the folder's manifest or what is typed can't be used. */
export async function replaySweep(
  folder: string,
  typed: ReplayArguments,
  terminal: Terminal,
  show: (difference: Difference) => string,
): Promise<ExitCode> {
  const manifest = readManifest(folder);
  const { points } = manifest;
  if (!Array.isArray(points) || typeof manifest.pipelineText !== "string") {
    throw new UsageError([
      `Cannot replay ${folder}: its manifest has no points, wanted one as this version of sluice sweep writes it`,
    ]);
  }
  const read = await pipelineOf(manifest);
  const stored = await readRows(folder);
  const tables = tablesOf({ experiment: manifest.experiment, points, factors: [], replay: () => "" });
  const wanted = wholeNumbers(typed);
  const runs = [...stored.values()].filter(
    ({ point, repetition }) =>
      (wanted.point ?? point) === point && (wanted.repetition ?? repetition) === repetition,
  );
  if (runs.length === 0) {
    throw new UsageError([
      `Cannot replay ${folder}: got no run of ${describeWanted(wanted)}, wanted a point from 0 to ${points.length - 1} and a repetition that it has`,
    ]);
  }
  let isSame = true;
  for (const { point, repetition, rows } of runs) {
    const again = runPoint(points[point]!, repetition, read);
    const difference = firstDifference(tables, rows, again);
    if (difference !== undefined) isSame = false;
    terminal.print(`${describe(points[point]!, again)}: ${told(again, difference, show)}\n`);
  }
  return isSame ? EXIT_CODES.fine : EXIT_CODES.checkFailed;
}

/** What was swept, whatever the file holds now; a module is what it is. */
async function pipelineOf({ pipelineFile, pipelineText }: Manifest): Promise<LoadedPipeline> {
  if (![".yaml", ".yml"].includes(extname(pipelineFile))) return loadPipeline(pipelineFile);
  return (assignments) =>
    parsePipeline(pipelineText, pipelineFile, assignments, besidePipeline(pipelineFile));
}

interface StoredRows {
  readonly point: number;
  readonly repetition: number;
  /** By table. */
  readonly rows: Map<Table["name"], NamedRow[]>;
}

/** By point and repetition, in the order of the results. */
async function readRows(folder: string): Promise<ReadonlyMap<string, StoredRows>> {
  const database = await openDatabase();
  try {
    const stored = new Map<string, StoredRows>();
    // The results first: every run has a row there.
    for (const table of TOLD_FIRST.toReversed()) {
      const file = join(folder, `${table}.parquet`);
      if (!existsSync(file)) continue;
      for (const row of await askNamed(database, `select * from ${literal(file)}`)) {
        const [point, repetition] = [Number(row["point"]), Number(row["repetition"])];
        const key = `${point}/${repetition}`;
        const run = stored.get(key) ?? { point, repetition, rows: new Map<Table["name"], NamedRow[]>() };
        stored.set(key, run);
        const rows = run.rows.get(table) ?? [];
        run.rows.set(table, rows);
        rows.push(row);
      }
    }
    return stored;
  } finally {
    database.closeSync();
  }
}

function firstDifference(
  tables: readonly Table[],
  stored: ReadonlyMap<Table["name"], readonly NamedRow[]>,
  run: PointRun,
): Difference | undefined {
  for (const name of TOLD_FIRST) {
    const { columns, rowsOf } = tables.find((table) => table.name === name)!;
    const was = stored.get(name) ?? [];
    const is = rowsOf(run);
    for (let i = 0; i < Math.max(was.length, is.length); i++) {
      const before = was[i];
      const now = is[i];
      if (before === undefined || now === undefined)
        return { path: `${name}[${i}]`, was: before && "a row", is: now && "a row" };
      const column = columns.findIndex((one, c) => one.name !== "replay" && before[one.name] !== now[c]);
      if (column < 0) continue;
      const path = `${name}[${i}].${columns[column]!.name}`;
      return { path, was: json(before[columns[column]!.name]!), is: json(now[column]!) };
    }
  }
  return undefined;
}

function json(cell: Cell): string {
  return JSON.stringify(cell);
}

function describe({ number, factors }: Point, { repetition, seed }: PointRun): string {
  const values = Object.entries(factors).map(([factor, value]) => `${factor} ${value}`);
  return [`point ${number}`, ...values, `repetition ${repetition}`, `seed ${seed}`].join(", ");
}

function told(
  { status, reason, outcomeFingerprint }: PointRun,
  difference: Difference | undefined,
  show: (difference: Difference) => string,
): string {
  if (difference !== undefined) return show(difference);
  const failed = status === "ok" ? "" : `, ${status}: ${reason}`;
  return `the same again${outcomeFingerprint === null ? "" : `, outcomes ${outcomeFingerprint}`}${failed}`;
}

interface Wanted {
  readonly point: number | undefined;
  readonly repetition: number | undefined;
}

function wholeNumbers({ point, repetition }: ReplayArguments): Wanted {
  const whole = (name: string, text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw new UsageError([`Cannot read --${name}: got "${text}", wanted a whole number from 0 on`]);
  };
  return { point: whole("point", point), repetition: whole("repetition", repetition) };
}

function describeWanted({ point, repetition }: Wanted): string {
  const parts = [
    ...(point === undefined ? [] : [`point ${point}`]),
    ...(repetition === undefined ? [] : [`repetition ${repetition}`]),
  ];
  return parts.length === 0 ? "the sweep" : parts.join(", ");
}
