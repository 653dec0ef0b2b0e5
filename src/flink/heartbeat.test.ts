import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { type HeartbeatSettings, lostAfterDeath, lostAfterSilence, nextHeartbeat } from "./heartbeat.ts";

const SECOND = 1e9;
/** Flink's defaults. */
const settings: HeartbeatSettings = {
  interval: 10 * SECOND,
  timeout: 50 * SECOND,
  rpcFailureThreshold: 2,
  roundTrip: 0,
};

test("a dead process is lost at the second heartbeat that is refused", () => {
  // Heartbeats at 3, 13, 23, 33 s.
  expect(lostAfterDeath(settings, 3 * SECOND, 14 * SECOND)).toBe(33 * SECOND);
  expect(lostAfterDeath(settings, 3 * SECOND, 13 * SECOND)).toBe(23 * SECOND);
  expect(lostAfterDeath(settings, 3 * SECOND, 0)).toBe(13 * SECOND);
});

test("a silent process is lost when the time-out since its last answer is over", () => {
  expect(lostAfterSilence(settings, 3 * SECOND, 14 * SECOND)).toBe(63 * SECOND);
  // Measured with interval 1 s and timeout 5 s: a frozen TaskManager was lost after 4.05 s.
  const quick = { ...settings, interval: SECOND, timeout: 5 * SECOND };
  expect(lostAfterSilence(quick, 0.05 * SECOND, 20 * SECOND) - 20 * SECOND).toBeCloseTo(4.05 * SECOND, -3);
});

test("refusals don't count below 0, and a threshold of 0 or 1 takes the first", () => {
  const at = (rpcFailureThreshold: number): number =>
    lostAfterDeath({ ...settings, rpcFailureThreshold }, 0, 5 * SECOND) / SECOND;
  expect([-1, 0, 1, 2, 3].map(at)).toEqual([50, 10, 10, 20, 30]);
});

property.prop([fc.integer({ min: 0, max: 10 * SECOND }), fc.integer({ min: 20 * SECOND, max: 90 * SECOND })])(
  "with the defaults, a death is noticed after 10 to 20 s and a silence after 40 to 50 s",
  (phase, time) => {
    const dead = lostAfterDeath(settings, phase, time) - time;
    const silent = lostAfterSilence(settings, phase, time) - time;
    expect(nextHeartbeat(settings, phase, time)).toBeGreaterThanOrEqual(time);
    expect(dead).toBeGreaterThanOrEqual(10 * SECOND);
    expect(dead).toBeLessThanOrEqual(20 * SECOND);
    expect(silent).toBeGreaterThanOrEqual(40 * SECOND);
    expect(silent).toBeLessThanOrEqual(50 * SECOND);
  },
);
