import { expect, test } from "vitest";
import { LatencySeries } from "../metrics/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { measurePipeline } from "./run-pipeline.ts";
import { findWarmUp } from "./warm-up-pilot.ts";

const TEXT = `
versions: { flink: 2.1.1 }
environment: { preset: laptop }
kafka: { topics: { in: { partitions: 2 }, out: { partitions: 2 } } }
producers: { load: { topic: in, rate: 200/s, record: 100 B, keys: 1000 } }
jobs:
  job:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s }
    source: { topic: in }
    operators: [{ name: map, keyed: true, service-time: 0.1 ms }]
    sinks: [{ topic: out, sink.delivery-guarantee: at-least-once }]
readers: { all: { topic: out } }
`;
const SECOND = 1e9;

function read(...assignments: readonly string[]) {
  return parsePipeline(TEXT, "file.yaml", assignments).pipeline;
}

test("the mean of the slots is the mean of the records, as many fall into each", () => {
  let series: LatencySeries | undefined;
  const { latencies } = measurePipeline(read(), {
    seed: "1",
    duration: 40 * SECOND,
    window: { from: 0, until: 40 * SECOND },
    observe: (lineage) => {
      series = new LatencySeries(1, lineage, 40 * SECOND, 20);
      return [series];
    },
  });
  const means = series!.meansOf(0);
  const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
  expect(Math.abs(mean / latencies[0]!.mean - 1)).toBeLessThan(0.005);
});

test("a pilot needs little warm-up where a run is steady, and half where the backlog grows", () => {
  expect(findWarmUp(read(), "1", 60 * SECOND)).toBeLessThan(6 * SECOND);
  // 200 records/s, of which two subtasks serve 100 at most: the latency grows without end.
  const overloaded = findWarmUp(read("jobs.job.operators.map.service-time=20 ms"), "1", 60 * SECOND);
  expect(overloaded).toBe(30 * SECOND);
});
