import { describe, expect, test } from "vitest";
import type { Chunk } from "../flink/index.ts";
import { type LogConsumer, ReadableHistory } from "../kafka/index.ts";
import { LogFeed } from "./log-feed.ts";

/** A feed over two partitions, whose records come at once. */
function feedOfTwo(histories: readonly ReadableHistory[]): LogFeed {
  const feed = new LogFeed([0, 1], 4, false, true, () => {});
  const consumer: LogConsumer = {
    isolationLevel: "read_committed",
    readable: (partition, origin, route, from, to, first, last) =>
      feed.arrive(partition, origin, route, from, to, first, last),
  };
  feed.attach(
    histories.map((history) => ({
      replay: (position, now) => history.replay(position, now, consumer),
      end: () => history.end,
      offsetsBehind: () => 0,
      forgetBefore: (position) => history.forgetBefore(position),
      unsubscribe: () => {},
    })),
  );
  return feed;
}

function twoHistories(): readonly ReadableHistory[] {
  const histories = [0, 1].map((p) => new ReadableHistory(p, "read_committed", true));
  for (const history of histories) {
    history.readable(history.partition, 5, 0, 0, 10, 100, 100, 0);
    history.readable(history.partition, 5, 0, 10, 12, 200, 200, 0);
  }
  return histories;
}

/** All that the feed gives until `now`: [split, from, to]. */
function takeAll(feed: LogFeed, now: number): number[][] {
  const chunk: Chunk = { split: 0, originPartition: 0, route: 0, from: 0, to: 0 };
  const taken: number[][] = [];
  while (feed.take(now, chunk)) taken.push([chunk.split, chunk.from, chunk.to]);
  return taken;
}

describe("a feed that goes back to a checkpoint's positions", () => {
  test("gives again what lies behind them, by polls of max.poll.records, no earlier than now", () => {
    const feed = feedOfTwo(twoHistories());
    feed.seek([7, 11], 150);
    expect(feed.pendingRecords()).toBe(5 + 1);
    expect(feed.nextAt()).toBe(150);
    expect(takeAll(feed, 150)).toEqual([[0, 7, 10]]);
    expect(takeAll(feed, 200)).toEqual([
      [1, 11, 12],
      [0, 10, 12],
    ]);
    expect([...feed.position]).toEqual([12, 12]);
    expect(feed.pendingRecords()).toBe(0);
  });

  test("forgets what is waiting from before", () => {
    const feed = feedOfTwo(twoHistories());
    feed.seek([0, 0], 0);
    feed.seek([12, 12], 0);
    expect(takeAll(feed, 1000)).toEqual([]);
  });
});

test("a completed checkpoint lets go of what lies before its positions, and not before", () => {
  const histories = twoHistories();
  const feed = feedOfTwo(histories);
  feed.snapshotState(1, [10, 3]);
  feed.snapshotState(2, [12, 12]);
  expect(histories.map((history) => history.start)).toEqual([0, 0]);
  feed.notifyCheckpointComplete(1);
  expect(histories.map((history) => history.start)).toEqual([10, 0]);
  feed.notifyCheckpointComplete(7);
  expect(histories.map((history) => history.start)).toEqual([10, 0]);
  feed.notifyCheckpointComplete(2);
  expect(histories.map((history) => history.start)).toEqual([12, 12]);
  expect([...feed.checkpointed.committedOffset]).toEqual([12, 12]);
});
