import type { Default, Option } from "./options/option.ts";
import type { ScalarInput } from "./values/value-type.ts";

/** A default as one line: `10 min`, `0 before kafka-clients 4.0, then 5`, `none`, `required`. */
export function describeDefault(value: Default): string {
  if (value === undefined) return "none";
  if (typeof value === "string") return value;
  if ("required" in value) return "required";
  if ("presets" in value) {
    return Object.entries(value.presets)
      .map(([preset, figure]) => `${figure.value} (${preset})`)
      .join(", ");
  }
  const product = value.of === "flink" ? "Flink" : "kafka-clients";
  return `${value.before} before ${product} ${value.release}, then ${value.from}`;
}

/** Where a default comes from, one line. */
export function describeSource(option: Option<unknown, ScalarInput>): string {
  const value = option.default;
  if (typeof value !== "object" || !("presets" in value)) return option.source;
  return Object.entries(value.presets)
    .map(([preset, figure]) => `${preset}: ${figure.source}`)
    .join("; ");
}

/** Meaning, default and source of a key in a few words, for editors. */
export function describeOption(option: Option<unknown, ScalarInput>): string {
  const modelled = option.modelled ? "" : " Known, but not modelled yet.";
  const default_ = option.required
    ? "Required."
    : `Default: ${describeDefault(option.default)} [${option.source}].`;
  return `${option.meaning}${modelled} ${default_}`;
}
