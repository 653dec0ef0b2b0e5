/** `npm run published [-- --only V4,V12] [--effort SHARE] [--json]`: simulates the published figures of src/verification/published
 *  from the inputs that were stated with them, and prints both beside each other. Exit code 1 when one of grade A or B is
 *  out of its tolerance, 2 for wrong usage. */

import { renderPlainTable } from "../src/cli/plain-table.ts";
import { processTerminal } from "../src/cli/terminal.ts";
import { NOT_SIMULATED, PUBLISHED_IDS, publishedRows } from "../src/verification/published/published.ts";
import {
  acceptedText,
  figureText,
  type PublishedRow,
  simulatedText,
  verdictOn,
} from "../src/verification/published/published-row.ts";
import { ScriptArguments } from "./script-arguments.ts";

const terminal = processTerminal();
const given = new ScriptArguments(terminal);

function renderTable(rows: readonly PublishedRow[]): string {
  return renderPlainTable(
    rows,
    [
      { header: "row", align: "left", cell: ({ id }) => id },
      { header: "figure", align: "left", cell: ({ figure }) => figure },
      { header: "published", align: "right", cell: ({ published, unit }) => figureText(published, unit) },
      { header: "simulated", align: "right", cell: simulatedText },
      {
        header: "ratio",
        align: "right",
        cell: ({ published, simulated }) => (published === 0 ? "-" : (simulated / published).toFixed(3)),
      },
      { header: "accepted", align: "right", cell: acceptedText },
      { header: "grade", align: "left", cell: ({ grade }) => grade },
      {
        header: "verdict",
        align: "left",
        cell: (row, colors) => {
          const verdict = verdictOn(row);
          return verdict === "OUT"
            ? colors.red(verdict)
            : verdict === "met"
              ? colors.green(verdict)
              : verdict;
        },
      },
      { header: "given", align: "left", cell: ({ inputs }) => inputs },
    ],
    2,
    terminal.colors,
  ).join("\n");
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
const ids = given.chosen(only, PUBLISHED_IDS, (id) => id);
const rows = publishedRows(ids, given.effort(share));
const gated = rows.filter(({ grade }) => grade === "A" || grade === "B");
const out = gated.filter((row) => verdictOn(row) === "OUT");
if (json) {
  terminal.print(
    `${JSON.stringify(
      rows.map((row) => ({ ...row, verdict: verdictOn(row) })),
      null,
      2,
    )}\n`,
  );
} else {
  const sources = new Map(rows.map(({ id, source, grade }) => [`${id}, ${grade}: ${source}`, id]));
  const missing = NOT_SIMULATED.map(({ id, why }) => `${id}: ${why}`);
  terminal.print(
    [
      renderTable(rows),
      "",
      ...sources.keys(),
      "",
      ...(only === undefined ? ["Not simulated", ...missing, ""] : []),
      `published: ${gated.length - out.length} of ${gated.length} within tolerance; ${rows.length - gated.length} band${rows.length - gated.length === 1 ? "" : "s"} of plausibility`,
      "",
    ].join("\n"),
  );
}
process.exitCode = out.length === 0 ? 0 : 1;
