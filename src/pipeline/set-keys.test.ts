import { expect, test } from "vitest";
import { ConfigError } from "./config-error.ts";
import { parsePipeline } from "./parse-pipeline.ts";
import type { Pipeline } from "./pipeline.ts";
import { SMALL } from "./small-pipeline.fixture.ts";

const TWO_JOBS = SMALL.replace("enriched: {}", "enriched: {}\n    orders.late: {}").replace(
  "readers:",
  `  late.1:
    source: { topic: enriched }
    operators: [{ name: drop, keyed: true, service-time: 1 us }, { name: map, service-time: 1 us }]
    sinks: [{ topic: orders.late }]
readers:`,
);

function set(...assignments: string[]): Pipeline {
  return parsePipeline(TWO_JOBS, "shop.yaml", assignments).pipeline;
}

test.each<readonly [assignment: string, value: unknown, get: (pipeline: Pipeline) => unknown]>([
  [
    "jobs.enrich.config.execution.checkpointing.interval=1 s",
    [1e9, undefined],
    (p) => p.jobs.map((job) => job.checkpointing.interval),
  ],
  ["execution.checkpointing.interval=1s", [1e9, 1e9], (p) => p.jobs.map((job) => job.checkpointing.interval)],
  [
    "flink.config.execution.checkpointing.interval=1s",
    [10e9, 1e9],
    (p) => p.jobs.map((job) => job.checkpointing.interval),
  ],
  [
    "sink.delivery-guarantee=none",
    ["none", "none"],
    (p) => p.jobs.map((job) => job.sinks[0]?.deliveryGuarantee),
  ],
  [
    "jobs.late.1.sinks[0].sink.delivery-guarantee=none",
    ["at-least-once", "none"],
    (p) => p.jobs.map((job) => job.sinks[0]?.deliveryGuarantee),
  ],
  [
    "jobs.late.1.sinks.0.sink.partitioner=fixed",
    ["default", "fixed"],
    (p) => p.jobs.map((job) => job.sinks[0]?.partitioner),
  ],
  [
    "jobs.late.1.operators.map.service-time=3 us",
    { kind: "constant", value: 3000 },
    (p) => p.jobs[1]?.operators[1]?.serviceTime,
  ],
  ["properties.linger.ms=7", [7e6, 7e6], (p) => p.jobs.map((job) => job.sinks[0]?.producer.linger)],
  ["linger.ms=7", 7e6, (p) => p.producers[0]?.config.linger],
  ["producers.shop.rate=500/s", { numerator: 500, denominator: 1 }, (p) => p.producers[0]?.rate],
  ["environment.broker.round-trip=3 ms", 3e6, (p) => p.environment.brokerRoundTrip],
  ["broker.round-trip=3 ms", 3e6, (p) => p.environment.brokerRoundTrip],
  ["transaction.max.timeout.ms=60000", 60e9, (p) => p.kafka.transactionMaxTimeout],
  ["kafka.topics.orders.late.partitions=9", 9, (p) => p.kafka.topics[2]?.partitions],
  ["isolation.level=read_committed", "read_committed", (p) => p.readers[0]?.consumer.isolationLevel],
  ["taskmanager.numberOfTaskSlots=4", 4, (p) => p.flink.slotsPerTaskManager],
  ["execution.buffer-timeout=5 ms", [5e6, 5e6], (p) => p.jobs.map((job) => job.network.bufferTimeout)],
  ["versions.flink-connector-kafka=5.0.0", "4.2.0", (p) => p.versions.kafkaClients],
  ["name=other", "other", (p) => p.name],
])("--set %s", (assignment, value, get) => {
  expect(get(set(assignment))).toEqual(value);
});

test("the last of two assignments wins", () => {
  expect(set("kafka.brokers=3", "kafka.brokers=5").kafka.brokers).toBe(5);
});

test.each([
  [
    "kafka.brokers",
    'Cannot read kafka.brokers (--set): got "kafka.brokers", wanted KEY=VALUE such as "producers.shop.rate=500/s"',
  ],
  ["=3", 'Cannot read --set (--set): got "=3", wanted KEY=VALUE such as "producers.shop.rate=500/s"'],
  [
    "jobs.enrich.config.execution.checkpointing.intervall=1 s",
    'Cannot read jobs.enrich.config.execution.checkpointing.intervall (--set): got an unknown key, wanted a path in the pipeline file or a key that it may hold; did you mean "jobs.enrich.config.execution.checkpointing.interval"?',
  ],
  [
    "jobs.enricher.source.topic=orders",
    'Cannot read jobs.enricher.source.topic (--set): got an unknown key, wanted a path in the pipeline file or a key that it may hold; did you mean "jobs.enrich.source.topic"?',
  ],
  [
    "sink.semantic=none",
    "Cannot read sink.semantic (--set): got a name that is gone, wanted sink.delivery-guarantee",
  ],
  [
    "properties.request.timeout.ms=5",
    'Cannot read properties.request.timeout.ms (--set): got a key of several things, wanted one of them, such as "jobs.enrich.sinks[0].properties.request.timeout.ms" or "jobs.enrich.source.properties.request.timeout.ms"',
  ],
  [
    "kafka.brokers=many",
    'Cannot read kafka.brokers (--set): got "many", wanted a whole number from 1 to 1000',
  ],
  [
    "producers.shop.rate=",
    'Cannot read producers.shop.rate (--set): got nothing, wanted a rate such as "10000/s"',
  ],
  [
    "producers.shop=x",
    'Cannot read producers.shop (--set): got an unknown key, wanted a path in the pipeline file or a key that it may hold; did you mean "producers.shop.topic"?',
  ],
  [
    "faults.command-line-1=explode enrich at 3 s",
    'Cannot read faults.command-line-1 (--fault): got "explode enrich at 3 s", wanted a fault such as "kill taskmanager-1 at 30 s": it begins with one of kill, lose, freeze, fail, poison, slow, slow-disk, elect, cut, delay, drop, duplicate, storage, cancel, savepoint, stop-with-savepoint, restart, rescale, rename',
  ],
])("--set %s is refused", (assignment, line) => {
  try {
    set(assignment);
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.issues.map((issue) => issue.message)).toEqual([line]);
  }
});
