import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { SECOND } from "./scenario.ts";

function eventsPerSecond(name: "orders" | "reference", ...assignments: readonly string[]): number {
  const text = readFileSync(new URL(`../../pipelines/${name}.yaml`, import.meta.url), "utf8");
  const { pipeline } = parsePipeline(text, `${name}.yaml`, assignments);
  return runPipeline(pipeline, { seed: "1", duration: 30 * SECOND }).eventsPerSimulatedSecond;
}

describe("events grow with buffers, not with records", () => {
  test("orders, 10,000 records/s exactly-once with two readers: at most 1,200 events a simulated second", () => {
    expect(eventsPerSecond("orders")).toBeLessThanOrEqual(1200);
  });

  test("a hundred times the records of a hundredth of the size and service: at most 1.5 times the events", () => {
    // Serialisation adds 13 B to a record whatever its size: 17 B instead of 4.13 B, so segments grow in that proportion (4).
    const scaled = eventsPerSecond(
      "orders",
      "producers.shop.rate=1000000/s",
      "producers.shop.record=4 B",
      "jobs.enrich.operators.join.service-time=2 us",
      "flink.config.taskmanager.memory.segment-size=128 kb",
    );
    expect(scaled).toBeLessThanOrEqual(1.5 * eventsPerSecond("orders"));
  });

  test("reference, 4 x 4 x 4 subtasks at 10,000 records/s: at most 1,200 events a simulated second", () => {
    expect(eventsPerSecond("reference")).toBeLessThanOrEqual(1200);
  });

  test("reference, a hundred times the records of a hundredth of the size and service: at most 1.5 times the events", () => {
    // 100 B and 1 B are 117 B and 18 B on the wire: segments of 15.4 times the size hold as much time. A segment is a
    // power of two.
    const scaled = eventsPerSecond(
      "reference",
      "producers.load.rate=1000000/s",
      "producers.load.record=1 B",
      "jobs.job.operators.map.service-time=500 ns",
      "jobs.job.operators.count.service-time=500 ns",
      "flink.config.taskmanager.memory.segment-size=512 kb",
    );
    expect(scaled).toBeLessThanOrEqual(1.5 * eventsPerSecond("reference"));
  });

  test("reference, parallelism 16 and 64: no more events for each channel than at 4", () => {
    const perChannel = (parallelism: number): number => {
      const text = readFileSync(new URL("../../pipelines/reference.yaml", import.meta.url), "utf8");
      const { pipeline } = parsePipeline(text, "reference.yaml", [
        `parallelism.default=${parallelism}`,
        `flink.taskmanagers=${parallelism}`,
        `kafka.topics.in.partitions=${parallelism}`,
      ]);
      const run = runPipeline(pipeline, { seed: "1", duration: 3 * SECOND });
      return run.eventsPerSimulatedSecond / (2 * parallelism * parallelism);
    };
    const at4 = perChannel(4);
    expect(perChannel(16)).toBeLessThanOrEqual(at4);
    expect(perChannel(64)).toBeLessThanOrEqual(at4);
  });
});

test("memory is flat from the first simulated hour to the twenty-fourth", () => {
  // 1.7 million records, 8,640 checkpoints, some 5 million events, in a heap that would not hold 30 bytes for each record.
  const program = `
    import { runPipeline } from "./src/experiment/index.ts";
    import { scenario } from "./src/verification/scenario.ts";
    const pipeline = scenario("producers.load.rate=20/s", "execution.checkpointing.interval=10 s");
    const result = runPipeline(pipeline, { seed: "1", duration: 24 * 3600e9 });
    const { recordsVisible, recordsLost } = result.readers[0];
    console.log(recordsVisible, recordsLost, result.checks.flatMap((check) => check.violations).length);`;
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const arguments_ = ["--max-old-space-size=48", "--input-type=module", "--eval", program];
  const run = spawnSync(process.execPath, arguments_, { cwd: root, encoding: "utf8" });
  expect(run.stdout).toBe(`${20 * 24 * 3600} 0 0\n`);
});
