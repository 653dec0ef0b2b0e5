import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { ConstantOrigin, PoissonOrigin } from "./origin.ts";
import { activeTime, PausedOrigin, type PausedTime } from "./paused-origin.ts";

const SECOND = 1e9;
const PAUSES: readonly PausedTime[] = [
  { from: 2 * SECOND, until: 5 * SECOND },
  { from: 6 * SECOND, until: 7 * SECOND },
];

test("nothing is made in a pause, and what comes after it goes on where it stopped", () => {
  const end = activeTime(10 * SECOND - 1, PAUSES) + 1;
  const origin = new PausedOrigin(new ConstantOrigin(1, { numerator: 10, denominator: 1 }, end), PAUSES);
  const counts = [0, 1, 2, 3, 5, 5.1, 6, 6.5, 7, 10].map((at) => origin.countAt(0, at * SECOND));
  expect(counts).toEqual([1, 11, 20, 20, 21, 22, 30, 30, 31, 60]);
  expect([19, 20, 29, 30].map((offset) => origin.createdAt(0, offset))).toEqual([
    1.9 * SECOND,
    5 * SECOND,
    5.9 * SECOND,
    7 * SECOND,
  ]);
  expect(origin.total(0)).toBe(60);
});

property.prop([
  fc.boolean(),
  fc.array(fc.tuple(fc.integer({ min: 1, max: 2e9 }), fc.integer({ min: 1, max: 2e9 })), { maxLength: 5 }),
  fc.nat({ max: 200 }),
])("a record is created at the first instant at which it counts", (random, gaps, offset) => {
  let at = 0;
  const pauses = gaps.map(([gap, length]) => {
    const from = at + gap;
    at = from + length;
    return { from, until: at };
  });
  const rate = { numerator: 100, denominator: 1 };
  const base = random ? new PoissonOrigin(2, rate, 7, 1e12) : new ConstantOrigin(2, rate, 1e12);
  const origin = new PausedOrigin(base, pauses);
  const createdAt = origin.createdAt(1, offset);
  expect(origin.countAt(1, createdAt)).toBeGreaterThan(offset);
  expect(origin.countAt(1, createdAt - 1)).toBeLessThanOrEqual(offset);
  expect(pauses.some(({ from, until }) => createdAt >= from && createdAt < until)).toBe(false);
});
