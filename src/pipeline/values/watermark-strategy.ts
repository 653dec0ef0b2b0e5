import type { Duration } from "../../engine/index.ts";
import { flinkDuration } from "./duration.ts";
import { read, type ValueType, wanted } from "./value-type.ts";

const BOUNDED = /^bounded-out-of-orderness\s+(.+)$/i;

/** How a source makes watermarks, as WatermarkStrategy's methods are called: `monotonous-timestamps`, or
 *  `bounded-out-of-orderness 5 s`. The value is the out-of-orderness. */
export function watermarkStrategy(): ValueType<Duration, string> {
  const text = '"monotonous-timestamps" or "bounded-out-of-orderness 5 s"';
  const bound = flinkDuration();
  return {
    name: "watermark strategy",
    unit: "out-of-orderness as written, ms if bare",
    wanted: text,
    examples: ["bounded-out-of-orderness 5 s", "monotonous-timestamps"],
    jsonTypes: ["string"],
    read(input) {
      if (input.toLowerCase() === "monotonous-timestamps") return read(0 as Duration);
      const [, amount] = BOUNDED.exec(input) ?? [];
      if (amount === undefined) return wanted(text);
      const reading = bound.read(amount);
      return reading.ok || reading.wanted !== bound.wanted ? reading : wanted(text);
    },
  };
}
