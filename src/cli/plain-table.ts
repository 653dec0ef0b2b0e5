import Table from "cli-table3";
import type { Colors } from "./terminal.ts";

/** One column of a table of `Row`s. */
export interface Column<Row> {
  readonly header: string;
  readonly align: "left" | "right";
  readonly cell: (row: Row, colors: Colors) => string;
}

/** A table without borders, a rule below its head, columns `gap` characters apart: its lines, without spaces at the end. */
export function renderPlainTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  gap: number,
  colors: Colors,
): string[] {
  const table = new Table({
    chars: ruleBelowTheHead(gap),
    colAligns: columns.map(({ align }) => align),
    head: columns.map(({ header }) => colors.bold(header)),
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 },
  });
  for (const row of rows) table.push(columns.map(({ cell }) => cell(row, colors)));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}

function ruleBelowTheHead(gap: number): Record<string, string> {
  const sides = ["top", "bottom", "left", "right"];
  const corners = ["top-left", "top-right", "bottom-left", "bottom-right"];
  const nothing = [...sides, ...sides.map((side) => `${side}-mid`), ...corners].map((name) => [name, ""]);
  return { ...Object.fromEntries(nothing), mid: "─", "mid-mid": "─".repeat(gap), middle: " ".repeat(gap) };
}
