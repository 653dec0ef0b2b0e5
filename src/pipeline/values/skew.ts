import type { ProducerSpec } from "../pipeline.ts";
import { read, type ValueType, wanted } from "./value-type.ts";

const ZIPF = /^zipf\s+(\d{1,2}(?:\.\d{1,6})?)$/i;

/** How keys are drawn: `cycle` (in turn) or `zipf 0.8` (exponent 0 to 10; 0 is uniform). */
export function skew(): ValueType<ProducerSpec["keyDistribution"], string> {
  const text = '"cycle" or "zipf 0.8"';
  return {
    name: "skew",
    unit: "zipf exponent, or cycle",
    wanted: text,
    examples: ["cycle", "zipf 0.8"],
    jsonTypes: ["string"],
    read(input) {
      if (input.toLowerCase() === "cycle") return read({ kind: "cycle" });
      const exponent = ZIPF.exec(input)?.[1];
      if (exponent === undefined) return wanted(text);
      return Number(exponent) <= 10
        ? read({ kind: "zipf", exponent: Number(exponent) })
        : wanted("a zipf exponent from 0 to 10");
    },
  };
}
