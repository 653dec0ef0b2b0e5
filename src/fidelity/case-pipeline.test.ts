import { describe, expect, test } from "vitest";
import { resolvePipeline } from "../pipeline/index.ts";
import { phasesOf, pipelineOf } from "./case-pipeline.ts";
import { LAPTOP, shortCase } from "./reference-case.fixture.ts";

function pipelineFor(input: Readonly<Record<string, unknown>>) {
  return resolvePipeline(pipelineOf(shortCase(input), { file: LAPTOP.path }), "short", [], () => LAPTOP.text)
    .pipeline;
}

test("the job of the reference, as its README tells it", () => {
  const { versions, kafka, producers, jobs, readers } = pipelineFor({});
  expect(versions).toMatchObject({ flink: "2.1.1", kafkaClients: "3.9.1" });
  expect(kafka.topics.map(({ name, partitions }) => [name, partitions])).toEqual([
    ["in", 2],
    ["out", 2],
  ]);
  expect(producers[0]).toMatchObject({ arrivals: "constant", recordBytes: 100, keys: 10_000 });
  const [job] = jobs;
  expect(job).toMatchObject({
    parallelism: 2,
    sinks: [{ deliveryGuarantee: "exactly-once", partitioner: "default" }],
  });
  expect(job?.operators.map(({ name, stateBytesPerKey }) => [name, stateBytesPerKey])).toEqual([
    ["stateful", 113],
  ]);
  expect(job?.sinks[0]?.producer.linger).toBe(0);
  expect(job?.sinks[0]?.transactionTimeout).toBe(600e9);
  expect(readers.map(({ name }) => name)).toEqual(["read_committed", "read_uncommitted"]);
});

test("settings of a case become options", () => {
  const { kafka, jobs, versions } = pipelineFor({
    brokers: 3,
    replication_factor: 3,
    min_insync_replicas: 2,
    outPartitions: 1,
    versions: {
      flink: "2.1.1",
      "flink-connector-kafka": "5.0.0-2.1",
      kafka: "4.1.0",
      "kafka-clients": "4.2.0",
    },
    job: {
      guarantee: "EXACTLY_ONCE",
      parallelism: 1,
      stateBytes: 10_000,
      keys: 20,
      partitioner: "fixed",
      skewSubtask: 0,
      skewNanos: 2_400_000,
    },
    conf: { "execution.checkpointing.interval": "200 ms", "execution.buffer-timeout.interval": "10 ms" },
  });
  expect(kafka.topics[1]).toMatchObject({ partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 });
  // The client is 4.2.0, and nobody sets the sink's linger.ms.
  expect(versions.kafkaClients).toBe("4.2.0");
  const [job] = jobs;
  expect(job?.sinks[0]).toMatchObject({ partitioner: "fixed", producer: { linger: 5e6 } });
  expect(job?.network.bufferTimeout).toBe(10e6);
  expect(job?.operators[1]?.slowSubtask).toEqual({
    subtask: 0,
    serviceTime: { kind: "parked", value: 2_400_000 },
  });
});

test("a chain is the same job twice, in -> mid -> out", () => {
  const { jobs } = pipelineFor({ chain: { sourceIsolation: "read_committed" }, taskmanagers: 4 });
  expect(
    jobs.map(({ source, sinks }) => [source.topic, source.consumer.isolationLevel, sinks[0]?.topic]),
  ).toEqual([
    ["in", "read_uncommitted", "mid"],
    ["mid", "read_committed", "out"],
  ]);
});

describe("phases", () => {
  const interval = 1e9;

  test("the brokers' sweep is stated by the case, or else given", () => {
    const sweep = (phases: object, given?: number) =>
      pipelineOf(shortCase({}, { phases }), { file: "x" }, given).kafka;
    expect(sweep({ transaction_sweep_at_ms: -500 }, 0.2)).toMatchObject({
      "transaction-sweep-phase": "9500 ms",
    });
    expect(sweep({ transaction_sweep_at_ms: 23_000 })).toMatchObject({
      "transaction-sweep-phase": "3000 ms",
    });
    expect(sweep({}, 0.2)).toMatchObject({ "transaction-sweep-phase": "2000 ms" });
    expect(sweep({})).not.toHaveProperty("transaction-sweep-phase");
  });

  test("a trigger before the load counts by its phase", () => {
    const reference = shortCase({}, { phases: { first_trigger_at_ms: -2250 } });
    expect(phasesOf(reference, [interval])).toEqual({ firstTriggerAt: { job: 750e6 } });
  });

  test("both jobs of a chain have one, and what isn't stated stays drawn", () => {
    const chain = { chain: {} };
    const stated = shortCase(chain, { phases: { hop_trigger_phase_ms: [569, 140] } });
    expect(phasesOf(stated, [interval, interval])).toEqual({ firstTriggerAt: { job: 569e6, second: 140e6 } });
    const last = shortCase(chain, { phases: { first_trigger_at_ms: 140 } });
    expect(phasesOf(last, [interval, interval])).toEqual({ firstTriggerAt: { second: 140e6 } });
    expect(phasesOf(shortCase({}, { phases: {} }), [interval])).toEqual({ firstTriggerAt: {} });
  });
});
