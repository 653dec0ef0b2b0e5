const UNITS = [
  [86_400_000_000_000, "d"],
  [3_600_000_000_000, "h"],
  [60_000_000_000, "min"],
  [1_000_000_000, "s"],
  [1_000_000, "ms"],
  [1_000, "us"],
] as const;

/** A duration in the largest unit that leaves a whole number: `15 min`, `300 us`. Nanoseconds in; the text reads back. */
export function formatDuration(nanoseconds: number): string {
  for (const [size, unit] of UNITS) {
    if (nanoseconds >= size && nanoseconds % size === 0) return `${nanoseconds / size} ${unit}`;
  }
  return `${nanoseconds} ns`;
}
