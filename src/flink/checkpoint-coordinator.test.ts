import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  ABORT,
  ARM_TIMEOUT,
  ARM_TIMER,
  CHECKPOINT_EXPIRED,
  CHECKPOINT_SUBSUMED,
  type CheckpointCoordinatorSettings,
  checkpointCoordinator,
  FINALIZE,
  NOTIFY_COMPLETE,
  onAcknowledge,
  onFinalized,
  onTimeout,
  onTimer,
  onTriggered,
  START,
} from "./checkpoint-coordinator.ts";

const settings: CheckpointCoordinatorSettings = {
  baseInterval: 1000,
  minPause: 0,
  maxConcurrent: 1,
  timeout: 5000,
  subtasks: 2,
};

type Effect = readonly [effect: number, a: number, b: number];

/** A coordinator that answers each call with the effects it asks for. */
function coordinator(changed: Partial<CheckpointCoordinatorSettings> = {}, firstTriggerAt = 1000) {
  const used = { ...settings, ...changed };
  const state = checkpointCoordinator(firstTriggerAt);
  const outbox = new Outbox();
  const effects = (): Effect[] => {
    const asked = Array.from(
      { length: outbox.length },
      (_, i): Effect => [outbox.effects[i]!, outbox.a[i]!, outbox.b[i]!],
    );
    outbox.clear();
    return asked;
  };
  const timer = (now: number): Effect[] => {
    onTimer(state, used, now, outbox);
    return effects();
  };
  const triggered = (now: number): Effect[] => {
    onTriggered(state, used, now, outbox);
    return effects();
  };
  const acknowledge = (id: number, now: number): Effect[] => {
    onAcknowledge(state, id, now, outbox);
    return effects();
  };
  const finalized = (id: number, now: number): Effect[] => {
    onFinalized(state, used, id, now, outbox);
    return effects();
  };
  const timeout = (id: number, now: number): Effect[] => {
    onTimeout(state, used, id, now, outbox);
    return effects();
  };
  /** Both acknowledgements and the metadata of `id`, at once. */
  const complete = (id: number, now: number): Effect[] => [
    ...acknowledge(id, now),
    ...acknowledge(id, now),
    ...finalized(id, now),
  ];
  return { state, timer, triggered, acknowledge, finalized, timeout, complete };
}

describe("one checkpoint", () => {
  test("is started by the timer, finalized with the last acknowledgement, and then complete", () => {
    const { timer, triggered, acknowledge, finalized, state } = coordinator();
    expect(timer(1000)).toEqual([
      [ARM_TIMER, 2000, 0],
      [START, 1, 0],
      [ARM_TIMEOUT, 1, 6000],
    ]);
    expect(triggered(1001)).toEqual([]);
    expect(acknowledge(1, 1200)).toEqual([]);
    expect(acknowledge(1, 1300)).toEqual([[FINALIZE, 1, 0]]);
    expect(state.pending).toEqual([{ id: 1, triggeredAt: 1000, missing: 0, latestAckAt: 1300 }]);
    expect(finalized(1, 1350)).toEqual([[NOTIFY_COMPLETE, 1, 0]]);
    expect([state.pending, state.lastCompletionAt]).toEqual([[], 1350]);
  });

  test("ignores acknowledgements, metadata and time-outs that come when it is no longer pending", () => {
    const { timer, triggered, complete, acknowledge, finalized, timeout, state } = coordinator();
    timer(1000);
    triggered(1000);
    complete(1, 1300);
    const before = structuredClone(state);
    expect([acknowledge(1, 1400), finalized(1, 1400), timeout(1, 6000), acknowledge(99, 1400)]).toEqual([
      [],
      [],
      [],
      [],
    ]);
    expect(state).toEqual(before);
  });

  test("must not be acknowledged more often than there are subtasks", () => {
    const { timer, acknowledge } = coordinator();
    timer(1000);
    acknowledge(1, 1100);
    acknowledge(1, 1100);
    expect(() => acknowledge(1, 1100)).toThrow("a subtask acknowledges a checkpoint once");
  });
});

describe("the periodic timer", () => {
  test("keeps its fixed rate when it fires late, and catches up at once when it is more than an interval late", () => {
    const { timer } = coordinator();
    expect(timer(1003)[0]).toEqual([ARM_TIMER, 2000, 0]);
    expect(timer(4500)[0]).toEqual([ARM_TIMER, 4500, 0]);
    expect(timer(4500)[0]).toEqual([ARM_TIMER, 4500, 0]);
    expect(timer(4500)[0]).toEqual([ARM_TIMER, 5000, 0]);
  });

  test("piles up requests while a checkpoint is in progress, and they start back to back afterwards", () => {
    const { timer, triggered, complete, state } = coordinator();
    timer(1000);
    triggered(1000);
    expect([timer(2000), timer(3000)]).toEqual([[[ARM_TIMER, 3000, 0]], [[ARM_TIMER, 4000, 0]]]);
    expect(state.queued).toBe(2);
    expect(complete(1, 3500)).toEqual([
      [FINALIZE, 1, 0],
      [NOTIFY_COMPLETE, 1, 0],
      [START, 2, 0],
      [ARM_TIMEOUT, 2, 8500],
    ]);
    triggered(3500);
    expect(complete(2, 3600)).toEqual([
      [FINALIZE, 2, 0],
      [NOTIFY_COMPLETE, 2, 0],
      [START, 3, 0],
      [ARM_TIMEOUT, 3, 8600],
    ]);
    triggered(3600);
    expect(complete(3, 3700)).toEqual([
      [FINALIZE, 3, 0],
      [NOTIFY_COMPLETE, 3, 0],
    ]);
  });

  test("queues no more than 1,000 requests", () => {
    const { timer, state } = coordinator();
    for (let i = 1; i <= 1500; i++) timer(i * 1000);
    expect(state.queued).toBe(1000);
  });

  test("starts nothing while the trigger requests of the last checkpoint are being sent", () => {
    const { timer, triggered } = coordinator({ maxConcurrent: 2 });
    timer(1000);
    expect(timer(2000)).toEqual([[ARM_TIMER, 3000, 0]]);
    expect(triggered(2100)).toEqual([
      [START, 2, 0],
      [ARM_TIMEOUT, 2, 7100],
    ]);
  });
});

describe("the minimum pause", () => {
  test("drops a request that comes too early and arms the timer at the earliest time instead", () => {
    const { timer, triggered, complete, state } = coordinator({ minPause: 800 });
    timer(1000);
    triggered(1000);
    complete(1, 1500);
    expect(timer(2000)).toEqual([
      [ARM_TIMER, 3000, 0],
      [ARM_TIMER, 2300, 0],
    ]);
    expect(state.queued).toBe(0);
    // From then on the rate is counted from the new time.
    expect(timer(2300)).toEqual([
      [ARM_TIMER, 3300, 0],
      [START, 2, 0],
      [ARM_TIMEOUT, 2, 7300],
    ]);
  });

  test("drops one request that waited for a completion, and keeps the others for later", () => {
    const { timer, triggered, complete, state } = coordinator({ minPause: 300 });
    timer(1000);
    triggered(1000);
    timer(2000);
    timer(3000);
    expect(complete(1, 3500)).toEqual([
      [FINALIZE, 1, 0],
      [NOTIFY_COMPLETE, 1, 0],
      [ARM_TIMER, 3800, 0],
    ]);
    expect(state.queued).toBe(1);
    expect(timer(3800)).toEqual([
      [ARM_TIMER, 4800, 0],
      [START, 2, 0],
      [ARM_TIMEOUT, 2, 8800],
    ]);
    expect(state.queued).toBe(1);
  });

  test("counts from the last completion, so an expired checkpoint causes none", () => {
    const { timer, triggered, timeout } = coordinator({ minPause: 800, timeout: 900 });
    timer(1000);
    triggered(1000);
    expect(timeout(1, 1900)).toEqual([[ABORT, 1, CHECKPOINT_EXPIRED]]);
    expect(timer(2000)).toEqual([
      [ARM_TIMER, 3000, 0],
      [START, 2, 0],
      [ARM_TIMEOUT, 2, 2900],
    ]);
  });
});

describe("several at once", () => {
  test("run up to the maximum, and the next request waits for one of them to end", () => {
    const { timer, triggered, complete } = coordinator({ maxConcurrent: 2 });
    timer(1000);
    triggered(1000);
    expect(timer(2000)).toEqual([
      [ARM_TIMER, 3000, 0],
      [START, 2, 0],
      [ARM_TIMEOUT, 2, 7000],
    ]);
    triggered(2000);
    expect(timer(3000)).toEqual([[ARM_TIMER, 4000, 0]]);
    expect(complete(1, 3200)).toEqual([
      [FINALIZE, 1, 0],
      [NOTIFY_COMPLETE, 1, 0],
      [START, 3, 0],
      [ARM_TIMEOUT, 3, 8200],
    ]);
  });

  test("are subsumed by the completion of a newer one, and their late acknowledgements are ignored", () => {
    const { timer, triggered, acknowledge, complete, finalized, state } = coordinator({ maxConcurrent: 3 });
    for (const now of [1000, 2000, 3000]) {
      timer(now);
      triggered(now);
    }
    acknowledge(1, 3050);
    expect(complete(2, 3100)).toEqual([
      [FINALIZE, 2, 0],
      [ABORT, 1, CHECKPOINT_SUBSUMED],
      [NOTIFY_COMPLETE, 2, 0],
    ]);
    expect(acknowledge(1, 3150)).toEqual([]);
    expect(finalized(1, 3160)).toEqual([]);
    expect(state.pending.map((checkpoint) => checkpoint.id)).toEqual([3]);
  });
});

describe("a time-out", () => {
  test("aborts its checkpoint as expired and lets a waiting request start", () => {
    const { timer, triggered, timeout, acknowledge } = coordinator({ timeout: 1500 });
    timer(1000);
    triggered(1000);
    acknowledge(1, 1400);
    timer(2000);
    expect(timeout(1, 2500)).toEqual([
      [ABORT, 1, CHECKPOINT_EXPIRED],
      [START, 2, 0],
      [ARM_TIMEOUT, 2, 4000],
    ]);
    expect(acknowledge(1, 2600)).toEqual([]);
  });
});

describe("any course of events", () => {
  const events = fc.array(
    fc.record({
      kind: fc.constantFrom("timer", "triggered", "acknowledge", "acknowledge", "finalized", "timeout"),
      wait: fc.nat({ max: 700 }),
      pick: fc.nat(),
    }),
    { maxLength: 120 },
  );

  property.prop([events, fc.integer({ min: 1, max: 3 }), fc.nat({ max: 900 })], { numRuns: 500 })(
    "ends each checkpoint once, in the order of their ids, keeps the maximum and the pause, and numbers them in turn",
    (course, maxConcurrent, minPause) => {
      const { state, timer, triggered, acknowledge, finalized, timeout } = coordinator({
        maxConcurrent,
        minPause,
      });
      let now = 1000;
      let lastCompletion = Number.NEGATIVE_INFINITY;
      const finalizing: number[] = [];
      const started: number[] = [];
      const completed: number[] = [];
      const ended = new Set<number>();
      for (const { kind, wait, pick } of course) {
        now += wait;
        const open = state.pending.filter((checkpoint) => checkpoint.missing > 0);
        const chosen = open.length > 0 ? open[pick % open.length]!.id : 0;
        let effects: Effect[] = [];
        if (kind === "timer") effects = timer(now);
        else if (kind === "triggered" && state.isTriggering) effects = triggered(now);
        else if (kind === "acknowledge") effects = acknowledge(chosen, now);
        else if (kind === "finalized" && finalizing.length > 0) effects = finalized(finalizing.shift()!, now);
        else if (kind === "timeout") effects = timeout(chosen, now);
        for (const [effect, a, b] of effects) {
          if (effect === START) {
            started.push(a);
            expect(now).toBeGreaterThanOrEqual(lastCompletion + minPause);
          } else if (effect === FINALIZE) finalizing.push(a);
          else if (effect === ARM_TIMEOUT) expect([a, b]).toEqual([started.at(-1), now + 5000]);
          else if (effect === ARM_TIMER) expect(a).toBeGreaterThanOrEqual(now);
          else {
            expect(ended).not.toContain(a);
            ended.add(a);
            if (effect !== NOTIFY_COMPLETE) continue;
            completed.push(a);
            lastCompletion = now;
          }
        }
        expect(state.pending.length).toBeLessThanOrEqual(maxConcurrent);
        expect(started.length).toBe(ended.size + state.pending.length);
      }
      expect(started).toEqual(Array.from({ length: started.length }, (_, i) => i + 1));
      expect(completed).toEqual(completed.toSorted((a, b) => a - b));
    },
  );
});
