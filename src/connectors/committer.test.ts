import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  addCommittable,
  COMMIT,
  type CommitOutcome,
  type CommitterSettings,
  committablesOf,
  committer,
  DONE,
  FAIL_TASK,
  onCheckpointComplete,
  onCommitted,
  onRetryTimer,
  RETRY_AFTER,
} from "./committer.ts";

const IMMEDIATE: CommitterSettings = { retries: 10, retryDelay: 0 };

/** A committer with committables by letter: "a1" is committable a of checkpoint 1. */
function world(committables: readonly string[], settings = IMMEDIATE) {
  const state = committer<string>();
  for (const name of committables) addCommittable(state, Number(name.slice(1)), name);
  const outbox = new Outbox();
  const effects = (): string[] =>
    Array.from({ length: outbox.length }, (_, i) => {
      const name = state.requests.find(({ ticket }) => ticket === outbox.a[i])?.committable;
      if (outbox.effects[i] === COMMIT) return `commit ${name}`;
      if (outbox.effects[i] === FAIL_TASK) return `fail at ${name}`;
      if (outbox.effects[i] === RETRY_AFTER) return `retry after ${outbox.a[i]}`;
      expect(outbox.effects[i]).toBe(DONE);
      return "done";
    });
  const act = (step: () => void): string[] => {
    outbox.clear();
    step();
    return effects();
  };
  return {
    state,
    complete: (checkpoint: number) => act(() => onCheckpointComplete(state, checkpoint, settings, outbox)),
    outcome: (outcome: CommitOutcome) => act(() => onCommitted(state, outcome, settings, outbox)),
    timer: () => act(() => onRetryTimer(state, settings, outbox)),
  };
}

describe("a completed checkpoint", () => {
  test("commits what it and earlier ones hold, in ascending order, one after the other", () => {
    const { state, complete, outcome } = world(["a1", "b1", "a2", "a4"]);
    expect(complete(2)).toEqual(["commit a1"]);
    expect(outcome("success")).toEqual(["commit b1"]);
    expect(outcome("success")).toEqual(["commit a2"]);
    expect(outcome("success")).toEqual(["done"]);
    expect(committablesOf(state)).toEqual([{ checkpoint: 4, committable: "a4" }]);
    expect(state.counters).toMatchObject({ totalCommittables: 4, successfulCommittables: 3 });
  });

  test("with nothing to commit is done at once", () => {
    expect(world([]).complete(7)).toEqual(["done"]);
    expect(world(["a8"]).complete(7)).toEqual(["done"]);
  });

  test("takes along what aborted checkpoints before it left, and a late notification changes nothing", () => {
    const { complete, outcome } = world(["a1", "a2", "a3"]);
    expect(complete(3)).toEqual(["commit a1"]);
    outcome("success");
    expect(outcome("success")).toEqual(["commit a3"]);
    expect(complete(2)).toEqual([]);
    expect(outcome("success")).toEqual(["done"]);
  });
});

describe("an outcome", () => {
  test("already committed is as good as success", () => {
    const { state, complete, outcome } = world(["a1"]);
    complete(1);
    expect(outcome("signalAlreadyCommitted")).toEqual(["done"]);
    expect(state.counters).toMatchObject({ alreadyCommittedCommittables: 1, failedCommittables: 0 });
  });

  test("with a known reason drops the committable, and the job goes on", () => {
    const { state, complete, outcome } = world(["a1", "a2"]);
    complete(2);
    expect(outcome("signalFailedWithKnownReason")).toEqual(["commit a2"]);
    expect(state.counters).toMatchObject({ failedCommittables: 1 });
    expect(committablesOf(state)).toEqual([{ checkpoint: 2, committable: "a2" }]);
  });

  test("with an unknown reason fails the task and keeps the committable for its restore", () => {
    const { state, complete, outcome } = world(["a1", "a2"]);
    complete(2);
    expect(outcome("signalFailedWithUnknownReason")).toEqual(["fail at a1"]);
    expect([state.failed, committablesOf(state).length]).toEqual([true, 2]);
  });
});

describe("retryLater", () => {
  test("goes round again when the others of the checkpoint have been tried, before the next checkpoint", () => {
    const { complete, outcome, state } = world(["a1", "b1", "a2"]);
    expect(complete(2)).toEqual(["commit a1"]);
    expect(outcome("retryLater")).toEqual(["commit b1"]);
    expect(outcome("success")).toEqual(["commit a1"]);
    expect(outcome("success")).toEqual(["commit a2"]);
    expect(state.counters.retriedCommittables).toBe(1);
  });

  test("is tried sink.committer.retries times more, without delay; then the task fails", () => {
    const { complete, outcome, state } = world(["a1"], { retries: 10, retryDelay: 0 });
    let tries = 0;
    let effects = complete(1);
    while (effects[0] === "commit a1") {
      tries++;
      effects = outcome("retryLater");
    }
    expect([tries, effects, state.failed]).toEqual([11, ["fail at a1"], true]);
  });

  test("waited for a timer, without limit, before Flink 1.20.1, and later checkpoints went ahead", () => {
    const { complete, outcome, timer } = world(["a1", "a2"], { retries: 10, retryDelay: 1e9 });
    expect(complete(2)).toEqual(["commit a1"]);
    expect(outcome("retryLater")).toEqual(["retry after 1000000000", "commit a2"]);
    expect(outcome("success")).toEqual(["done"]);
    for (let i = 0; i < 20; i++) {
      expect(timer()).toEqual(["commit a1"]);
      expect(outcome("retryLater")).toEqual(["retry after 1000000000", "done"]);
    }
    timer();
    expect(outcome("success")).toEqual(["done"]);
  });
});

test("state is plain data: a copy goes on as the original does", () => {
  const { state, complete } = world(["a1", "b1"]);
  complete(1);
  const copy = structuredClone(state);
  const outbox = new Outbox();
  onCommitted(copy, "success", IMMEDIATE, outbox);
  expect([outbox.effects[0], copy.committing]).toEqual([COMMIT, 2]);
  expect(state.committing).toBe(1);
});
