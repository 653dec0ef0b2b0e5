import { physicalDuration } from "../pipeline/index.ts";

const SECOND = 1e9;
const DAY = 86_400 * SECOND;

/** A whole number that an option was given; what is wrong goes to `problems`. */
export function readWhole(option: string, typed: string, min: number, problems: string[]): number {
  const value = Number(typed);
  if (/^\d+$/.test(typed) && Number.isSafeInteger(value) && value >= min) return value;
  problems.push(
    `Cannot read ${option}: got "${typed}", wanted a whole number from ${min} to ${Number.MAX_SAFE_INTEGER}`,
  );
  return min;
}

/** Simulated time that an option was given, ns, from 1 s; what is wrong goes to `problems`. */
export function readSimulatedTime(option: string, typed: string, problems: string[]): number | undefined {
  const reading = physicalDuration({ min: SECOND, max: 100 * DAY }).read(typed.trim());
  if (reading.ok) return reading.value;
  const wanted = reading.wanted.startsWith("at ") ? reading.wanted : 'a duration such as "10 min"';
  problems.push(`Cannot read ${option}: got "${typed}", wanted ${wanted}`);
  return undefined;
}

/** Notes every `--set` that is no KEY=VALUE. */
export function reviewSettings(settings: readonly string[] | undefined, problems: string[]): void {
  for (const setting of settings ?? []) {
    if (!/^[^=]+=/.test(setting)) problems.push(`Cannot read --set: got "${setting}", wanted KEY=VALUE`);
  }
}
