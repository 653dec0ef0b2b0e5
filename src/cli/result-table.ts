import { type Column, renderPlainTable } from "./plain-table.ts";
import type { ResultRow } from "./result-rows.ts";
import { type Colors, PLAIN } from "./terminal.ts";

const left = (header: string, cell: Column<ResultRow>["cell"]): Column<ResultRow> => ({
  header,
  align: "left",
  cell,
});
const right = (header: string, cell: Column<ResultRow>["cell"]): Column<ResultRow> => ({
  header,
  align: "right",
  cell,
});

const WIDE = [
  left("sink.delivery-\nguarantee", (row) => row.guarantee),
  left("reader", (row) => row.reader),
  left("isolation.level", (row) => row.isolationLevel),
  right("p50", (row) => row.p50),
  right("p90", (row) => row.p90),
  right("p99", (row) => row.p99),
  right("max", (row) => row.max),
  right("checkpoint\np50", (row) => row.checkpointP50),
  right("checkpoint\nmax", (row) => row.checkpointMax),
  right("records\nin", (row) => row.recordsIn),
  right("visible", (row) => row.visible),
  right("lost", (row) => row.lost),
  right("dupli-\ncated", (row) => row.duplicated),
  left("SLO", (row, colors) => verdictColor(row, colors)(row.slo)),
];

/** Two lines a row, for a terminal of 80 characters. */
const NARROW = [
  left(
    "guarantee, reader,\nisolation.level",
    (row) => `${row.guarantee} ${row.reader}\n${row.isolationLevel}`,
  ),
  right("p50\np90", (row) => `${row.p50}\n${row.p90}`),
  right("p99\nmax", (row) => `${row.p99}\n${row.max}`),
  right("checkpoint\np50, max", (row) => `${row.checkpointP50}\n${row.checkpointMax}`),
  right("in\nvisible", (row) => `${row.recordsIn}\n${row.visible}`),
  right("lost\nduplicated", (row) => `${row.lost}\n${row.duplicated}`),
  left("SLO", (row, colors) =>
    row.sloMet === undefined ? "-" : verdictColor(row, colors)(row.sloMet ? "met" : "missed"),
  ),
];

/** The result table: one line a row where `columns` characters a line allow it, else two. Ends with a newline. */
export function renderResultTable(rows: readonly ResultRow[], columns: number, colors: Colors): string {
  const widest = Math.max(...renderPlainTable(rows, WIDE, 2, PLAIN).map((line) => line.length));
  const lines =
    widest <= columns ? renderPlainTable(rows, WIDE, 2, colors) : renderPlainTable(rows, NARROW, 1, colors);
  return `${lines.join("\n")}\n`;
}

function verdictColor(row: ResultRow, colors: Colors): (text: string) => string {
  if (row.sloMet === undefined) return (text) => text;
  return row.sloMet ? colors.green : colors.red;
}
