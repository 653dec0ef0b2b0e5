import { physicalDuration } from "./duration.ts";
import { formatDuration } from "./format-duration.ts";
import { read, type ValueType, wanted } from "./value-type.ts";

/** A producer makes nothing from `from` on for `length`, and again after each `every`; ns. */
export interface Pause {
  readonly from: number;
  readonly length: number;
  /** undefined: once. */
  readonly every: number | undefined;
}

const LONGEST = 100 * 86_400e9;
const PAUSE = /^(\S.*?)\s+for\s+(\S.*?)(?:\s+every\s+(\S.*))?$/i;

/** Times in which nothing is made: `none`, or `30 s for 10 s, 2 min for 1 min every 5 min`. */
export function pauses(): ValueType<readonly Pause[], string> {
  const text = 'none, or times such as "30 s for 10 s" or "4 s for 33 s every 37 s", with commas between';
  const time = physicalDuration({ max: LONGEST });
  const length = physicalDuration({ min: 1, max: LONGEST });
  return {
    name: "pauses",
    unit: "as written",
    wanted: text,
    examples: ["none", "30 s for 10 s", "4 s for 33 s every 37 s"],
    jsonTypes: ["string"],
    read(input) {
      if (input.trim().toLowerCase() === "none") return read([]);
      const found: Pause[] = [];
      for (const part of input.split(",")) {
        const [, from, lasts, every] = PAUSE.exec(part.trim()) ?? [];
        const start = from === undefined ? undefined : time.read(from);
        const size = lasts === undefined ? undefined : length.read(lasts);
        const period = every === undefined ? undefined : length.read(every);
        if (!start?.ok || !size?.ok || (period !== undefined && !period.ok)) return wanted(text);
        const pause = { from: start.value, length: size.value, every: period?.value };
        if (pause.every !== undefined && pause.every <= pause.length)
          return wanted(
            `pauses shorter than the time after which they come again (${formatDuration(pause.every)})`,
          );
        const before = found.at(-1);
        if (before !== undefined && (before.every !== undefined || pause.from < before.from + before.length))
          return wanted("pauses one after the other, and after one that comes again none");
        found.push(pause);
      }
      return read(found);
    },
  };
}
