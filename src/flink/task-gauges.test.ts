import { describe, expect, test } from "vitest";
import { BUSY, HARD_BACK_PRESSURED, IDLE, SOFT_BACK_PRESSURED, TaskGauges } from "./task-gauges.ts";

const SECOND = 1e9;

/** busy, idle, back-pressured: ms/s, then ms since the beginning. */
function row(gauges: TaskGauges, seconds: number): readonly number[] {
  const times = gauges.read(seconds * SECOND);
  return [
    times.busyTimeMsPerSecond,
    times.idleTimeMsPerSecond,
    times.backPressuredTimeMsPerSecond,
    times.accumulateBusyTimeMs,
    times.accumulateIdleTimeMs,
    times.accumulateBackPressuredTimeMs,
  ];
}

describe("gauges of a task's time", () => {
  test("they change every 5 s, and show the mean of the slots that are full", () => {
    const gauges = new TaskGauges();
    gauges.begin(0);
    gauges.enter(BUSY, 1 * SECOND);
    gauges.enter(SOFT_BACK_PRESSURED, 4 * SECOND);
    expect(row(gauges, 4.5)).toEqual([1000, 0, 0, 3000, 1000, 500]);
    expect(row(gauges, 5)).toEqual([600, 200, 200, 3000, 1000, 1000]);
    gauges.enter(IDLE, 7 * SECOND);
    expect(row(gauges, 9)).toEqual([600, 200, 200, 3000, 3000, 3000]);
    expect(row(gauges, 10)).toEqual([300, 400, 300, 3000, 4000, 3000]);
  });

  test("after 12 slots the oldest goes", () => {
    const gauges = new TaskGauges();
    gauges.begin(0);
    gauges.enter(SOFT_BACK_PRESSURED, 0);
    gauges.enter(BUSY, 5 * SECOND);
    // A gauge shows whole ms.
    expect(row(gauges, 55)[2]).toBe(Math.floor(1000 / 11));
    expect(row(gauges, 60)[2]).toBe(Math.floor(1000 / 12));
    expect(row(gauges, 64)[2]).toBe(Math.floor(1000 / 12));
    expect(row(gauges, 65)).toEqual([1000, 0, 0, 60_000, 0, 5000]);
  });

  test("soft and hard back-pressure are told apart, and the longest stretch of each in the last slot", () => {
    const gauges = new TaskGauges();
    const parts = (seconds: number): readonly number[] => {
      const times = gauges.read(seconds * SECOND);
      return [
        times.backPressuredTimeMsPerSecond,
        times.softBackPressuredTimeMsPerSecond,
        times.hardBackPressuredTimeMsPerSecond,
        times.maxSoftBackPressureTimeMs,
        times.maxHardBackPressureTimeMs,
      ];
    };
    gauges.begin(0);
    gauges.enter(SOFT_BACK_PRESSURED, 0);
    gauges.enter(BUSY, 1 * SECOND);
    gauges.enter(HARD_BACK_PRESSURED, 2 * SECOND);
    gauges.enter(SOFT_BACK_PRESSURED, 4 * SECOND);
    expect(parts(5)).toEqual([800, 400, 400, 1000, 2000]);
    // Said again, it is the same stretch: it has lasted for 6 s when the second slot ends, and for 8 s when it ends itself.
    gauges.enter(SOFT_BACK_PRESSURED, 9 * SECOND);
    expect(parts(10)).toEqual([900, 700, 200, 6000, 0]);
    gauges.enter(IDLE, 12 * SECOND);
    expect(parts(15)).toEqual([733, 600, 133, 8000, 0]);
    expect(parts(20)).toEqual([550, 450, 100, 0, 0]);
  });

  test("a task that begins between two updates has a first slot that is short", () => {
    const gauges = new TaskGauges();
    gauges.begin(12 * SECOND);
    expect(row(gauges, 15)).toEqual([400, 600, 0, 0, 3000, 0]);
    expect(row(gauges, 20)).toEqual([200, 800, 0, 0, 8000, 0]);
  });

  test("what is read before a task begins is no time of it", () => {
    const gauges = new TaskGauges();
    expect(row(gauges, 9)).toEqual([1000, 0, 0, 0, 0, 0]);
    gauges.begin(10 * SECOND);
    expect(row(gauges, 15)).toEqual([0, 1000, 0, 0, 5000, 0]);
  });

  test("work that ends by itself is followed by idle time, read before and after", () => {
    const gauges = new TaskGauges();
    gauges.begin(0);
    gauges.enter(BUSY, 0, 2 * SECOND);
    expect(row(gauges, 1).slice(3)).toEqual([1000, 0, 0]);
    expect(row(gauges, 4).slice(3)).toEqual([2000, 2000, 0]);
    gauges.enter(BUSY, 4 * SECOND, 11 * SECOND);
    expect(row(gauges, 15)).toEqual([600, 400, 0, 9000, 6000, 0]);
  });

  test("work told afterwards lies evenly in its time; what is too much for it goes on later", () => {
    const gauges = new TaskGauges();
    gauges.begin(0);
    gauges.worked(5 * SECOND, 10 * SECOND);
    expect(row(gauges, 10)).toEqual([500, 500, 0, 5000, 5000, 0]);
    gauges.worked(6 * SECOND, 15 * SECOND);
    gauges.worked(1 * SECOND, 20 * SECOND);
    expect(row(gauges, 20)).toEqual([600, 400, 0, 12_000, 8000, 0]);
  });
});
