import { listDefaults } from "../pipeline/index.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** What follows `sluice defaults [FILTER]`. */
export interface DefaultsArguments {
  readonly json?: boolean;
}

/** Prints the defaults whose keys contain the filter. @throws UsageError when none does. */
export function printDefaults(
  filter: string | undefined,
  typed: DefaultsArguments,
  terminal: Terminal,
): void {
  const rows = listDefaults(filter);
  if (rows.length === 0)
    throw new UsageError([`Cannot list defaults: got the filter "${filter}", which no key contains`]);
  terminal.print(typed.json ? `${JSON.stringify(rows, null, 2)}\n` : rows.map((row) => row.key).join("\n"));
}
