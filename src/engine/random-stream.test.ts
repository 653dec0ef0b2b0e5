import alea from "seedrandom/lib/alea.js";
import { expect, test } from "vitest";
import { InvariantError } from "./invariant.ts";
import { RandomStream } from "./random-stream.ts";
import { hashText, mix32, mixSeed } from "./seed-mixing.ts";
import { Simulation } from "./simulation.ts";

const draws = (stream: RandomStream, count: number): number[] =>
  Array.from({ length: count }, () => stream.uniform());

test("a stream is a function of seed and name", () => {
  expect(draws(new RandomStream("1", "a"), 5)).toEqual(draws(new RandomStream("1", "a"), 5));
  expect(draws(new RandomStream("1", "a"), 5)).not.toEqual(draws(new RandomStream("1", "b"), 5));
  expect(draws(new RandomStream("1", "a"), 5)).not.toEqual(draws(new RandomStream("2", "a"), 5));
  expect(mixSeed("ab", "c")).not.toBe(mixSeed("a", "bc"));
});

test("the numbers are those of alea, seeded with the mixed pair", () => {
  const reference = alea(mixSeed("1", "a"));
  const expected = Array.from({ length: 500 }, (_, i) =>
    i % 3 === 0 ? reference() * 2 ** 32 : reference.double(),
  );
  const stream = new RandomStream("1", "a");
  const drawn = expected.map((_, i) => (i % 3 === 0 ? stream.uint32() : stream.uniform()));
  expect(drawn).toEqual(expected);
});

test("adding a stream, or drawing more from one, shifts no other", () => {
  const alone = new Simulation({ seed: "1" });
  const expected = draws(alone.stream("a"), 4);
  const crowded = new Simulation({ seed: "1" });
  const first = draws(crowded.stream("a"), 2);
  draws(crowded.stream("b"), 100);
  expect([...first, ...draws(crowded.stream("a"), 2)]).toEqual(expected);
});

test("first draws of seeds 1, 2, 3, ... are uncorrelated with the seed", () => {
  const n = 4000;
  let covariance = 0;
  for (let seed = 1; seed <= n; seed++) {
    covariance += (new RandomStream(`${seed}`, "x").uniform() - 0.5) * (seed / n - 0.5);
  }
  // Each factor has a variance of 1/12; four standard errors of the correlation.
  expect(Math.abs((covariance / n) * 12)).toBeLessThan(4 / Math.sqrt(n));
});

test("integers below n are uniform, by chi-square at 0.1 %", () => {
  const stream = new RandomStream("7", "below");
  const counts = new Float64Array(10);
  for (let i = 0; i < 100_000; i++) counts[stream.below(10)]!++;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  expect(chiSquare).toBeLessThan(27.88);
  expect(() => stream.below(0)).toThrow(InvariantError);
});

test("32-bit draws are unsigned integers and fill the range", () => {
  const stream = new RandomStream("7", "uint32");
  let or = 0;
  let and = -1;
  for (let i = 0; i < 1000; i++) {
    const draw = stream.uint32();
    expect(draw).toBe(draw >>> 0);
    or |= draw;
    and &= draw;
  }
  expect(or).toBe(-1);
  expect(and).toBe(0);
});

test("the mixers agree with published MurmurHash3 values", () => {
  expect(mix32(0)).toBe(0);
  expect(mix32(1)).toBe(0x514e28b7);
  expect(hashText("", 0)).toBe(0);
});
