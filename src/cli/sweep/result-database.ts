import type { DuckDBConnection } from "@duckdb/node-api";
import type { Cell, NamedRow } from "../../experiment/index.ts";

/** An empty database in memory. One thread and insertion order kept, so that what it writes is the same bytes every time. */
export async function openDatabase(): Promise<DuckDBConnection> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    preserve_insertion_order: "true",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  return instance.connect();
}

/** What a query gives: names of its columns, and rows of plain values. */
export interface QueryAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** The answer to a query. Counts of 64 bits become numbers; what is neither number, text nor boolean becomes text. */
export async function ask(connection: DuckDBConnection, sql: string): Promise<QueryAnswer> {
  const reader = await connection.runAndReadAll(sql);
  return {
    columns: reader.deduplicatedColumnNames(),
    rows: reader.getRows().map((row) => row.map(plain)),
  };
}

/** The same by column. */
export async function askNamed(connection: DuckDBConnection, sql: string): Promise<NamedRow[]> {
  const { columns, rows } = await ask(connection, sql);
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])));
}

/** A text or path as a literal of SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function plain(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "bigint") {
    return BigInt(Number(value)) === value ? Number(value) : String(value);
  }
  return String(value);
}
