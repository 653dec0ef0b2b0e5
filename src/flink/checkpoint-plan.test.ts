import { expect, test } from "vitest";
import { checkpointPlan, type ExecutionState, type PlannedTask } from "./checkpoint-plan.ts";

/** Sources 1 and 2, tasks 3 and 4 behind both. */
function tasks(...states: readonly ExecutionState[]): PlannedTask[] {
  const inputs = [[], [], [1, 2], [1, 2]];
  return states.map((state, i) => ({ number: i + 1, state, inputs: inputs[i]! }));
}

test("all run: the sources are triggered, all must acknowledge and are told", () => {
  expect(checkpointPlan(tasks("RUNNING", "RUNNING", "RUNNING", "RUNNING"), true)).toEqual({
    trigger: [1, 2],
    waitFor: [1, 2, 3, 4],
    commitTo: [1, 2, 3, 4],
    finished: [],
  });
});

test("some have finished: whoever has no running input is triggered, the finished are left out", () => {
  expect(checkpointPlan(tasks("FINISHED", "RUNNING", "RUNNING", "RUNNING"), true)).toEqual({
    trigger: [2],
    waitFor: [2, 3, 4],
    commitTo: [2, 3, 4],
    finished: [1],
  });
  expect(checkpointPlan(tasks("FINISHED", "FINISHED", "RUNNING", "RUNNING"), true)?.trigger).toEqual([3, 4]);
});

test("no checkpoint while a task is on its way, or after one has finished where that isn't allowed", () => {
  for (const state of ["CREATED", "DEPLOYING", "INITIALIZING", "CANCELING", "FAILED"] as const)
    expect(checkpointPlan(tasks("RUNNING", "RUNNING", "RUNNING", state), true)).toBeUndefined();
  expect(checkpointPlan(tasks("FINISHED", "RUNNING", "RUNNING", "RUNNING"), false)).toBeUndefined();
});
