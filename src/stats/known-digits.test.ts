import { expect, test } from "vitest";
import { isPreciseEnough } from "./is-precise-enough.ts";
import { knownDigits, knownHalfWidth } from "./known-digits.ts";

test.each([
  [12.3456, 0.04, "12.3"],
  [12.3456, 0.4, "12.3"],
  [12.3456, 4, "12"],
  [12.3456, 40, "~10"],
  [91.3, 9.4, "91"],
  [91.3, 9.7, "90"],
  [10_700, 30, "10700"],
  [10_712, 300, "10700"],
  [10_712, 2000, "11000"],
  [0.012345, 0.001, "0.012"],
  [-45.67, 0.5, "-45.7"],
  [99.96, 0.01, "100.0"],
  [5, 0, "5.00"],
  [0, 1, "0"],
  [12.3456, Number.POSITIVE_INFINITY, "12"],
  [Number.NaN, 1, "-"],
  [1234.5, 0, "1230"],
])("%d ± %d is %s", (value, halfWidth, text) => {
  expect(knownDigits(value, halfWidth)).toBe(text);
});

test.each([
  [12.3456, 0.04, 0.1],
  [12.3456, 0.4, 0.4],
  [12.3456, 40, 40],
  [0.5281, 0.0003, 0.001],
  [389, 17.2, 20],
  [0.8, 1.04, 1],
  [0, 0.3, 0.3],
  [5, 0, 0],
])("beside the digits of %d ± %d stands %d, and what is rounded off lies within", (value, half, shown) => {
  expect(knownHalfWidth(value, half)).toBe(shown);
  const text = Number(knownDigits(value, half).replace("~", ""));
  expect(Math.abs(text - value)).toBeLessThanOrEqual(shown);
});

test("repetitions go on until the interval is narrow enough, and for the wanted number at least", () => {
  const wanted = { relative: 0.1, confidence: 0.95, atLeast: 3 };
  expect(isPreciseEnough([10, 10], wanted)).toBe(false);
  expect(isPreciseEnough([10, 10, 10], wanted)).toBe(true);
  // t(2, 0.975) = 4.3027, standard error 0.2 / sqrt(3): half-width 0.4968 <= 10 x 0.1 / 1.1.
  expect(isPreciseEnough([9.8, 10, 10.2], wanted)).toBe(true);
  expect(isPreciseEnough([9, 10, 11], wanted)).toBe(false);
});
