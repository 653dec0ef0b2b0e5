import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runPipeline } from "../experiment/index.ts";
import { assemble } from "../pipeline/index.ts";
import { SECOND, scenario } from "./scenario.ts";
import { SILENT } from "./silent-observer.ts";

const RANDOM = [
  "producers.load.arrivals=poisson",
  "jobs.job.operators.process.service-time=exponential 0.5 ms",
  "sink.partitioner=default",
  "producers.load.skew=zipf 0.9",
];

describe("same pipeline, same seed, same bytes", () => {
  test("twice in one process", () => {
    const run = () => JSON.stringify(runPipeline(scenario(...RANDOM), { seed: "7", duration: 20 * SECOND }));
    expect(run()).toBe(run());
  });

  test("in another process", () => {
    const program = `
      import { runPipeline } from "./src/experiment/index.ts";
      import { scenario } from "./src/verification/scenario.ts";
      const result = runPipeline(scenario(...${JSON.stringify(RANDOM)}), { seed: "7", duration: 20e9 });
      process.stdout.write(JSON.stringify(result));`;
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const other = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: root,
      encoding: "utf8",
    });
    const here = JSON.stringify(runPipeline(scenario(...RANDOM), { seed: "7", duration: 20 * SECOND }));
    expect(other.stdout).toBe(here);
  });

  test("with and without an observer of the engine", () => {
    const events: number[] = [];
    const run = (observed: boolean) => {
      const acks: number[] = [];
      const options = { seed: "7", loadEnd: 20 * SECOND, spans: "curves", polls: "lazy" } as const;
      const engineObserver = { onEvent: (time: number) => events.push(time) };
      const world = assemble(
        scenario(...RANDOM),
        observed ? { ...options, engineObserver } : options,
        () => ({
          ...SILENT,
          checkpointCompleted: (_job, id, _triggered, ackAt, at) => acks.push(id, ackAt, at),
        }),
      );
      world.run(20 * SECOND);
      return { acks, executed: world.sim.executed };
    };
    const observed = run(true);
    expect(observed).toEqual(run(false));
    expect(events.length).toBe(observed.executed);
    expect(observed.acks.length).toBeGreaterThan(3 * 15);
  });

  test("another seed gives another run", () => {
    const run = (seed: string) =>
      runPipeline(scenario(...RANDOM), { seed, duration: 20 * SECOND }).outcomeFingerprint;
    expect(run("7")).not.toBe(run("8"));
  });
});
