import { readFileSync } from "node:fs";
import type { Pipeline } from "../pipeline/index.ts";

/** Names of the properties that a resolved pipeline has as durations, from the declaration of its type, so that a new one
 *  is found without being listed here. */
const DURATIONS = new Set(
  [
    ...readFileSync(new URL("../pipeline/pipeline.ts", import.meta.url), "utf8").matchAll(
      /readonly (\w+): Duration\b/g,
    ),
  ].map((match) => match[1]!),
);

/** The same pipeline in slow motion: every duration `factor` times as long, and as many times fewer records and bytes a
 *  second. `factor` is a positive integer. */
export function scaledTime(pipeline: Pipeline, factor: number): Pipeline {
  const scale = (value: unknown, name: string, owner: string): unknown => {
    if (typeof value === "number") {
      if (DURATIONS.has(name) || (owner === "rate" && name === "denominator")) return value * factor;
      return /bandwidth$/i.test(name) ? value / factor : value;
    }
    if (Array.isArray(value)) return value.map((one) => scale(one, name, owner));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, scale(part, key, name)]));
  };
  return scale(pipeline, "", "") as Pipeline;
}
