import { expect, test } from "vitest";
import { parsePipeline } from "./parse-pipeline.ts";
import { appendsPerSecond } from "./topic-load.ts";

const CHAIN = `
kafka:
  brokers: 2
  topics: { in: { partitions: 4 }, mid: { partitions: 4 }, out: { partitions: 4 } }
producers: { load: { topic: in, rate: 1000/s, record: 100 B } }
jobs:
  first:
    source: { topic: in }
    operators: [{ name: a, keyed: true, service-time: 0.1 ms }]
    sinks: [{ topic: mid }]
  second:
    source: { topic: mid }
    operators: [{ name: b, keyed: true, service-time: 0.1 ms }]
    sinks: [{ topic: out, properties.linger.ms: 20 }]
`;

test("each broker gets its share of what producers make and of what jobs pass on, in batches of the linger", () => {
  const { pipeline } = parsePipeline(CHAIN, "chain.yaml");
  // The last topic: 250 records/s a partition, so that a batch that lingers 20 ms holds 1 + 5.
  expect(appendsPerSecond(pipeline)).toBeCloseTo((1000 + 1000 + 1000 / 6) / 2, 9);
});
