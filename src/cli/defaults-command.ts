import { type DefaultRow, listDefaults } from "../pipeline/index.ts";
import { type Column, renderPlainTable } from "./plain-table.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** What follows `sluice defaults [FILTER]`. */
export interface DefaultsArguments {
  readonly json?: boolean;
}

const COLUMNS: readonly Column<DefaultRow>[] = [
  { header: "key", align: "left", cell: (row) => row.key },
  { header: "default", align: "left", cell: (row) => row.default },
  { header: "unit", align: "left", cell: (row) => row.unit },
  { header: "modelled", align: "left", cell: (row) => (row.modelled ? "yes" : "no") },
  { header: "source", align: "left", cell: (row) => row.source },
];

/** Prints the defaults whose keys contain the filter, section by section of the pipeline file.
 *  @throws UsageError when no key contains it. */
export function printDefaults(
  filter: string | undefined,
  typed: DefaultsArguments,
  terminal: Terminal,
): void {
  const rows = listDefaults().filter((row) => filter === undefined || row.key.includes(filter));
  if (rows.length === 0) {
    throw new UsageError([`Cannot list defaults: got the filter "${filter}", which no key contains`]);
  }
  terminal.print(typed.json ? `${JSON.stringify(rows, null, 2)}\n` : renderSections(rows, terminal));
}

function renderSections(rows: readonly DefaultRow[], { colors }: Terminal): string {
  const sections = [...Map.groupBy(rows, (row) => row.where)].map(([where, members]) =>
    [colors.bold(where), ...renderPlainTable(members, COLUMNS, 2, colors), ""].join("\n"),
  );
  return sections.join("\n");
}
