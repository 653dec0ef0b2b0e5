import { expect, test } from "vitest";
import { type RunResult, runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";

/** A job behind a job: the second reads what the first commits, and commits its own offsets. */
const PIPELINE = `
environment: { preset: laptop }
kafka: { topics: { raw: { partitions: 2 }, mid: { partitions: 2 }, out: { partitions: 2 } } }
producers: { load: { topic: raw, rate: 1000/s, record: 100 B, keys: 100 } }
flink: { config: { execution.checkpointing.interval: 1 s } }
jobs:
  first:
    source: { topic: raw, properties.group.id: first }
    operators: [{ name: a, keyed: true, service-time: 0.02 ms }]
    sinks:
      - topic: mid
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: first
        properties.transaction.timeout.ms: 60000
  second:
    source: { topic: mid, properties.group.id: second, properties.isolation.level: read_committed }
    operators: [{ name: b, keyed: true, service-time: 0.02 ms }]
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: second
        properties.transaction.timeout.ms: 60000
readers: { all: { topic: out, isolation.level: read_committed } }
`;

function run(set: readonly string[] = [], seconds = 20.5): RunResult {
  const { pipeline } = parsePipeline(PIPELINE, "consumer-lag.yaml", set);
  return runPipeline(pipeline, { seed: "1", duration: Math.round(seconds * 1e9) });
}

test("a group behind transactions never gets to 0: it has read everything, and each partition ends with markers", () => {
  const [first, second] = run().sources;
  expect(second!.topic).toBe("mid");
  // Both partitions end with a marker at least, and with no more than the last two checkpoints' of the one writer.
  expect(second!.consumerGroupLagDrained).toBeGreaterThanOrEqual(2);
  expect(second!.consumerGroupLagDrained).toBeLessThanOrEqual(4);
  expect(first!.consumerGroupLagDrained).toBe(0);
});

test("under load its lag is a saw: what is not committed upstream counts, up to an interval's records and more", () => {
  const lags = [20, 20.2, 20.4, 20.6, 20.8].map((seconds) => run([], seconds).sources);
  const second = lags.map((sources) => sources[1]!.consumerGroupLag!);
  expect(Math.max(...second) - Math.min(...second)).toBeGreaterThan(700);
  expect(Math.max(...second)).toBeLessThan(3200);
  for (const [first, behind] of lags) {
    // The first one reads as it comes, and commits once a second.
    expect(first!.pendingRecords).toBeLessThan(20);
    expect(first!.consumerGroupLag).toBeLessThan(1200);
    expect(behind!.pendingRecords).toBeLessThanOrEqual(behind!.consumerGroupLag!);
  }
});

test("behind an at-least-once job it does get to 0", () => {
  const second = run(["jobs.first.sinks[0].sink.delivery-guarantee=at-least-once"]).sources[1]!;
  expect(second.consumerGroupLagDrained).toBe(0);
});

test("without a group.id nothing is committed", () => {
  const { pipeline } = parsePipeline(
    PIPELINE.replace(", properties.group.id: first", ""),
    "consumer-lag.yaml",
  );
  const [first] = runPipeline(pipeline, { seed: "1", duration: 3e9 }).sources;
  expect([first!.consumerGroupLag, first!.consumerGroupLagDrained]).toEqual([null, null]);
});

test("KafkaSourceReader's gauges: what is emitted, what is committed, and how often", () => {
  const { sources } = run();
  for (const { subtasks, pendingRecords } of sources) {
    const readers = subtasks.map((subtask) => subtask!);
    expect(readers.reduce((sum, reader) => sum + reader.pendingRecords, 0)).toBe(pendingRecords);
    for (const { commitsSucceeded, partitions } of readers) {
      // A checkpoint a second, of which the first may come late.
      expect(commitsSucceeded).toBeGreaterThanOrEqual(18);
      expect(commitsSucceeded).toBeLessThanOrEqual(21);
      for (const { currentOffset, committedOffset } of partitions)
        expect(committedOffset).toBeLessThanOrEqual(currentOffset + 1);
      // 1,000 records/s for 20.5 s: committed is what the last completed checkpoint holds.
      const sum = (offsets: readonly number[]): number => offsets.reduce((all, one) => all + one, 0);
      const emitted = sum(partitions.map(({ currentOffset }) => currentOffset + 1));
      const committed = sum(partitions.map(({ committedOffset }) => committedOffset));
      expect(emitted).toBeLessThanOrEqual(20_500);
      expect(emitted).toBeGreaterThan(18_000);
      expect(committed).toBeGreaterThan(emitted - 2200);
    }
  }
  expect(sources[0]!.subtasks[0]!.partitions.map(({ partition }) => partition)).toEqual([0, 1]);
});

test("a reader without a group.id commits nothing, and one without records has emitted none", () => {
  const none = run(
    ["jobs.second.source.properties.commit.offsets.on.checkpoint=false", "producers.load.rate=1/h"],
    5,
  );
  const [reader] = none.sources[1]!.subtasks;
  expect(reader!.commitsSucceeded).toBe(0);
  expect(reader!.partitions.map(({ committedOffset }) => committedOffset)).toEqual([-1, -1]);
  expect(reader!.partitions.some(({ currentOffset }) => currentOffset === -1)).toBe(true);
});
