import { describe, expect, test } from "vitest";
import { KeyCensus } from "./key-population.ts";
import { LaneTable } from "./lane-table.ts";
import { Lineage } from "./lineage.ts";
import { ConstantOrigin } from "./origin.ts";
import { SpanList } from "./span-list.ts";
import { WindowOrigin, windowStart } from "./window-origin.ts";
import { WindowResults } from "./window-results.ts";

const SECOND = 1e9;
const GROUPS = 8;

/** 20 records a second in two partitions, with so many keys in turn, for 10 s; windows of a second. */
function world(
  keys: number,
  finalWatermark = Number.NEGATIVE_INFINITY,
  offset = 0,
  stoppingOffsets: readonly number[] | undefined = undefined,
) {
  const lineage = new Lineage();
  const loadEnd = 10 * SECOND;
  const source = new ConstantOrigin(2, { numerator: 20, denominator: 1 }, loadEnd);
  const distribution = { kind: "cycle" } as const;
  lineage.addOrigin(source, LaneTable.of(2, keys, distribution, GROUPS, 1));
  const census = new KeyCensus([{ keys, distribution, rate: 20 }], GROUPS);
  const origin = new WindowOrigin({
    size: 1000,
    offset,
    inputs: [{ route: lineage.everyKey(0), origin: source, stoppingOffsets }],
    keys: Array.from({ length: GROUPS }, (_, group) => census.population(group, group + 1)),
    finalWatermark: () => finalWatermark,
    loadEnd,
  });
  const firstPartition = lineage.addOrigin(origin, LaneTable.ofKeyGroups(GROUPS));
  return { lineage, origin, firstPartition };
}

function sumOf(count: (group: number) => number): number {
  return Array.from({ length: GROUPS }, (_, group) => count(group)).reduce((a, b) => a + b, 0);
}

describe("results of windows as an origin", () => {
  test.each([
    [0, 1000, 0, 0],
    [999, 1000, 0, 0],
    [1000, 1000, 0, 1000],
    [100, 1000, 250, -750],
    [250, 1000, 250, 250],
  ])("timestamp %d, size %d, offset %d: the window from %d", (timestamp, size, offset, start) => {
    expect(windowStart(timestamp, size, offset)).toBe(start);
  });

  test("what comes behind the offsets where the input ends is in no window, and all windows make the load", () => {
    // 10 a second and partition: the first one ends in the middle of window 2, the second one before its first record.
    const { origin } = world(16, Number.POSITIVE_INFINITY, 0, [25, 0]);
    const records = (window: number): number => sumOf((group) => origin.recordsIn(group, window * 1000));
    expect([0, 1, 2, 3, 9].map(records)).toEqual([10, 10, 5, 0, 0]);
    const results = sumOf((group) => origin.total(group));
    expect(results).toBe(sumOf((group) => origin.firstResult(group, 3000)));
    expect(results).toBeGreaterThan(0);
  });

  test("every window has a result for each key that has a record in it", () => {
    // 20 records a window: 16 keys all come, of 60 a third.
    for (const [keys, results] of [
      [16, 16],
      [60, 20],
    ] as const) {
      const { origin } = world(keys);
      for (let window = 0; window < 9; window++) {
        const start = window * 1000;
        expect(sumOf((group) => origin.recordsIn(group, start))).toBe(20);
        const made = (group: number): number =>
          origin.firstResult(group, start + 1000) - origin.firstResult(group, start);
        expect(sumOf(made)).toBe(results);
      }
    }
  });

  test("a result is made at its window's last timestamp, and counts are the inverse", () => {
    const { origin } = world(16);
    for (let group = 0; group < GROUPS; group++) {
      const each = origin.firstResult(group, 1000);
      if (each === 0) continue;
      expect([0, each - 1, each, 3 * each].map((offset) => origin.createdAt(group, offset))).toEqual([
        0.999 * SECOND,
        0.999 * SECOND,
        1.999 * SECOND,
        3.999 * SECOND,
      ]);
      expect([0.998, 0.999, 1.998, 1.999].map((time) => origin.countAt(group, time * SECOND))).toEqual([
        0,
        each,
        each,
        2 * each,
      ]);
      expect(origin.createdAt(group, 11 * each)).toBe(Number.POSITIVE_INFINITY);
    }
  });

  test("an offset shifts all windows; the first one is shorter", () => {
    const { origin } = world(16, Number.NEGATIVE_INFINITY, 250);
    expect(sumOf((group) => origin.recordsIn(group, -750))).toBe(5);
    expect(sumOf((group) => origin.recordsIn(group, 250))).toBe(20);
  });

  test("the load are the windows that the last watermark passes, or that were fired", () => {
    expect(sumOf((group) => world(16).origin.total(group))).toBe(0);
    expect(sumOf((group) => world(16, 7998).origin.total(group))).toBe(7 * 16);
    const { origin } = world(16, 7999);
    expect(sumOf((group) => origin.total(group))).toBe(8 * 16);
    origin.fired(8999);
    origin.fired(1999);
    expect(sumOf((group) => origin.total(group))).toBe(9 * 16);
  });

  test("forgets what is long past, but not how many there were", () => {
    const lineage = new Lineage();
    const source = new ConstantOrigin(1, { numerator: 20, denominator: 1 }, 1000 * SECOND);
    lineage.addOrigin(source, LaneTable.of(1, 4, { kind: "cycle" }, 1, 1));
    const census = new KeyCensus([{ keys: 4, distribution: { kind: "cycle" }, rate: 20 }], 1);
    const origin = new WindowOrigin({
      size: 1000,
      offset: 0,
      inputs: [{ route: lineage.everyKey(0), origin: source }],
      keys: [census.population(0, 1)],
      finalWatermark: () => 999_999,
      loadEnd: 1000 * SECOND,
    });
    expect(origin.total(0)).toBe(4000);
    origin.forgetBefore(500 * SECOND);
    expect([origin.total(0), origin.countAt(0, 500 * SECOND), origin.createdAt(0, 3999)]).toEqual([
      4000,
      2000,
      999.999 * SECOND,
    ]);
    expect(() => origin.countAt(0, 100 * SECOND)).toThrow("already forgotten");
  });
});

describe("a subtask that fires a window", () => {
  test("hands on the results of its key groups", () => {
    const { lineage, origin, firstPartition } = world(16);
    const [low, high] = [
      [0, 4],
      [4, GROUPS],
    ].map(([first, end]) => {
      const route = lineage.keyed(lineage.everyKey(0), first === 0 ? 0 : 1, 2, GROUPS)!;
      const spans = [0, 1].map((originPartition) => ({
        originPartition,
        route: route.id,
        from: route.rankOf(originPartition, 10),
        to: route.rankOf(originPartition, 20),
      }));
      const records = spans.reduce((sum, { from, to }) => sum + to - from, 0);
      const into = new SpanList(false);
      new WindowResults(origin, lineage, firstPartition, first!, end!).fire(1000, 1999, records, spans, into);
      return into;
    });
    expect(low!.records + high!.records).toBe(16);
    expect(low!.rows().every(([partition]) => partition < firstPartition + 4)).toBe(true);
    expect(high!.rows().every(([partition]) => partition >= firstPartition + 4)).toBe(true);
  });

  test("has no result of a key whose records were all late", () => {
    const { lineage, origin, firstPartition } = world(16);
    const route = lineage.everyKey(0);
    // Of the window's 20 records with 16 keys, the 6 that came: as many keys.
    const spans = [{ originPartition: 0, route: route.id, from: 10, to: 16 }];
    const into = new SpanList(false);
    new WindowResults(origin, lineage, firstPartition, 0, GROUPS).fire(1000, 1999, 6, spans, into);
    expect(into.records).toBe(6);
  });
});
