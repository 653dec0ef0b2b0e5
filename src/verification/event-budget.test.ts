import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { SECOND, scenario } from "./scenario.ts";

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
    // Serialisation adds 13 B to a record whatever its size, so the scaled one is chosen to fill buffers as fast:
    // (400 + 13) / 100 B is less than that overhead; without full buffers the flusher alone makes the traffic.
    const scaled = eventsPerSecond(
      "producers.shop.rate=1000000/s",
      "producers.shop.record=4 B",
      "jobs.enrich.operators.join.service-time=2 us",
      "jobs.enrich.config.taskmanager.memory.segment-size=128 kb",
    );
    expect(scaled).toBeLessThanOrEqual(1.5 * eventsPerSecond());
  });
});

test("memory is flat from the first simulated hour to the twenty-fourth", () => {
  const pipeline = scenario("producers.load.rate=20/s", "execution.checkpointing.interval=10 s", "execution.buffer-timeout.interval=1 s");
  const heapAfter = (hours: number): number => {
    let heap = 0;
    const before = process.memoryUsage().heapUsed;
    const result = runPipeline(pipeline, { seed: "1", duration: hours * 3600 * SECOND });
    heap = process.memoryUsage().heapUsed - before;
    expect(result.checks.flatMap((check) => check.violations)).toEqual([]);
    return heap;
  };
  heapAfter(1);
  expect(heapAfter(24)).toBeLessThan(heapAfter(1) + 64e6);
});
