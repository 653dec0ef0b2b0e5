import { describe, expect, test } from "vitest";
import { ExponentialDistribution, Simulation } from "../engine/index.ts";
import {
  type BrokerTiming,
  followersBusy,
  produceService,
  replicationDelay,
  timeInAccumulator,
} from "./broker-timing.ts";

const TIMING: BrokerTiming = {
  roundTrip: 700_000,
  replicationRoundTrip: 900_000,
  append: 100_000,
  requestHandling: 50_000,
  clientWakeup: 120_000,
  followersBusy: 0,
};

/** Appends at random times, and each follower's fetches to their leader, as events: one fetch at a time, parked when there
 *  is nothing. @returns mean time from an append until the last follower's following fetch, and the standard error. */
function simulateFollowers(appendsPerSecond: number, followers: number): readonly [number, number] {
  const sim = new Simulation({ seed: `${appendsPerSecond} ${followers}` });
  const gap = new ExponentialDistribution(1e9 / appendsPerSecond);
  const random = sim.stream("appends");
  const cycle = TIMING.replicationRoundTrip + TIMING.append;
  const parked = new Array<boolean>(followers).fill(true);
  const fetched = new Array<number>(followers).fill(0);
  const coming = new Array<number>(followers).fill(0);
  const appendedAt: number[] = [];
  let replicated = 0;
  const blocks: number[] = [];
  let sum = 0;
  const answer = (follower: number): void => {
    parked[follower] = false;
    coming[follower] = appendedAt.length;
    // Followers are not in step: each fetch takes the cycle, give or take.
    sim.scheduleAfter(Math.round(cycle * (0.9 + 0.2 * random.uniform())), arrives, follower, 0);
  };
  const arrives = sim.defineKind("fetch arrives", (follower) => {
    fetched[follower] = coming[follower]!;
    const highWatermark = Math.min(...fetched);
    for (; replicated < highWatermark; replicated++) {
      sum += sim.now - appendedAt[replicated]!;
      if (replicated % 500 === 499) {
        blocks.push(sum / 500);
        sum = 0;
      }
    }
    if (appendedAt.length > fetched[follower]!) answer(follower);
    else parked[follower] = true;
  });
  const appends = sim.defineKind("append", () => {
    appendedAt.push(sim.now);
    for (let follower = 0; follower < followers; follower++) if (parked[follower]) answer(follower);
    if (appendedAt.length < 20_000) sim.scheduleAfter(Math.round(gap.sample(random)), appends, 0, 0);
  });
  sim.scheduleAfter(0, appends, 0, 0);
  sim.run(1e15);
  const mean = blocks.reduce((a, b) => a + b, 0) / blocks.length;
  const variance = blocks.reduce((a, b) => a + (b - mean) ** 2, 0) / (blocks.length - 1);
  return [mean, Math.sqrt(variance / blocks.length)];
}

describe("the share of appends that find a fetch under way", () => {
  test("is nothing for a quiet broker, everything for a busy one, λc e^λc to 1 between", () => {
    expect(followersBusy(0, 1e6)).toBe(0);
    expect(followersBusy(1000, 1e6)).toBeCloseTo(Math.E / (1 + Math.E), 12);
    expect(followersBusy(1e6, 1e6)).toBe(1);
  });
});

describe("from append to high watermark", () => {
  test("takes a fetch cycle where fetches are parked, and nothing without followers", () => {
    expect(replicationDelay(TIMING, 3)).toBe(1_000_000);
    expect(replicationDelay(TIMING, 1)).toBe(0);
  });

  test("takes up to a cycle more behind fetches under way, decided by the slowest follower", () => {
    expect(replicationDelay({ ...TIMING, followersBusy: 1 }, 2)).toBe(1_500_000);
    expect(replicationDelay({ ...TIMING, followersBusy: 1 }, 3)).toBe(1_666_667);
    expect(replicationDelay({ ...TIMING, followersBusy: 0.5 }, 3)).toBe(1_333_333);
  });

  test.each([
    [100, 1],
    [1000, 1],
    [5000, 1],
    [100, 2],
    [1000, 2],
    [5000, 2],
  ])(
    "agrees with every fetch an event: %d appends/s, %d followers, within 4 %% and 99.9 %% confidence",
    (rate, followers) => {
      const cycle = TIMING.replicationRoundTrip + TIMING.append;
      const busy = followersBusy(rate, cycle);
      const expected = replicationDelay({ ...TIMING, followersBusy: busy }, followers + 1);
      const [mean, error] = simulateFollowers(rate, followers);
      expect(Math.abs(mean - expected)).toBeLessThan(0.04 * expected + 3.3 * error);
    },
  );
});

test("a produce request waits for replication with acks=all only", () => {
  expect(produceService(TIMING, 3, "all")).toBe(1_150_000);
  expect(produceService(TIMING, 3, "1")).toBe(150_000);
  expect(produceService(TIMING, 3, "0")).toBe(150_000);
});

test("a batch that lingers is drained two wake-ups after linger.ms; without linger it doesn't wait for a timer", () => {
  expect([timeInAccumulator(TIMING, 5_000_000), timeInAccumulator(TIMING, 0)]).toEqual([5_240_000, 0]);
});
