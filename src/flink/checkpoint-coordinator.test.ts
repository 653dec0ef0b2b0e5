import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { CoordinatorAtHand, PLAN } from "./checkpoint-coordinator.fixture.ts";
import * as coordinator from "./checkpoint-coordinator.ts";
import * as reasons from "./checkpoint-failure-reason.ts";
import { NO_STATE } from "./task-state-snapshot.ts";

const { onDecline, onFailover, onPlan, onIdDrawn, onLocationInitialized } = coordinator;

describe("one checkpoint", () => {
  test("goes through the stages of its trigger in their order, and completes with the last acknowledgement", () => {
    const one = new CoordinatorAtHand();
    expect(one.start()).toEqual(["ARM_TIMER 1000"]);
    expect(one.timer(1000)).toEqual(["ARM_TIMER 2000", "COMPUTE_PLAN 1"]);
    onPlan(one.step, PLAN, 1000e6);
    expect(one.effects()).toEqual(["DRAW_ID"]);
    onIdDrawn(one.step, 1001e6);
    expect(one.effects()).toEqual(["ARM_TIMEOUT 1 6001", "INITIALIZE_LOCATION 1"]);
    onLocationInitialized(one.step, true, 1002e6);
    expect(one.effects()).toEqual(["SNAPSHOT_OPERATOR_COORDINATORS 1"]);
    coordinator.onOperatorCoordinatorSnapshot(one.step, true, 1003e6);
    expect(one.effects()).toEqual(["SEND_TRIGGER_REQUESTS 1"]);
    coordinator.onRequestsSent(one.step, true, 1003e6);
    expect(one.effects()).toEqual([]);
    expect(one.acknowledge(1, 1200, [1, 2, 3])).toEqual([]);
    expect(one.acknowledge(1, 1300, [4])).toEqual(["FINALIZE 1"]);
    expect(one.state.pending[0]).toMatchObject({ triggeredAt: 1000e6, latestAckAt: 1300e6 });
    expect(one.finalized(1350)).toEqual(["COMPLETED 1", "NOTIFY_COMPLETE 1 0"]);
    expect([one.state.pending.length, one.state.lastCompletionAt]).toEqual([0, 1350e6]);
    expect(one.state.store.retained.map(({ id, latestAckAt }) => [id, latestAckAt])).toEqual([[1, 1300e6]]);
  });

  test("is acknowledged by each task once; late ones and those of other attempts are refused", () => {
    const one = new CoordinatorAtHand();
    one.start();
    one.timer(1000);
    one.trigger(1000);
    const acknowledge = (id: number, task: number) =>
      coordinator.onAcknowledge(one.step, id, task, NO_STATE, 1100e6);
    expect([acknowledge(1, 1), acknowledge(1, 1), acknowledge(1, 77), acknowledge(9, 1)]).toEqual([
      "SUCCESS",
      "DUPLICATE",
      "UNKNOWN",
      "DISCARDED",
    ]);
    one.acknowledge(1, 1200, [2, 3, 4]);
    one.finalized(1250);
    expect(acknowledge(1, 1)).toBe("DISCARDED");
  });

  test("completes without any task when all have finished", () => {
    const one = new CoordinatorAtHand({ operatorCoordinators: 0 });
    one.start();
    one.timer(1000);
    const nobody = { trigger: [], waitFor: [], commitTo: [], finished: [1, 2, 3, 4] };
    onPlan(one.step, nobody, 1000e6);
    onIdDrawn(one.step, 1000e6);
    onLocationInitialized(one.step, true, 1000e6);
    coordinator.onRequestsSent(one.step, true, 1000e6);
    expect(one.effects().at(-1)).toBe("FINALIZE 1");
    one.finalized(1010);
    expect(one.state.store.retained[0]?.finished).toEqual([0, 1, 2, 3]);
  });

  test("holds the lock until it is in the store: nothing can abort it meanwhile", () => {
    const one = new CoordinatorAtHand();
    one.start();
    one.timer(1000);
    one.trigger(1000);
    one.acknowledge(1, 1300);
    expect(one.timeout(1, 6000)).toEqual([]);
    onDecline(one.step, 1, reasons.CHECKPOINT_DECLINED, 6000e6);
    coordinator.onSchedulerStop(one.step, 6000e6);
    expect(one.effects()).toEqual(["CANCEL_TIMER"]);
    expect(one.finalized(6001)).toEqual(["COMPLETED 1", "NOTIFY_COMPLETE 1 0"]);
  });
});

describe("a trigger that fails at a stage", () => {
  const started = () => {
    const one = new CoordinatorAtHand();
    one.start();
    one.timer(1000);
    one.effects();
    return one;
  };

  test("not all tasks run: counted as triggered and failed, without an id", () => {
    const one = started();
    onPlan(one.step, undefined, 1000e6);
    expect(one.effects()).toEqual([
      "REQUEST_FAILED 1 NOT_ALL_REQUIRED_TASKS_RUNNING",
      "FAILED_WITHOUT_PENDING NOT_ALL_REQUIRED_TASKS_RUNNING",
    ]);
    expect([one.state.nextId, one.state.trigger]).toEqual([1, undefined]);
  });

  test("the scheduler stopped while the id was drawn: the id is lost", () => {
    const one = started();
    onPlan(one.step, PLAN, 1000e6);
    coordinator.onSchedulerStop(one.step, 1001e6);
    one.effects();
    onIdDrawn(one.step, 1002e6);
    expect(one.effects()).toEqual([
      "REQUEST_FAILED 1 PERIODIC_SCHEDULER_SHUTDOWN",
      "FAILED_WITHOUT_PENDING PERIODIC_SCHEDULER_SHUTDOWN",
    ]);
    expect(one.state.nextId).toBe(2);
  });

  test("the folder can't be made: aborted, and counted against the tolerance", () => {
    const one = started();
    onPlan(one.step, PLAN, 1000e6);
    onIdDrawn(one.step, 1000e6);
    one.effects();
    onLocationInitialized(one.step, false, 1001e6);
    expect(one.effects()).toEqual(["ABORT 1 IO_EXCEPTION", "FAIL_JOB IO_EXCEPTION", "CLEAN 1"]);
  });

  test("an enumerator's snapshot or a request fails: aborted, not counted", () => {
    for (const stage of ["operator-coordinators", "requests"]) {
      const one = started();
      onPlan(one.step, PLAN, 1000e6);
      onIdDrawn(one.step, 1000e6);
      onLocationInitialized(one.step, true, 1000e6);
      coordinator.onOperatorCoordinatorSnapshot(one.step, stage === "requests", 1001e6);
      if (stage === "requests") coordinator.onRequestsSent(one.step, false, 1001e6);
      expect(one.effects().slice(-2)).toEqual(["ABORT 1 TRIGGER_CHECKPOINT_FAILURE", "CLEAN 1"]);
      expect(one.state.trigger).toBeUndefined();
    }
  });

  test("aborted in between: the trigger ends at its next stage, and the next request starts", () => {
    const one = started();
    onPlan(one.step, PLAN, 1000e6);
    onIdDrawn(one.step, 1000e6);
    one.timer(2000);
    one.timeout(1, 6000);
    expect(one.effects()).toEqual([]);
    onLocationInitialized(one.step, true, 6001e6);
    expect(one.effects()).toEqual(["COMPUTE_PLAN 2"]);
  });

  test("a stage ends only while the trigger is in it", () => {
    const one = started();
    const stages = [
      () => onIdDrawn(one.step, 0),
      () => onLocationInitialized(one.step, true, 0),
      () => coordinator.onOperatorCoordinatorSnapshot(one.step, true, 0),
      () => coordinator.onRequestsSent(one.step, true, 0),
    ];
    for (const stage of stages) expect(stage).toThrow("a stage of a trigger ends while the trigger is in it");
    one.trigger(1000);
    expect(() => onPlan(one.step, PLAN, 0)).toThrow("a stage of a trigger ends while the trigger is in it");
    expect(() => one.finalized(1000)).toThrow("only a checkpoint that is being finalized completes");
    expect(() => coordinator.onFinalizeFailed(one.step, 0)).toThrow("fails in it");
    expect(() => coordinator.onCleaned(one.step, 0)).toThrow("an ended checkpoint is cleaned once");
    expect(() => coordinator.onBacklog(one.step, false, 0)).toThrow("a backlog ends once");
  });
});

describe("the periodic scheduler", () => {
  test.each([
    { minPause: 0, uniform: 0, first: 0 },
    { minPause: 0, uniform: 1 - 2 ** -53, first: 1000 },
    { minPause: 300e6, uniform: 0, first: 300 },
    { minPause: 300e6, uniform: 0.5, first: 650 },
    { minPause: 300e6, uniform: 1 - 2 ** -53, first: 1000 },
  ])("first fires after whole ms of [min-pause, interval]: $minPause, $uniform", (row) => {
    const one = new CoordinatorAtHand({ minPause: row.minPause });
    expect(one.start(0, row.uniform)).toEqual([`ARM_TIMER ${row.first}`]);
  });

  test("draws at every start up to Flink 2.2; from 2.3 on later starts wait for min-pause only", () => {
    const second = (delaysEveryStart: boolean) => {
      const one = new CoordinatorAtHand({ delaysEveryStart, minPause: 200e6 });
      one.start(0, 0.5);
      coordinator.onSchedulerStop(one.step, 5000e6);
      one.effects();
      return one.start(10_000, 0.5);
    };
    expect(second(true)).toEqual(["ARM_TIMER 10600"]);
    expect(second(false)).toEqual(["ARM_TIMER 10200"]);
  });

  test("keeps its fixed rate when it fires late, and catches up at once when it is more than an interval late", () => {
    const one = new CoordinatorAtHand();
    one.start();
    const armed = (at: number) => one.timer(at)[0];
    expect([armed(1003), armed(4500), armed(4500), armed(4500)]).toEqual([
      "ARM_TIMER 2000",
      "ARM_TIMER 4500",
      "ARM_TIMER 4500",
      "ARM_TIMER 5000",
    ]);
  });

  test("piles up requests while a checkpoint is in progress, and they start back to back afterwards", () => {
    const one = new CoordinatorAtHand();
    one.start();
    one.timer(1000);
    one.trigger(1000);
    expect([one.timer(2000), one.timer(3000)]).toEqual([["ARM_TIMER 3000"], ["ARM_TIMER 4000"]]);
    one.acknowledge(1, 3500);
    expect(one.finalized(3500)).toEqual(["COMPLETED 1", "NOTIFY_COMPLETE 1 0", "COMPUTE_PLAN 2"]);
    one.trigger(3500);
    one.acknowledge(2, 3600);
    expect(one.finalized(3600)).toEqual(["CLEAN 1", "COMPLETED 2", "NOTIFY_COMPLETE 2 1", "COMPUTE_PLAN 3"]);
  });

  test("starts nothing while the trigger of the last checkpoint is under way", () => {
    const one = new CoordinatorAtHand({ maxConcurrent: 2 });
    one.start();
    one.timer(1000);
    expect(one.timer(2000)).toEqual(["ARM_TIMER 3000"]);
    expect(one.trigger(2100).at(-1)).toBe("COMPUTE_PLAN 2");
  });

  test("stops with the job: what waits and what is pending fails, savepoints too", () => {
    const one = new CoordinatorAtHand();
    one.start();
    one.timer(1000);
    one.trigger(1000);
    one.savepoint(1500);
    one.trigger(1500);
    one.timer(2000);
    coordinator.onSchedulerStop(one.step, 2500e6);
    expect(one.effects()).toEqual([
      "CANCEL_TIMER",
      "REQUEST_FAILED 3 CHECKPOINT_COORDINATOR_SUSPEND",
      "ABORT 1 CHECKPOINT_COORDINATOR_SUSPEND",
      "CLEAN 1",
      "ABORT 2 CHECKPOINT_COORDINATOR_SUSPEND",
      "CLEAN 2",
    ]);
    expect(one.timer(3000)).toEqual([]);
  });

  test("after a failover ids go on", () => {
    const one = new CoordinatorAtHand();
    one.start();
    one.timer(1000);
    one.trigger(1000);
    coordinator.onSchedulerStop(one.step, 1500e6);
    onFailover(one.step, reasons.JOB_FAILOVER_REGION, 1600e6);
    coordinator.onCleaned(one.step, 1600e6);
    one.start(2000);
    one.timer(3000);
    expect(one.trigger(3000)).toContain("SEND_TRIGGER_REQUESTS 2");
  });

  test("ends with the job", () => {
    const one = new CoordinatorAtHand();
    one.start();
    one.timer(1000);
    one.trigger(1000);
    coordinator.onShutdown(one.step, 1500e6);
    expect(one.effects()).toEqual(["CANCEL_TIMER", "ABORT 1 CHECKPOINT_COORDINATOR_SHUTDOWN", "CLEAN 1"]);
    expect(one.savepoint(1600)).toEqual([
      "REQUEST_FAILED 2 CHECKPOINT_COORDINATOR_SHUTDOWN",
      "FAILED_WITHOUT_PENDING CHECKPOINT_COORDINATOR_SHUTDOWN",
    ]);
  });

  test("takes the interval of a backlog while one is reported, and comes back earlier when it ends", () => {
    const one = new CoordinatorAtHand({ intervalDuringBacklog: 60_000e6 });
    one.start();
    coordinator.onBacklog(one.step, true, 500e6);
    expect(one.timer(1000)[0]).toBe("ARM_TIMER 61000");
    coordinator.onBacklog(one.step, false, 5000e6);
    expect(one.effects()).toEqual(["ARM_TIMER 6000"]);
    const off = new CoordinatorAtHand({ intervalDuringBacklog: Number.POSITIVE_INFINITY });
    off.start();
    coordinator.onBacklog(off.step, true, 500e6);
    expect(off.timer(1000)).toEqual(["COMPUTE_PLAN 1"]);
  });

  test("when all sources have ended, a checkpoint starts at once", () => {
    const one = new CoordinatorAtHand({ minPause: 900e6 });
    one.start();
    one.complete(1, 1000, 1100);
    coordinator.onEndOfData(one.step, 1200e6);
    expect(one.effects()).toEqual(["COMPUTE_PLAN 2"]);
  });
});

describe("the minimum pause", () => {
  test("drops a request that comes too early and arms the timer at the earliest time instead", () => {
    const one = new CoordinatorAtHand({ minPause: 800e6 });
    one.start();
    one.complete(1, 1000, 1500);
    expect(one.timer(2000)).toEqual([
      "ARM_TIMER 3000",
      "REQUEST_FAILED 2 MINIMUM_TIME_BETWEEN_CHECKPOINTS",
      "ARM_TIMER 2300",
    ]);
    // From then on the rate is counted from the new time.
    expect(one.timer(2300)).toEqual(["ARM_TIMER 3300", "COMPUTE_PLAN 3"]);
  });

  test("drops one request that waited for a completion, and keeps the others for later", () => {
    const one = new CoordinatorAtHand({ minPause: 300e6 });
    one.start();
    one.timer(1000);
    one.trigger(1000);
    one.timer(2000);
    one.timer(3000);
    one.acknowledge(1, 3500);
    expect(one.finalized(3500).slice(-2)).toEqual([
      "REQUEST_FAILED 2 MINIMUM_TIME_BETWEEN_CHECKPOINTS",
      "ARM_TIMER 3800",
    ]);
    expect(one.timer(3800)).toEqual(["ARM_TIMER 4800", "COMPUTE_PLAN 3"]);
    expect(one.state.queue.length).toBe(1);
  });

  test("counts from the last completion, so an expired checkpoint causes none", () => {
    const one = new CoordinatorAtHand({ minPause: 800e6, timeout: 900e6, tolerableFailures: 9 });
    one.start();
    one.timer(1000);
    one.trigger(1000);
    expect(one.timeout(1, 1900)).toEqual(["ABORT 1 CHECKPOINT_EXPIRED", "CLEAN 1"]);
    expect(one.timer(2000)).toEqual(["ARM_TIMER 3000", "COMPUTE_PLAN 2"]);
  });

  test("counts from a savepoint's completion, too, but does not hold one back", () => {
    const one = new CoordinatorAtHand({ minPause: 800e6 });
    one.start();
    one.complete(1, 1000, 1500);
    expect(one.savepoint(1600)).toEqual(["COMPUTE_PLAN 2"]);
    one.trigger(1600);
    one.acknowledge(2, 1900);
    one.finalized(1900);
    expect(one.timer(2000).at(-1)).toBe("ARM_TIMER 2700");
  });
});

describe("several at once", () => {
  test("run up to the maximum, and the next request waits for one of them to end", () => {
    const one = new CoordinatorAtHand({ maxConcurrent: 2 });
    one.start();
    one.timer(1000);
    one.trigger(1000);
    expect(one.timer(2000)).toEqual(["ARM_TIMER 3000", "COMPUTE_PLAN 2"]);
    one.trigger(2000);
    expect(one.timer(3000)).toEqual(["ARM_TIMER 4000"]);
    one.acknowledge(1, 3200);
    expect(one.finalized(3200)).toEqual(["COMPLETED 1", "NOTIFY_COMPLETE 1 0", "COMPUTE_PLAN 3"]);
  });

  test("are subsumed by the completion of a newer one, but savepoints are not", () => {
    const one = new CoordinatorAtHand({ maxConcurrent: 3 });
    one.start();
    one.timer(1000);
    one.trigger(1000);
    one.savepoint(1500);
    one.trigger(1500);
    one.timer(2000);
    one.trigger(2000);
    one.acknowledge(1, 2050, [1]);
    one.acknowledge(3, 2100);
    expect(one.finalized(2100)).toEqual([
      "COMPLETED 3",
      "ABORT 1 CHECKPOINT_SUBSUMED",
      "CLEAN 1",
      "NOTIFY_COMPLETE 3 0",
    ]);
    expect(one.state.pending.map(({ id }) => id)).toEqual([2]);
  });

  test("are finalized one after the other", () => {
    const one = new CoordinatorAtHand({ maxConcurrent: 2, retained: 2 });
    one.start();
    one.timer(1000);
    one.trigger(1000);
    one.timer(2000);
    one.trigger(2000);
    expect([one.acknowledge(1, 2100), one.acknowledge(2, 2150)]).toEqual([["FINALIZE 1"], []]);
    expect(one.finalized(2200)).toEqual(["COMPLETED 1", "NOTIFY_COMPLETE 1 0", "FINALIZE 2"]);
    expect(one.finalized(2300)).toEqual(["COMPLETED 2", "NOTIFY_COMPLETE 2 0"]);
  });

  test("wait while more ended checkpoints than the maximum are being deleted", () => {
    const one = new CoordinatorAtHand({ tolerableFailures: 9 });
    one.start();
    for (const id of [1, 2]) {
      one.timer(id * 1000);
      one.trigger(id * 1000);
      one.timeout(id, id * 1000 + 500);
    }
    expect(one.timer(3000)).toEqual(["ARM_TIMER 4000"]);
    coordinator.onCleaned(one.step, 3100e6);
    expect(one.effects()).toEqual(["COMPUTE_PLAN 3"]);
  });
});

describe("savepoints", () => {
  test("overtake the queue and ignore the maximum, are not in the store and tell no task", () => {
    const one = new CoordinatorAtHand();
    one.start();
    one.timer(1000);
    one.trigger(1000);
    one.timer(2000);
    expect(one.savepoint(2500)).toEqual(["COMPUTE_PLAN 3"]);
    one.trigger(2500);
    one.acknowledge(2, 2600);
    expect(one.finalized(2600)).toEqual(["COMPLETED 2"]);
    expect([one.state.store.retained.length, one.state.pending.map(({ id }) => id)]).toEqual([0, [1]]);
  });

  test("wait their turn where unaligned checkpoints are enabled", () => {
    const one = new CoordinatorAtHand();
    one.start();
    one.timer(1000);
    one.trigger(1000);
    expect(one.savepoint(1500, "savepoint", true)).toEqual([]);
    one.acknowledge(1, 1600);
    expect(one.finalized(1600).at(-1)).toBe("COMPUTE_PLAN 2");
  });

  test("that end the job are told to the tasks, and abort older checkpoints", () => {
    const one = new CoordinatorAtHand();
    one.start();
    one.complete(1, 1000, 1100);
    coordinator.onSchedulerStop(one.step, 1500e6);
    one.effects();
    expect(one.savepoint(1500, "stop-with-savepoint")).toEqual(["COMPUTE_PLAN 2"]);
    one.trigger(1500);
    one.acknowledge(2, 1700);
    expect(one.finalized(1700)).toEqual(["COMPLETED 2", "NOTIFY_COMPLETE 2 0"]);
    expect(one.state.store.retained.map(({ id }) => id)).toEqual([1]);
  });
});

describe("failed checkpoints", () => {
  test("a time-out fails the job by default", () => {
    const one = new CoordinatorAtHand({ timeout: 1500e6 });
    one.start();
    one.timer(1000);
    one.trigger(1000);
    one.timer(2000);
    expect(one.timeout(1, 2500)).toEqual([
      "ABORT 1 CHECKPOINT_EXPIRED",
      "FAIL_JOB CHECKPOINT_EXPIRED",
      "CLEAN 1",
      "COMPUTE_PLAN 2",
    ]);
    expect(one.acknowledge(1, 2600)).toEqual([]);
  });

  test("of which so many in a row are tolerated, and a completion begins anew", () => {
    const one = new CoordinatorAtHand({ tolerableFailures: 1 });
    one.start();
    const fail = (id: number) => {
      one.timer(id * 1000);
      one.trigger(id * 1000);
      onDecline(one.step, id, reasons.CHECKPOINT_DECLINED, id * 1000e6);
      coordinator.onCleaned(one.step, id * 1000e6);
      return one.effects().includes("FAIL_JOB CHECKPOINT_DECLINED");
    };
    expect(fail(1)).toBe(false);
    one.complete(2, 2000, 2100);
    expect([fail(3), fail(4), fail(5)]).toEqual([false, true, false]);
  });

  test("_metadata can't be written: aborted, and counted", () => {
    const one = new CoordinatorAtHand();
    one.start();
    one.timer(1000);
    one.trigger(1000);
    one.acknowledge(1, 1100);
    coordinator.onFinalizeFailed(one.step, 1200e6);
    expect(one.effects()).toEqual([
      "ABORT 1 FINALIZE_CHECKPOINT_FAILURE",
      "FAIL_JOB FINALIZE_CHECKPOINT_FAILURE",
      "CLEAN 1",
    ]);
    expect(one.state.store.retained).toEqual([]);
  });
});

test("num-retained checkpoints are kept, and the oldest is the one that a completion subsumes", () => {
  const one = new CoordinatorAtHand({ retained: 2 });
  one.start();
  for (const id of [1, 2, 3]) one.complete(id, id * 1000, id * 1000 + 100);
  expect(one.state.store.retained.map(({ id }) => id)).toEqual([2, 3]);
  one.timer(4000);
  one.trigger(4000);
  one.acknowledge(4, 4100);
  coordinator.onCleaned(one.step, 4100e6);
  expect(one.finalized(4100)).toEqual(["CLEAN 2", "COMPLETED 4", "NOTIFY_COMPLETE 4 2"]);
});

describe("any course of events", () => {
  const kinds = ["timer", "stage", "stage", "acknowledge", "acknowledge", "finalized", "timeout", "decline"];
  const events = fc.array(
    fc.record({
      kind: fc.constantFrom(...kinds, "savepoint", "stop", "start", "cleaned", "no-plan"),
      wait: fc.nat({ max: 700 }),
      pick: fc.nat(),
    }),
    { maxLength: 200 },
  );

  property.prop([events, fc.integer({ min: 1, max: 3 }), fc.nat({ max: 900 })], { numRuns: 400 })(
    "ends each checkpoint once, completes in the order of ids, keeps the maximum and the pause, and numbers in turn",
    (course, maxConcurrent, minPause) => {
      const one = new CoordinatorAtHand({ maxConcurrent, minPause: minPause * 1e6, retained: 2 });
      const { state, step } = one;
      one.start();
      let now = 0;
      const pended: number[] = [];
      const ended: number[] = [];
      const completed: number[] = [];
      for (const { kind, wait, pick } of course) {
        now += wait;
        const at = now * 1e6;
        const chosen = state.pending[pick % Math.max(1, state.pending.length)];
        const task = [...(chosen?.missing ?? [])][0];
        const periodic = state.trigger?.request.periodic;
        const before = state.lastCompletionAt;
        if (kind === "timer") coordinator.onTimer(step, at);
        else if (kind === "stage") advance(step, at);
        else if (kind === "no-plan" && state.trigger?.stage === "plan") onPlan(step, undefined, at);
        else if (kind === "acknowledge" && task !== undefined && state.trigger?.id !== chosen!.id)
          coordinator.onAcknowledge(step, chosen!.id, task, NO_STATE, at);
        else if (kind === "finalized" && state.finalizing !== 0)
          coordinator.onFinalized(step, (n) => n, 0, at);
        else if (kind === "timeout" && chosen) coordinator.onTimeout(step, chosen.id, at);
        else if (kind === "decline" && chosen) onDecline(step, chosen.id, reasons.CHECKPOINT_DECLINED, at);
        else if (kind === "savepoint" && state.queue.length < 5) requestSavepoint(step, at);
        else if (kind === "stop") coordinator.onSchedulerStop(step, at);
        else if (kind === "start") coordinator.onSchedulerStart(step, at, 0.5);
        else if (kind === "cleaned" && state.cleaning > 0) coordinator.onCleaned(step, at);
        if (state.trigger?.at === at && state.trigger.request.periodic && periodic === undefined)
          expect(at).toBeGreaterThanOrEqual(before + minPause * 1e6);
        for (const effect of one.effects()) {
          const [name, id] = effect.split(" ");
          if (name === "ARM_TIMEOUT") pended.push(Number(id));
          if (name === "ABORT" || name === "COMPLETED") ended.push(Number(id));
          if (name === "NOTIFY_COMPLETE") completed.push(Number(id));
          if (name === "ARM_TIMER") expect(Number(id) * 1e6).toBeGreaterThanOrEqual(at);
        }
        const checkpoints = state.pending.filter(({ properties }) => properties.kind === "checkpoint");
        expect(checkpoints.length).toBeLessThanOrEqual(maxConcurrent);
        expect(state.store.retained.length).toBeLessThanOrEqual(2);
        expect([...ended, ...state.pending.map(({ id }) => id)].sort((a, b) => a - b)).toEqual(pended);
      }
      expect(completed).toEqual(completed.toSorted((a, b) => a - b));
      expect(pended).toEqual(pended.toSorted((a, b) => a - b));
    },
  );

  property.prop([events], { numRuns: 50 })("is plain data: a copy goes on as the original does", (course) => {
    const one = new CoordinatorAtHand({ maxConcurrent: 2 });
    one.start();
    let now = 0;
    for (const { kind, wait } of course) {
      now += wait;
      if (kind === "timer") coordinator.onTimer(one.step, now * 1e6);
      else advance(one.step, now * 1e6);
    }
    const copy = structuredClone(one.state);
    expect(copy).toEqual(one.state);
    const other = new CoordinatorAtHand({ maxConcurrent: 2 });
    const step = { ...other.step, state: copy };
    one.effects();
    coordinator.onTimer(one.step, now * 1e6);
    coordinator.onTimer(step, now * 1e6);
    expect(other.effects()).toEqual(one.effects());
    expect(copy).toEqual(one.state);
  });
});

function requestSavepoint(step: coordinator.CoordinatorStep, at: number): void {
  coordinator.onRequest(step, { kind: "savepoint", forced: true, drain: false, format: "CANONICAL" }, at);
}

/** Ends the stage that the trigger is in, if there is one. */
function advance(step: coordinator.CoordinatorStep, at: number): void {
  const stage = step.state.trigger?.stage;
  if (stage === "plan") onPlan(step, PLAN, at);
  else if (stage === "id") onIdDrawn(step, at);
  else if (stage === "location") onLocationInitialized(step, true, at);
  else if (stage === "operator-coordinators") coordinator.onOperatorCoordinatorSnapshot(step, true, at);
  else if (stage === "requests") coordinator.onRequestsSent(step, true, at);
}
