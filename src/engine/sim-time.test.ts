import { expect, test } from "vitest";
import { InvariantError } from "./invariant.ts";
import { elapsed, HOUR, milliseconds, nanoseconds, SECOND, seconds, simTime } from "./sim-time.ts";

test("durations are whole nanoseconds, rounded", () => {
  expect(seconds(0.1)).toBe(100_000_000);
  expect(milliseconds(0.3)).toBe(300_000);
  expect(nanoseconds(1.5)).toBe(2);
  expect(30 * seconds(0.1)).toBe(10 * seconds(0.3));
  expect(HOUR / SECOND).toBe(3600);
});

test("a duration is neither negative nor beyond 2^53", () => {
  expect(() => seconds(-1)).toThrow(InvariantError);
  expect(() => seconds(Number.NaN)).toThrow(InvariantError);
  expect(() => seconds(1e7)).toThrow("Cannot express a time in nanoseconds");
});

test("elapsed time doesn't run backwards", () => {
  expect(elapsed(simTime(3), simTime(10))).toBe(7);
  expect(() => elapsed(simTime(10), simTime(3))).toThrow(InvariantError);
});
