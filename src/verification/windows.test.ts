import { describe, expect, test } from "vitest";
import { type RunResult, runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { SECOND } from "./scenario.ts";

/** Sums of 5 s: 50 keys in turn, 1,013 records a second over four partitions, out of order by 2 s at most. */
const TEXT = `
versions: { flink: 2.1.1 }
environment: { preset: laptop }
kafka:
  topics:
    in: { partitions: 4 }
    out: { partitions: 2 }
producers:
  load: { topic: in, rate: 1013/s, record: 100 B, keys: 50 }
jobs:
  sum:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s }
    source: { topic: in, watermark: bounded-out-of-orderness 2 s }
    operators:
      - { name: window, keyed: true, service-time: 10 us, window: tumble 5 s, state: 100 B/key }
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: sum
        properties.transaction.timeout.ms: 10 min
readers:
  committed: { topic: out, isolation.level: read_committed }
  uncommitted: { topic: out }
`;

function run(seconds: number, assignments: readonly string[] = [], options = {}): RunResult {
  const { pipeline } = parsePipeline(TEXT, "windows.yaml", assignments);
  return runPipeline(pipeline, { seed: "1", duration: seconds * SECOND, ...options });
}

function violations({ checks }: RunResult): readonly string[] {
  return checks.flatMap((check) => check.violations);
}

describe("results of windows", () => {
  test("there is one for every key and window that the last watermark passes, and each comes once", () => {
    // The last records are of 60 s, so that the watermark ends at 58 s: windows up to 55 s.
    const result = run(60);
    expect(violations(result)).toEqual([]);
    expect(result.readers.map(({ recordsIn, recordsVisible }) => [recordsIn, recordsVisible])).toEqual([
      [11 * 50, 11 * 50],
      [11 * 50, 11 * 50],
    ]);
  });

  test("are the same record by record, and with every request an event", () => {
    const reader = (options: object) => run(20, ["producers.load.rate=211/s"], options).readers[1]!;
    const curves = reader({});
    for (const options of [{ spans: "one-record" }, { polls: "eager" }]) {
      const reference = reader(options);
      expect(reference.recordsVisible).toBe(curves.recordsVisible);
      expect(Math.abs(reference.latency.p50Ms! / curves.latency.p50Ms! - 1)).toBeLessThan(0.005);
      expect(Math.abs(reference.latency.p99Ms! / curves.latency.p99Ms! - 1)).toBeLessThan(0.005);
    }
  });
});

test("events grow with watermarks and buffers, not with records", () => {
  const events = (rate: string, record: string): number =>
    run(30, [`producers.load.rate=${rate}`, `producers.load.record=${record}`]).eventsPerSimulatedSecond;
  // About as many bytes with what Flink adds to each.
  expect(events("10130/s", "1 B") / events("1013/s", "100 B")).toBeLessThan(1.15);
});
