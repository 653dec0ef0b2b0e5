import { expect, test } from "vitest";
import { percentile } from "./percentile.ts";

test("as Flink's REST API showed it for 26 checkpoints whose last three took 20, 24 and 25 ms", () => {
  const durations = [...Array.from({ length: 23 }, () => 14), 20, 24, 25];
  expect([50, 90, 95, 99, 99.9].map((p) => percentile(durations, p))).toEqual([
    14, 21.200000000000003, 24.65, 25, 25,
  ]);
});

test("ends, one value, none", () => {
  expect(percentile([1, 2, 3], 10)).toBe(1);
  expect(percentile([1, 2, 3], 90)).toBe(3);
  expect(percentile([7], 50)).toBe(7);
  expect(percentile([], 50)).toBeNaN();
});
