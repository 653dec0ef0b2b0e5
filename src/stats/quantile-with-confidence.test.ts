import { expect, test } from "vitest";
import { batchQuantile } from "./batch-quantile.ts";
import { meanWithConfidence } from "./mean-with-confidence.ts";
import { quantileWithConfidence } from "./quantile-with-confidence.ts";

test("ends lie between the order statistics whose binomial tails enclose 2.5 %", () => {
  const values = Array.from({ length: 20 }, (_, i) => 10 * (i + 1));
  const { value, low, high } = quantileWithConfidence(values, 0.5, 0.95);
  // Binomial(20, 1/2): P(at most 5) = 0.020695, P(at most 6) = 0.057659. So the lower end is past the 6th value.
  const share = (0.025 - 0.020694733) / (0.05765915 - 0.020694733);
  expect(low).toBeCloseTo(60 + 10 * share, 6);
  expect(value).toBe(105);
  expect(high).toBeCloseTo(210 - (60 + 10 * share), 6);
});

test("too few values leave an end open", () => {
  expect(quantileWithConfidence([1, 2, 3], 0.99, 0.95)).toMatchObject({ high: Number.POSITIVE_INFINITY });
  // 0.99^298 > 5 %, 0.99^299 < 5 %: 299 values are needed before the largest bounds p99 with 95 %.
  const sorted = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  expect(quantileWithConfidence(sorted(298), 0.99, 0.9).high).toBe(Number.POSITIVE_INFINITY);
  expect(quantileWithConfidence(sorted(299), 0.99, 0.9).high).toBeLessThan(298);
});

test("batch quantiles drop the beginning and use whole batches", () => {
  expect(batchQuantile([100, 3, 1, 2, 9, 8, 7], 2, 0.5, 0.95)).toEqual(meanWithConfidence([2, 8], 0.95));
  expect(batchQuantile([1], 2, 0.5, 0.95).mean).toBeNaN();
});
