import { describe, expect, test } from "vitest";
import { ConstantDistribution } from "./constant-distribution.ts";
import { checkDistance, checkMoments, checkQuantiles } from "./distribution.properties.ts";
import type { QuantileDistribution } from "./distribution.ts";
import { EmpiricalDistribution } from "./empirical-distribution.ts";
import { ExponentialDistribution } from "./exponential-distribution.ts";
import { GammaDistribution } from "./gamma-distribution.ts";
import { InvariantError } from "./invariant.ts";
import { logGamma } from "./log-gamma.ts";
import { LognormalDistribution } from "./lognormal-distribution.ts";
import { NormalDistribution } from "./normal-distribution.ts";
import { normalQuantile } from "./normal-quantile.ts";
import { ParetoDistribution } from "./pareto-distribution.ts";
import { PoissonDistribution } from "./poisson-distribution.ts";
import { UniformDistribution } from "./uniform-distribution.ts";
import { WeibullDistribution } from "./weibull-distribution.ts";

const WITH_QUANTILES: Record<string, QuantileDistribution> = {
  constant: new ConstantDistribution(3.5),
  uniform: new UniformDistribution(-2, 5),
  exponential: new ExponentialDistribution(0.25),
  normal: new NormalDistribution(10, 3),
  lognormal: new LognormalDistribution(2, 0.5),
  "Pareto, shape 9": new ParetoDistribution(1.5, 9),
  "Weibull, shape 0.8": new WeibullDistribution(2, 0.8),
  "Weibull, shape 3": new WeibullDistribution(2, 3),
  empirical: new EmpiricalDistribution([1, 2, 2, 3, 10]),
  "Poisson, mean 0": new PoissonDistribution(0),
  "Poisson, mean 0.3": new PoissonDistribution(0.3),
  "Poisson, mean 9.9": new PoissonDistribution(9.9),
  "Poisson, mean 10": new PoissonDistribution(10),
  "Poisson, mean 12345.6": new PoissonDistribution(12345.6),
};

describe.each(Object.entries(WITH_QUANTILES))("%s", (_, distribution) => {
  test("moments follow the closed form", () => checkMoments(distribution, "moments"));
  test("quantiles follow the closed form", () => checkQuantiles(distribution, "quantiles"));
});

test.each([0.25, 1, 4, 64, 1000])("gamma, shape %d: moments follow the closed form", (shape) => {
  checkMoments(new GammaDistribution(shape, 7), "gamma");
});

test("Erlang-3 follows 1 - e^-x (1 + x + x^2 / 2)", () => {
  checkDistance(new GammaDistribution(3, 3), (x) => 1 - Math.exp(-x) * (1 + x + (x * x) / 2), "erlang");
});

test("gamma with shape 1/2 is half a squared normal variable", () => {
  // P(Z^2 / 2 <= x) from the exact quantiles: the quartiles of Z^2 / 2.
  const quartile = normalQuantile(0.625) ** 2 / 2;
  const median = normalQuantile(0.75) ** 2 / 2;
  const stream = { count: 0, belowQuartile: 0, belowMedian: 0 };
  checkDistance(
    new GammaDistribution(0.5, 0.5),
    (x) => {
      stream.count++;
      if (x <= quartile) stream.belowQuartile++;
      if (x <= median) stream.belowMedian++;
      return halfSquaredNormal(x);
    },
    "chi-square",
  );
  expect(Math.abs(stream.belowQuartile / stream.count - 0.25)).toBeLessThan(0.004);
  expect(Math.abs(stream.belowMedian / stream.count - 0.5)).toBeLessThan(0.005);
});

/** P(Z^2 / 2 <= x) = erf(sqrt(x)), inverted from the normal quantile by bisection. */
function halfSquaredNormal(x: number): number {
  const z = Math.sqrt(2 * x);
  let low = 0.5;
  let high = 1 - 1e-16;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (normalQuantile(middle) < z) low = middle;
    else high = middle;
  }
  return 2 * low - 1;
}

test("the exponential ziggurat has the whole tail", () => {
  checkDistance(new ExponentialDistribution(1), (x) => 1 - Math.exp(-x), "exponential");
});

test("heavy tails have infinite moments", () => {
  expect(new ParetoDistribution(1, 1).mean).toBe(Number.POSITIVE_INFINITY);
  expect(new ParetoDistribution(1, 2).variance).toBe(Number.POSITIVE_INFINITY);
  expect(new ParetoDistribution(2, 3).mean).toBe(3);
});

test("known values of the special functions", () => {
  expect(normalQuantile(0.5)).toBe(0);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
  expect(normalQuantile(0.0001)).toBeCloseTo(-3.719016485455709, 13);
  expect(normalQuantile(1e-20)).toBeCloseTo(-9.262340089798409, 12);
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 13);
  expect(logGamma(5)).toBeCloseTo(Math.log(24), 13);
  expect(logGamma(171)).toBeCloseTo(706.5730622457874, 10);
});

test("Poisson quantiles are exact", () => {
  // Mean 2: the cumulative probabilities are e^-2 times 1, 3, 5, 19/3, ...
  const two = new PoissonDistribution(2);
  expect([0, 0.13, 0.14, 0.4, 0.41, 0.67, 0.68, 0.8571, 0.8572].map((p) => two.quantile(p))).toEqual([
    0, 0, 1, 1, 2, 2, 3, 3, 4,
  ]);
});

test("impossible parameters are refused", () => {
  expect(() => new ExponentialDistribution(0)).toThrow(InvariantError);
  expect(() => new UniformDistribution(2, 1)).toThrow(InvariantError);
  expect(() => new NormalDistribution(0, -1)).toThrow(InvariantError);
  expect(() => new LognormalDistribution(0, 1)).toThrow(InvariantError);
  expect(() => new GammaDistribution(1, Number.NaN)).toThrow(InvariantError);
  expect(() => new ParetoDistribution(1, 0)).toThrow(InvariantError);
  expect(() => new WeibullDistribution(-1, 1)).toThrow(InvariantError);
  expect(() => new EmpiricalDistribution([])).toThrow(InvariantError);
  expect(() => new PoissonDistribution(-1)).toThrow(InvariantError);
});
