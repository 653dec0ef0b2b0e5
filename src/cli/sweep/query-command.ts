import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT_CODES, type ExitCode } from "../exit-codes.ts";
import { renderPlainTable } from "../plain-table.ts";
import { PLAIN, type Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { resultFolderOf } from "./read-results.ts";
import { ask, literal, openDatabase, type QueryAnswer } from "./result-database.ts";
import { MANIFEST_MARK } from "./result-folder.ts";

/** What follows `sluice query SQL`, as typed. */
export interface QueryArguments {
  readonly from?: string;
  readonly json?: boolean;
}

const TABLES = ["results", "histograms", "checkpoints", "timeline", "series"];

/** Answers SQL over the results of one experiment or, without `--from`, of all below `output/`: `results`, `histograms`,
 *  `checkpoints`, `timeline` and `series` are views of their tables.
 *  @throws UsageError when there are no results or the query can't be answered. */
export async function queryResults(
  sql: string,
  typed: QueryArguments,
  terminal: Terminal,
): Promise<ExitCode> {
  const folders = typed.from === undefined ? allResults() : [resultFolderOf(typed.from)];
  const database = await openDatabase();
  try {
    for (const name of TABLES) {
      const files = folders.map((folder) => literal(join(folder, `${name}.parquet`))).join(", ");
      await database.run(
        `create view ${name} as select * from read_parquet([${files}], union_by_name = true)`,
      );
    }
    const answer = await attempt(() => ask(database, sql));
    terminal.print(typed.json ? toJson(answer) : toTable(answer));
    return EXIT_CODES.fine;
  } finally {
    database.closeSync();
  }
}

function allResults(): string[] {
  const folders = existsSync("output")
    ? readdirSync("output", { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join("output", entry.name))
        .filter((folder) => isSweep(join(folder, "manifest.json")))
        .sort()
    : [];
  if (folders.length > 0) return folders;
  throw new UsageError([
    "Cannot query results: got none below output/, wanted a sweep first (sluice sweep EXPERIMENT)",
  ]);
}

function isSweep(manifest: string): boolean {
  return existsSync(manifest) && readFileSync(manifest, "utf8").includes(MANIFEST_MARK);
}

async function attempt(run: () => Promise<QueryAnswer>): Promise<QueryAnswer> {
  try {
    return await run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError([`Cannot answer the query: ${reason.replaceAll(/\s+/g, " ").trim()}`]);
  }
}

function toJson({ columns, rows }: QueryAnswer): string {
  const named = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
  return `${JSON.stringify(named, null, 2)}\n`;
}

/** What a mean has behind its sixth digit is noise at the number of repetitions that sweeps have; `--json` has all. */
const DIGITS = 6;

function cellText(value: QueryAnswer["rows"][number][number] | undefined): string {
  if (value === null || value === undefined) return "-";
  if (typeof value !== "number" || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(DIGITS)));
}

function toTable({ columns, rows }: QueryAnswer): string {
  const isNumber = (i: number): boolean => rows.every((row) => typeof row[i] === "number" || row[i] === null);
  const lines = renderPlainTable(
    rows,
    columns.map((header, i) => ({
      header,
      align: isNumber(i) ? ("right" as const) : ("left" as const),
      cell: (row: QueryAnswer["rows"][number]) => cellText(row[i]),
    })),
    2,
    PLAIN,
  );
  return `${lines.join("\n")}\n`;
}
