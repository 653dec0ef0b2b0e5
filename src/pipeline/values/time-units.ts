const UNITS: readonly (readonly [nanoseconds: bigint, labels: readonly string[]])[] = [
  [1n, ["ns", "nano", "nanos", "nanosecond", "nanoseconds"]],
  // Flink writes the micro sign (U+00B5); keyboards also give the Greek letter (U+03BC), and people write "us".
  [1_000n, ["\u00b5s", "\u03bcs", "us", "micro", "micros", "microsecond", "microseconds"]],
  [1_000_000n, ["ms", "milli", "millis", "millisecond", "milliseconds"]],
  [1_000_000_000n, ["s", "sec", "secs", "second", "seconds"]],
  [60_000_000_000n, ["min", "m", "minute", "minutes"]],
  [3_600_000_000_000n, ["h", "hour", "hours"]],
  [86_400_000_000_000n, ["d", "day", "days"]],
];

const BY_LABEL = new Map(
  UNITS.flatMap(([nanoseconds, labels]) => labels.map((label) => [label, nanoseconds])),
);

/** Nanoseconds of a unit as Flink's `TimeUtils` spells it (`m` is minutes), case aside; undefined: no such unit. */
export function nanosecondsOf(unit: string): bigint | undefined {
  return BY_LABEL.get(unit.toLowerCase());
}
