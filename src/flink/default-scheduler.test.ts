import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  ARM_RESTART,
  CANCEL,
  DEPLOY,
  type DefaultSchedulerState,
  defaultScheduler,
  isLegalExecutionTransition,
  isLegalJobTransition,
  isNewFailure,
  onCanceled,
  onCancelJob,
  onExecutionState,
  onFinished,
  onGlobalFailure,
  onRestartDelayOver,
  onSlots,
  onStart,
  onTaskFailed,
  pipelinedRegions,
  REQUEST_SLOTS,
  RESTORE,
  SET_STATUS,
  START_CHECKPOINTS,
  STOP_CHECKPOINTS,
} from "./default-scheduler.ts";
import type { RestartDecision } from "./restart-strategy.ts";

const again: RestartDecision = { canRestart: true, delay: 1e9, isNewAttempt: true };
const never: RestartDecision = { canRestart: false, delay: 0, isNewAttempt: true };
const NAMES: Readonly<Record<number, string>> = {
  [SET_STATUS]: "status",
  [STOP_CHECKPOINTS]: "stop checkpoints",
  [START_CHECKPOINTS]: "start checkpoints",
  [CANCEL]: "cancel",
  [ARM_RESTART]: "arm restart",
  [RESTORE]: "restore",
  [REQUEST_SLOTS]: "request slots",
  [DEPLOY]: "deploy",
};

/** A scheduler that answers each call with the effects it asks for, in words. */
function scheduler(regionOf: readonly number[]) {
  const state = defaultScheduler(regionOf);
  const outbox = new Outbox();
  const step = (call: (state: DefaultSchedulerState, outbox: Outbox) => void): string[] => {
    call(state, outbox);
    const words = Array.from({ length: outbox.length }, (_, i) => {
      const effect = outbox.effects[i]!;
      if (effect === SET_STATUS) return state.status;
      if (effect === CANCEL || effect === DEPLOY) return `${NAMES[effect]} ${outbox.a[i]}.${outbox.b[i]}`;
      if (effect === ARM_RESTART || effect === RESTORE) return `${NAMES[effect]} ${outbox.a[i]}`;
      return NAMES[effect]!;
    });
    outbox.clear();
    return words;
  };
  const run = (): void => {
    step(onStart);
    step(onSlots);
    state.executions.forEach(({ attempt }, subtask) => {
      onExecutionState(state, subtask, attempt, "INITIALIZING");
      onExecutionState(state, subtask, attempt, "RUNNING");
    });
  };
  return { state, step, run };
}

const states = (state: DefaultSchedulerState): string =>
  state.executions.map((one) => `${one.state}.${one.attempt}`).join(" ");

test("the status is RUNNING, and checkpoints are on, before any task runs", () => {
  const { state, step } = scheduler([0, 0]);
  expect(step(onStart)).toEqual(["RUNNING", "start checkpoints", "restore 1", "request slots"]);
  expect(states(state)).toBe("SCHEDULED.0 SCHEDULED.0");
  expect(step(onSlots)).toEqual(["deploy 0.0", "deploy 1.0"]);
});

describe("a failed task", () => {
  test("stops the checkpoints, cancels its region, and restarts it once the delay and the cancellations are over", () => {
    const { state, step, run } = scheduler([0, 0, 0]);
    run();
    expect(step((s, o) => onTaskFailed(s, 1, again, o))).toEqual([
      "stop checkpoints",
      "RESTARTING",
      "cancel 0.0",
      "cancel 2.0",
      "arm restart 0",
    ]);
    expect(states(state)).toBe("CANCELING.0 FAILED.0 CANCELING.0");
    expect(step((s, o) => onCanceled(s, 0, 0, o))).toEqual([]);
    expect(step((s, o) => onRestartDelayOver(s, 0, o))).toEqual([]);
    expect(step((s, o) => onCanceled(s, 2, 0, o))).toEqual([
      "RUNNING",
      "start checkpoints",
      "restore 1",
      "request slots",
    ]);
    expect(states(state)).toBe("SCHEDULED.1 SCHEDULED.1 SCHEDULED.1");
    expect(state.numRestarts).toBe(1);
  });

  test("leaves other regions running", () => {
    const { state, step, run } = scheduler([0, 1, 0, 1]);
    run();
    step((s, o) => onTaskFailed(s, 0, again, o));
    step((s, o) => onCanceled(s, 2, 0, o));
    expect(step((s, o) => onRestartDelayOver(s, 0, o))).toEqual([
      "RUNNING",
      "start checkpoints",
      "restore 0",
      "request slots",
    ]);
    expect(states(state)).toBe("SCHEDULED.1 RUNNING.0 SCHEDULED.1 RUNNING.0");
  });

  test("in a job that restarts already takes its subtasks over; RUNNING is said when nobody waits any more", () => {
    const { state, step, run } = scheduler([0, 1]);
    run();
    step((s, o) => onTaskFailed(s, 0, again, o));
    expect(step((s, o) => onTaskFailed(s, 1, again, o))).toEqual(["arm restart 1"]);
    expect(step((s, o) => onRestartDelayOver(s, 1, o))).toEqual(["restore 0", "request slots"]);
    expect(state.status).toBe("RESTARTING");
    expect(step((s, o) => onRestartDelayOver(s, 0, o))).toEqual([
      "RUNNING",
      "start checkpoints",
      "restore 0",
      "request slots",
    ]);
  });

  test("during its own redeployment starts a restart of its own", () => {
    const { state, step, run } = scheduler([0, 0]);
    run();
    step((s, o) => onTaskFailed(s, 0, again, o));
    step((s, o) => onCanceled(s, 1, 0, o));
    step((s, o) => onRestartDelayOver(s, 0, o));
    expect(step(onSlots)).toEqual(["deploy 0.1", "deploy 1.1"]);
    expect(isNewFailure(state, 0, 0)).toBe(false);
    expect(isNewFailure(state, 0, 1)).toBe(true);
    expect(step((s, o) => onTaskFailed(s, 0, again, o))).toEqual([
      "stop checkpoints",
      "RESTARTING",
      "cancel 1.1",
      "arm restart 1",
    ]);
    expect(state.numRestarts).toBe(2);
  });

  test("while it is being cancelled is no news", () => {
    const { state, step, run } = scheduler([0, 0]);
    run();
    step((s, o) => onTaskFailed(s, 0, again, o));
    expect(isNewFailure(state, 1, 0)).toBe(false);
    expect(isNewFailure(state, 0, 0)).toBe(false);
  });

  test("that may not be restarted fails the job once everything is cancelled", () => {
    const { state, step, run } = scheduler([0, 0]);
    run();
    expect(step((s, o) => onTaskFailed(s, 0, never, o))).toEqual([
      "stop checkpoints",
      "FAILING",
      "cancel 1.0",
    ]);
    expect(step((s, o) => onRestartDelayOver(s, 0, o))).toEqual([]);
    expect(step((s, o) => onCanceled(s, 1, 0, o))).toEqual(["FAILED"]);
    expect(state.numRestarts).toBe(0);
  });
});

test("a global failure restarts every region, and what was merely scheduled needs no cancellation", () => {
  const { state, step } = scheduler([0, 1]);
  step(onStart);
  expect(step((s, o) => onGlobalFailure(s, again, o))).toEqual([
    "stop checkpoints",
    "RESTARTING",
    "arm restart 0",
  ]);
  expect(step((s, o) => onRestartDelayOver(s, 0, o))).toEqual([
    "RUNNING",
    "start checkpoints",
    "restore 1",
    "request slots",
  ]);
  expect(states(state)).toBe("SCHEDULED.1 SCHEDULED.1");
});

test("failures that are merged into one attempt count once", () => {
  const { state, step, run } = scheduler([0, 1]);
  run();
  step((s, o) => onTaskFailed(s, 0, again, o));
  step((s, o) => onTaskFailed(s, 1, { ...again, isNewAttempt: false }, o));
  expect(state.numRestarts).toBe(1);
});

test("a job is cancelled, and finished when all its tasks are", () => {
  const cancelled = scheduler([0, 0]);
  cancelled.run();
  expect(cancelled.step(onCancelJob)).toEqual(["stop checkpoints", "CANCELLING", "cancel 0.0", "cancel 1.0"]);
  cancelled.step((s, o) => onCanceled(s, 0, 0, o));
  expect(cancelled.step((s, o) => onCanceled(s, 1, 0, o))).toEqual(["CANCELED"]);
  const finished = scheduler([0, 0]);
  finished.run();
  expect(finished.step((s, o) => onFinished(s, 0, 0, o))).toEqual([]);
  expect(finished.step((s, o) => onFinished(s, 1, 0, o))).toEqual(["stop checkpoints", "FINISHED"]);
});

test("regions are what exchanges connect", () => {
  // Two sources, each forwarded to an operator of its own.
  expect(pipelinedRegions(4, [[0, 2], [1, 3]])).toEqual([0, 1, 0, 1]); // biome-ignore format: one line
  // A keyed exchange connects all.
  expect(pipelinedRegions(4, [[0, 2], [0, 3], [1, 2], [1, 3]])).toEqual([0, 0, 0, 0]); // biome-ignore format: one line
});

describe("the transition tables", () => {
  const all = ["CREATED", "SCHEDULED", "DEPLOYING", "INITIALIZING", "RUNNING", "FINISHED", "CANCELING", "CANCELED", "FAILED"] as const; // biome-ignore format: one line
  test("an execution that is over stays over, and none skips its deployment", () => {
    const legal = all.map(
      (from) => `${from}: ${all.filter((to) => isLegalExecutionTransition(from, to)).join(" ")}`,
    );
    expect(legal).toEqual([
      "CREATED: SCHEDULED CANCELED FAILED",
      "SCHEDULED: DEPLOYING CANCELED FAILED",
      "DEPLOYING: INITIALIZING CANCELING FAILED",
      "INITIALIZING: RUNNING CANCELING FAILED",
      "RUNNING: FINISHED CANCELING FAILED",
      "FINISHED: ",
      "CANCELING: CANCELED FAILED",
      "CANCELED: ",
      "FAILED: ",
    ]);
  });
  test("a job ends in FAILED, CANCELED or FINISHED", () => {
    const statuses = ["CREATED", "RUNNING", "RESTARTING", "FAILING", "FAILED", "CANCELLING", "CANCELED", "FINISHED"] as const; // biome-ignore format: one line
    const legal = statuses.map(
      (from) => `${from}: ${statuses.filter((to) => isLegalJobTransition(from, to)).join(" ")}`,
    );
    expect(legal).toEqual([
      "CREATED: RUNNING",
      "RUNNING: RESTARTING FAILING CANCELLING FINISHED",
      "RESTARTING: RUNNING FAILING CANCELLING",
      "FAILING: FAILED",
      "FAILED: ",
      "CANCELLING: CANCELED",
      "CANCELED: ",
      "FINISHED: ",
    ]);
  });
});

/** One thing that may happen; what it picks is taken modulo what there is. */
const happening = fc.record({
  what: fc.constantFrom("fail", "global", "canceled", "delay", "slots", "running", "cancel job"),
  pick: fc.nat({ max: 7 }),
  canRestart: fc.boolean().map((unlikely) => !unlikely),
});

property.prop([
  fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 6 }),
  fc.array(happening, { maxLength: 60 }),
])(
  "whatever happens: no subtask waits for two restarts, attempts only grow, and an ended job asks for nothing",
  (regions, happenings) => {
    const { state, step } = scheduler(regions);
    step(onStart);
    for (const { what, pick, canRestart } of happenings) {
      const subtask = pick % regions.length;
      const before = state.executions.map(({ attempt }) => attempt);
      const wasOver = ["FAILED", "CANCELED", "FINISHED"].includes(state.status);
      const { attempt } = state.executions[subtask]!;
      const decision = canRestart ? again : never;
      const asked = step((s, o) => {
        if (what === "fail" && isNewFailure(s, subtask, attempt)) onTaskFailed(s, subtask, decision, o);
        else if (what === "global" && (s.status === "RUNNING" || s.status === "RESTARTING"))
          onGlobalFailure(s, decision, o);
        else if (what === "canceled") onCanceled(s, subtask, attempt, o);
        else if (what === "delay") onRestartDelayOver(s, s.restarts[pick % 2]?.id ?? 99, o);
        else if (what === "slots" && !wasOver) onSlots(s, o);
        else if (what === "running") {
          onExecutionState(s, subtask, attempt, "INITIALIZING");
          onExecutionState(s, subtask, attempt, "RUNNING");
        } else if (what === "cancel job" && pick === 7) onCancelJob(s, o);
      });
      const waiting = state.restarts.flatMap(({ subtasks }) => subtasks);
      expect(new Set(waiting).size).toBe(waiting.length);
      expect(state.status === "RESTARTING").toBe(state.restarts.length > 0);
      state.executions.forEach((execution, i) => {
        expect(execution.attempt).toBeGreaterThanOrEqual(before[i]!);
      });
      if (wasOver) expect(asked).toEqual([]);
    }
  },
);
