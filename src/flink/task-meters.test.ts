import { expect, test } from "vitest";
import { TaskMeters } from "./task-meters.ts";

/** Counts that grow by the update. */
function counters(update: number) {
  const numRecordsIn = 300 * update;
  return {
    numRecordsIn,
    numRecordsOut: 2 * numRecordsIn,
    numBytesIn: 60 * update ** 2,
    numBytesOut: 6000,
    numBuffersOut: 1,
  };
}

test("a meter divides what came in the last 12 updates by 60 s, from the first update on", () => {
  const meters = new TaskMeters();
  const rates = (): readonly number[] => Object.values(meters.rates);
  expect(rates()).toEqual([0, 0, 0, 0, 0]);
  meters.update(counters(1));
  expect(rates()).toEqual([5, 10, 1, 100, 1 / 60]);
  for (let update = 2; update <= 12; update++) meters.update(counters(update));
  expect(rates()).toEqual([60, 120, 144, 100, 1 / 60]);
  meters.update(counters(13));
  // 60 (13² - 1²) / 60; nothing has left or come to the others.
  expect(rates()).toEqual([60, 120, 168, 0, 0]);
});
