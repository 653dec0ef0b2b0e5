import type { ReaderSpec } from "../pipeline.ts";
import { physicalDuration } from "./duration.ts";
import { read, type ValueType, wanted } from "./value-type.ts";

const OBJECTIVE = /^p(\d{1,2}(?:\.\d{1,3})?)\s*(?:<=|\u2264)\s*(.+)$/i;

/** A latency objective: `p99 <= 15 s`. The quantile is a fraction below 1, the bound ns. */
export function objective(): ValueType<NonNullable<ReaderSpec["slo"]>, string> {
  const text = 'an objective such as "p99 <= 15 s"';
  const bound = physicalDuration({ min: 1, max: 86_400_000_000_000 });
  return {
    name: "objective",
    unit: "quantile and time, as written",
    wanted: text,
    examples: ["p99 <= 15 s", "p99.9 <= 200 ms"],
    jsonTypes: ["string"],
    read(input) {
      const [, percent, limit = ""] = OBJECTIVE.exec(input) ?? [];
      if (percent === undefined) return wanted(text);
      const reading = bound.read(limit);
      if (!reading.ok) return wanted(reading.wanted === bound.wanted ? text : reading.wanted);
      return read({ quantile: Number((Number(percent) / 100).toFixed(5)), bound: reading.value });
    },
  };
}
