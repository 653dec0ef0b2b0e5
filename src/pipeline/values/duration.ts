import type { Duration } from "../../engine/index.ts";
import { formatDuration } from "./format-duration.ts";
import { type Fraction, readFraction, rounded } from "./fraction.ts";
import { nanosecondsOf } from "./time-units.ts";
import { type Reading, read, type ValueType, wanted } from "./value-type.ts";

const MILLISECOND = 1_000_000;
const DAY = 86_400_000_000_000;

/** Bounds of a duration in ns, both inclusive; `because` says what happens below the lower one. */
export interface DurationBounds {
  readonly min?: number;
  readonly max?: number;
  readonly because?: string;
}

function bounded(
  nanoseconds: Fraction,
  { min = 0, max = 100 * DAY, because }: DurationBounds,
): Reading<Duration> {
  const whole = rounded(nanoseconds);
  if (whole < BigInt(min)) return wanted(`at least ${formatDuration(min)}${because ? ` (${because})` : ""}`);
  if (whole > BigInt(max)) return wanted(`at most ${formatDuration(max)}`);
  return read(Number(whole) as Duration);
}

const ISO_8601 =
  /^P(?=\d|T\d)(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12}(?:\.\d{1,9})?)S)?)?$/i;

function isoNanoseconds(text: string): Fraction | undefined {
  const match = ISO_8601.exec(text);
  if (match === null) return undefined;
  const [, days = "0", hours = "0", minutes = "0", seconds = "0"] = match;
  const { numerator, denominator } = readFraction(seconds) ?? { numerator: 0n, denominator: 1n };
  const rest = BigInt(days) * 86_400n + BigInt(hours) * 3_600n + BigInt(minutes) * 60n;
  return { numerator: (rest * denominator + numerator) * 1_000_000_000n, denominator };
}

const QUANTITY = /^(\d[\d.]{0,60}(?:e[+-]?\d{1,2})?)\s*([a-z\u00b5\u03bc]*)$/i;

/** ns of `10 s`; a bare number counts in `bareUnit`, or is refused if that is undefined. */
function quantity(text: string, bareUnit: string | undefined): Fraction | undefined {
  const match = QUANTITY.exec(text);
  if (match === null) return undefined;
  const unit = nanosecondsOf(match[2] || (bareUnit ?? ""));
  const amount = readFraction(match[1] ?? "");
  if (unit === undefined || amount === undefined) return undefined;
  return { numerator: amount.numerator * unit, denominator: amount.denominator };
}

const MORE = 'a duration such as "10 s"';

/** Flink's grammar: a whole number and a unit, ms when bare, or ISO-8601.
 *  Source: org.apache.flink.util.TimeUtils. */
export function flinkDuration(bounds: DurationBounds = {}): ValueType<Duration> {
  return {
    name: "duration",
    unit: "ms if bare",
    wanted: MORE,
    examples: ["10 s", "500 ms", "10 min"],
    jsonTypes: ["string", "number"],
    read(text) {
      const iso = isoNanoseconds(text);
      if (iso !== undefined) return bounded(iso, bounds);
      const nanoseconds = quantity(text, "ms");
      if (nanoseconds === undefined) return wanted(MORE);
      if (!/^\d+\s*\D*$/.test(text)) {
        return wanted(`${MORE}: Flink reads whole numbers only, so write a smaller unit`);
      }
      return bounded(nanoseconds, bounds);
    },
  };
}

/** Kafka's `….ms` options: whole milliseconds; a duration with its unit is read too. */
export function kafkaMilliseconds(bounds: DurationBounds = {}): ValueType<Duration> {
  const text = 'milliseconds or a duration such as "5 s"';
  return {
    name: "duration",
    unit: "ms if bare",
    wanted: text,
    examples: ["5000", "5 s"],
    jsonTypes: ["string", "number"],
    read(input) {
      const nanoseconds = quantity(input, "ms");
      if (nanoseconds === undefined) return wanted(text);
      if (
        rounded(nanoseconds) % BigInt(MILLISECOND) !== 0n ||
        nanoseconds.numerator % nanoseconds.denominator !== 0n
      ) {
        return wanted("whole milliseconds, as Kafka counts them");
      }
      return bounded(nanoseconds, { max: 2_147_483_647 * MILLISECOND, ...bounds });
    },
  };
}

/** The physical world: any decimal, and the unit is required. */
export function physicalDuration(bounds: DurationBounds = {}): ValueType<Duration, string> {
  const text = 'a duration with its unit such as "0.3 ms"';
  return {
    name: "duration",
    unit: "as written",
    wanted: text,
    examples: ["0.3 ms", "20 us", "1 s"],
    jsonTypes: ["string"],
    read(input) {
      const nanoseconds = quantity(input, undefined);
      if (nanoseconds === undefined) return wanted(text);
      return bounded(nanoseconds, { max: 3_600_000_000_000, ...bounds });
    },
  };
}
