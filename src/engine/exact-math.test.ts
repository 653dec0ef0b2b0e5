import fc from "fast-check";
import { expect, test } from "vitest";
import { exp, log, pow } from "./exact-math.ts";

/** How many units in the last place two finite doubles of one sign lie apart. */
function ulps(x: number, y: number): number {
  const bits = new BigInt64Array(Float64Array.of(x, y).buffer);
  return Math.abs(Number(bits[0]! - bits[1]!));
}

test("values that are known exactly", () => {
  expect([log(1), log(0), log(-1), log(Number.POSITIVE_INFINITY)]).toEqual([
    0,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ]);
  expect([exp(0), exp(1), exp(-1000), exp(1000)]).toEqual([1, Math.E, 0, Number.POSITIVE_INFINITY]);
  expect([pow(2, 10), pow(10, 22), pow(2, -1074), pow(9, 0.5), pow(0, 2), pow(0.5, 2000)]).toEqual([
    1024, 1e22, 5e-324, 3, 0, 0,
  ]);
  // Correctly rounded from many digits.
  expect([log(2), log(10), exp(10), pow(1.1, 100)]).toEqual([
    Math.LN2,
    Math.LN10,
    22026.465794806718,
    13780.61233982238,
  ]);
});

test("log, exp and pow agree with the platform's within one unit in the last place", () => {
  fc.assert(
    fc.property(fc.double({ min: 5e-324, max: 1.7e308, noNaN: true }), (x) => ulps(log(x), Math.log(x)) <= 1),
    { numRuns: 20_000 },
  );
  fc.assert(
    fc.property(fc.double({ min: -745, max: 709, noNaN: true }), (x) => ulps(exp(x), Math.exp(x)) <= 1),
    { numRuns: 20_000 },
  );
  fc.assert(
    fc.property(
      fc.double({ min: 1e-30, max: 1e30, noNaN: true }),
      fc.double({ min: -10, max: 10, noNaN: true }),
      (x, y) => ulps(pow(x, y), x ** y) <= 1,
    ),
    { numRuns: 20_000 },
  );
});
