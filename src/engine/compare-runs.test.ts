import { expect, test } from "vitest";
import { compareRuns, describeDivergence, type ReplayableRun } from "./compare-runs.ts";
import { Simulation } from "./simulation.ts";

/** Ticks once a nanosecond; from `changedAt` on it carries another payload, and it ends after `events`. */
function ticking(changedAt: number, events: number): ReplayableRun {
  return (observer) => {
    const simulation = new Simulation({ seed: "ticks", observer, bounds: { events } });
    const tick = simulation.defineKind("tick", (count) => {
      simulation.scheduleAfter(1, tick, count + 1, count + 1 >= changedAt ? 7 : 0);
    });
    simulation.scheduleAt(0, tick, 0, 0);
    simulation.run(Number.POSITIVE_INFINITY);
    return simulation;
  };
}

test("equal runs have no divergence", () => {
  expect(compareRuns(ticking(1e9, 20_000), ticking(1e9, 20_000))).toBeNull();
});

test.each([1, 4095, 4096, 4097, 12_345])("the first divergence is named: %i", (index) => {
  const divergence = compareRuns(ticking(1e9, 20_000), ticking(index, 20_000));
  expect(divergence).toEqual({
    index,
    left: { time: index, kind: "tick", a: index, b: 0 },
    right: { time: index, kind: "tick", a: index, b: 7 },
  });
});

test("a run that ends early diverges where it ends", () => {
  const divergence = compareRuns(ticking(1e9, 8192), ticking(1e9, 9000));
  expect(divergence).toEqual({
    index: 8192,
    left: null,
    right: { time: 8192, kind: "tick", a: 8192, b: 0 },
  });
  expect(describeDivergence(divergence!)).toBe(
    "The runs differ first at event 8192: the end against tick(8192, 0) at 8192 ns",
  );
});
