import { describe, expect, test } from "vitest";
import { counterUniform } from "../engine/index.ts";
import { keyGroupOf } from "./key-groups.ts";
import { KeyCensus } from "./key-population.ts";

const GROUPS = 128;
const cycle = (keys: number) => new KeyCensus([{ keys, distribution: { kind: "cycle" }, rate: 1 }], GROUPS);
const zipf = (keys: number, exponent: number) =>
  new KeyCensus([{ keys, distribution: { kind: "zipf", exponent }, rate: 1 }], GROUPS);

describe("keys in turn", () => {
  test("every record a new key until all were seen", () => {
    const all = cycle(1000).population(0, GROUPS);
    expect([0, 1, 999, 1000, 5000].map((records) => all.distinct(records))).toEqual([0, 1, 999, 1000, 1000]);
    expect([0, 500, 1000, 2000].map((keys) => all.recordsFor(keys))).toEqual([0, 500, 1000, 1000]);
  });

  test("a subtask has the keys of its key groups, each looked up", () => {
    const census = cycle(1000);
    const halves = [census.population(0, 64).keys, census.population(64, 128).keys];
    const first = Array.from({ length: 1000 }, (_, key) => keyGroupOf(key, GROUPS)).filter((g) => g < 64);
    expect(halves).toEqual([first.length, 1000 - first.length]);
  });
});

describe("drawn keys", () => {
  test.each([
    { keys: 50, exponent: 0, records: 100 },
    { keys: 1000, exponent: 1, records: 300 },
    { keys: 20_000, exponent: 0.8, records: 5000 },
  ])("expected as the sum over all keys: $keys keys, exponent $exponent", ({ keys, exponent, records }) => {
    const weights = Array.from({ length: keys }, (_, k) => (k + 1) ** -exponent);
    const total = weights.reduce((a, b) => a + b, 0);
    const exact = weights.reduce((sum, weight) => sum + 1 - (1 - weight / total) ** records, 0);
    expect(Math.abs(zipf(keys, exponent).population(0, GROUPS).distinct(records) / exact - 1)).toBeLessThan(
      1e-3,
    );
  });

  test("of one subtask, as drawing them shows", () => {
    const [keys, first, end, records] = [2000, 32, 64, 400];
    const mine = Array.from({ length: keys }, (_, key) => key).filter((key) => {
      const group = keyGroupOf(key, GROUPS);
      return group >= first && group < end;
    });
    const cumulative: number[] = [];
    let total = 0;
    for (const key of mine) {
      total += 1 / (key + 1);
      cumulative.push(total);
    }
    let seen = 0;
    const runs = 200;
    for (let run = 0; run < runs; run++) {
      const met = new Set<number>();
      for (let i = 0; i < records; i++) {
        const u = counterUniform(1, run, i, 7) * total;
        met.add(cumulative.findIndex((sum) => sum > u));
      }
      seen += met.size;
    }
    const population = zipf(keys, 1).population(first, end);
    expect(population.keys).toBe(mine.length);
    // Standard deviation of one run is below 8 keys, so 3 sigma of the mean of 200 are below 1.7.
    expect(Math.abs(population.distinct(records) - seen / runs)).toBeLessThan(1.7);
  });

  test("grow with the records, never beyond them or the keys, and recordsFor is the inverse", () => {
    const population = zipf(100_000, 0.8).population(0, 32);
    let last = 0;
    for (let records = 1; records < 1e8; records *= 3) {
      const distinct = population.distinct(records);
      expect(distinct).toBeGreaterThanOrEqual(last);
      expect(distinct).toBeLessThanOrEqual(Math.min(records, population.keys));
      last = distinct;
      if (distinct < population.keys * 0.999)
        expect(Math.abs(population.recordsFor(distinct) / records - 1)).toBeLessThan(0.51 / records + 1e-6);
    }
    expect(population.recordsFor(population.keys)).toBe(Number.POSITIVE_INFINITY);
  });
});
