import { describe, expect, test } from "vitest";
import { runPipeline } from "../experiment/index.ts";
import { SECOND, scenario } from "./scenario.ts";

/** Law L26: a record waits U(0, T) for the buffer flusher, mean T/2. The rest of its way is constant here: creation to
 *  emission, the network, one service, the produce request, the reader's fetch, ms. */
const CONSTANT_PART = 0.1 + 0.1 + 0.1 + 0.02 + 0.001 + 0.1 + 0.001 + 0.1 + 0.1 + 0.1 + 0.02;

const ALO = "sink.delivery-guarantee=at-least-once";
const LONG = "execution.checkpointing.interval=1 h";
/** A segment that fills up is handed out at once, which the law leaves out. */
const NEVER_FULL = "taskmanager.memory.segment-size=16 mb";

describe("L26: append latency follows the buffer timeout", () => {
  test.each([
    { timeout: 50, seconds: 60 },
    { timeout: 100, seconds: 60 },
    { timeout: 500, seconds: 120 },
  ])("at-least-once, T = $timeout ms: mean T/2 and p99 0.99 T within 1 %", ({ timeout, seconds }) => {
    const pipeline = scenario(ALO, LONG, NEVER_FULL, `execution.buffer-timeout.interval=${timeout} ms`);
    const { latency } = runPipeline(pipeline, { seed: "1", duration: seconds * SECOND }).readers[1]!;
    expect(latency.count).toBeGreaterThan(0.45 * 1013 * seconds);
    // The flusher sleeps the timeout and then up to 0.5 ms longer.
    const period = timeout + 0.25;
    expect(Math.abs(latency.meanMs! / (period / 2 + CONSTANT_PART) - 1)).toBeLessThan(0.01);
    expect(Math.abs(latency.p99Ms! / (0.99 * period + CONSTANT_PART) - 1)).toBeLessThan(0.01);
  });

  test("timeout 0 flushes every record: only the constant part is left", () => {
    const pipeline = scenario(ALO, LONG, "execution.buffer-timeout.interval=0 ms");
    const { latency } = runPipeline(pipeline, { seed: "1", duration: 20 * SECOND }).readers[1]!;
    expect(Math.abs(latency.meanMs! - CONSTANT_PART)).toBeLessThan(0.1);
    expect(Math.abs(latency.maxMs! - CONSTANT_PART)).toBeLessThan(4);
  });

  test("without a flusher a record waits until its buffer is full", () => {
    const pipeline = scenario(ALO, LONG, "execution.buffer-timeout.enabled=false");
    const { latency } = runPipeline(pipeline, { seed: "1", duration: 60 * SECOND }).readers[1]!;
    // 32 KiB over 113 serialised bytes, at 253.25 records/s a channel: 290 records fill a segment in 1.15 s. (The mean
    // would be moved by the last segments, which stay open until a barrier comes.)
    const fill = (32768 / 113 / (1013 / 4)) * 1000;
    expect(Math.abs(latency.p25Ms! / (fill / 4 + CONSTANT_PART) - 1)).toBeLessThan(0.05);
  });

  test("barriers flush too: with T = 500 ms and an interval of 1 s the mean is below T/2", () => {
    // Within a second flushes come at phi and phi + T of the flusher and at the barrier: the gaps are phi, T and T - phi,
    // and the mean wait is half the sum of their squares, on average over phi (T^2 + 2 T^2 / 3) / 2 = 208.3 ms.
    const means: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      const pipeline = scenario(ALO, NEVER_FULL, "execution.buffer-timeout.interval=500 ms");
      const { latency } = runPipeline(pipeline, { seed: `${seed}`, duration: 20 * SECOND }).readers[1]!;
      means.push(latency.meanMs! - CONSTANT_PART);
    }
    const mean = means.reduce((a, b) => a + b, 0) / means.length;
    const variance = means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (means.length - 1);
    const halfWidth = 2.708 * Math.sqrt(variance / means.length); // Student t, 39 degrees of freedom, 99 %
    expect(Math.abs(mean - 208.33)).toBeLessThan(halfWidth + 0.01 * 208.33);
    expect(mean + halfWidth).toBeLessThan(250);
    for (const one of means) expect(one).toBeGreaterThan(187.5 - 4);
  });
});
