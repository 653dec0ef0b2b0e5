import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { IntervalLedger } from "./interval-ledger.ts";

test("An interval that bridges several joins them and counts what it repeats", () => {
  const ledger = new IntervalLedger();
  ledger.add(0, 10);
  ledger.add(20, 30);
  ledger.add(40, 50);
  ledger.add(5, 45);
  expect(ledger.intervals()).toEqual([[0, 50]]);
  expect([ledger.seen, ledger.repeats]).toEqual([50, 20]);
});

test("A lost integer shows as a gap, a neighbour closes it", () => {
  const ledger = new IntervalLedger();
  ledger.add(0, 7);
  ledger.add(8, 12);
  expect(ledger.intervals()).toEqual([
    [0, 7],
    [8, 12],
  ]);
  ledger.add(7, 8);
  expect(ledger.intervals()).toEqual([[0, 12]]);
  expect([ledger.seen, ledger.repeats]).toEqual([12, 0]);
});

property.prop([
  fc.array(fc.tuple(fc.integer({ min: -5, max: 60 }), fc.integer({ min: -2, max: 20 })), { maxLength: 40 }),
])("The ledger agrees with counting every integer by itself, after each sighting", (sightings) => {
  const ledger = new IntervalLedger();
  const counts = new Map<number, number>();
  for (const [from, size] of sightings) {
    const isOld = Array.from({ length: Math.max(0, size) }, (_, i) => counts.has(from + i));
    expect(size > 0 && ledger.overlaps(from, from + size)).toBe(isOld.includes(true));
    ledger.add(from, from + size);
    for (let k = from; k < from + size; k++) counts.set(k, (counts.get(k) ?? 0) + 1);
    let sightingsInAll = 0;
    for (const count of counts.values()) sightingsInAll += count;
    expect([ledger.seen, ledger.repeats]).toEqual([counts.size, sightingsInAll - counts.size]);
    const expected: [number, number][] = [];
    for (const k of [...counts.keys()].sort((a, b) => a - b)) {
      const last = expected.at(-1);
      if (last !== undefined && last[1] === k) last[1] = k + 1;
      else expected.push([k, k + 1]);
    }
    expect(ledger.intervals()).toEqual(expected);
  }
});

test("says which parts were not seen yet", () => {
  const ledger = new IntervalLedger();
  expect(ledger.unseen(3, 5)).toEqual([[3, 5]]);
  ledger.add(0, 10);
  ledger.add(20, 30);
  expect(ledger.unseen(5, 40)).toEqual([
    [10, 20],
    [30, 40],
  ]);
  expect(ledger.unseen(12, 15)).toEqual([[12, 15]]);
  expect(ledger.unseen(20, 30)).toEqual([]);
  expect(ledger.unseen(15, 25)).toEqual([[15, 20]]);
});
