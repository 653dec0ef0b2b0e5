import { flinkDuration, kafkaMilliseconds } from "../values/duration.ts";
import { integer } from "../values/number.ts";
import { partitionOffsets } from "../values/partition-offsets.ts";
import { choice, flag, text } from "../values/word.ts";
import { consumerOptions, producerOptions } from "./kafka-options.ts";
import { type Options, options } from "./option.ts";

type Prefixed<O extends Options> = { readonly [Key in keyof O & string as `properties.${Key}`]: O[Key] };

/** Client options under `properties.`, as Flink SQL hands them on. */
function prefixed<const O extends Options>(clientOptions: O): Prefixed<O> {
  const entries = Object.values(clientOptions).map((option) => {
    const key = `properties.${option.key}`;
    return [key, { ...option, key }] as const;
  });
  return Object.fromEntries(entries) as Prefixed<O>;
}

/** What the connector itself adds to the producer's options. */
export const connectorSinkOptions = options({
  scope: "connector",
  source: "flink-connector-kafka 4.0 KafkaConnectorOptions",
  modelled: {
    connector: [
      choice(["kafka", "upsert-kafka"]),
      "kafka",
      "upsert-kafka: each record replaces the one before it of its key, by which it is written to a partition.",
      { source: "flink-connector-kafka 4.0 UpsertKafkaDynamicTableFactory" },
    ],
    "key.fields": [
      text("the names of columns", "id"),
      undefined,
      "Columns that are the key of a record: the default partitioner then writes by key. (upsert-kafka takes the primary key.)",
    ],
    "sink.delivery-guarantee": [
      choice(["at-least-once", "exactly-once", "none"]),
      "at-least-once",
      "What the sink promises: none, flush at the checkpoint, or one transaction for each checkpoint and subtask. (The DataStream builder's default is none.)",
    ],
    "sink.transactional-id-prefix": [
      text("a prefix", "enrich"),
      undefined,
      "First part of the sink's transactional ids; exactly-once needs one that no other sink uses.",
    ],
    "sink.partitioner": [
      choice(["default", "fixed"], { "round-robin": "default" }),
      "default",
      "default: the producer's own partitioner, sticky, or by the key of records that have one (round-robin, despite its name, is the same); fixed: each subtask writes one partition.",
    ],
    "sink.transaction-naming-strategy": [
      choice(["INCREMENTING", "POOLING"], { DEFAULT: "INCREMENTING" }),
      "INCREMENTING",
      "How transactional ids are chosen: a new one for each checkpoint, or those that are free. DEFAULT is INCREMENTING.",
    ],
    "properties.transaction.timeout.ms": [
      kafkaMilliseconds({ min: 1_000_000 }),
      "3600000",
      "Time before the broker aborts an open transaction. Flink's default exceeds transaction.max.timeout.ms of a default broker.",
      { source: "flink-connector-kafka 4.0 KafkaSinkBuilder" },
    ],
    "sink.buffer-flush.max-rows": [
      integer({ max: 1e9 }),
      "0",
      "Rows that an upsert-kafka sink holds back before it writes them, all of them: that one replaces an earlier one of its key is not modelled; 0: none. Needs sink.buffer-flush.interval.",
    ],
    "sink.buffer-flush.interval": [
      flinkDuration(),
      "0 s",
      "How long an upsert-kafka sink holds rows back; 0: not at all. Needs sink.buffer-flush.max-rows.",
    ],
    "sink.parallelism": [
      integer({ min: 1, max: 32_768 }),
      undefined,
      "Subtasks of the sink; without it those of the operator it is chained to.",
    ],
  },
});

/** What the connector itself adds to the consumer's options. */
export const connectorSourceOptions = options({
  scope: "connector",
  source: "flink-connector-kafka 4.0 KafkaSourceOptions",
  modelled: {
    "properties.commit.offsets.on.checkpoint": [
      flag(),
      "true",
      "Whether offsets are committed to Kafka when a checkpoint completes; needs properties.group.id.",
    ],
    "properties.group.id": [
      text("a group id", "enrich"),
      undefined,
      "Consumer group for committed offsets; a restore never reads them.",
    ],
    "scan.bounded.mode": [
      choice(["unbounded", "latest-offset", "timestamp", "specific-offsets"]),
      "unbounded",
      "Where reading ends, and with it the job: nowhere, at the end that the topic has when the job starts from nothing, in front of the first record from a time on or at that end, or at given offsets. (group-offsets is not modelled.)",
      { source: "flink-connector-kafka 4.0 KafkaConnectorOptions" },
    ],
    "scan.bounded.specific-offsets": [
      partitionOffsets(),
      undefined,
      "Of each partition the offset in front of which reading ends; needs scan.bounded.mode specific-offsets.",
      { source: "flink-connector-kafka 4.0 KafkaConnectorOptions" },
    ],
    "scan.bounded.timestamp-millis": [
      integer({ max: Number.MAX_SAFE_INTEGER }),
      undefined,
      "Time of the virtual clock, ms, at which reading ends; needs scan.bounded.mode timestamp.",
      { source: "flink-connector-kafka 4.0 KafkaConnectorOptions" },
    ],
    "scan.watermark.idle-timeout": [
      flinkDuration({ min: 1_000_000 }),
      undefined,
      "Time without a record after which a split no longer holds the watermark up; without it none is ever idle.",
      { source: "Flink 2.1 FactoryUtil.SOURCE_IDLE_TIMEOUT; WatermarkStrategy.withIdleness" },
    ],
  },
  known: {
    "properties.partition.discovery.interval.ms": [
      kafkaMilliseconds({ max: Number.MAX_SAFE_INTEGER }),
      "300000",
      "Time between two looks for new partitions.",
    ],
    "scan.startup.mode": [
      choice(["group-offsets", "earliest-offset", "latest-offset", "timestamp", "specific-offsets"]),
      "group-offsets",
      "Where a job without a checkpoint starts.",
      { source: "flink-connector-kafka 4.0 KafkaConnectorOptions" },
    ],
    "scan.topic-partition-discovery.interval": [
      flinkDuration(),
      "5 min",
      "Time between two looks for new partitions; 0: off.",
      { source: "flink-connector-kafka 4.0 KafkaConnectorOptions" },
    ],
    "scan.parallelism": [
      integer({ min: 1, max: 32_768 }),
      undefined,
      "Subtasks of the source; without it the job's.",
      { source: "flink-connector-kafka 4.0 KafkaConnectorOptions" },
    ],
  },
});

/** Options of a Kafka sink, in SQL spelling. */
export const sinkOptions = { ...prefixed(producerOptions), ...connectorSinkOptions };

/** Options of a Kafka source, in SQL spelling. */
export const sourceOptions = { ...prefixed(consumerOptions), ...connectorSourceOptions };

/** What the connector itself adds to the client's options. */
export const connectorOptions = { ...connectorSinkOptions, ...connectorSourceOptions };
