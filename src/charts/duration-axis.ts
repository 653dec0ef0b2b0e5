/** Ticks people know, ms. */
const TICKS = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000,
  30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000,
];

/** For scales over less than a decade and a half. */
const FINE_TICKS = [
  ...[0.01, 0.1, 1, 10, 100, 1000, 10_000]
    .flatMap((decade) => [1, 1.5, 2, 3, 4, 5, 7].map((step) => decade * step))
    .filter((tick) => tick < 60_000),
  ...[1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 40, 60].map((minutes) => 60_000 * minutes),
];

const COUNTS = Array.from({ length: 9 }, (_, decade) => [1, 2, 5].map((step) => step * 10 ** decade)).flat();

const LABEL =
  "datum.value < 1000 ? format(datum.value, '~r') + ' ms' : datum.value < 60000 ? format(datum.value / 1000, '~r') + ' s' : format(datum.value / 60000, '~r') + ' min'";

/** A logarithmic scale over some durations in ms, widened to the next ticks. */
export function durationScale(values: readonly number[]) {
  return { type: "log", domain: [...domainOf(values)], nice: false };
}

/** Its axis: ticks people know, each with its unit. */
export function durationAxis(values: readonly number[]) {
  const [low, high] = domainOf(values);
  const inside = TICKS.filter((tick) => tick >= low && tick <= high);
  const ticks = inside.length < 6 ? FINE_TICKS.filter((tick) => tick >= low && tick <= high) : inside;
  return { values: ticks, labelExpr: LABEL, grid: false };
}

/** A logarithmic scale over some counts above 0, widened to the next 1, 2 or 5 of a decade, and its axis. */
export function countScale(values: readonly number[]) {
  const [low, high] = domainOf(values, COUNTS);
  return { type: "log", domain: [low, high], nice: false };
}

export function countAxis(values: readonly number[]) {
  const [low, high] = domainOf(values, COUNTS);
  return {
    values: COUNTS.filter((tick) => tick >= low && tick <= high),
    labelExpr: "format(datum.value, ',')",
    grid: false,
  };
}

function domainOf(values: readonly number[], ticks: readonly number[] = TICKS): readonly [number, number] {
  const positive = values.filter((value) => value > 0);
  const least = Math.min(...positive);
  const most = Math.max(...positive);
  const low = ticks.findLast((tick) => tick <= least * 1.001) ?? least;
  const high = ticks.find((tick) => tick >= most * 0.999) ?? most;
  return [low, high];
}
