import { describe, expect, test } from "vitest";
import { AppliedToState } from "./applied-to-state.ts";
import { smallLineage, smallPipeline } from "./checked-pipeline.fixture.ts";
import { WindowConservation } from "./window-conservation.ts";

/** Subtask 1 of the job is keyed; its records are created within the first second, 200 a partition. */
function world(changed: Parameters<typeof smallPipeline>[0] = {}) {
  const { lineage, routes } = smallLineage();
  const pipeline = smallPipeline(changed);
  const state = new AppliedToState(pipeline, lineage);
  const windows = new WindowConservation(pipeline, lineage, state);
  const route = routes[0].id;
  /** The first rank of partition 0 that is created at or after so many ms. */
  const rank = (ms: number): number => lineage.rankAt(0, route, ms * 1e6 - 1);
  const restore = (task: number, checkpoint: number): void => {
    state.stateRestored(0, 1, task, checkpoint);
    windows.stateRestored(0, 1, checkpoint);
  };
  const apply = (task: number, fromMs: number, toMs: number): void =>
    state.applied(0, 1, task, 0, route, rank(fromMs), rank(toMs));
  const snapshot = (checkpoint: number): void => {
    state.snapshotStarted(0, 1, checkpoint);
    windows.snapshotStarted(0, 1, checkpoint);
  };
  /** Fires [start, end) with the records created in these stretches of ms. */
  const fire = (
    task: number,
    start: number,
    end: number,
    ...stretches: readonly [number, number][]
  ): void => {
    const spans = stretches.map(([from, to]) => ({
      originPartition: 0,
      route,
      from: rank(from),
      to: rank(to),
    }));
    const records = spans.reduce((sum, { from, to }) => sum + to - from, 0);
    windows.windowFired(0, 1, task, { start, maxTimestamp: end - 1, records, spans });
  };
  return { windows, restore, apply, snapshot, fire, rank };
}

describe("WindowConservation", () => {
  test("a window holds what came of its time, also across a restore", () => {
    const { windows, restore, apply, snapshot, fire } = world();
    restore(11, 0);
    apply(11, 0, 250);
    fire(11, 0, 200, [0, 200]);
    snapshot(7);
    apply(11, 250, 300);
    restore(12, 7);
    apply(12, 250, 450);
    fire(12, 200, 400, [200, 250], [250, 400]);
    expect(windows.violations).toEqual([]);
  });

  test("what a drain has fired before its time is fired again with the rest, however often that is restored", () => {
    const { windows, restore, apply, snapshot, fire, rank } = world({ isDrained: true });
    restore(11, 0);
    apply(11, 0, 250);
    fire(11, 200, 400, [200, 250]);
    snapshot(7);
    for (const task of [12, 13]) {
      restore(task, 7);
      apply(task, 250, 450);
      fire(task, 200, 400, [250, 400]);
    }
    expect(windows.violations).toEqual([]);
    restore(14, 7);
    apply(14, 250, 450);
    fire(14, 200, 400, [200, 400]);
    expect(windows.violations).toEqual([
      `job enrich: subtask 1 fired the window from 200 to 399 ms with ${rank(400) - rank(200)} records again, of ` +
        `${rank(400) - rank(250)} that were not in it before`,
    ]);
  });

  test("names a window that a restore has emptied, and one that counts what it should not", () => {
    const { windows, restore, apply, snapshot, fire, rank } = world();
    restore(11, 0);
    apply(11, 0, 250);
    snapshot(7);
    restore(12, 7);
    apply(12, 250, 500);
    fire(12, 0, 200, [0, 200]);
    fire(12, 200, 400, [250, 400]);
    const all = rank(400) - rank(200);
    const some = rank(400) - rank(250);
    expect(windows.violations).toEqual([
      `job enrich: subtask 1 fired the window from 200 to 399 ms with ${some} records, ${some} of them distinct, of ${all}`,
    ]);
    fire(12, 400, 500, [400, 500], [400, 460]);
    expect(windows.violations.at(-1)).toBe(
      `job enrich: subtask 1 fired the window from 400 to 499 ms with ${rank(460) - rank(400)} records twice`,
    );
  });

  test("under AT_LEAST_ONCE a window may count a record again, and may miss none", () => {
    const { windows, restore, apply, fire } = world({ mode: "at-least-once" });
    restore(11, 0);
    apply(11, 0, 450);
    fire(11, 0, 200, [0, 200], [100, 200]);
    expect(windows.violations).toEqual([]);
    fire(11, 200, 400, [250, 400]);
    expect(windows.violations).toHaveLength(1);
  });

  test("doesn't ask of what an older attempt fires, nor of a window that was fired before the checkpoint", () => {
    const { windows, restore, apply, snapshot, fire } = world();
    restore(11, 0);
    apply(11, 0, 250);
    fire(11, 0, 200, [0, 200]);
    snapshot(7);
    restore(12, 7);
    fire(11, 200, 400, [210, 220]);
    fire(12, 0, 200, [150, 160]);
    expect(windows.violations).toEqual([]);
  });
});
