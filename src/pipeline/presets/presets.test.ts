import { expect, test } from "vitest";
import { connectorOptions, sourceOptions } from "../options/connector-options.ts";
import { environmentOptions } from "../options/environment-options.ts";
import { flinkOptions } from "../options/flink-options.ts";
import { parsePipeline } from "../parse-pipeline.ts";
import { ENVIRONMENT_PRESETS } from "./environment-presets.ts";
import { VERSION_PRESETS } from "./version-presets.ts";

const OPTIONS = { ...flinkOptions, ...connectorOptions, ...sourceOptions };

test.each(ENVIRONMENT_PRESETS)("$name has a readable, sourced figure for each key and no other", (preset) => {
  const keys = Object.keys(environmentOptions).filter((key) => key !== "preset" && key !== "file");
  expect(Object.keys(preset.figures).toSorted()).toEqual(keys.toSorted());
  for (const [key, [value, source]] of Object.entries(preset.figures)) {
    const option = environmentOptions[key as keyof typeof environmentOptions];
    expect([key, option.type.read(value)]).toMatchObject([key, { ok: true }]);
    expect(source).toMatch(/\w{3}/);
  }
  for (const [key, [value, source]] of Object.entries(preset.options ?? {})) {
    const option = OPTIONS[key as keyof typeof OPTIONS];
    expect([key, option?.type.read(value)]).toMatchObject([key, { ok: true }]);
    expect(source).toMatch(/\w{3}/);
  }
});

const TEXT = `
environment: { preset: confluent-cloud }
kafka: { topics: { in: {}, out: {} } }
producers: { p: { topic: in, rate: 1/s, record: 1 B } }
jobs:
  j:
    source: { topic: in }
    operators: [{ name: o, keyed: true, service-time: 1 us }]
    sinks: [{ topic: out, sink.transactional-id-prefix: j }]
readers: { r: { topic: out } }
`;

test("confluent-cloud commits once a minute, exactly-once, and reads what is committed", () => {
  const { jobs, readers } = parsePipeline(TEXT, "x").pipeline;
  expect(jobs[0]?.checkpointing.interval).toBe(60e9);
  expect(jobs[0]?.sinks[0]?.deliveryGuarantee).toBe("exactly-once");
  expect(jobs[0]?.source.consumer.isolationLevel).toBe("read_committed");
  // A reader is nobody's source: the Kafka client's own default holds.
  expect(readers[0]?.consumer.isolationLevel).toBe("read_uncommitted");
});

test("what is written goes before what the place sets", () => {
  const assignments = ["execution.checkpointing.interval=5 s", "sink.delivery-guarantee=at-least-once"];
  const [job] = parsePipeline(TEXT, "x", assignments).pipeline.jobs;
  expect(job?.checkpointing.interval).toBe(5e9);
  expect(job?.sinks[0]?.deliveryGuarantee).toBe("at-least-once");
});

test.each([
  // Flink, connector, Kafka, client, linger.ms (ns), buffers of a gate fixed
  ["flink-1.20", "1.20.4", "3.4.0", "3.9.0", "3.4.0", 0],
  ["flink-2.1", "2.1.1", "4.0.1", "4.1.0", "3.9.1", 0],
  ["flink-2.2", "2.2.1", "5.0.0", "4.2.0", "4.2.0", 5e6],
] as const)(
  "the releases of %s decide the client's defaults",
  (preset, flink, connector, kafka, client, linger) => {
    const { versions, jobs } = parsePipeline(TEXT, "x", [`versions.preset=${preset}`]).pipeline;
    expect(versions).toMatchObject({ flink, flinkConnectorKafka: connector, kafka, kafkaClients: client });
    expect(jobs[0]?.sinks[0]?.producer.linger).toBe(linger);
  },
);

test("network constants are keys of Flink 1.20 and fixed from 2.0 on", () => {
  const set = "flink.config.taskmanager.network.memory.floating-buffers-per-gate=4";
  const { jobs } = parsePipeline(TEXT, "x", ["versions.preset=flink-1.20", set]).pipeline;
  expect(jobs[0]?.network.floatingBuffersPerGate).toBe(4);
  expect(() => parsePipeline(TEXT, "x", ["versions.preset=flink-2.2", set])).toThrow(
    "a key that Flink 2.0 removed, wanted no such key: Flink 2.x fixes it at 8",
  );
});

test("a Flink beside the preset's name brings its own connector", () => {
  const { versions } = parsePipeline(TEXT, "x", [
    "versions.preset=flink-2.2",
    "versions.flink=1.20.3",
  ]).pipeline;
  expect(versions).toMatchObject({ flink: "1.20.3", flinkConnectorKafka: "3.4.0", kafka: "4.2.0" });
});

test.each(VERSION_PRESETS)("$name has readable releases with their sources", (preset) => {
  for (const [release, source] of [preset.flink, preset.flinkConnectorKafka, preset.kafka]) {
    expect(release).toMatch(/^\d+\.\d+\.\d+$/);
    expect(source).toContain(release);
  }
});
