import { describe, expect, test } from "vitest";
import { exactRow, holds, type LawRow, REDUCED } from "./law.ts";
import { describeRow } from "./law-text.ts";
import { LAWS } from "./laws.ts";

describe("laws, with a tenth of the observations of npm run laws and intervals that are wider by its root", () => {
  test.each(LAWS.map((law) => [law.id, law] as const))("%s", (_id, law) => {
    const rows = law.run(REDUCED);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter((row) => !holds(row)).map(describeRow)).toEqual([]);
  });
});

test("each law has a number of its own, in order", () => {
  const numbers = LAWS.map((law) => Number.parseInt(law.id.slice(1), 10));
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(new Set(LAWS.map((law) => law.id)).size).toBe(LAWS.length);
});

describe("a row", () => {
  const row = (changes: Partial<LawRow>): LawRow =>
    exactRow({ setup: "", expected: 10, simulated: 10, unit: "", ...changes });

  test("without a tolerance must be exact", () => {
    expect(holds(row({}))).toBe(true);
    expect(holds(row({ simulated: 10 + 2e-15 * 10 }))).toBe(false);
    expect(holds(row({ simulated: Number.NaN }))).toBe(false);
  });

  test("may miss by its tolerance, or by its interval where that is wider and still narrow enough", () => {
    expect(holds(row({ simulated: 10.1, tolerance: 0.1 }))).toBe(true);
    expect(holds(row({ simulated: 10.2, tolerance: 0.1 }))).toBe(false);
    expect(holds(row({ simulated: 10.2, tolerance: 0.1, halfWidth: 0.3, precision: 0.3 }))).toBe(true);
    expect(holds(row({ simulated: 10.4, tolerance: 0.1, halfWidth: 0.3, precision: 0.3 }))).toBe(false);
    expect(holds(row({ simulated: 10, tolerance: 0.1, halfWidth: 0.31, precision: 0.3 }))).toBe(false);
    expect(holds(row({ halfWidth: Number.NaN, precision: 1 }))).toBe(false);
  });

  test("of a bound is held from one side", () => {
    expect([5, 10, 11].map((simulated) => holds(row({ simulated, relation: "<=" })))).toEqual([
      true,
      true,
      false,
    ]);
    expect([9, 10, 15].map((simulated) => holds(row({ simulated, relation: ">=" })))).toEqual([
      false,
      true,
      true,
    ]);
  });
});
