import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Cell, PointRun, Table, TableColumn } from "../../experiment/index.ts";
import { literal, openDatabase } from "./result-database.ts";

const CHUNK = 1 << 20;

/** Writes the tables of a sweep under other names, each run's rows in turn: `results` as CSV and Parquet, the others as Parquet.
 *  Memory doesn't grow with the runs. Resolves to the pairs of what has been written and what it is to be called. */
export async function writeTables(
  folder: string,
  tables: readonly Table[],
  runs: Iterable<PointRun>,
): Promise<readonly (readonly [temporary: string, name: string])[]> {
  const files = tables.map((table) => ({ table, path: join(folder, `.${table.name}.csv.tmp`) }));
  const writers = files.map(({ table, path }) => new CsvWriter(path, table.columns));
  try {
    for (const run of runs) {
      files.forEach(({ table }, i) => {
        for (const row of table.rowsOf(run)) writers[i]!.write(row);
      });
    }
  } finally {
    for (const writer of writers) writer.close();
  }
  const written: (readonly [string, string])[] = [];
  const database = await openDatabase();
  try {
    for (const { table, path } of files) {
      const parquet = join(folder, `.${table.name}.parquet.tmp`);
      const columns = table.columns.map(({ name, type }) => `${literal(name)}: ${literal(SQL_TYPES[type])}`);
      const source = `read_csv(${literal(path)}, columns = {${columns.join(", ")}}, header = true, auto_detect = false,
        delim = ',', quote = '"', escape = '"', new_line = '\\n', nullstr = '', parallel = false)`;
      await database.run(
        `copy (select * from ${source}) to ${literal(parquet)} (format parquet, compression zstd)`,
      );
      written.push([parquet, `${table.name}.parquet`]);
      if (table.name === "results") written.push([path, "results.csv"]);
      else rmSync(path);
    }
  } finally {
    database.closeSync();
  }
  return written;
}

const SQL_TYPES: Readonly<Record<TableColumn["type"], string>> = {
  text: "VARCHAR",
  whole: "BIGINT",
  number: "DOUBLE",
  boolean: "BOOLEAN",
};

/** Rows as RFC 4180 has them, but with `\n`; null is an empty field. */
class CsvWriter {
  readonly #file: number;
  #pending = "";

  constructor(path: string, columns: readonly TableColumn[]) {
    this.#file = openSync(path, "w");
    this.write(columns.map(({ name }) => name));
  }

  write(row: readonly Cell[]): void {
    this.#pending += `${row.map(field).join(",")}\n`;
    if (this.#pending.length >= CHUNK) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending);
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#file, bytes, written);
    this.#pending = "";
  }
}

function field(cell: Cell): string {
  if (cell === null) return "";
  const text = String(cell);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
