import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { SECOND } from "./scenario.ts";

const ORDERS = readFileSync(new URL("../../pipelines/orders.yaml", import.meta.url), "utf8");

function eventsPerSecond(...assignments: readonly string[]): number {
  const { pipeline } = parsePipeline(ORDERS, "orders.yaml", assignments);
  return runPipeline(pipeline, { seed: "1", duration: 60 * SECOND }).eventsPerSimulatedSecond;
}

describe("events grow with buffers, not with records", () => {
  test("orders, 10,000 records/s exactly-once with two readers: at most 1,200 events a simulated second", () => {
    expect(eventsPerSecond()).toBeLessThanOrEqual(1200);
  });

  test("a hundred times the records of a hundredth of the size and service: at most 1.5 times the events", () => {
    // Serialisation adds 13 B to a record whatever its size: 17 B instead of 4.13 B, so segments grow in that proportion (4).
    const scaled = eventsPerSecond(
      "producers.shop.rate=1000000/s",
      "producers.shop.record=4 B",
      "jobs.enrich.operators.join.service-time=2 us",
      "flink.config.taskmanager.memory.segment-size=128 kb",
    );
    expect(scaled).toBeLessThanOrEqual(1.5 * eventsPerSecond());
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
