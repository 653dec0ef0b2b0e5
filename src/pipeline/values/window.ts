import type { WindowSpec } from "../pipeline.ts";
import { flinkDuration } from "./duration.ts";
import { read, type ValueType, wanted } from "./value-type.ts";

const TUMBLE = /^tumble\s+(.+?)(?:\s+offset\s+(.+))?$/i;
const MILLISECOND = 1_000_000;

/** How an operator groups its records by event time: `tumble 1 min`, or `tumble 1 h offset 15 min`. */
export function window(): ValueType<WindowSpec, string> {
  const text = 'a window such as "tumble 1 min" or "tumble 1 h offset 15 min"';
  const size = flinkDuration({ min: MILLISECOND, because: "Flink counts event time in milliseconds" });
  const shift = flinkDuration();
  return {
    name: "window",
    unit: "as written, ms if bare",
    wanted: text,
    examples: ["tumble 1 min", "tumble 1 h offset 15 min"],
    jsonTypes: ["string"],
    read(input) {
      const [, amount, behind = "0 s"] = TUMBLE.exec(input) ?? [];
      if (amount === undefined) return wanted(text);
      const length = size.read(amount);
      if (!length.ok) return wanted(length.wanted === size.wanted ? text : length.wanted);
      const offset = shift.read(behind);
      if (!offset.ok) return wanted(offset.wanted === shift.wanted ? text : offset.wanted);
      if (length.value % MILLISECOND !== 0 || offset.value % MILLISECOND !== 0)
        return wanted(`${text}, in whole milliseconds`);
      if (offset.value >= length.value) return wanted("an offset that is less than the window's size");
      return read({ size: length.value, offset: offset.value });
    },
  };
}
