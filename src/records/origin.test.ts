import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { ConstantOrigin, type Origin, PoissonOrigin, type Rate } from "./origin.ts";

const SECOND = 1e9;
const DAY = 24 * 3600 * SECOND;

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Any coprime fraction whose product the origin accepts, up to its limit of 9e6. */
const rates: fc.Arbitrary<Rate> = fc
  .integer({ min: 1, max: 9_000_000 })
  .chain((numerator) =>
    fc.record({
      numerator: fc.constant(numerator),
      denominator: fc.integer({ min: 1, max: Math.floor(9e6 / numerator) }),
    }),
  )
  .map(({ numerator, denominator }) => {
    const divisor = greatestCommonDivisor(numerator, denominator);
    return { numerator: numerator / divisor, denominator: denominator / divisor };
  });

const partitionCounts = fc.integer({ min: 1, max: 64 });

describe("constant spacing", () => {
  test("gives 3 records/s over 2 partitions at thirds of a second, in turn", () => {
    const origin = new ConstantOrigin(2, { numerator: 3, denominator: 1 }, 2 * SECOND);
    expect([0, 1, 2].map((offset) => origin.createdAt(0, offset))).toEqual([0, 666_666_666, 1_333_333_333]);
    expect([0, 1, 2].map((offset) => origin.createdAt(1, offset))).toEqual([
      333_333_333, 1_000_000_000, 1_666_666_666,
    ]);
    expect([origin.total(0), origin.total(1)]).toEqual([3, 3]);
    expect(origin.ratePerPartition).toBe(1.5);
  });

  test("counts a record from the very nanosecond of its creation on", () => {
    const origin = new ConstantOrigin(1, { numerator: 3, denominator: 1 }, SECOND);
    expect(
      [-1, 0, 333_333_332, 333_333_333, 666_666_665, 666_666_666].map((t) => origin.countAt(0, t)),
    ).toEqual([0, 1, 1, 2, 2, 3]);
  });

  test("makes no record at or after the end of the load", () => {
    const atTheEnd = new ConstantOrigin(3, { numerator: 6, denominator: 1 }, SECOND);
    expect([0, 1, 2].map((p) => atTheEnd.total(p))).toEqual([2, 2, 2]);
    const justAfter = new ConstantOrigin(3, { numerator: 6, denominator: 1 }, SECOND + 1);
    expect([0, 1, 2].map((p) => justAfter.total(p))).toEqual([3, 2, 2]);
    expect(justAfter.countAt(0, 5 * SECOND)).toBe(3);
    expect(justAfter.countAt(2, Number.POSITIVE_INFINITY)).toBe(2);
  });

  test("refuses a fraction whose arithmetic would not be exact", () => {
    expect(() => new ConstantOrigin(1, { numerator: 3001, denominator: 3000 }, SECOND)).toThrow(
      "the fraction of a rate must have a product of at most 9e6",
    );
  });

  property.prop([rates, partitionCounts, fc.double({ min: 0, max: 1, noNaN: true })], { numRuns: 2000 })(
    "puts every record at its exact floor, whatever the rate, up to 24 hours",
    (rate, partitions, share) => {
      const origin = new ConstantOrigin(partitions, rate, DAY);
      const perDay = Math.floor(((86_400 * rate.numerator) / rate.denominator) * share);
      const partition = perDay % partitions;
      const offset = Math.floor(perDay / partitions);
      const sequence = BigInt(offset) * BigInt(partitions) + BigInt(partition);
      const exact = (sequence * BigInt(rate.denominator) * 1_000_000_000n) / BigInt(rate.numerator);
      expect(BigInt(origin.createdAt(partition, offset))).toBe(exact);
    },
  );

  property.prop([rates, partitionCounts, fc.nat(), fc.integer({ min: 0, max: DAY - 1 })], { numRuns: 2000 })(
    "counts exactly the records created so far, whatever the rate, up to 24 hours",
    (rate, partitions, any, time) => {
      const origin = new ConstantOrigin(partitions, rate, DAY);
      const partition = any % partitions;
      // Sequences created at or before t: floor(s * d * 1e9 / n) <= t, hence s < (t + 1) * n / (d * 1e9).
      const cycle = BigInt(rate.denominator) * 1_000_000_000n;
      const scaled = (BigInt(time) + 1n) * BigInt(rate.numerator);
      const made = (scaled + cycle - 1n) / cycle;
      const own = made - BigInt(partition) + BigInt(partitions) - 1n;
      const exact = own < 0n ? 0n : own / BigInt(partitions);
      expect(BigInt(origin.countAt(partition, time))).toBe(exact);
    },
  );

  property.prop([rates, partitionCounts, fc.nat({ max: 1_000_000_000 })], { numRuns: 2000 })(
    "has countAt and createdAt as exact inverses: the record is there at its creation and not a nanosecond before",
    (rate, partitions, any) => {
      const origin = new ConstantOrigin(partitions, rate, DAY);
      const partition = any % partitions;
      const total = origin.total(partition);
      fc.pre(total > 0);
      const offset = any % total;
      const createdAt = origin.createdAt(partition, offset);
      // Spacing is at least 1e9 / 9e6 ns, so no two records share a nanosecond.
      expect(origin.countAt(partition, createdAt)).toBe(offset + 1);
      expect(origin.countAt(partition, createdAt - 1)).toBe(offset);
      expect(origin.createdAt(partition, total - 1)).toBeLessThan(DAY);
      expect(origin.createdAt(partition, total)).toBeGreaterThanOrEqual(DAY);
    },
  );

  property.prop([rates, partitionCounts, fc.integer({ min: 0, max: DAY - 1 })])(
    "never loses a record between the partitions: their counts add up to the topic's",
    (rate, partitions, time) => {
      const origin = new ConstantOrigin(partitions, rate, DAY);
      const whole = new ConstantOrigin(1, rate, DAY);
      let sum = 0;
      for (let p = 0; p < partitions; p++) sum += origin.countAt(p, time);
      expect(sum).toBe(whole.countAt(0, time));
    },
  );
});

/** Two-sided normal quantiles: 99 % for one statistic, and for each of 16 so that all hold together with 99 %. */
const Z99 = 2.5758;
const Z99_OF_16 = 3.4205;

/** Counts of `windows` windows of `length` ns from time 0 on, and their mean and index of dispersion. */
function windowStatistics(origin: Origin, partition: number, length: number, windows: number) {
  let before = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 1; i <= windows; i++) {
    const upTo = origin.countAt(partition, i * length - 1);
    const count = upTo - before;
    before = upTo;
    sum += count;
    squares += count * count;
  }
  const mean = sum / windows;
  return { sum, dispersion: (squares - sum * mean) / mean };
}

describe("Poisson arrivals", () => {
  test.each([
    { rate: { numerator: 200, denominator: 1 }, windowSlots: 1, slot: 1e6 },
    { rate: { numerator: 4000, denominator: 1 }, windowSlots: 1, slot: 1e6 },
    { rate: { numerator: 4000, denominator: 1 }, windowSlots: 7, slot: 1e6 },
    { rate: { numerator: 100_000, denominator: 1 }, windowSlots: 3, slot: 80_000 },
  ])(
    "have the mean and the variance of Poisson counts within joint 99 % intervals: $rate.numerator/s over $windowSlots slots",
    ({ rate, windowSlots, slot }) => {
      const windows = 20_000;
      const length = slot * windowSlots;
      const origin = new PoissonOrigin(2, rate, 20_260_101, windows * length);
      const mean = (rate.numerator / 2 / 1e9) * length;
      for (const partition of [0, 1]) {
        const { sum, dispersion } = windowStatistics(origin, partition, length, windows);
        expect(Math.abs(sum - windows * mean)).toBeLessThan(Z99_OF_16 * Math.sqrt(windows * mean));
        // Sum of squared deviations over the mean: chi-square with windows - 1 degrees of freedom; the small-mean
        // correction 1 / mean is the excess kurtosis of the Poisson law.
        const spread = Math.sqrt(2 * (windows - 1) + windows / mean);
        expect(Math.abs(dispersion - (windows - 1))).toBeLessThan(Z99_OF_16 * spread);
      }
    },
  );

  test("are independent from partition to partition: counts of one window correlate within a 99 % interval of 0", () => {
    const windows = 20_000;
    const origin = new PoissonOrigin(2, { numerator: 4000, denominator: 1 }, 5, windows * 1e6);
    let product = 0;
    for (let i = 0; i < windows; i++) {
      const [x, y] = [0, 1].map((p) => origin.countAt(p, (i + 1) * 1e6 - 1) - origin.countAt(p, i * 1e6 - 1));
      product += (x! - 2) * (y! - 2);
    }
    expect(Math.abs(product / 2 / Math.sqrt(windows))).toBeLessThan(Z99);
  });

  test("have exponential gaps when they are sparse, by a Kolmogorov-Smirnov test at the 1 % level", () => {
    const origin = new PoissonOrigin(1, { numerator: 50, denominator: 1 }, 77, DAY);
    const gaps = Array.from(
      { length: 20_000 },
      (_, i) => origin.createdAt(0, i + 1) - origin.createdAt(0, i),
    );
    gaps.sort((a, b) => a - b);
    let distance = 0;
    gaps.forEach((gap, i) => {
      const cumulative = 1 - Math.exp((-gap * 50) / 1e9);
      distance = Math.max(
        distance,
        Math.abs(cumulative - i / 20_000),
        Math.abs(cumulative - (i + 1) / 20_000),
      );
    });
    expect(distance * Math.sqrt(20_000)).toBeLessThan(1.6276);
  });

  test("answer the same whatever was asked before", () => {
    const rate = { numerator: 5000, denominator: 3 };
    const times = Array.from({ length: 500 }, (_, i) => (i * 7_919_000_003) % (60 * SECOND));
    const ask = (order: readonly number[]) => {
      const origin = new PoissonOrigin(3, rate, 9, 60 * SECOND);
      const answers = new Map<number, readonly number[]>();
      for (const i of order) {
        const count = origin.countAt(i % 3, times[i]!);
        answers.set(i, [count, origin.createdAt(i % 3, count)]);
      }
      return times.map((_, i) => answers.get(i));
    };
    const forwards = times.map((_, i) => i);
    expect(ask(forwards.toReversed())).toEqual(ask(forwards));
    expect(ask(forwards.toSorted((a, b) => times[a]! - times[b]!))).toEqual(ask(forwards));
  });

  test("answer the same after forgetting what lies before", () => {
    const rate = { numerator: 3000, denominator: 1 };
    const remembering = new PoissonOrigin(2, rate, 11, 120 * SECOND);
    const forgetting = new PoissonOrigin(2, rate, 11, 120 * SECOND);
    for (let time = 0; time < 120 * SECOND; time += 1_234_567_891) {
      for (const partition of [0, 1]) {
        const count = remembering.countAt(partition, time);
        expect(forgetting.countAt(partition, time)).toBe(count);
        expect(forgetting.createdAt(partition, count)).toBe(remembering.createdAt(partition, count));
      }
      forgetting.forgetBefore(time);
    }
    expect([forgetting.total(0), forgetting.total(1)]).toEqual([remembering.total(0), remembering.total(1)]);
    expect(() => forgetting.countAt(0, 0)).toThrow("already forgotten");
    expect(() => forgetting.createdAt(0, 0)).toThrow("already forgotten");
  });

  property.prop([fc.nat({ max: 100_000 }), fc.integer({ min: 500, max: 50_000 }), fc.nat()])(
    "count a record from its creation on and not before, and are created in order",
    (any, perSecond, seed) => {
      const origin = new PoissonOrigin(2, { numerator: perSecond, denominator: 1 }, seed >>> 0, DAY);
      const partition = any % 2;
      const offset = any % 5000;
      const createdAt = origin.createdAt(partition, offset);
      expect(origin.countAt(partition, createdAt)).toBeGreaterThan(offset);
      expect(origin.countAt(partition, createdAt - 1)).toBeLessThanOrEqual(offset);
      expect(origin.createdAt(partition, offset + 1)).toBeGreaterThanOrEqual(createdAt);
    },
  );

  test("make no record at or after the end of the load", () => {
    const endless = new PoissonOrigin(1, { numerator: 4000, denominator: 1 }, 3, DAY);
    const end = endless.createdAt(0, 1000);
    const ending = new PoissonOrigin(1, { numerator: 4000, denominator: 1 }, 3, end);
    expect(ending.total(0)).toBe(endless.countAt(0, end - 1));
    expect(ending.countAt(0, DAY)).toBe(ending.total(0));
    expect(ending.createdAt(0, ending.total(0) - 1)).toBeLessThan(end);
  });
});
