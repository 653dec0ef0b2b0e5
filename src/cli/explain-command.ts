import { explainKey } from "../pipeline/index.ts";
import type { Terminal } from "./terminal.ts";

/** Prints what is known of one key. @throws ConfigError when there is no such key. */
export function printExplanation(key: string, terminal: Terminal): void {
  terminal.print(`${explainKey(key).trimEnd()}\n`);
}
