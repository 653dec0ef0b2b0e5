import { describe, expect, test } from "vitest";
import { Simulation } from "../engine/index.ts";
import { WatermarkEmitter } from "./watermark-emitter.ts";

const INTERVAL = 200e6;
const OVERSLEEP = 1e6;

/** Instants, ns, at which a source that is started at `at` looks at its splits for the first `count` times. */
function emissions(at: number, count: number, oversleep: number, subtask = 0): number[] {
  const sim = new Simulation({ seed: "1" });
  const times: number[] = [];
  const timer = sim.defineKind("watermark due", () => {
    emitter.onTimer();
    times.push(sim.now);
    emitter.emit(() => {});
  });
  const start = sim.defineKind("task starts", () => emitter.start());
  const strategy = {
    outOfOrderness: 0,
    idleTimeout: undefined,
    interval: INTERVAL,
    oversleep,
    pausesWhileHeldUp: true,
  };
  const emitter = new WatermarkEmitter(sim, timer, 0, strategy, 1, sim.stream(`watermarks ${subtask}`));
  sim.scheduleAt(at, start, 0, 0);
  sim.run(at + (count + 1) * (INTERVAL + oversleep));
  return times.slice(0, count);
}

describe("a source's periodic watermarks", () => {
  test("come a whole interval after its start, and after one another", () => {
    expect(emissions(7, 3, 0)).toEqual([7 + INTERVAL, 7 + 2 * INTERVAL, 7 + 3 * INTERVAL]);
  });

  test("come late by the timer's oversleep, each time anew", () => {
    const times = [7, ...emissions(7, 20, OVERSLEEP)];
    const late = times.slice(1).map((time, i) => time - times[i]! - INTERVAL);
    for (const one of late) {
      expect(one).toBeGreaterThanOrEqual(0);
      expect(one).toBeLessThan(OVERSLEEP);
    }
    expect(new Set(late).size).toBe(20);
  });

  test("are out of step where tasks run when the simulated time begins: those were started before it", () => {
    const firsts = [0, 1, 2, 3].map((subtask) => emissions(0, 1, 0, subtask)[0]!);
    for (const first of firsts) expect(first).toBeLessThan(INTERVAL);
    expect(new Set(firsts).size).toBe(4);
  });
});
