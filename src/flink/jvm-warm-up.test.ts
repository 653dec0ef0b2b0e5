import { expect, test } from "vitest";
import { slowness } from "./jvm-warm-up.ts";

const SECOND = 1e9;

test("a process is slower by its excess at its start, by 1/e of it a warm-up time later, and warm in the end", () => {
  const young = { startedAt: 10 * SECOND, excess: 29, time: 50 * SECOND };
  expect(slowness(young, 10 * SECOND)).toBe(30);
  expect(slowness(young, 60 * SECOND)).toBeCloseTo(1 + 29 / Math.E, 12);
  expect(slowness({ ...young, startedAt: -86_400 * SECOND }, 0)).toBe(1);
});

test("without a warm-up time a process is warm at once", () => {
  expect(slowness({ startedAt: 0, excess: 29, time: 0 }, 0)).toBe(1);
});
