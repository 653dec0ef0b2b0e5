import { expect, test } from "vitest";
import { parsePipeline } from "../../pipeline/index.ts";
import { planReview } from "../../review/index.ts";
import { describeTime, workOf } from "./review-time.ts";

const pipeline = (interval: string) => `
environment: { preset: laptop }
kafka: { topics: { in: { partitions: 1 }, out: { partitions: 1 } } }
producers: { shop: { topic: in, rate: 200/s, record: 100 B } }
jobs:
  enrich:
    config: { execution.checkpointing.interval: ${interval} }
    source: { topic: in }
    operators: [{ name: join, keyed: true, service-time: 0.5 ms }]
    sinks: [{ topic: out, sink.delivery-guarantee: exactly-once, sink.transactional-id-prefix: e, properties.transaction.timeout.ms: 60000 }]
readers: { billing: { topic: out } }
`;

function plan(interval: string) {
  const reading = parsePipeline(pipeline(interval), "file.yaml");
  return planReview({ file: "file.yaml", reading, set: [], seed: 1, duration: undefined, guesses: [] });
}

test("the work of a review grows with the interval, its runs don't", async () => {
  const [short, long] = [await workOf(plan("1 min")), await workOf(plan("2 min"))];
  expect(long.runs).toBe(short.runs);
  expect(short.runs).toBeGreaterThan(100);
  // Intervals of 6 and 12 s have the least duration; the others' are in proportion, but for the wait for heartbeats.
  expect(long.simulated / short.simulated).toBeGreaterThan(1.5);
  expect(long.simulated / short.simulated).toBeLessThan(2);
});

test("what takes long is said beforehand", () => {
  expect(describeTime(208, 17.23 * 3600e9, 16.2 * 60_000, 2)).toBe(
    "This takes about 16 min on 2 workers: 208 runs or more, 17 h of simulated time, most of it for long intervals; after Ctrl-C the same command goes on from there",
  );
});
