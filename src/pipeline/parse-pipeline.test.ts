import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { ConfigError } from "./config-error.ts";
import { parsePipeline, resolvePipeline } from "./parse-pipeline.ts";
import type { PipelineInput } from "./schema.ts";
import { SMALL } from "./small-pipeline.fixture.ts";

const ORDERS = readFileSync(new URL("../../pipelines/orders.yaml", import.meta.url), "utf8");
const DOCUMENTATION = readFileSync(new URL("../../docs/pipeline-file.md", import.meta.url), "utf8");
const EXACTLY_ONCE =
  "{ topic: enriched, sink.delivery-guarantee: exactly-once, sink.transactional-id-prefix: e, properties.transaction.timeout.ms: 600000 }";

/** The lines an unusable file is answered with. */
function errors(text: string, set: readonly string[] = []): readonly string[] {
  try {
    parsePipeline(text, "shop.yaml", set);
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.map((issue) => issue.message);
    throw error;
  }
  return [];
}

function warnings(text: string): readonly string[] {
  return parsePipeline(text, "shop.yaml").warnings.map((issue) => issue.message);
}

/** The small file with one passage changed. */
function changed(from: string, to: string): string {
  if (!SMALL.includes(from)) throw new Error(`Cannot change the file: "${from}" isn't in it`);
  return SMALL.replace(from, to);
}

test("the bundled pipeline is read without a warning", () => {
  const { pipeline, warnings: notes } = parsePipeline(ORDERS, "pipelines/orders.yaml");
  expect(notes).toEqual([]);
  expect(pipeline).toMatchObject({
    name: "orders",
    versions: { flink: "2.1.1", flinkConnectorKafka: "4.0.1", kafka: "4.1.0", kafkaClients: "3.9.1" },
    kafka: { brokers: 3, minInsyncReplicas: 2, transactionMaxTimeout: 900e9 },
    producers: [
      {
        name: "shop",
        rate: { numerator: 10_000, denominator: 1 },
        recordBytes: 400,
        keys: 1_000_000,
        keyDistribution: { kind: "zipf", exponent: 0.8 },
        config: { acks: "all", linger: 0, batchSize: 16_384 },
      },
    ],
    jobs: [
      {
        parallelism: 4,
        maxParallelism: 128,
        checkpointing: { interval: 10e9, minPause: 0, maxConcurrentCheckpoints: 1, timeout: 600e9 },
        network: { bufferTimeout: 100e6, segmentSize: 32_768, buffersPerChannel: 2 },
        operators: [
          { name: "join", serviceTime: { kind: "constant", value: 200_000 }, stateBytesPerKey: 200 },
        ],
        sinks: [
          {
            input: { from: "join", partitioner: "forward" },
            share: { numerator: 1, denominator: 1 },
            deliveryGuarantee: "exactly-once",
            transactionTimeout: 600e9,
            recordBytes: 400,
          },
        ],
      },
    ],
    readers: [
      {
        name: "billing",
        consumer: { isolationLevel: "read_committed" },
        slo: { quantile: 0.99, bound: 15e9 },
      },
      {
        name: "fraud",
        consumer: { isolationLevel: "read_uncommitted" },
        slo: { quantile: 0.99, bound: 200e6 },
      },
    ],
  });
});

test("the least file takes every default", () => {
  const { pipeline } = parsePipeline(SMALL, "/tmp/shop.v2.yaml");
  expect(pipeline.name).toBe("shop.v2");
  expect(pipeline.environment).toMatchObject({ preset: "kubernetes-s3", brokerRoundTrip: 700_000 });
  expect(pipeline.kafka).toMatchObject({ brokers: 1, transactionMaxTimeout: 900e9, minInsyncReplicas: 1 });
  expect(pipeline.kafka.topics[0]).toEqual({
    name: "orders",
    partitions: 1,
    replicationFactor: 1,
    minInsyncReplicas: 1,
    uncleanElection: false,
  });
  expect(pipeline.flink).toEqual({
    taskManagers: 1,
    slotsPerTaskManager: 1,
    resourceProvider: "active",
    heartbeatInterval: 10e9,
    heartbeatTimeout: 50e9,
    heartbeatRpcFailureThreshold: 2,
    askTimeout: 10e9,
    slotRequestTimeout: 300e9,
    taskCancellationTimeout: 180e9,
    highAvailability: {
      type: "NONE",
      leaseDuration: 15e9,
      renewDeadline: 15e9,
      retryPeriod: 5e9,
      sessionTimeout: 60e9,
    },
    frameSize: 10_485_760,
    checkpointHistory: 10,
  });
  expect(pipeline.faults).toEqual([]);
  expect(pipeline.jobs[0]?.source).toEqual({
    topic: "orders",
    groupId: undefined,
    commitOffsetsOnCheckpoint: false,
    consumer: {
      isolationLevel: "read_uncommitted",
      fetchMinBytes: 1,
      fetchMaxWait: 500e6,
      maxPollRecords: 500,
      fetchMaxBytes: 52_428_800,
      maxPartitionFetchBytes: 1_048_576,
    },
  });
  expect(pipeline.jobs[0]?.sinks[0]).toMatchObject({
    deliveryGuarantee: "at-least-once",
    transactionTimeout: 3600e9,
  });
});

test("nested keys are the same as dotted ones", () => {
  const dotted = parsePipeline(SMALL, "shop.yaml").pipeline;
  const nested = changed(
    "{ execution.checkpointing.interval: 10 s }",
    "{ execution: { checkpointing: { interval: 10 s } } }",
  );
  expect(parsePipeline(nested, "shop.yaml").pipeline).toEqual(dotted);
  const lifted = changed("kafka:\n  topics:", "kafka.brokers: 1\nkafka:\n  topics:");
  expect(parsePipeline(lifted, "shop.yaml").pipeline).toEqual(dotted);
});

test("a module and a file give the same pipeline", () => {
  const input = {
    kafka: { brokers: 3, topics: { in: { partitions: 4, "replication.factor": 3 }, out: {} } },
    producers: { shop: { topic: "in", rate: "600/min", record: "1 kb", keys: 1e6, "linger.ms": 5 } },
    jobs: {
      copy: {
        config: { "parallelism.default": 2, "execution.buffer-timeout.enabled": false },
        source: { topic: "in", "properties.group.id": "copy" },
        operators: [{ name: "map", keyed: true, "service-time": "gamma 0.1 ms shape 4" }],
        sinks: [{ topic: "out", "sink.delivery-guarantee": "none" }],
      },
    },
  };
  const module = resolvePipeline(input, "copy.ts");
  expect(module).toEqual(parsePipeline(stringify(input), "copy.yaml"));
  expect(module.pipeline.producers[0]?.rate).toEqual({ numerator: 10, denominator: 1 });
  expect(module.pipeline.jobs[0]?.network.bufferTimeout).toBeUndefined();
  expect(module.pipeline.jobs[0]?.operators[0]?.serviceTime).toEqual({
    kind: "gamma",
    mean: 100_000,
    shape: 4,
  });
});

test.each([
  ["3.4.0-1.20", "1.20.1", 0],
  ["4.0.1-2.0", "2.1.1", 0],
  ["5.0.0", "2.1.1", 5_000_000],
])("connector %s brings its client, which chooses linger.ms", (connector, flink, linger) => {
  const text = changed("flink: 2.1.1", `flink: ${flink}, flink-connector-kafka: ${connector}`);
  expect(parsePipeline(text, "shop.yaml").pipeline.producers[0]?.config.linger).toBe(linger);
});

test("a release number keeps its zeros", () => {
  const text = changed("flink: 2.1.1", "flink: 1.20, flink-connector-kafka: 3.4.0");
  expect(parsePipeline(text, "shop.yaml").pipeline.versions.flink).toBe("1.20");
});

test("an anchor stands for what it names", () => {
  const text = changed(
    "orders: {}\n    enriched: {}",
    "orders: &topic { partitions: 3 }\n    enriched: *topic",
  );
  expect(parsePipeline(text, "shop.yaml").pipeline.kafka.topics.map((topic) => topic.partitions)).toEqual([
    3, 3,
  ]);
});

test.each<readonly [name: string, text: string, lines: readonly string[]]>([
  ["no text", "", ["Cannot read shop.yaml: got an empty file, wanted a pipeline"]],
  [
    "not YAML",
    "kafka: {",
    [
      "Cannot read shop.yaml (line 1): got text that isn't YAML, wanted YAML (Flow map in block collection must be sufficiently indented and end with a })",
    ],
  ],
  [
    "a key twice",
    SMALL.replace("flink: {}", "flink: {}\nflink: {}"),
    ["Cannot read flink (line 9): got the key a second time, after line 8, wanted it once"],
  ],
  [
    "a key twice, once nested",
    changed(
      "execution.checkpointing.interval: 10 s",
      "execution.checkpointing.interval: 10 s, execution: { checkpointing.interval: 1 s }",
    ),
    [
      "Cannot read jobs.enrich.config.execution.checkpointing.interval (line 11): got the key a second time, after line 11, wanted it once",
    ],
  ],
  [
    "a wrong unit",
    changed("interval: 10 s", "interval: 10 parsecs"),
    [
      'Cannot read jobs.enrich.config.execution.checkpointing.interval (line 11): got "10 parsecs", wanted a duration such as "10 s"',
    ],
  ],
  [
    "a fraction where Flink takes none",
    changed("interval: 10 s", "interval: 1.5 s"),
    [
      'Cannot read jobs.enrich.config.execution.checkpointing.interval (line 11): got "1.5 s", wanted a duration such as "10 s": Flink reads whole numbers only, so write a smaller unit',
    ],
  ],
  [
    "an interval Flink ignores",
    changed("interval: 10 s", "interval: 5"),
    [
      'Cannot read jobs.enrich.config.execution.checkpointing.interval (line 11): got 5, wanted at least 10 ms (Flink takes a shorter interval as "off")',
    ],
  ],
  [
    "a misspelt key",
    changed("execution.checkpointing.interval", "execution.checkpointing.intervall"),
    [
      'Cannot read jobs.enrich.config.execution.checkpointing.intervall (line 11): got an unknown key, wanted a Flink option; did you mean "execution.checkpointing.interval"?',
    ],
  ],
  [
    "a misspelt section",
    changed("readers:", "reader:"),
    [
      'Cannot read reader (line 17): got an unknown key, wanted a section of a pipeline file; did you mean "readers"?',
    ],
  ],
  [
    "numbers that can't be",
    changed("rate: 100/s, record: 800 B", "rate: -1/s, record: 0 B, keys: 0.5, batch.size: -1"),
    [
      'Cannot read producers.shop.rate (line 7): got "-1/s", wanted a rate such as "10000/s"',
      'Cannot read producers.shop.record (line 7): got "0 B", wanted at least 1 B',
      "Cannot read producers.shop.keys (line 7): got 0.5, wanted a whole number from 1 to 1000000000",
      'Cannot read producers.shop.batch.size (line 7): got -1, wanted a size such as "32 kb"',
    ],
  ],
  [
    "physical values without a unit",
    changed("record: 800 B", "record: 800").replace("0.3 ms", "0.3"),
    [
      'Cannot read producers.shop.record (line 7): got 800, wanted a size with its unit such as "800 B"',
      'Cannot read jobs.enrich.operators[0].service-time (line 14): got 0.3, wanted a service time such as "0.3 ms", "exponential 0.3 ms", "gamma 0.3 ms shape 4" or "parked 2 ms"',
    ],
  ],
  [
    "what is missing",
    changed("topic: orders, rate: 100/s, record: 800 B", "topic: orders"),
    [
      'Cannot read producers.shop.rate (line 7): got nothing, wanted a rate such as "10000/s"',
      'Cannot read producers.shop.record (line 7): got nothing, wanted a size with its unit such as "800 B"',
    ],
  ],
  [
    "an unknown topic",
    changed("topic: orders, rate", "topic: order, rate"),
    [
      'Cannot read producers.shop.topic (line 7): got "order", wanted a topic that is defined under kafka.topics; did you mean "orders"?',
    ],
  ],
  [
    "a reader of an unknown topic",
    changed("fraud: { topic: enriched }", "fraud: { topic: enrichd }"),
    [
      'Cannot read readers.fraud.topic (line 18): got "enrichd", wanted a topic that is defined under kafka.topics; did you mean "enriched"?',
    ],
  ],
  [
    "a topic nobody writes",
    changed("enriched: {}", "enriched: {}\n    other: {}").replace(
      "source: { topic: orders }",
      "source: { topic: other }",
    ),
    [
      'Cannot read jobs.enrich.source.topic (line 13): got "other", wanted a topic that a producer or a job writes',
    ],
  ],
  [
    "a job that reads what it writes",
    changed("source: { topic: orders }", "source: { topic: enriched }"),
    [
      'Cannot read jobs.enrich.source.topic (line 12): got "enriched", wanted a topic that doesn\'t come from the job itself (enrich -> enrich)',
    ],
  ],
  [
    "a reader of a job's input",
    changed("fraud: { topic: enriched }", "fraud: { topic: orders }"),
    [
      'Cannot read readers.fraud.topic (line 18): got "orders", wanted a topic that a job writes: this version of Sluice has no readers of a job\'s input',
    ],
  ],
  [
    "jobs with key groups of their own",
    changed(
      "readers:",
      `  more:
    config: { execution.checkpointing.interval: 10 s, pipeline.max-parallelism: 64 }
    source: { topic: enriched }
    operators: [{ name: join, keyed: true, service-time: 1 ms }]
    sinks: [{ topic: third }]
readers:`,
    ).replace("enriched: {}", "enriched: {}\n    third: {}"),
    [
      "Cannot read jobs.more.config.pipeline.max-parallelism (line 19): got 64 key groups, wanted 128, as job enrich has: this version of Sluice gives all jobs the same key groups",
    ],
  ],
  [
    "a topic with two writers",
    changed("topic: enriched }\nreaders", "topic: orders }\nreaders").replace(
      "fraud: { topic: enriched }",
      "fraud: { topic: orders }",
    ),
    [
      'Cannot read jobs.enrich.source.topic (line 12): got "orders", wanted a topic that doesn\'t come from the job itself (enrich -> enrich)',
      'Cannot read jobs.enrich.sinks[0].topic (line 16): got "orders", wanted a topic that nobody else writes, as producer shop does: this version of Sluice models one writer a topic',
    ],
  ],
  [
    "two producers on a topic",
    changed("record: 800 B }", "record: 800 B }\n  app: { topic: orders, rate: 1/s, record: 1 kb }"),
    [
      'Cannot read producers.app.topic (line 8): got "orders", wanted a topic that nobody else writes, as producer shop does: this version of Sluice models one writer a topic',
    ],
  ],
  [
    "faults of a kind that is modelled in part",
    changed(
      "flink: {}",
      "flink: {}\nfaults: { b: cut taskmanager-1 <-> jobmanager at 5 s for 3 s, c: drop notifyCheckpointComplete at 3 s, d: delay broker-1 <-> controller by 3 s at 1 s for 3 s }",
    ),
    [
      'Cannot read faults.b (line 9): got "cut taskmanager-1 <-> jobmanager at 5 s for 3 s", wanted cut between brokers and taskmanagers, readers, producers, the controller or each other: no more is modelled of it, see docs/pipeline-file.md#faults',
      'Cannot read faults.c (line 9): got "drop notifyCheckpointComplete at 3 s", wanted drop, duplicate and delay of messages to or from a broker: no more is modelled of it, see docs/pipeline-file.md#faults',
      'Cannot read faults.d (line 9): got "delay broker-1 <-> controller by 3 s at 1 s for 3 s", wanted delay between brokers and taskmanagers or readers: no more is modelled of it, see docs/pipeline-file.md#faults',
    ],
  ],
  [
    "too many replicas",
    changed("orders: {}", "orders: { replication.factor: 3 }"),
    [
      "Cannot read kafka.topics.orders.replication.factor (line 4): got 3, wanted at most the 1 broker (kafka.brokers)",
    ],
  ],
  [
    "parallelism beyond the maximum",
    changed("interval: 10 s", "interval: 10 s, parallelism.default: 8, pipeline.max-parallelism: 4"),
    [
      "Cannot read jobs.enrich.config.parallelism.default (line 11): got 8, wanted at most pipeline.max-parallelism, which is 4",
    ],
  ],
  [
    "fewer slots than subtasks",
    changed("flink: {}", "flink: { taskmanagers: 2 }").replace(
      "interval: 10 s",
      "interval: 10 s, parallelism.default: 4",
    ),
    [
      'Cannot read flink.taskmanagers (line 8): got 2, wanted at least 4: the jobs\' parallelism adds up to 4 slots of 1 a TaskManager, or Flink waits and fails with "NoResourceAvailableException: Could not acquire the minimum required resources."',
    ],
  ],
  [
    "two sinks of one topic",
    changed("- { topic: enriched }", "- { topic: enriched }\n      - { topic: enriched }"),
    [
      'Cannot read jobs.enrich.sinks[1].topic (line 17): got "enriched", wanted a topic that nobody else writes, as job enrich does: this version of Sluice models one writer a topic',
    ],
  ],
  [
    "no sink",
    changed("- { topic: enriched }", "[]"),
    ["Cannot read jobs.enrich.sinks (line 15): got an empty list, wanted at least one sink"],
  ],
  [
    "an operator that Flink chains to the source",
    changed("keyed: true, ", ""),
    [
      "Cannot read jobs.enrich.operators[0].partitioner (line 14): got an operator that Flink chains to the source, wanted keyed: true or a partitioner that sends its records over the network: this version of Sluice chains nothing to a source",
    ],
  ],
  [
    "inputs and sinks of operators that aren't there",
    changed(
      "service-time: 0.3 ms }",
      "service-time: 0.3 ms }\n      - { name: sum, inputs: [joins, later, source], partitioner: rebalance, service-time: 1 us }\n      - { name: later, service-time: 1 us }",
    ).replace("- { topic: enriched }", "- { topic: enriched, from: summ }"),
    [
      'Cannot read jobs.enrich.operators[1].inputs[0] (line 15): got "joins", wanted source or the name of an operator further up; did you mean "join"?',
      'Cannot read jobs.enrich.operators[1].inputs[1] (line 15): got "later", wanted source or the name of an operator further up',
      'Cannot read jobs.enrich.sinks[0].from (line 18): got "summ", wanted the name of an operator of the job; did you mean "sum"?',
    ],
  ],
  [
    "partitioners that don't fit",
    changed(
      "service-time: 0.3 ms }",
      [
        "service-time: 0.3 ms }",
        "- { name: two, keyed: true, partitioner: hash, service-time: 1 us }",
        "- { name: three, partitioner: forward, parallelism: 2, service-time: 1 us }",
        "- { name: four, partitioner: rescale, parallelism: 3, state: 1 kb/key, service-time: 1 us }",
        "- { name: source, service-time: 1 us, parallelism: 3 }",
      ].join("\n      "),
    ),
    [
      'Cannot read jobs.enrich.operators[1].partitioner (line 15): got "hash", wanted keyed or partitioner, not both: keyed: true is partitioner: hash',
      'Cannot read jobs.enrich.operators[2].partitioner (line 16): got "forward", wanted another partitioner, or Flink fails: Forward partitioning does not allow change of parallelism. Upstream parallelism: 1, downstream parallelism: 2',
      'Cannot read jobs.enrich.operators[3].partitioner (line 17): got "rescale", wanted parallelisms of which one divides the other, not 2 and 3: this version of Sluice rescales in even groups',
      "Cannot read jobs.enrich.operators[3].state (line 17): got \"1 kb/key\", wanted keyed: true, or Flink fails: Keyed state can only be used on a 'keyed stream'",
      'Cannot read jobs.enrich.operators[4].name (line 18): got "source", wanted a name that no other operator of the job has',
    ],
  ],
  [
    "more subtasks of one operator than there are slots",
    changed("service-time: 0.3 ms }", "service-time: 0.3 ms, parallelism: 5 }").replace(
      "flink: {}",
      "flink: { taskmanagers: 2 }",
    ),
    [
      'Cannot read flink.taskmanagers (line 8): got 2, wanted at least 5: the jobs\' parallelism adds up to 5 slots of 1 a TaskManager, or Flink waits and fails with "NoResourceAvailableException: Could not acquire the minimum required resources."',
    ],
  ],
  [
    "unaligned checkpoints that Flink doesn't take",
    changed(
      "interval: 10 s",
      "interval: 10 s, execution.checkpointing.unaligned.enabled: true, execution.checkpointing.mode: AT_LEAST_ONCE, execution.checkpointing.max-concurrent-checkpoints: 2",
    ),
    [
      'Cannot read jobs.enrich.config.execution.checkpointing.mode (line 11): got "AT_LEAST_ONCE", wanted EXACTLY_ONCE: unaligned checkpoints need it',
      "Cannot read jobs.enrich.config.execution.checkpointing.max-concurrent-checkpoints (line 11): got 2, wanted 1: unaligned checkpoints go one at a time",
    ],
  ],
  [
    "two sinks with one prefix",
    changed(
      "- { topic: enriched }",
      `- ${EXACTLY_ONCE}\n      - ${EXACTLY_ONCE.replace("topic: enriched", "topic: more")}`,
    ).replace("enriched: {", "more: {}\n    enriched: {"),
    [
      'Cannot read jobs.enrich.sinks[1].sink.transactional-id-prefix (line 18): got "e", wanted a prefix of its own: another sink of the job has it too, so their sinks would fence each other',
    ],
  ],
  [
    "exactly-once as the connector's defaults leave it",
    changed(
      "{ topic: enriched }\nreaders",
      "{ topic: enriched, sink.delivery-guarantee: exactly-once }\nreaders",
    ).replace("execution.checkpointing.interval: 10 s", ""),
    [
      'Cannot read jobs.enrich.config.execution.checkpointing.interval (line 11): got nothing, wanted an interval such as "10 s": an exactly-once sink commits when a checkpoint completes, so never without',
      "Cannot read jobs.enrich.sinks[0].sink.transactional-id-prefix (line 16): got nothing, wanted a prefix: exactly-once needs sink.transactional-id-prefix",
      "Cannot read jobs.enrich.sinks[0].properties.transaction.timeout.ms (line 16): got Flink's default of 1 h, wanted at most the brokers' transaction.max.timeout.ms of 15 min, or InitProducerId fails: The transaction timeout is larger than the maximum value allowed by the broker (as configured by transaction.max.timeout.ms).",
    ],
  ],
  [
    "one prefix for two jobs",
    SMALL.replace("- { topic: enriched }", `- ${EXACTLY_ONCE}`)
      .replace(
        "readers:",
        `  bill:
    config: { execution.checkpointing.interval: 10 s }
    source: { topic: orders }
    operators: [{ name: add, keyed: true, service-time: 1 us }]
    sinks: [${EXACTLY_ONCE.replace("enriched", "bills")}]
readers:`,
      )
      .replace("enriched: {}", "enriched: {}\n    bills: {}"),
    [
      'Cannot read jobs.bill.sinks[0].sink.transactional-id-prefix (line 22): got "e", wanted a prefix of its own: job enrich has it too, so their sinks would fence each other',
    ],
  ],
  [
    "what a client of Kafka 4 refuses",
    changed("flink: 2.1.1", "flink: 2.1.1, flink-connector-kafka: 5.0.0").replace(
      "record: 800 B",
      "record: 800 B, max.in.flight.requests.per.connection: 6",
    ),
    [
      "Cannot read producers.shop.max.in.flight.requests.per.connection (line 7): got 6, wanted at most 5, or the client fails: To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. Current value is 6.",
    ],
  ],
  [
    "acks that idempotence rules out",
    changed("record: 800 B", "record: 800 B, acks: 1, enable.idempotence: true"),
    [
      'Cannot read producers.shop.acks (line 7): got 1, wanted "all", or the client fails: Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.',
    ],
  ],
  [
    "a transaction without idempotence",
    changed(
      "{ topic: enriched }\nreaders",
      `${EXACTLY_ONCE.replace(" }", ", properties.acks: 0 }")}\nreaders`,
    ),
    [
      'Cannot read jobs.enrich.sinks[0].properties.acks (line 16): got 0, wanted "all", or the client fails: Cannot set a transactional.id without also enabling idempotence.',
    ],
  ],
  [
    "a delivery timeout that is too short",
    changed("record: 800 B", "record: 800 B, delivery.timeout.ms: 1000, linger.ms: 10"),
    [
      "Cannot read producers.shop.delivery.timeout.ms (line 7): got 1000, wanted at least 30010 ms, or the client fails: delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms",
    ],
  ],
  [
    "a record no request holds",
    changed("record: 800 B", "record: 2 mb"),
    [
      'Cannot read producers.shop.record (line 7): got "2 mb", wanted at most max.request.size of 1048576 bytes, or send fails with RecordTooLargeException',
      "Cannot read jobs.enrich.sinks[0].record (line 16): got nothing, wanted at most max.request.size of 1048576 bytes, or send fails with RecordTooLargeException",
    ],
  ],
  [
    "a record that no memory holds",
    changed("record: 800 B", "record: 800 B, buffer.memory: 700, batch.size: 500"),
    [
      'Cannot read producers.shop.record (line 7): got "800 B", wanted at most buffer.memory of 700 bytes, or send fails with RecordTooLargeException',
    ],
  ],
  [
    "a batch that no memory holds",
    changed("record: 800 B", "record: 800 B, buffer.memory: 16000"),
    [
      "Cannot read producers.shop.buffer.memory (line 7): got 16000, wanted at least batch.size of 16384 bytes, or send fails with IllegalArgumentException: Attempt to allocate 16384 bytes, but there is a hard limit of 16000 on memory allocations.",
    ],
  ],
  [
    "a reader that a fault would take for a broker, and one with a producer's name",
    changed(
      "readers:",
      "readers:\n  brokers: { topic: enriched }\n  broker-1: { topic: enriched }\n  shop: { topic: enriched }",
    ),
    [
      'Cannot read readers.brokers (line 18): got a map, wanted another name: in faults "brokers" stands for something else',
      'Cannot read readers.broker-1 (line 19): got a map, wanted another name: in faults "broker-1" stands for something else',
      "Cannot read readers.shop (line 20): got a map, wanted a name that no producer has: faults call both by theirs",
    ],
  ],
  [
    "a connector for another Flink",
    changed("flink: 2.1.1", "flink: 2.1.1, flink-connector-kafka: 3.4.0"),
    [
      'Cannot read versions.flink-connector-kafka (line 1): got "3.4.0", wanted a connector for Flink 2.1.1: 4.0.0 or later',
    ],
  ],
  [
    "releases nobody knows",
    changed("flink: 2.1.1", "flink: 1.18, flink-connector-kafka: 9.9.9, kafka: two"),
    [
      'Cannot read versions.flink (line 1): got 1.18, wanted a Flink release such as "2.1.1": 1.20 or 2.0 to 2.3',
      'Cannot read versions.flink-connector-kafka (line 1): got "9.9.9", wanted a flink-connector-kafka release: one of 3.2.0, 3.3.0, 3.4.0, 4.0.0, 4.0.1, 5.0.0',
      'Cannot read versions.kafka (line 1): got "two", wanted a Kafka release such as "4.1.0": 3.0 to 4.x',
    ],
  ],
  [
    "a key that Flink 2 dropped",
    changed("flink: {}", "flink: { config: { taskmanager.network.memory.floating-buffers-per-gate: 4 } }"),
    [
      "Cannot read flink.config.taskmanager.network.memory.floating-buffers-per-gate (line 8): got a key that Flink 2.0 removed, wanted no such key: Flink 2.x fixes it at 8",
    ],
  ],
  [
    "a key of a later Flink",
    changed("interval: 10 s", "interval: 10 s, pipeline.sources.pause-until-first-checkpoint: true"),
    [
      "Cannot read jobs.enrich.config.pipeline.sources.pause-until-first-checkpoint (line 11): got a key that came with Flink 2.3, wanted a key of Flink 2.1.1",
    ],
  ],
  [
    "an option of the cluster in a job",
    changed("interval: 10 s", "interval: 10 s, taskmanager.numberOfTaskSlots: 2"),
    [
      "Cannot read jobs.enrich.config.taskmanager.numberOfTaskSlots (line 11): got an option of Flink's processes, wanted it under flink.config: a job can't change it",
    ],
  ],
  [
    "names of books and of the past",
    changed("interval: 10 s", "interval: 10 s, state.checkpoints.async: true, state.backend: filesystem")
      .replace(
        "- { topic: enriched }",
        "- { topic: enriched, sink.semantic: exactly-once, FlinkKafkaProducer: x }",
      )
      .replace("  topics:", "  consumer.isolation-level: read_committed\n  topics:"),
    [
      "Cannot read kafka.consumer.isolation-level (line 3): got a name that never existed, wanted isolation.level in a reader, properties.isolation.level in a job's source",
      "Cannot read jobs.enrich.config.state.checkpoints.async (line 12): got a name that never existed, wanted no such key: snapshots are always asynchronous",
      'Cannot read jobs.enrich.config.state.backend.type (line 12): got "filesystem", wanted state.backend.type: hashmap, execution.checkpointing.storage: filesystem and execution.checkpointing.dir',
      "Cannot read jobs.enrich.sinks[0].sink.semantic (line 17): got a name that is gone, wanted sink.delivery-guarantee",
      "Cannot read jobs.enrich.sinks[0].FlinkKafkaProducer (line 17): got a name that is gone, wanted the options sink.delivery-guarantee and sink.transactional-id-prefix of a sink (KafkaSink, DeliveryGuarantee)",
    ],
  ],
  [
    "maps where values belong",
    changed("topic: orders, rate: 100/s", "topic: [a, b], rate: {}"),
    [
      "Cannot read producers.shop.topic (line 7): got a list of 2, wanted the name of a topic",
      'Cannot read producers.shop.rate (line 7): got an empty map, wanted a rate such as "10000/s"',
    ],
  ],
  [
    "nothing to simulate",
    "kafka: { topics: }\nproducers:\njobs:\n",
    [
      "Cannot read kafka.topics (line 1): got an empty map, wanted at least one topic",
      "Cannot read producers (line 2): got an empty map, wanted at least one producer",
      "Cannot read jobs (line 3): got an empty map, wanted at least one job",
    ],
  ],
  [
    "options that only the other connector has",
    changed(
      "- { topic: enriched }",
      "- { topic: enriched, connector: upsert-kafka, sink.partitioner: fixed, key.fields: id }\n      - { topic: more, sink.buffer-flush.max-rows: 100 }",
    ).replace("topics:", "topics:\n    more: {}"),
    [
      'Cannot read jobs.enrich.sinks[0].sink.partitioner (line 17): got "fixed", wanted nothing: connector upsert-kafka writes by the hash of its primary key',
      'Cannot read jobs.enrich.sinks[0].key.fields (line 17): got "id", wanted nothing: connector upsert-kafka takes the columns of its primary key',
      "Cannot read jobs.enrich.sinks[1].sink.buffer-flush.max-rows (line 18): got 100, wanted connector: upsert-kafka, which alone buffers",
    ],
  ],
  [
    "round-robin for records that have a key, as Flink SQL",
    changed("- { topic: enriched }", "- { topic: enriched, sink.partitioner: round-robin, key.fields: id }"),
    [
      "Cannot read jobs.enrich.sinks[0].sink.partitioner (line 16): got \"round-robin\", wanted default, which writes by key: 'round-robin' partitioner only works when option 'key.fields' is not specified",
    ],
  ],
  [
    "one limit of an upsert sink's buffer without the other",
    changed(
      "- { topic: enriched }",
      "- { topic: enriched, connector: upsert-kafka, sink.buffer-flush.max-rows: 100, sink.buffer-flush.interval: 0 s }",
    ),
    [
      "Cannot read jobs.enrich.sinks[0].sink.buffer-flush.max-rows (line 16): got 100, wanted both sink.buffer-flush.max-rows and sink.buffer-flush.interval above zero, or neither",
    ],
  ],
  [
    "a name no topic may have",
    changed("orders: {}", "orders: {}\n    my topic: {}"),
    [
      'Cannot read kafka.topics.my topic (line 5): got this name, wanted a name of letters, digits, ".", "_" and "-"',
    ],
  ],
])("%s is answered in one line each", (_name, text, lines) => {
  expect(errors(text)).toEqual(lines);
});

test("a cycle through two jobs is reported once", () => {
  const text = SMALL.replace("source: { topic: orders }", "source: { topic: b }")
    .replace("topics:", "topics:\n    b: {}")
    .replace(
      "readers:",
      "  back:\n    source: { topic: enriched }\n    operators: [{ name: x, keyed: true, service-time: 1 us }]\n    sinks: [{ topic: b }]\nreaders:",
    );
  expect(errors(text)).toEqual([
    'Cannot read jobs.enrich.source.topic (line 13): got "b", wanted a topic that doesn\'t come from the job itself (enrich -> back -> enrich)',
  ]);
});

test("nothing is concluded from a value that couldn't be read", () => {
  const text = SMALL.replace("- { topic: enriched }", `- ${EXACTLY_ONCE}`).replace("10 s", "soon");
  expect(errors(text)).toEqual([
    'Cannot read jobs.enrich.config.execution.checkpointing.interval (line 11): got "soon", wanted a duration such as "10 s"',
  ]);
});

test.each<readonly [name: string, text: string, lines: readonly string[]]>([
  [
    "a key that isn't modelled",
    changed("interval: 10 s", "interval: 10 s, state.changelog.enabled: true"),
    [
      "Note on jobs.enrich.config.state.changelog.enabled (line 11): got true; Sluice knows state.changelog.enabled but does not model it yet, so it has no effect",
    ],
  ],
  [
    "a state backend that isn't modelled",
    changed("interval: 10 s", "interval: 10 s, state.backend.type: forst"),
    [
      'Note on jobs.enrich.config.state.backend.type (line 11): got "forst"; Sluice models hashmap and rocksdb, and takes this for rocksdb',
    ],
  ],
  [
    "an interval during backlog",
    changed("interval: 10 s", "interval: 10 s, execution.checkpointing.interval-during-backlog: 1 min"),
    [
      'Note on jobs.enrich.config.execution.checkpointing.interval-during-backlog (line 11): got "1 min"; a Kafka source never reports a backlog, so it has no effect, neither here nor in Flink',
    ],
  ],
  [
    "an old name that Flink still reads",
    changed("flink: {}", "flink: { config: { execution.buffer-timeout: 10 ms } }"),
    [
      "Note on flink.config.execution.buffer-timeout (line 8): got an old name; Flink reads it as execution.buffer-timeout.interval",
    ],
  ],
  [
    "more replicas in sync than there are",
    changed("orders: {}", "orders: { min.insync.replicas: 2 }"),
    [
      "Note on kafka.topics.orders.min.insync.replicas (line 4): got 2; topic orders has replication.factor 1, so the broker takes 1",
    ],
  ],
  [
    "transactions that can't outlast the interval",
    SMALL.replace("- { topic: enriched }", `- ${EXACTLY_ONCE}`).replace("10 s", "10 min"),
    [
      "Note on jobs.enrich.sinks[0].properties.transaction.timeout.ms (line 16): got 600000; a transaction stays open for the checkpoint interval of 10 min and longer, so brokers will abort it",
    ],
  ],
  [
    "Flink 1.20 and its old backends",
    changed("flink: 2.1.1", "flink: 1.20.1").replace(
      "interval: 10 s",
      "interval: 10 s, state.backend: filesystem",
    ),
    [
      "Note on jobs.enrich.config.state.backend (line 11): got an old name; Flink reads it as state.backend.type",
      'Note on jobs.enrich.config.state.backend.type (line 11): got "filesystem"; Flink 1.20.1 still reads it, Flink 2.x wants state.backend.type: hashmap, execution.checkpointing.storage: filesystem and execution.checkpointing.dir',
    ],
  ],
])("%s is a warning", (_name, text, lines) => {
  expect(warnings(text)).toEqual(lines);
});

test("an old name has its value, unless the current one is written", () => {
  const timeout = (config: string) =>
    parsePipeline(changed("flink: {}", `flink: { config: { ${config} } }`), "x").pipeline.jobs[0]?.network
      .bufferTimeout;
  expect(timeout("execution.buffer-timeout: 10 ms")).toBe(10e6);
  expect(timeout("execution.buffer-timeout: 10 ms, execution.buffer-timeout.interval: 20 ms")).toBe(20e6);
});

test("Flink 1.20 lets network buffers be set", () => {
  const text = changed("flink: 2.1.1", "flink: 1.20.1").replace(
    "flink: {}",
    "flink: { config: { taskmanager.network.memory.floating-buffers-per-gate: 4 } }",
  );
  expect(parsePipeline(text, "x").pipeline.jobs[0]?.network.floatingBuffersPerGate).toBe(4);
});

test("the documentation's example is read without a warning, and its errors are what it says", () => {
  const [, example = "", errorLines = ""] =
    /```yaml\n(.*?)```.*?```\n(Cannot read.*?)```/s.exec(DOCUMENTATION) ?? [];
  expect(warnings(example)).toEqual([]);
  const broken = example
    .replace("topic: orders, rate", "topic: order, rate")
    .replace("interval: 10 s", "interval: 10 parsecs");
  expect(errors(broken)).toEqual(errorLines.trim().split("\n"));
});

test("a misspelt key in a module is a type error, and a ConfigError", () => {
  const input: PipelineInput = {
    // @ts-expect-error: it is "topics"
    kafka: { topic: {} },
    producers: {},
    jobs: {},
  };
  expect(() => resolvePipeline(input)).toThrow(
    'Cannot read kafka.topic: got an unknown key, wanted a key of the Kafka cluster; did you mean "topics"?',
  );
});
