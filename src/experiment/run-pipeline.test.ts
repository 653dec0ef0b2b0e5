import { expect, test } from "vitest";
import { parsePipeline } from "../pipeline/index.ts";
import { runPipeline } from "./run-pipeline.ts";

const TEXT = `
versions: { flink: 2.1.1 }
environment: { preset: laptop }
kafka: { topics: { in: { partitions: 2 }, out: { partitions: 2 } } }
producers: { load: { topic: in, rate: 100/s, record: 100 B, keys: 1000 } }
flink: {}
jobs:
  job:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s }
    source: { topic: in }
    operators: [{ name: map, keyed: true, service-time: 0.1 ms }]
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: job
        properties.transaction.timeout.ms: 600000
readers: { committed: { topic: out, isolation.level: read_committed, slo: p99 <= 500 ms } }
`;

function run(...assignments: readonly string[]) {
  return runPipeline(parsePipeline(TEXT, "file.yaml", assignments).pipeline, { seed: "1", duration: 20e9 });
}

test("everything created is drained and seen once, and the SLO is judged by its own quantile", () => {
  const { readers, checks, warmUpSeconds, simulatedSeconds } = run();
  expect([warmUpSeconds, simulatedSeconds]).toEqual([2, 20]);
  const [reader] = readers;
  expect([reader?.recordsIn, reader?.recordsVisible, reader?.recordsLost, reader?.recordsDuplicated]).toEqual(
    [2000, 2000, 0, 0],
  );
  expect(reader?.slo?.measuredMs).toBe(reader?.latency.p99Ms);
  expect(reader?.slo?.met).toBe(false);
  expect(checks.map(({ name, violations }) => [name, violations.length])).toEqual([
    ["RecordConservation", 0],
    ["EveryCheckpointCompletes", 0],
    ["NoVisibilityBeforeCompletion", 0],
  ]);
});

test("checkpoints that expire are a failed check: nothing is committed, and Flink would fail the job", () => {
  const { checkpoints, checks, readers } = run(
    "execution.checkpointing.timeout=50 ms",
    "environment.snapshot.async=100 ms",
  );
  expect(checkpoints[0]?.completed).toBe(0);
  expect(readers[0]?.recordsLost).toBe(2000);
  expect(checks.find(({ name }) => name === "EveryCheckpointCompletes")?.violations).toEqual([
    `job job: ${checkpoints[0]?.failed} checkpoints expired after execution.checkpointing.timeout (50 ms); ` +
      "Flink would fail the job, and what follows from that is not modelled",
  ]);
});

test("twice the load's time gives twice the records and twenty checkpoints more", () => {
  const short = run();
  const { pipeline } = parsePipeline(TEXT, "file.yaml");
  const long = runPipeline(pipeline, { seed: "1", duration: 40e9 });
  expect(long.readers[0]!.recordsVisible).toBe(2 * short.readers[0]!.recordsVisible);
  expect(long.checkpoints[0]!.triggered - short.checkpoints[0]!.triggered).toBe(20);
});
