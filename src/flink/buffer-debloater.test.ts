import { expect, test } from "vitest";
import { BufferDebloater, type BufferDebloatSettings } from "./buffer-debloater.ts";

const SECOND = 1e9;
const DEFAULTS: BufferDebloatSettings = {
  target: SECOND,
  period: 0.2 * SECOND,
  samples: 20,
  threshold: 25,
  least: 256,
  start: 1024,
  most: 32_768,
};

/** What is announced in each of `periods` periods with so many bytes a second and buffers in use. */
function announced(periods: number, rate: number, inUse: number, settings = DEFAULTS): number[] {
  const debloater = new BufferDebloater(settings);
  return Array.from({ length: periods }, () => debloater.recalculate(rate / 5, SECOND / 5, inUse));
}

test("one step goes 2 / 21 of the way to what would last for a second, at most to the double", () => {
  // 1024 + 2/21 (2048 - 1024) = 1121.5: less than a quarter more.
  expect(announced(1, 1e9, 1)).toEqual([0]);
  // 1,024,000 B/s over 1,000 buffers: 1024 each, as it is.
  expect(announced(3, 1_024_000, 1000)).toEqual([0, 0, 0]);
  // One sample is the whole way.
  expect(announced(3, 1e9, 1, { ...DEFAULTS, samples: 1 })).toEqual([2048, 4096, 8192]);
});

test("a change is announced when it is a quarter of what was announced last", () => {
  const sizes = announced(6, 1e9, 1);
  // 1024, 1121, 1227, 1343: 31 % more than 1024.
  expect(sizes.slice(0, 3)).toEqual([0, 0, 1343]);
});

test("settles where the buffers in use last for the target, within its bounds", () => {
  const last = (rate: number, inUse: number): number =>
    announced(400, rate, inUse).findLast((size) => size > 0)!;
  // 10 buffers share 50,000 B/s: 5,000 B each, announced within a quarter.
  expect(last(50_000, 10)).toBeGreaterThan(5000 / 1.25);
  expect(last(50_000, 10)).toBeLessThan(5000 * 1.25);
  expect(last(1e9, 10)).toBe(32_768);
  expect(last(1000, 10)).toBe(256);
});

test("a period without measured time keeps the throughput", () => {
  const debloater = new BufferDebloater({ ...DEFAULTS, samples: 1 });
  debloater.recalculate(4096, SECOND, 1);
  expect(debloater.recalculate(0, 0, 1)).toBe(4096);
  expect(debloater.recalculate(0, 0, 1)).toBe(0);
});
