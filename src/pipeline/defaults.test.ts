import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { IGNORED_HERE } from "./checks/check-ignored.ts";
import { listDefaults } from "./defaults.ts";
import { explainKey } from "./explain-key.ts";
import { sinkOptions, sourceOptions } from "./options/connector-options.ts";
import { environmentOptions, PRESETS } from "./options/environment-options.ts";
import { flinkOptions } from "./options/flink-options.ts";
import { brokerOptions, consumerOptions, producerOptions, topicOptions } from "./options/kafka-options.ts";
import { defaultText, type Option, type Options } from "./options/option.ts";
import {
  operatorOptions,
  readerOptions,
  sinkKeys,
  versionOptions,
  workloadOptions,
} from "./options/pipeline-options.ts";
import { parsePipeline } from "./parse-pipeline.ts";
import { currentKeys, REPLACED_NAMES } from "./replaced-names.ts";
import type { ScalarInput } from "./values/value-type.ts";
import { completeVersions } from "./versions.ts";

const TABLES: Readonly<Record<string, Options>> = {
  "jobs.j.config": flinkOptions,
  "producers.p": { ...workloadOptions, ...producerOptions },
  "readers.r": { ...readerOptions, ...consumerOptions },
  "kafka.config": brokerOptions,
  "kafka.topics.in": topicOptions,
  "jobs.j.sinks[0]": { ...sinkKeys, ...sinkOptions },
  "jobs.j.source": sourceOptions,
  "jobs.j.operators[1]": operatorOptions,
  environment: environmentOptions,
  versions: versionOptions,
};

const OPTIONS = Object.values(TABLES).flatMap((table) => Object.values(table));

test.each(listDefaults())("$key ($where) has a unit, a source and a meaning", (row) => {
  expect(row.unit).not.toBe("");
  expect(row.source).toMatch(/\w/);
  expect(row.meaning).toMatch(/\.$|\)$/);
  expect(row.default).not.toBe("");
});

test("every default and example is readable as its own type", () => {
  const contexts = ["1.20.1", "2.1.1"].flatMap((flink) =>
    PRESETS.map((preset) => ({
      preset,
      versions: completeVersions({ flink, flinkConnectorKafka: undefined, kafka: "4.1.0" }),
    })),
  );
  for (const option of OPTIONS) {
    const defaults = contexts.map((context) => defaultText(option, context));
    for (const text of [...defaults, ...option.type.examples]) {
      if (text !== undefined)
        expect([option.key, option.type.read(text)]).toMatchObject([option.key, { ok: true }]);
    }
  }
});

test("a key stands once in a section", () => {
  const rows = listDefaults().map((row) => `${row.where}: ${row.key}`);
  expect(new Set(rows).size).toBe(rows.length);
});

test.each([
  ["key.fields", "jobs.<job>.sinks"],
  ["properties.transaction.timeout.ms", "jobs.<job>.sinks"],
  ["scan.watermark.idle-timeout", "jobs.<job>.source"],
])("%s is told of in %s", (key, where) => {
  expect(listDefaults().flatMap((row) => (row.key === key ? [row.where] : []))).toEqual([where]);
});

describe("modelled means that the simulator is told", () => {
  const base = {
    versions: { flink: "1.20.1", "flink-connector-kafka": "3.4.0" },
    kafka: { brokers: 3, topics: { in: {}, out: {} } },
    producers: { p: { topic: "in", rate: "100/s", record: "100 B" } },
    flink: { taskmanagers: 100 },
    jobs: {
      j: {
        config: {},
        source: { topic: "in", "properties.group.id": "g" },
        operators: [
          { name: "o", keyed: true, "service-time": "1 ms" },
          { name: "behind", "service-time": "1 ms" },
        ],
        sinks: [{ topic: "out" }],
      },
    },
    readers: { r: { topic: "out" } },
  };
  const text = stringify(base);
  const before = JSON.stringify(parsePipeline(text, "x").pipeline);
  const release = "1.20.1";

  /** A value other than what holds without it. */
  const VALUES: Readonly<Record<string, string>> = {
    "parallelism.default": "3",
    "pipeline.operator-chaining.enabled": "false",
    "execution.checkpointing.mode": "AT_LEAST_ONCE",
    partitioner: "rebalance",
    from: "o",
    share: "0.5",
    "pipeline.max-parallelism": "64",
    "execution.buffer-timeout.enabled": "false",
    "execution.buffer-timeout.interval": "7 ms",
    "taskmanager.numberOfTaskSlots": "3",
    "execution.checkpointing.timeout": "7 min",
    "execution.checkpointing.max-concurrent-checkpoints": "3",
    "execution.checkpointing.checkpoints-after-tasks-finish": "false",
    "state.backend.type": "rocksdb",
    "storage.shared-by": "cluster",
    "host.shared-by": "cluster",
    "taskmanager.memory.segment-size": "64 kb",
    "properties.commit.offsets.on.checkpoint": "false",
    "isolation.level": "read_committed",
    "properties.isolation.level": "read_committed",
    "buffer.memory": "1000000",
    "properties.buffer.memory": "1000000",
    "max.request.size": "1000",
    "properties.max.request.size": "1000",
    "delivery.timeout.ms": "60000",
    "properties.delivery.timeout.ms": "60000",
    acks: "1",
    "properties.acks": "1",
    arrivals: "poisson",
    "metrics.latency.granularity": "single",
    pauses: "3 s for 1 s",
    deduplicate: "upsert",
    skew: "zipf 1",
    keys: "7",
    "sink.delivery-guarantee": "none",
    connector: "upsert-kafka",
    "sink.partitioner": "fixed",
    "scan.bounded.mode": "latest-offset",
    "scan.bounded.specific-offsets": "partition:0,offset:7",
    "sink.transaction-naming-strategy": "POOLING",
    "transaction.state.log.replication.factor": "2",
    "environment.preset": "laptop",
    "versions.preset": "flink-1.20",
    "environment.file": "somewhere.yaml",
    flink: "1.20.4",
    "flink-connector-kafka": "3.3.0",
    kafka: "3.9.0",
    topic: "in",
    "min.insync.replicas": "2",
    "enable.idempotence": "false",
    "properties.enable.idempotence": "false",
    "unclean.leader.election.enable": "true",
    "transaction.state.log.min.isr": "1",
    "default.replication.factor": "2",
    "num.partitions": "2",
    "replication.factor": "2",
    partitions: "2",
  };
  const WATERMARK = "jobs.j.source.watermark=monotonous-timestamps";
  const KEYED = "jobs.j.operators[1].partitioner=hash";
  const EVENT_TIME: Readonly<Record<string, readonly string[]>> = {
    "pipeline.auto-watermark-interval": [WATERMARK],
    "scan.watermark.idle-timeout": [WATERMARK],
    window: [WATERMARK, KEYED],
    "result-time": [WATERMARK, KEYED, "jobs.j.operators[1].window=tumble 1 s"],
  };
  const NUMBERS = ["7", "7 ms", "7 kb/key", "7 B", "7 kb/s", "7/s", "g7", "p50 <= 7 s", "64 mb"];

  function another(section: string, option: Option<unknown, ScalarInput>): string {
    return (
      VALUES[`${section}.${option.key}`] ??
      VALUES[option.key] ??
      NUMBERS.find((value) => option.type.read(value).ok) ??
      option.type.examples[0]
    );
  }

  const cases = Object.entries(TABLES).flatMap(([section, table]) =>
    Object.values(table)
      .filter((option) => option.since === undefined || option.since <= release)
      .filter(
        (option) =>
          !(option.key === "topic" || option.key === "keyed" || option.key === "min.insync.replicas"),
      )
      .map((option) => {
        const path = option.clusterWide ? `flink.config.${option.key}` : `${section}.${option.key}`;
        // The keys of a strategy count only where it is chosen.
        const [, strategy] = /^restart-strategy\.([a-z-]+)\./.exec(option.key) ?? [];
        const needed = strategy === undefined ? [] : [`${section}.restart-strategy.type=${strategy}`];
        needed.push(...(EVENT_TIME[option.key] ?? []));
        const others = { "max-rows": "interval=1 s", interval: "max-rows=5" };
        const [, limit] = /^sink\.buffer-flush\.(max-rows|interval)$/.exec(option.key) ?? [];
        if (limit !== undefined) {
          needed.push(`${section}.connector=upsert-kafka`);
          needed.push(`${section}.sink.buffer-flush.${others[limit as keyof typeof others]}`);
        }
        const [, bound] = /^scan\.bounded\.(specific-offsets|timestamp)/.exec(option.key) ?? [];
        if (bound !== undefined) needed.push(`${section}.scan.bounded.mode=${bound}`);
        const value = another(section, option);
        const ignored = IGNORED_HERE.some(
          ([where, key]) =>
            key === option.key &&
            section
              .replace(/s\[0\]$/, "")
              .split(".")
              .includes(where),
        );
        return { path, value, modelled: option.modelled, needed, ignored };
      }),
  );

  test.each(cases)("$path=$value ($modelled)", ({ path, value, modelled, needed, ignored }) => {
    const place = () => "based-on: laptop\nfigures: {}";
    // A limit alone is refused, and so is a mode.
    const alone = needed.filter((one) => !/buffer-flush|bounded/.test(one));
    const without =
      needed.length === 0 ? before : JSON.stringify(parsePipeline(text, "x", alone, place).pipeline);
    const { pipeline, warnings } = parsePipeline(text, "x", [...needed, `${path}=${value}`], place);
    expect(JSON.stringify(pipeline) !== without).toBe(modelled);
    // Modelled, and noted for what a Kafka source makes of it.
    if (path.endsWith(".interval-during-backlog")) return;
    expect(warnings.map((warning) => warning.message)).toEqual(
      modelled && !ignored
        ? []
        : [
            expect.stringMatching(
              /^Note on .* \(--set\): got .*; Sluice knows .* but does not model it (here )?yet, so it has no effect/,
            ),
          ],
    );
  });
});

const later = Object.values(flinkOptions).filter(({ since, modelled }) => since !== undefined && !modelled);

test.each(later)("$key, of a later Flink, is warned about by name too", (option) => {
  const text = `
    versions: { flink: 2.3.0 }
    kafka: { topics: { in: {}, out: {} } }
    producers: { p: { topic: in, rate: 1/s, record: 1 B } }
    jobs:
      j:
        source: { topic: in }
        operators: [{ name: o, keyed: true, service-time: 1 us }]
        sinks: [{ topic: out }]
  `;
  const path = option.clusterWide ? "flink.config" : "jobs.j.config";
  const { warnings } = parsePipeline(text, "x", [`${path}.${option.key}=${option.type.examples[0]}`]);
  expect(warnings.map(({ message }) => message)).toEqual([
    expect.stringContaining(`Sluice knows ${option.key} but does not model it yet, so it has no effect`),
  ]);
});

test("every alias leads to a key that exists", () => {
  const known = new Set(Object.keys(flinkOptions));
  for (const replaced of REPLACED_NAMES.filter(
    ({ status, name }) => status === "alias" && !name.endsWith(".*"),
  )) {
    expect(currentKeys(replaced, replaced.name).filter((key) => !known.has(key))).toEqual([]);
  }
});

test.each([
  ["linger.ms", { kind: "key", key: "linger.ms" }],
  ["jobs.enrich.sinks[0].properties.linger.ms", { kind: "key", key: "linger.ms" }],
  ["environment.broker.round-trip", { kind: "key", rows: [{ scope: "environment", unit: "as written" }] }],
  [
    "jobs.enrich.config.execution.checkpointing.interval",
    { kind: "key", rows: [{ default: "none", modelled: true }] },
  ],
  [
    "state.checkpoints.async",
    { kind: "replaced", status: "never", answer: "no such key: snapshots are always asynchronous" },
  ],
  [
    "akka.ask.timeout",
    { kind: "replaced", status: "alias", answer: "pekko.ask.timeout", rows: [{ key: "pekko.ask.timeout" }] },
  ],
  ["FlinkKafkaProducer", { kind: "replaced", status: "gone" }],
  ["kafka.consumer.isolation-level", { kind: "replaced", status: "never" }],
  ["execution.checkpointing.intervall", { kind: "unknown", suggestion: "execution.checkpointing.interval" }],
  ["xyzzy", { kind: "unknown", suggestion: undefined }],
])("explains %s", (key, expected) => {
  expect(explainKey(key)).toMatchObject(expected);
});
