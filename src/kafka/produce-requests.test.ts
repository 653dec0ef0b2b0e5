import { describe, expect, test } from "vitest";
import { ALL } from "./client-links.ts";
import type { InFlightSettings } from "./in-flight-batches.ts";
import { inFlightWorld } from "./in-flight-world.fixture.ts";
import type { PartitionStatus } from "./partition-change.ts";

/** Five records (two batches) of each partition, sent when their leader is gone; the client finds another one at 1700. What it
 *  sends is appended after 50 and readable after 150; its answer has come after 155, and holds the connection for 130. */
function backlog(changes: Partial<InFlightSettings>, statuses: readonly PartitionStatus[]) {
  const world = inFlightWorld(changes, statuses.length);
  statuses.forEach((status, partition) => {
    world.at(1000, () => world.change("no-leader", undefined, "refuses", partition));
    world.at(1100, () => world.add(5, 1150, 1150, 0, partition));
    world.at(1650, () => world.change(status, {}, "works", partition));
  });
  return world;
}

function times(readable: readonly (readonly (readonly [rank: number, at: number])[])[]): number[][] {
  return readable.map((one) => one.map(([, at]) => at));
}

const FIRST = [1850, 1850, 1850, 1850];

describe("a produce request", () => {
  test("takes one batch of each partition that its broker leads", () => {
    const { run, readable } = backlog({}, ["open", "open", "open"]);
    run(10_000);
    const each = [...FIRST, 1850 + 130];
    expect(times(readable)).toEqual([each, each, each]);
  });

  test("is one of max.in.flight, however many partitions it is for", () => {
    const { run, readable } = backlog({ maxInFlight: 1 }, ["open", "open", "open"]);
    run(10_000);
    const each = [...FIRST, 1700 + 155 + 150];
    expect(times(readable)).toEqual([each, each, each]);
  });

  test("is full at max.request.size; the next one begins with the partition that had no room", () => {
    const { run, readable } = backlog({ recordsOfRequest: 8 }, ["open", "open", "open"]);
    run(10_000);
    // 0 and 1; 2 and the rest of 0 and 1; the rest of 2.
    expect(times(readable)).toEqual([
      [...FIRST, 1980],
      [...FIRST, 1980],
      [1980, 1980, 1980, 1980, 1980 + 130],
    ]);
  });

  test("takes a batch that is larger than max.request.size, alone", () => {
    const { run, readable } = backlog({ recordsOfRequest: 3 }, ["open", "open"]);
    run(10_000);
    // One after the other: 0, 1, the rest of both.
    expect(times(readable)).toEqual([
      [...FIRST, 1980 + 130],
      [1980, 1980, 1980, 1980, 1980 + 130],
    ]);
  });

  test("is answered when the last of its partitions is replicated: the next one waits, readers don't", () => {
    const { at, change, run, readable } = backlog({}, ["no-replication", "open"]);
    at(3000, () => change("open", undefined, "works", 0));
    run(10_000);
    expect(times(readable)).toEqual([
      [3000, 3000, 3000, 3000, 3000 + 30 + 100],
      [...FIRST, 3000 + 30 + 100],
    ]);
  });

  test("tells of a refusal when the others are replicated", () => {
    const { at, change, run, readable } = backlog({ maxInFlight: 1 }, ["not-enough-replicas", "open"]);
    at(1800, () => change("open", undefined, "works", 0));
    run(10_000);
    // Refused at 1750 and heard of at 1855, as is that the other is there; its rest goes at once, the first again after 100.
    const again = Math.max(1855 + 100, 1855 + 155);
    expect(times(readable)).toEqual([
      [again, again, again, again, again + 155].map((sentAt) => sentAt + 150),
      [...FIRST, 1855 + 150],
    ]);
  });

  test("whose response is lost is sent again with all of its batches, each known to the leader", () => {
    const { at, add, run, readable, links, repeated } = inFlightWorld({ requestTimeout: 3000 }, 2);
    at(900, () => links.loseNext("Produce response", ALL));
    at(1000, () => add(1, 1050, 1050, 0, 0));
    at(1000, () => add(1, 1050, 1050, 0, 1));
    at(4060, () => add(1, 4110, 4110, 0, 0));
    run(10_000);
    // A request for each, since the first one goes when the other record isn't there; behind what is sent again goes what is new.
    expect(times(readable)).toEqual([[1150, 4100 + 50 + 30 + 100], [1150 + 130]]);
    expect(repeated).toEqual([]);
  });
});

test("a partition whose retry waits for the one before it ends the Sender's pass", () => {
  const { at, add, run, readable, links } = inFlightWorld({ requestTimeout: 3000, recordsOfBatch: 100 }, 2);
  at(900, () => links.loseNext("Produce response", ALL));
  at(1000, () => add(1, 1050, 1050, 0, 0));
  at(1010, () => add(1, 1060, 1060, 0, 0));
  at(1020, () => add(1, 1070, 1070, 0, 1));
  // All three fail at 4000. Those that are first in their partitions go again at 4100, together, in a pass that begins with
  // partition 1; the next one begins with partition 0, whose other batch waits until 4155.
  for (const time of [4110, 4120, 4130]) at(time, () => add(1, time + 50, time + 50, 0, 1));
  run(10_000);
  expect(times(readable)).toEqual([
    [1150, 1280],
    [1410, 4155 + 150, 4155 + 150, 4155 + 150],
  ]);
});

test("what several partitions had in flight when their leader stood still was one request", () => {
  const { at, add, change, run, readable } = inFlightWorld({ maxInFlight: 1 }, 2);
  for (const partition of [0, 1]) {
    at(990, () => add(1, 1040, 1040, 0, partition));
    at(1000, () => change("no-leader", undefined, "frozen", partition));
    at(2000, () => change("open", undefined, "works", partition));
  }
  run(10_000);
  expect(times(readable)).toEqual([[2100], [2100]]);
});
