import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { RampHistogram } from "./ramp-histogram.ts";

/** A bin is at most 1/256 of its values wide. */
const BIN = 0.004;

const QUANTILES = [0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999];

type Ramp = readonly [count: number, first: number, last: number];

function histogramOf(ramps: readonly Ramp[]): RampHistogram {
  const histogram = new RampHistogram();
  for (const ramp of ramps) histogram.add(...ramp);
  return histogram;
}

/** Largest relative error of the quantiles against a closed form. */
function worstError(
  histogram: RampHistogram,
  quantiles: readonly number[],
  closedForm: (q: number) => number,
): number {
  const found = histogram.quantiles(quantiles);
  return Math.max(...quantiles.map((q, i) => Math.abs(found[i]! / closedForm(q) - 1)));
}

describe("quantiles", () => {
  test.each([
    [0, 1e6],
    [1e6, 2e6],
    [3e5, 4e9],
    [9.9e9, 1e10],
    [1e12, 1e13],
  ])("of a ramp from %d to %d are linear within a bin", (first, last) => {
    const histogram = histogramOf([[1e6, first, last]]);
    expect(worstError(histogram, QUANTILES, (q) => first + q * (last - first))).toBeLessThan(BIN);
  });

  test("of a falling ramp are those of the rising one", () => {
    const rising = histogramOf([[1000, 1e6, 9e6]]).quantiles(QUANTILES);
    expect(histogramOf([[1000, 9e6, 1e6]]).quantiles(QUANTILES)).toEqual(rising);
  });

  test("of a mixture of ramps follow its piecewise linear law", () => {
    const histogram = histogramOf([
      [60_000, 1e6, 2e6],
      [30_000, 5e6, 8e6],
      [10_000, 1e9, 2e9],
    ]);
    const law = (q: number): number => {
      if (q <= 0.6) return 1e6 + (q / 0.6) * 1e6;
      if (q <= 0.9) return 5e6 + ((q - 0.6) / 0.3) * 3e6;
      return 1e9 + ((q - 0.9) / 0.1) * 1e9;
    };
    expect(worstError(histogram, [0.01, 0.3, 0.59, 0.61, 0.75, 0.89, 0.91, 0.95, 0.99], law)).toBeLessThan(
      BIN,
    );
  });

  test("of overlapping ramps add their densities", () => {
    const histogram = histogramOf([
      [10_000, 1e6, 3e6],
      [30_000, 2e6, 3e6],
    ]);
    // 5,000 below 2e6, then 35,000 over the next 1e6.
    const law = (q: number): number =>
      q <= 0.125 ? 1e6 + (q / 0.125) * 1e6 : 2e6 + ((q - 0.125) / 0.875) * 1e6;
    expect(worstError(histogram, [0.01, 0.1, 0.124, 0.126, 0.5, 0.9, 0.99], law)).toBeLessThan(BIN);
  });

  test("of point masses are the points", () => {
    const histogram = histogramOf([
      [900, 5e6, 5e6],
      [90, 7e8, 7e8],
      [10, 3e10, 3e10],
    ]);
    const law = (q: number): number => (q <= 0.9 ? 5e6 : q <= 0.99 ? 7e8 : 3e10);
    expect(worstError(histogram, [0.001, 0.5, 0.899, 0.901, 0.95, 0.989, 0.991, 0.999], law)).toBeLessThan(
      BIN,
    );
  });

  test("of one value are that value", () => {
    expect(histogramOf([[1, 123_456_789, 123_456_789]]).quantiles([0, 0.5, 1])).toEqual([
      123_456_789, 123_456_789, 123_456_789,
    ]);
  });

  test("of values between two others that share a bin lie in that bin, from 999,424 to 1,001,472", () => {
    const [half] = histogramOf([[4, 999_300, 1_001_600]]).quantiles([0.5]);
    expect(half).toBeGreaterThan(999_424);
    expect(half).toBeLessThanOrEqual(1_001_472);
  });

  test("are the same in whatever order values of different octaves come", () => {
    const ramps: Ramp[] = [
      [900, 5e6, 8e6],
      [90, 7e8, 7e8],
      [10, 3e3, 3e10],
      [7, 0, 12],
    ];
    const orders = [ramps, ramps.toReversed(), [ramps[2]!, ramps[0]!, ramps[3]!, ramps[1]!]];
    const [first, ...others] = orders.map(histogramOf);
    for (const other of others) {
      expect(other.quantiles(QUANTILES)).toEqual(first!.quantiles(QUANTILES));
      expect(other.buckets(16)).toEqual(first!.buckets(16));
    }
  });

  test("of two values far apart are the one and the other", () => {
    const histogram = histogramOf([[2, 1e6, 1e9]]);
    expect(worstError(histogram, [0.2, 0.45], () => 1e6)).toBeLessThan(BIN);
    expect(worstError(histogram, [0.55, 0.8], () => 1e9)).toBeLessThan(BIN);
  });

  test("hold their precision when millions of narrow ramps have come and gone", () => {
    const histogram = new RampHistogram();
    const ramps = 300_000;
    // Stands a golden-section step apart, so evenly spread over 0.5 s to 10.5 s, in scattered order.
    for (let i = 0; i < ramps; i++) {
      const at = 5e8 + ((i * 0.618033988749895) % 1) * 1e10;
      histogram.add(1000, at, at + 15);
    }
    expect(worstError(histogram, QUANTILES, (q) => 5e8 + q * 1e10)).toBeLessThan(BIN);
    expect(histogram.count).toBe(3e8);
  });
});

test("buckets hold every value once, in stretches of a sixteenth of a factor of two", () => {
  const histogram = histogramOf([
    [1000, 1e6, 2e6],
    [50, 7e8, 7e8],
    [1, 3, 3],
  ]);
  const buckets = histogram.buckets(16);
  expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBeCloseTo(1051, 4);
  expect(buckets[0]).toEqual({ from: 0, to: 16, count: 1 });
  const last = buckets.at(-1)!;
  expect(last.count).toBe(50);
  expect([last.from <= 7e8, last.to > 7e8, last.to / last.from <= 1 + 1 / 16]).toEqual([true, true, true]);
  const below = buckets.filter(({ to }) => to <= 1.5e6).reduce((sum, { count }) => sum + count, 0);
  expect(Math.abs(below - 501)).toBeLessThan(501 / 8);
});

describe("minimum, maximum and mean", () => {
  test("are exact, and a negative value counts as 0", () => {
    const histogram = histogramOf([
      [3, -50, -10],
      [2, 7, 7],
      [1, -3, -3],
    ]);
    expect([histogram.min, histogram.max, histogram.count]).toEqual([0, 7, 6]);
    expect(histogram.mean).toBe(14 / 6);
  });

  property.prop([
    fc.array(
      fc.tuple(
        fc.integer({ min: 1, max: 100_000 }),
        fc.oneof(fc.nat({ max: 1000 }), fc.nat({ max: 10_000_000_000 })),
        fc.oneof(fc.nat({ max: 1000 }), fc.nat({ max: 10_000_000_000 })),
      ),
      { minLength: 1, maxLength: 50 },
    ),
  ])("are those of all values, whatever the ramps", (ramps) => {
    const histogram = histogramOf(ramps);
    expect(histogram.min).toBe(Math.min(...ramps.map(([, a, b]) => Math.min(a, b))));
    expect(histogram.max).toBe(Math.max(...ramps.map(([, a, b]) => Math.max(a, b))));
    let count = 0n;
    let twice = 0n;
    for (const [n, a, b] of ramps) {
      count += BigInt(n);
      twice += BigInt(n) * (BigInt(a) + BigInt(b));
    }
    expect(histogram.count).toBe(Number(count));
    const exact = Number(twice) / 2 / Number(count);
    expect(Math.abs(histogram.mean - exact)).toBeLessThanOrEqual(exact * 2 ** -51);
  });

  test("lose nothing of small values beside large ones", () => {
    const histogram = new RampHistogram();
    histogram.add(1, 2 ** 53, 2 ** 53);
    for (let i = 0; i < 1023; i++) histogram.add(1, 1, 1);
    expect(histogram.mean).toBe((2 ** 53 + 1023) / 1024);
  });
});

describe("a ramp", () => {
  const ramps = fc.array(
    fc.tuple(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 0, max: 5_000_000 }),
      fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 100_000 }), fc.nat({ max: 50_000_000 })),
    ),
    { minLength: 1, maxLength: 20 },
  );

  property.prop([ramps], { numRuns: 300 })(
    "says of each quantile what its values one by one say, but for a bin and one value of each ramp",
    (shapes) => {
      const all = shapes.map(
        ([count, first, reach]): Ramp => [count, first, count === 1 ? first : first + reach],
      );
      const values = all
        .flatMap(([count, first, last]) =>
          Array.from({ length: count }, (_, k) =>
            count === 1 ? first : first + ((last - first) * k) / (count - 1),
          ),
        )
        .sort((a, b) => a - b);
      const found = histogramOf(all).quantiles(QUANTILES);
      QUANTILES.forEach((q, i) => {
        const wanted = q * values.length;
        const atMost = values.filter((value) => value <= found[i]! * (1 + BIN) + 1).length;
        const below = values.filter((value) => value < found[i]! * (1 - BIN) - 1).length;
        expect(atMost).toBeGreaterThanOrEqual(wanted - all.length);
        expect(below).toBeLessThanOrEqual(wanted + all.length);
      });
    },
  );

  test("costs nothing in precision when it is cut into many", () => {
    const whole = histogramOf([[100_000, 1e8, 2e9]]).quantiles(QUANTILES);
    const step = 1.9e9 / 99_999;
    const parts = Array.from(
      { length: 1000 },
      (_, i): Ramp => [100, 1e8 + i * 100 * step, 1e8 + (i * 100 + 99) * step],
    );
    const cut = histogramOf(parts).quantiles(QUANTILES);
    const worst = Math.max(...whole.map((value, i) => Math.abs(cut[i]! / value - 1)));
    expect(worst).toBeLessThan(1e-6);
  });
});
