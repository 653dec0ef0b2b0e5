import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { onFailure, type RestartStrategySettings, restartStrategy } from "./restart-strategy.ts";

const MS = 1e6;
const SECOND = 1e9;

/** Flink's defaults since 1.19. */
const exponential: RestartStrategySettings = {
  type: "exponential-delay",
  initialBackoff: SECOND,
  maxBackoff: 60 * SECOND,
  backoffMultiplier: 1.5,
  resetBackoffThreshold: 3600 * SECOND,
  jitterFactor: 0.1,
  attemptsBeforeResetBackoff: 2147483647,
};

/** Delays in ms when each failure comes right after the planned restart. */
function delays(settings: RestartStrategySettings, failures: number, uniform: number): number[] {
  const state = restartStrategy();
  let now = 0;
  return Array.from({ length: failures }, () => {
    const { delay } = onFailure(state, settings, now, uniform);
    now += delay + MS;
    return delay / MS;
  });
}

describe("exponential-delay", () => {
  test("grows by half, without jitter up to the largest delay", () => {
    const still = { ...exponential, jitterFactor: 0 };
    expect(delays(still, 13, 0.5)).toEqual([
      1000, 1500, 2250, 3375, 5062, 7593, 11390, 17085, 25628, 38443, 57665, 60000, 60000,
    ]);
  });

  test("jitter is a tenth to either side, and never below the first delay or above the largest", () => {
    expect(delays(exponential, 3, 0)).toEqual([1000, 1350, 2025]);
    expect(delays(exponential, 3, 0.999999)).toEqual([1100, 1650, 2475]);
    expect(delays(exponential, 13, 0.999999).at(-1)).toBe(60000);
  });

  test("a failure before the planned restart belongs to the same attempt", () => {
    const state = restartStrategy();
    expect(onFailure(state, exponential, 0, 0.5)).toEqual({
      canRestart: true,
      delay: SECOND,
      isNewAttempt: true,
    });
    expect(onFailure(state, exponential, 400 * MS, 0.5)).toEqual({
      canRestart: true,
      delay: 600 * MS,
      isNewAttempt: false,
    });
    expect(state.attempts).toBe(1);
  });

  test("the delay starts anew an hour after the planned restart, and not a moment earlier", () => {
    for (const [later, expected] of [
      [3600 * SECOND, 1000],
      [3600 * SECOND - 1, 1500],
    ] as const) {
      const state = restartStrategy();
      const { delay } = onFailure(state, exponential, 0, 0.5);
      expect(onFailure(state, exponential, delay + later, 0.5).delay / MS).toBe(expected);
    }
  });

  test("attempts-before-reset-backoff ends the job", () => {
    const state = restartStrategy();
    const settings = { ...exponential, attemptsBeforeResetBackoff: 2 };
    const verdicts = [0, 10, 20].map((s) => onFailure(state, settings, s * SECOND, 0.5).canRestart);
    expect(verdicts).toEqual([true, true, false]);
  });

  property.prop([
    fc.array(fc.double({ min: 0, max: 0.999999, noNaN: true }), { minLength: 1, maxLength: 40 }),
  ])("every delay lies between the first and the largest", (uniforms) => {
    const state = restartStrategy();
    let now = 0;
    for (const uniform of uniforms) {
      const { delay } = onFailure(state, exponential, now, uniform);
      expect(delay).toBeGreaterThanOrEqual(SECOND);
      expect(delay).toBeLessThanOrEqual(60 * SECOND);
      expect(delay % MS).toBe(0);
      now += delay + 1;
    }
  });
});

test("fixed-delay counts every failure and never resets", () => {
  const state = restartStrategy();
  const settings: RestartStrategySettings = { type: "fixed-delay", attempts: 2, delay: SECOND };
  const verdicts = [0, 1e6, 2e6].map((s) => onFailure(state, settings, s * SECOND, 0));
  expect(verdicts.map(({ canRestart }) => canRestart)).toEqual([true, true, false]);
  expect(verdicts[0]!.delay).toBe(SECOND);
});

test("failure-rate refuses the failure that is one too many in the interval", () => {
  const settings: RestartStrategySettings = {
    type: "failure-rate",
    maxFailuresPerInterval: 2,
    failureRateInterval: 60 * SECOND,
    delay: SECOND,
  };
  const verdicts = (...seconds: number[]): boolean[] => {
    const state = restartStrategy();
    return seconds.map((s) => onFailure(state, settings, s * SECOND, 0).canRestart);
  };
  expect(verdicts(0, 30, 60)).toEqual([true, true, false]);
  expect(verdicts(0, 30, 61)).toEqual([true, true, true]);
  expect(verdicts(0, 30, 61, 80)).toEqual([true, true, true, false]);
});

test("without a strategy the first failure is the last", () => {
  expect(onFailure(restartStrategy(), { type: "none" }, 0, 0).canRestart).toBe(false);
});
