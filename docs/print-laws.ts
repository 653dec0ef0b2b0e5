/** `npm run laws [-- --only L13,L18] [--effort SHARE] [--json]`: simulates every law of src/verification/laws and prints
 *  what was expected, what was simulated and whether they agree. Exit code 1 when one does not, 2 for wrong usage. */

import { renderPlainTable } from "../src/cli/plain-table.ts";
import { processTerminal } from "../src/cli/terminal.ts";
import { holds, type Law, type LawRow } from "../src/verification/laws/law.ts";
import { certainty, figure, provenance } from "../src/verification/laws/law-text.ts";
import { LAWS } from "../src/verification/laws/laws.ts";
import { ScriptArguments } from "./script-arguments.ts";

interface PrintedRow extends LawRow {
  readonly law: string;
}

const terminal = processTerminal();
const given = new ScriptArguments(terminal);

function simulate(laws: readonly Law[], effort: number): PrintedRow[] {
  const progress = process.stderr.isTTY ? process.stderr : undefined;
  const rows = laws.flatMap((law, i) => {
    progress?.write(`\r\x1b[K${i + 1} of ${laws.length}: ${law.id} ${law.name}`);
    return law.run(effort).map((row) => ({ law: law.id, ...row }));
  });
  progress?.write("\r\x1b[K");
  return rows;
}

function renderTable(rows: readonly PrintedRow[]): string {
  const { colors } = terminal;
  const lines = renderPlainTable(
    rows,
    [
      { header: "law", align: "left", cell: (row) => row.law },
      { header: "setup", align: "left", cell: (row) => row.setup },
      {
        header: "expected",
        align: "right",
        cell: (row) => `${row.relation === "=" ? "" : `${row.relation} `}${figure(row.expected, row.unit)}`,
      },
      { header: "simulated", align: "right", cell: (row) => figure(row.simulated, row.unit) },
      { header: "99 % interval", align: "left", cell: certainty },
      { header: "observations", align: "left", cell: provenance },
      {
        header: "verdict",
        align: "left",
        cell: (row) => (holds(row) ? colors.green("holds") : colors.red("FALLS OUT")),
      },
    ],
    2,
    colors,
  );
  return lines.join("\n");
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

const {
  only,
  effort: share,
  json,
} = given.read({
  only: { type: "string" },
  effort: { type: "string" },
  json: { type: "boolean" },
});
const effort = given.effort(share);
const laws = given.chosen(only, LAWS, ({ id }) => id);
const rows = simulate(laws, effort);
const out = rows.filter((row) => !holds(row));
if (json) {
  terminal.print(
    `${JSON.stringify(
      rows.map((row) => ({ ...row, holds: holds(row) })),
      null,
      2,
    )}\n`,
  );
} else {
  const statements = laws.map((law) => `${law.id} ${law.name}: ${law.statement} (${law.source})`);
  const verdict = out.length === 0 ? "all hold" : `${out.length} fall${out.length === 1 ? "s" : ""} out`;
  const counted = `${count(laws.length, "law")}, ${count(rows.length, "row")}`;
  terminal.print(`${renderTable(rows)}\n\n${statements.join("\n")}\n\n${counted}: ${verdict}\n`);
}
process.exitCode = out.length === 0 ? 0 : 1;
