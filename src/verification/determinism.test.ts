import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runPipeline } from "../experiment/index.ts";
import { assemble, parsePipeline } from "../pipeline/index.ts";
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

  test("with and without a look at the gauges now and then, also where a job reads what another writes", () => {
    const text = readFileSync(new URL("../../pipelines/chain.yaml", import.meta.url), "utf8");
    const { pipeline } = parsePipeline(text, "chain.yaml");
    const options = { seed: "1", duration: 60 * SECOND };
    const looks: number[] = [];
    const sampled = runPipeline(pipeline, {
      ...options,
      sample: { every: 1.37 * SECOND, take: (world, now) => looks.push(now, world.taskMetrics(0).length) },
    });
    expect(JSON.stringify(sampled)).toBe(JSON.stringify(runPipeline(pipeline, options)));
    expect(looks.length).toBe(2 * 43);
  });

  test("another seed gives another run", () => {
    const run = (seed: string) =>
      runPipeline(scenario(...RANDOM), { seed, duration: 20 * SECOND }).outcomeFingerprint;
    expect(run("7")).not.toBe(run("8"));
  });
});
