import { describe, expect, test } from "vitest";
import {
  checkpointFailureCounter,
  countFailure,
  countSuccess,
  UNLIMITED_FAILURES,
} from "./checkpoint-failure-counter.ts";
import {
  CHECKPOINT_DECLINED,
  CHECKPOINT_EXPIRED,
  CHECKPOINT_FAILURE_REASONS,
  IO_EXCEPTION,
  NOT_ALL_REQUIRED_TASKS_RUNNING,
} from "./checkpoint-failure-reason.ts";

const checkpoint = (id: number, byTask = false) => ({
  id,
  byTask,
  isSavepoint: false,
  isSynchronous: false,
});
const savepoint = (id: number, byTask: boolean, isSynchronous = false) => ({
  id,
  byTask,
  isSavepoint: true,
  isSynchronous,
});

test("five reasons count, each of the others does not", () => {
  const counted = CHECKPOINT_FAILURE_REASONS.flatMap(({ name }, reason) =>
    countFailure(checkpointFailureCounter(), 0, checkpoint(1), reason) ? [name] : [],
  );
  expect(counted).toEqual([
    "IO_EXCEPTION",
    "CHECKPOINT_ASYNC_EXCEPTION",
    "CHECKPOINT_EXPIRED",
    "CHECKPOINT_DECLINED",
    "FINALIZE_CHECKPOINT_FAILURE",
  ]);
});

test("the list is closed: Flink's names, each once", () => {
  const names = CHECKPOINT_FAILURE_REASONS.slice(1).map(({ name }) => name);
  expect(new Set(names).size).toBe(24);
  expect(CHECKPOINT_FAILURE_REASONS.filter(({ preFlight }) => preFlight).map(({ name }) => name)).toEqual([
    "PERIODIC_SCHEDULER_SHUTDOWN",
    "TOO_MANY_CHECKPOINT_REQUESTS",
    "MINIMUM_TIME_BETWEEN_CHECKPOINTS",
    "NOT_ALL_REQUIRED_TASKS_RUNNING",
    "IO_EXCEPTION",
    "BLOCKING_OUTPUT_EXIST",
  ]);
});

describe("with two failures tolerated", () => {
  test("the third in a row fails the job, and the count begins anew", () => {
    const counter = checkpointFailureCounter();
    const fail = (id: number) => countFailure(counter, 2, checkpoint(id), CHECKPOINT_EXPIRED);
    expect([1, 2, 3, 4, 5, 6].map(fail)).toEqual([false, false, true, false, false, true]);
  });

  test("one id counts once, a trigger without an id each time", () => {
    const counter = checkpointFailureCounter();
    for (let i = 0; i < 5; i++) countFailure(counter, 2, checkpoint(1, true), CHECKPOINT_DECLINED);
    expect(counter.consecutive).toBe(1);
    countFailure(counter, 2, checkpoint(0), IO_EXCEPTION);
    expect(countFailure(counter, 2, checkpoint(0), IO_EXCEPTION)).toBe(true);
  });

  test("a success clears the count; failures of older ids are ignored, and an older success clears nothing", () => {
    const counter = checkpointFailureCounter();
    countFailure(counter, 2, checkpoint(1), CHECKPOINT_EXPIRED);
    countFailure(counter, 2, checkpoint(2), CHECKPOINT_EXPIRED);
    countSuccess(counter, 5);
    expect(counter).toEqual({ consecutive: 0, counted: [], lastSucceeded: 5 });
    countFailure(counter, 2, checkpoint(4), CHECKPOINT_EXPIRED);
    expect(counter.consecutive).toBe(0);
    countFailure(counter, 2, checkpoint(6), CHECKPOINT_EXPIRED);
    countSuccess(counter, 3);
    expect(counter.consecutive).toBe(1);
  });

  test("what does not count leaves the count as it is", () => {
    const counter = checkpointFailureCounter();
    countFailure(counter, 2, checkpoint(1), CHECKPOINT_EXPIRED);
    expect(countFailure(counter, 2, checkpoint(0), NOT_ALL_REQUIRED_TASKS_RUNNING)).toBe(false);
    expect(counter.consecutive).toBe(1);
  });
});

test("savepoints: the JobManager's failures never count, a task's do, and fail the job that was to end with it", () => {
  const fail = (failed: ReturnType<typeof savepoint>, tolerable: number) =>
    countFailure(checkpointFailureCounter(), tolerable, failed, CHECKPOINT_DECLINED);
  expect(fail(savepoint(1, false), 0)).toBe(false);
  expect(fail(savepoint(1, true), 0)).toBe(true);
  expect(fail(savepoint(1, true), 1)).toBe(false);
  expect(fail(savepoint(1, true, true), UNLIMITED_FAILURES)).toBe(true);
});

test("2147483647 tolerated failures switch the counter off", () => {
  const counter = checkpointFailureCounter();
  countFailure(counter, UNLIMITED_FAILURES, checkpoint(1), CHECKPOINT_EXPIRED);
  expect(counter.consecutive).toBe(0);
});
