import { expect, test } from "vitest";
import { warmUpLength } from "./warm-up-length.ts";

/** Repeats -1, 1, which five at a time averages to -0.2, 0.2. */
const steady = (length: number): number[] => Array.from({ length }, (_, i) => (i % 2 === 0 ? -1 : 1));

test("a transient is cut off, to the next multiple of five", () => {
  const transient = Array.from({ length: 23 }, (_, i) => 100 - 4 * i);
  expect(warmUpLength([...transient, ...steady(400)])).toBe(25);
});

test("a steady run has no warm-up", () => {
  expect(warmUpLength(steady(400))).toBe(0);
  expect(warmUpLength([])).toBe(0);
});

test("at most half is cut off", () => {
  const rising = Array.from({ length: 100 }, (_, i) => i);
  expect(warmUpLength(rising)).toBe(50);
});
