import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { Sightings } from "./sightings.ts";

test("tells what was seen once, twice and never", () => {
  const sightings = new Sightings();
  expect(sightings.add(0, 10)).toBe(0);
  expect(sightings.add(12, 20)).toBe(0);
  expect(sightings.add(5, 15)).toBe(8);
  expect(sightings.add(8, 9)).toBe(1);
  expect(sightings.intervals()).toEqual([[0, 20]]);
  expect(sightings.intervals(2)).toEqual([
    [5, 10],
    [12, 15],
  ]);
  expect(sightings.intervals(3)).toEqual([[8, 9]]);
  expect(sightings.intervals(4)).toEqual([]);
  expect([sightings.seen, sightings.repeats, sightings.end]).toEqual([20, 9, 20]);
  expect(sightings.missing(23)).toEqual([[20, 23]]);
});

test("a copy goes its own way", () => {
  const sightings = new Sightings();
  sightings.add(0, 4);
  const copy = sightings.copy();
  copy.add(2, 6);
  expect([sightings.isRun(4), copy.isRun(4), copy.isRun(6)]).toEqual([true, false, false]);
  expect(copy.intervals(2)).toEqual([[2, 4]]);
});

property.prop([fc.array(fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 8 })), { maxLength: 20 })])(
  "agrees with a count for each integer",
  (added) => {
    const sightings = new Sightings();
    const counts = Array.from({ length: 40 }, () => 0);
    for (const [from, length] of added) {
      const before = counts.slice(from, from + length).filter((count) => count > 0).length;
      expect(sightings.add(from, from + length)).toBe(before);
      for (let i = from; i < from + length; i++) counts[i]!++;
    }
    for (const times of [1, 2, 3]) {
      const told = counts.map(() => false);
      for (const [from, to] of sightings.intervals(times)) told.fill(true, from, to);
      expect(told).toEqual(counts.map((count) => count >= times));
    }
    const missing = counts.map(() => false);
    for (const [from, to] of sightings.missing(40)) missing.fill(true, from, to);
    expect(missing).toEqual(counts.map((count) => count === 0));
  },
);
