import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { ConstantOrigin, LaneTable, Lineage } from "../records/index.ts";
import { type FiredWindow, TumblingWindows } from "./tumbling-windows.ts";

/** A record each 100 ms in each of two partitions, in turn every 50 ms. */
const lineage = new Lineage();
lineage.addOrigin(
  new ConstantOrigin(2, { numerator: 20, denominator: 1 }, 1e15),
  LaneTable.of(2, 16, { kind: "cycle" }, 128, 1),
);
const route = lineage.everyKey(0).id;
const times = {
  createdAt: (origin: number, id: number, rank: number) =>
    lineage.createdAt(origin, lineage.offsetOf(origin, id, rank)),
  rankAt: (origin: number, id: number, time: number) => lineage.rankAt(origin, id, time),
};

function windows(size: number, offset = 0): TumblingWindows {
  return new TumblingWindows(size, offset, times);
}

function summary(fired: readonly FiredWindow[]): readonly (readonly [number, number, number])[] {
  return fired.map(({ start, maxTimestamp, records }) => [start, maxTimestamp, records]);
}

describe("which window a record belongs to", () => {
  test("a span is cut where the window changes, to the record", () => {
    const one = windows(1000);
    one.add(0, route, 3, 25); // 300 ms to 2400 ms
    expect(one.snapshot().open.map((window) => [window.start, window.records])).toEqual([
      [0, 7],
      [1000, 10],
      [2000, 5],
    ]);
  });
});

describe("a watermark", () => {
  test("fires the windows whose last timestamp it has reached, in order", () => {
    const one = windows(1000);
    one.add(0, route, 0, 25);
    one.add(1, route, 0, 12); // 50 ms to 1150 ms
    expect(one.advance(998)).toEqual([]);
    expect(summary(one.advance(999))).toEqual([[0, 999, 20]]);
    expect(one.advance(999)).toEqual([]);
    expect(summary(one.advance(5000))).toEqual([
      [1000, 1999, 12],
      [2000, 2999, 5],
    ]);
    expect(one.records).toEqual({ fired: 37, open: 0, late: 0 });
  });

  test("drops records that come behind it, but for windows that are still open", () => {
    const one = windows(1000);
    one.add(0, route, 0, 5);
    one.advance(1500);
    one.add(0, route, 5, 15); // 5 of the window that has fired
    expect(one.records).toEqual({ fired: 5, open: 5, late: 5 });
  });
});

test("a restored window goes on where the snapshot was, and waits for a watermark anew", () => {
  const one = windows(1000);
  one.add(0, route, 0, 15);
  one.advance(999);
  const state = one.snapshot();
  one.add(0, route, 15, 20);
  const restored = windows(1000);
  restored.restore(state);
  expect(restored.records).toEqual({ fired: 10, open: 5, late: 0 });
  restored.add(0, route, 15, 20);
  expect(summary(restored.advance(1999))).toEqual([[1000, 1999, 10]]);
  expect(state.open[0]!.records).toBe(5);
});

property.prop([
  fc.array(fc.tuple(fc.nat({ max: 1 }), fc.integer({ min: 1, max: 40 }), fc.nat({ max: 3000 })), {
    maxLength: 40,
  }),
  fc.integer({ min: 1, max: 2500 }),
  fc.double({ min: 0, max: 0.99, noNaN: true }),
])("every record that came in is fired once, open, or late", (steps, size, shift) => {
  const one = windows(size, Math.floor(shift * size));
  const next = [0, 0];
  let watermark = 0;
  let came = 0;
  let fired = 0;
  for (const [partition, records, advance] of steps) {
    one.add(partition, route, next[partition]!, next[partition]! + records);
    next[partition]! += records;
    came += records;
    watermark += advance;
    for (const window of one.advance(watermark)) {
      fired += window.records;
      expect(window.maxTimestamp).toBeLessThanOrEqual(watermark);
    }
    const counted = one.records;
    expect(counted.fired).toBe(fired);
    expect(counted.fired + counted.open + counted.late).toBe(came);
  }
});
