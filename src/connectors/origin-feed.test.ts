import { expect, test } from "vitest";
import type { Chunk } from "../flink/index.ts";
import { ConstantOrigin } from "../records/index.ts";
import { OriginFeed } from "./origin-feed.ts";

/** A record a millisecond in each of two partitions, in turn; 0.2 ms until it can be read, 0.1 ms to fetch it. */
function feed(): OriginFeed {
  const origin = new ConstantOrigin(2, { numerator: 2000, denominator: 1 }, 1e12);
  const splits = [0, 1].map((partition) => ({ originPartition: partition, partition, connectionRate: 2000 }));
  const settings = {
    publishDelay: 2e5,
    fetchCycle: 1e5,
    inbound: 1e5,
    maxPollRecords: 500,
    commitsOffsets: true,
    oneRecord: false,
  };
  return new OriginFeed(origin, splits, settings);
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
