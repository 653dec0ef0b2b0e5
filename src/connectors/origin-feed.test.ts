import { expect, test } from "vitest";
import type { Chunk } from "../flink/index.ts";
import { ConstantOrigin } from "../records/index.ts";
import { OriginFeed, publishDelay, type SourceLink } from "./origin-feed.ts";

/** A record a millisecond in each of two partitions, in turn; 0.2 ms until it can be read, 0.1 ms to fetch it. */
function feed(connectionRate = 2000, link?: SourceLink): OriginFeed {
  const origin = new ConstantOrigin(2, { numerator: 2000, denominator: 1 }, 1e12);
  const splits = [0, 1].map((partition) => ({ originPartition: partition, partition, connectionRate }));
  const settings = {
    publishDelay: 2e5,
    fetchCycle: 1e5,
    inbound: 1e5,
    maxPollRecords: 500,
    commitsOffsets: true,
    oneRecord: false,
  };
  return new OriginFeed(origin, splits, settings, undefined, undefined, link);
}

test("an origin feed goes to any position, back and forth", () => {
  const chunk: Chunk = { split: 0, originPartition: 0, route: 0, from: 0, to: 0 };
  const one = feed();
  one.seek([3, 5]);
  expect([...one.position]).toEqual([3, 5]);
  expect(one.take(10e6, chunk)).toBe(true);
  expect(chunk).toMatchObject({ split: 0, originPartition: 0, from: 3, to: 10 });
  one.seek([1, 0]);
  expect(one.take(10e6, chunk)).toBe(true);
  expect(chunk).toMatchObject({ split: 0, from: 1, to: 10 });
});

test("pending are the records that could be fetched and were not taken", () => {
  const one = feed();
  one.seek([4, 5]);
  // At 10.25 ms those created by 10.05 ms are there: 0, 1, … 10 ms of one partition, 0.5, … 9.5 ms of the other.
  expect(one.pendingRecords(10.25e6)).toBe(11 - 4 + (10 - 5));
  one.seek([50, 50]);
  expect(one.pendingRecords(10.25e6)).toBe(0);
});

test("offsets are committed when the checkpoint that holds them completes", () => {
  const one = feed();
  one.snapshotState(1, [3, 4]);
  expect([...one.checkpointed.committedOffset]).toEqual([-1, -1]);
  one.notifyCheckpointComplete(1);
  expect([...one.checkpointed.committedOffset]).toEqual([3, 4]);
});

test.each([
  ["sparse", 2000],
  ["busy, answers on a grid", 1e6],
])(
  "behind a link that was cut each record is in hand when that was foreseen: %s",
  (_what, connectionRate) => {
    const [from, until] = [3.03e6, 7.77e6];
    const one = feed(connectionRate, {
      passesAt: (_partition, at) => (at >= from && at < until ? until : at),
      latestPassedBy: (_partition, at) => (at >= from && at < until ? from : at),
    });
    for (let offset = 0; offset < 20; offset++) {
      const at = one.availableAt(0, offset);
      expect([one.availableCount(0, at - 1), one.availableCount(0, at)]).toEqual(
        at === until + 1e5 ? [3, 8] : [offset, offset + 1],
      );
    }
  },
);

test("what lingers for a broker goes with the first that is ready: a load's mean wait is that of all its partitions there", () => {
  const timing = {
    roundTrip: 2e5,
    replicationRoundTrip: 0,
    append: 1e4,
    requestHandling: 2e4,
    clientWakeup: 1e4,
  };
  const origin = new ConstantOrigin(6, { numerator: 6000, denominator: 1 }, 1e12);
  const delay = (linger: number, brokers: number, arrivals: "constant" | "poisson") =>
    publishDelay(timing, { acks: "1", linger, maxInFlight: 5, arrivals }, origin, brokers, 1);
  const waits = (linger: number, arrivals: "constant" | "poisson") =>
    [6, 3, 1].map((brokers) => delay(linger, brokers, arrivals) - delay(0, brokers, arrivals));
  // A batch that is begun waits for 5 ms, and so many records come until then for half of it on average.
  const wait = (meanwhile: number) => Math.round((5e6 * (1 + meanwhile / 2)) / (1 + meanwhile));
  expect(waits(5e6, "poisson")).toEqual([5, 10, 30].map(wait));
  // Evenly, a millisecond apart, for 5, 4, 3, 2, 1 and 0 ms; so do those that are 0.5 ms or 1/6 ms apart.
  expect(waits(5e6, "constant")).toEqual([2.5e6, 2.5e6, 2.5e6]);
  // With less than a spacing each waits alone; with 1.4 ms the first of each pair waits for all of it, the second for 0.4 ms.
  expect(waits(0.9e6, "constant")[0]).toBe(0.9e6);
  expect(waits(1.4e6, "constant")[0]).toBe(0.9e6);
});
