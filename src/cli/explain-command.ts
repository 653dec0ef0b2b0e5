import { type DefaultRow, explainKey, listDefaults } from "../pipeline/index.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Keys that are named of those with a beginning. */
const SHOWN = 6;

/** Prints what is known of a key; of a name that was replaced or never existed, the right one.
 *  @throws UsageError when there is no such key. */
export function printExplanation(key: string, terminal: Terminal): void {
  if (key.trim() === "") throw new UsageError(['Cannot explain: got "", wanted a key of a pipeline file']);
  const explanation = explainKey(key);
  if (explanation.kind === "unknown") {
    const below = [...new Set(listDefaults().map((row) => row.key))].filter((one) =>
      one.startsWith(`${key}.`),
    );
    if (below.length > 0)
      throw new UsageError([
        `Cannot explain ${key}: got the beginning of keys, wanted one of ${below.slice(0, SHOWN).join(", ")}${below.length > SHOWN ? ` (${below.length} in all: sluice defaults ${key}.)` : ""}`,
      ]);
    const hint = explanation.suggestion === undefined ? "" : `; did you mean "${explanation.suggestion}"?`;
    throw new UsageError([
      `Cannot explain ${key}: got an unknown key, wanted one of \`sluice defaults\`${hint}`,
    ]);
  }
  const parts = explanation.rows.map((row) => describeRow(row, terminal));
  if (explanation.kind === "replaced") {
    parts.unshift(
      `${terminal.colors.bold(explanation.key)} (${explanation.status}): ${explanation.answer}\n`,
    );
  }
  terminal.print(parts.join("\n"));
}

function describeRow(row: DefaultRow, { colors }: Terminal): string {
  const lines = [
    `${colors.bold(row.key)} (${row.where})`,
    `  ${row.meaning}`,
    `  value:    ${row.type}, for example ${row.values.join(", ")}`,
    `  unit:     ${row.unit}`,
    `  default:  ${row.default}`,
    `  source:   ${row.source}`,
    ...(row.modelled ? [] : ["  Accepted and checked, but not modelled yet: it changes nothing."]),
  ];
  return `${lines.join("\n")}\n`;
}
