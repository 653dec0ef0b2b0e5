import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { type BrokerTiming, diskDelays, followersBusy } from "./broker-timing.ts";
import { PartitionLog } from "./partition-log.ts";
import { lateTime, onTimeUpTo } from "./slow-disk.ts";

const MS = 1e6;

describe("what a slow disk makes late", () => {
  const slow = { from: 100, until: 200, by: 30 };

  test("is late by a constant, and at most until the disk is fast again", () => {
    expect([0, 99, 100, 150, 169, 170, 180, 199, 200, 250].map((time) => lateTime(slow, time))).toEqual([
      0, 99, 130, 180, 199, 200, 200, 200, 200, 250,
    ]);
  });

  const time = fc.nat({ max: 300 });
  property.prop([fc.record({ from: time, until: time, by: fc.nat({ max: 400 }) }), time, time])(
    "keeps its order, and is found again from its end",
    (lateness, one, other) => {
      const [earlier, later] = one < other ? [one, other] : [other, one];
      expect(lateTime(lateness, earlier)).toBeLessThanOrEqual(lateTime(lateness, later));
      const latest = onTimeUpTo(lateness, one);
      if (latest !== lateness.from) expect(lateTime(lateness, latest)).toBeLessThanOrEqual(one);
      if (one >= lateTime(lateness, other)) expect(latest).toBeGreaterThanOrEqual(other);
    },
  );
});

const TIMING: BrokerTiming = {
  roundTrip: 2 * MS,
  replicationRoundTrip: 1 * MS,
  append: 1 * MS,
  requestHandling: 1 * MS,
  clientWakeup: 0,
};

describe("what slow disks add", () => {
  test("the leader's: each append takes longer; requests queue when they come faster than it serves them", () => {
    const writer = { acks: "1", maxInFlight: 5, recordsPerSecond: 5 } as const;
    expect(diskDelays(TIMING, 1, 0, writer, 101, 1)).toEqual({
      append: 100 * MS,
      queueing: 0,
      replication: 0,
    });
    // A request takes 102 ms: five of them and a half, less the round trip.
    const dense = { ...writer, recordsPerSecond: 1000 };
    const { queueing } = diskDelays(TIMING, 1, 0, dense, 101, 1);
    const usual = 4.5 * 2 * MS - 2 * MS;
    expect(queueing).toBe(4.5 * 102 * MS - 2 * MS - usual);
  });

  test("a follower's: the cycle of its fetch; all of it for a parked one, and the rest of one under way", () => {
    const writer = { acks: "all", maxInFlight: 5, recordsPerSecond: 0 } as const;
    expect(diskDelays(TIMING, 3, 0, writer, 1, 101).replication).toBe((102 - 2) * MS);
    const busy = followersBusy(50, 102 * MS);
    const expected = Math.round(102 * MS * (1 + (busy * 2) / 3)) - 2 * MS;
    expect(diskDelays(TIMING, 3, 50, writer, 1, 101).replication).toBe(expected);
  });
});

test("a partition log with a slow leader and slow followers, each for its time", () => {
  const log = new PartitionLog(0, 2 * MS);
  const disks = { leader: 11, leaderUntil: 200 * MS, followers: 21, followersUntil: 300 * MS };
  log.onDisksChanged(disks, { append: 10 * MS, queueing: 5 * MS, replication: 20 * MS }, 100 * MS);
  const ms = (time: number): number => time / MS;
  expect([99, 100, 250].map((time) => ms(log.appendedAt(time * MS)))).toEqual([99, 115, 265]);
  expect([99, 100, 195, 250].map((time) => ms(log.markedAt(time * MS)))).toEqual([99, 110, 200, 250]);
  expect([99, 100, 290, 300].map((time) => ms(log.replicatedAt(time * MS)))).toEqual([101, 122, 302, 302]);
  expect([101, 121, 122, 302].map((time) => ms(log.replicatedUpTo(time * MS)))).toEqual([99, 100, 100, 300]);
  expect(ms(log.replicatedUpTo(131 * MS, 0.5))).toBe(110);
});
