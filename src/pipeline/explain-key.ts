import { type DefaultRow, listDefaults } from "./defaults.ts";
import { nearest } from "./nearest.ts";
import { currentKeys, REPLACED_NAMES, type ReplacedName, replacedName } from "./replaced-names.ts";

/** What is known about a key. */
export type Explanation =
  | { readonly kind: "key"; readonly key: string; readonly rows: readonly DefaultRow[] }
  /** a name of the past, or one that only books have; `rows` explain what replaced it. */
  | {
      readonly kind: "replaced";
      readonly key: string;
      readonly status: ReplacedName["status"];
      readonly answer: string;
      readonly rows: readonly DefaultRow[];
    }
  | { readonly kind: "unknown"; readonly key: string; readonly suggestion: string | undefined };

/** Explains a key as it stands in a file, with the path to it or without: `linger.ms`, `properties.linger.ms`,
 *  `jobs.enrich.config.execution.checkpointing.interval`, `state.checkpoints.async`. */
export function explainKey(key: string): Explanation {
  const rows = listDefaults();
  for (const tail of tailsOf(key.trim())) {
    const found = rows.filter((row) => row.key === tail);
    if (found.length > 0) return { kind: "key", key: tail, rows: found };
    const replaced = replacedName(tail);
    if (replaced !== undefined) {
      const current = currentKeys(replaced, tail);
      const { status, answer } = replaced;
      const words = status === "alias" ? current.join(" and ") : answer;
      return {
        kind: "replaced",
        key: tail,
        status,
        answer: words,
        rows: rows.filter((row) => current.includes(row.key)),
      };
    }
  }
  const names = [...rows.map((row) => row.key), ...REPLACED_NAMES.map(({ name }) => name)];
  return { kind: "unknown", key, suggestion: nearest(key, names) };
}

/** The key itself, then what is left without its first step, its first two, and so on. */
function tailsOf(key: string): readonly string[] {
  const steps = key.split(".");
  return steps.map((_, index) => steps.slice(index).join("."));
}
