import { expect, test } from "vitest";
import { quantile } from "./quantile.ts";

test("quantiles lie on the line between the order statistics", () => {
  expect([0, 0.25, 0.5, 0.9, 1].map((q) => quantile([10, 20, 30, 50], q))).toEqual([10, 17.5, 25, 44, 50]);
  expect(quantile([7], 0.99)).toBe(7);
  expect(quantile([], 0.5)).toBeNaN();
});
