import { formatDuration, physicalDuration } from "../pipeline/index.ts";
import { ExperimentError } from "./experiment-error.ts";

/** `count` durations (at least 2) from `first` to `last` in equal ratios, the inner ones rounded to two significant digits, so
 *  that they read well: `logSpaced("1 s", "60 s", 5)` is 1 s, 2.8 s, 7.7 s, 22 s, 60 s.
 *  @throws ExperimentError when an end isn't a duration above 0 with its unit, or there are fewer than 2. */
export function logSpaced(first: string, last: string, count: number): string[] {
  const low = read(first);
  const high = read(last);
  if (!Number.isSafeInteger(count) || count < 2) {
    throw new ExperimentError("logSpaced", `got ${count} values`, "2 at least");
  }
  const ratio = (high / low) ** (1 / (count - 1));
  const values = Array.from({ length: count }, (_, i) => {
    if (i === 0 || i === count - 1) return i === 0 ? low : high;
    return Number((low * ratio ** i).toPrecision(2));
  });
  return values.map((nanoseconds) => formatDuration(Math.round(nanoseconds)));
}

function read(text: string): number {
  const reading = physicalDuration({ min: 1 }).read(text);
  if (reading.ok) return reading.value;
  throw new ExperimentError("logSpaced", `got "${text}"`, 'a duration such as "10 s"');
}
