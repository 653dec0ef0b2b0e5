import alea from "seedrandom/lib/alea.js";
import { describe, expect, test } from "vitest";
import { batchMeans } from "./batch-means.ts";
import { batchQuantile } from "./batch-quantile.ts";
import { isPreciseEnough } from "./is-precise-enough.ts";
import { meanWithConfidence } from "./mean-with-confidence.ts";
import { pairedDifference } from "./paired-difference.ts";
import { quantileWithConfidence } from "./quantile-with-confidence.ts";

const REPETITIONS = 1000;

type Uniform = () => number;

const exponential = (uniform: Uniform): number => -Math.log(1 - uniform());
const normal = (uniform: Uniform): number =>
  Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
const listOf = (count: number, draw: () => number): Float64Array =>
  Float64Array.from({ length: count }, draw);

/** Share of the repetitions, percent, whose interval holds the truth. */
function coverage(
  seed: string,
  truth: number,
  interval: (uniform: Uniform) => readonly [number, number],
): number {
  const uniform: Uniform = alea(seed).double;
  let held = 0;
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const [low, high] = interval(uniform);
    if (low <= truth && truth <= high) held++;
  }
  return (100 * held) / REPETITIONS;
}

const ends = ({ mean, halfWidth }: { readonly mean: number; readonly halfWidth: number }) =>
  [mean - halfWidth, mean + halfWidth] as const;

/** x' = 0.8 x + e: means of n are correlated like those of a queue. */
function autoregressive(uniform: Uniform, count: number): Float64Array {
  let value = normal(uniform) / 0.6;
  return listOf(count, () => {
    value = 0.8 * value + normal(uniform);
    return value;
  });
}

describe("95 % intervals hold the truth in 95 % ± 2 of 1,000 repetitions", () => {
  test.each([
    [
      "mean of 5 normal values",
      0,
      (u: Uniform) =>
        ends(
          meanWithConfidence(
            listOf(5, () => normal(u)),
            0.95,
          ),
        ),
    ],
    [
      "mean of 100 exponential values",
      1,
      (u: Uniform) =>
        ends(
          meanWithConfidence(
            listOf(100, () => exponential(u)),
            0.95,
          ),
        ),
    ],
    [
      "batch means of an autoregressive run",
      0,
      (u: Uniform) => ends(batchMeans(autoregressive(u, 3000), 20, 0.95)),
    ],
    [
      // P(X <= x) of the stationary run is that of a normal with variance 1 / (1 - 0.64).
      "batch quantile p90 of an autoregressive run",
      1.2815515655446 / 0.6,
      (u: Uniform) => ends(batchQuantile(autoregressive(u, 6000), 10, 0.9, 0.95)),
    ],
    [
      "median of 51 exponential values",
      Math.LN2,
      (u: Uniform) =>
        quantileEnds(
          listOf(51, () => exponential(u)),
          0.5,
        ),
    ],
    [
      "p90 of 200 exponential values",
      Math.log(10),
      (u: Uniform) =>
        quantileEnds(
          listOf(200, () => exponential(u)),
          0.9,
        ),
    ],
    [
      "p99 of 1000 uniform values",
      0.99,
      (u: Uniform) =>
        quantileEnds(
          listOf(1000, () => u()),
          0.99,
        ),
    ],
    [
      // What both share has ten times the spread of what they differ by.
      "paired difference of 8",
      0.5,
      (u: Uniform) => {
        const shared = listOf(8, () => 10 * normal(u));
        const other = shared.map((value) => value + 0.5 + normal(u));
        return ends(pairedDifference(shared, other, 0.95));
      },
    ],
    [
      "mean of exponential values, looked at every ten, stopped at 15 % relative precision",
      1,
      (u: Uniform) => {
        const values = [...listOf(20, () => exponential(u))];
        while (!isPreciseEnough(values, { relative: 0.15, confidence: 0.95, atLeast: 20 }))
          values.push(...listOf(10, () => exponential(u)));
        return ends(meanWithConfidence(values, 0.95));
      },
    ],
  ])("%s", (name, truth, interval) => {
    const held = coverage(name, truth, interval);
    expect(held).toBeGreaterThanOrEqual(93);
    expect(held).toBeLessThanOrEqual(97);
  });
});

function quantileEnds(values: Float64Array, q: number): readonly [number, number] {
  const { low, high } = quantileWithConfidence(values.sort(), q, 0.95);
  return [low, high];
}

test("pairing narrows the interval by what both settings share", () => {
  const uniform: Uniform = alea("pairing").double;
  const a = listOf(30, () => 10 * normal(uniform));
  const b = a.map((value) => value + 1 + normal(uniform));
  const paired = pairedDifference(a, b, 0.95);
  expect(paired.mean - paired.halfWidth).toBeGreaterThan(0);
  expect(paired.halfWidth * 5).toBeLessThan(meanWithConfidence(a, 0.95).halfWidth);
});
