import { expect, test } from "vitest";
import { batchMeans } from "./batch-means.ts";
import { meanWithConfidence } from "./mean-with-confidence.ts";
import { studentTQuantile } from "./student-t-quantile.ts";

test("Student's t agrees with published tables and closed forms", () => {
  // One and two degrees of freedom have closed forms; the others are from Abramowitz and Stegun, table 26.10.
  expect(studentTQuantile(0.975, 1)).toBeCloseTo(Math.tan(Math.PI * 0.475), 8);
  expect(studentTQuantile(0.9, 2)).toBeCloseTo(0.8 / Math.sqrt(2 * 0.9 * 0.1), 8);
  expect(studentTQuantile(0.995, 29)).toBeCloseTo(2.756, 3);
  expect(studentTQuantile(0.95, 10)).toBeCloseTo(1.812, 3);
  expect(studentTQuantile(0.975, 1_000)).toBeCloseTo(1.9623, 4);
  expect(studentTQuantile(0.025, 5)).toBeCloseTo(-2.571, 3);
  expect(studentTQuantile(0.5, 7)).toBe(0);
});

test("the mean of 1 .. 5 and its 95 % interval", () => {
  const { mean, halfWidth, count } = meanWithConfidence([1, 2, 3, 4, 5], 0.95);
  expect(mean).toBe(3);
  expect(count).toBe(5);
  // t(4, 0.975) sqrt(2.5 / 5)
  expect(halfWidth).toBeCloseTo(2.7764451 * Math.sqrt(0.5), 6);
});

test("too few values have no interval", () => {
  expect(meanWithConfidence([], 0.95)).toEqual({
    count: 0,
    mean: Number.NaN,
    halfWidth: Number.POSITIVE_INFINITY,
    confidence: 0.95,
  });
  expect(meanWithConfidence([4], 0.99).halfWidth).toBe(Number.POSITIVE_INFINITY);
});

test("batch means drop the beginning and use whole batches", () => {
  // 100 is dropped; the batches are (1, 3), (5, 7), (9, 11).
  expect(batchMeans([100, 1, 3, 5, 7, 9, 11], 3, 0.95)).toEqual(meanWithConfidence([2, 6, 10], 0.95));
  expect(batchMeans([1, 2], 3, 0.95).mean).toBeNaN();
});
