import { expect, test } from "vitest";
import { connectorOptions, sourceOptions } from "../options/connector-options.ts";
import { environmentOptions } from "../options/environment-options.ts";
import { flinkOptions } from "../options/flink-options.ts";
import { parsePipeline } from "../parse-pipeline.ts";
import { ENVIRONMENT_PRESETS } from "./environment-presets.ts";

const OPTIONS = { ...flinkOptions, ...connectorOptions, ...sourceOptions };

test.each(ENVIRONMENT_PRESETS)("$name has a readable, sourced figure for each key and no other", (preset) => {
  const keys = Object.keys(environmentOptions).filter((key) => key !== "preset");
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
  expect(jobs[0]?.sink.deliveryGuarantee).toBe("exactly-once");
  expect(jobs[0]?.source.consumer.isolationLevel).toBe("read_committed");
  // A reader is nobody's source: the Kafka client's own default holds.
  expect(readers[0]?.consumer.isolationLevel).toBe("read_uncommitted");
});

test("what is written goes before what the place sets", () => {
  const assignments = ["execution.checkpointing.interval=5 s", "sink.delivery-guarantee=at-least-once"];
  const [job] = parsePipeline(TEXT, "x", assignments).pipeline.jobs;
  expect(job?.checkpointing.interval).toBe(5e9);
  expect(job?.sink.deliveryGuarantee).toBe("at-least-once");
});
