import { expect, test } from "vitest";
import { Simulation } from "../engine/index.ts";
import { FaultInjector } from "./fault-injector.ts";
import type { Fault, FaultTime } from "./fault-plan.ts";

const SECOND = 1e9;

const fault = (name: string, time: FaultTime): Fault => ({
  name,
  action: { kind: "kill", target: { kind: "jobmanager" }, silent: false, repair: undefined },
  time,
});
const when = (changed: Partial<FaultTime & { kind: "when" }>): FaultTime => ({
  kind: "when",
  moment: "checkpoint completed",
  job: undefined,
  checkpoint: undefined,
  occurrence: 1,
  after: 0,
  ...changed,
});

/** Runs a plan under a job whose checkpoint n completes at n seconds; what happened when, in seconds. */
function run(plan: readonly Fault[], seconds: number): readonly (readonly [name: string, at: number])[] {
  const sim = new Simulation({ seed: "1" });
  const happened: (readonly [string, number])[] = [];
  const due = sim.defineKind("fault", (index) => injector.onDue(index));
  const injector = new FaultInjector(sim, due, plan, ["first", "second"], ({ name }) => {
    happened.push([name, sim.now / SECOND]);
  });
  const completed = sim.defineKind("completed", (checkpoint) => {
    injector.onMoment("checkpoint completed", checkpoint % 2, checkpoint);
    sim.scheduleAfter(SECOND, completed, checkpoint + 1, 0);
  });
  sim.scheduleAt(SECOND, completed, 1, 0);
  sim.run(seconds * SECOND);
  return happened;
}

test("at an instant, at a moment of a checkpoint or a job, at a later occurrence, and a while after", () => {
  const plan = [
    fault("at", { kind: "at", time: 2.5 * SECOND }),
    fault("any", when({})),
    fault("seventh", when({ checkpoint: 7 })),
    fault("of the first job", when({ job: "first" })),
    fault("third time", when({ occurrence: 3 })),
    fault("late", when({ checkpoint: 2, after: 5e6 })),
    fault("other moment", when({ moment: "EndTxn sent" })),
  ];
  expect(run(plan, 10)).toEqual([
    ["any", 1],
    ["of the first job", 2],
    ["late", 2.005],
    ["at", 2.5],
    ["third time", 3],
    ["seventh", 7],
  ]);
});

test("at each instant of a trace, in whichever order it is written", () => {
  const times = [3 * SECOND, 0.5 * SECOND, 9 * SECOND];
  expect(run([fault("trace", { kind: "trace", times })], 5)).toEqual([
    ["trace", 0.5],
    ["trace", 3],
  ]);
});

test("again and again: exponential times with the wanted mean, inside their window", () => {
  const every = {
    kind: "every",
    mean: 10 * SECOND,
    shape: 1,
    from: 100 * SECOND,
    until: 50_100 * SECOND,
  } as const;
  const times = run([fault("every", every)], 60_000).map(([, at]) => at);
  expect(times[0]).toBeGreaterThan(100);
  expect(times.at(-1)).toBeLessThanOrEqual(50_100);
  // 5,000 failures expected; five standard deviations of a Poisson count.
  expect(Math.abs(times.length - 5000)).toBeLessThan(5 * Math.sqrt(5000));
});

test("a Weibull distribution of shape 4 is far more regular", () => {
  const every = { kind: "every", mean: 10 * SECOND, shape: 4, from: 0, until: 50_000 * SECOND } as const;
  const times = run([fault("every", every)], 50_000).map(([, at]) => at);
  const gaps = times.slice(1).map((at, i) => at - times[i]!);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  expect(mean).toBeCloseTo(10, 0);
  // Its coefficient of variation is 0.2805.
  expect(Math.sqrt(variance) / mean).toBeCloseTo(0.28, 1);
});
