import { expect, test } from "vitest";
import { measurePipeline } from "../experiment/index.ts";
import { type Pipeline, parsePipeline } from "../pipeline/index.ts";

/** Everything an option can set, in one pipeline: two jobs in a chain, three brokers, both guarantees. */
const TEXT = `
environment: { preset: laptop }
kafka:
  brokers: 3
  topics:
    in: { partitions: 4, replication.factor: 3 }
    mid: { partitions: 4, replication.factor: 3 }
    out: { partitions: 4, replication.factor: 3 }
producers: { p: { topic: in, rate: 200/s, record: 100 B, keys: 10, skew: zipf 1, linger.ms: 3 } }
jobs:
  first:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s, execution.checkpointing.dir: "s3://checkpoints", state.backend.type: rocksdb }
    source: { topic: in, properties.group.id: g }
    operators:
      - { name: o, keyed: true, service-time: gamma 1 ms shape 2, slow-subtask: "0: parked 1 ms", state: 10 kb/key }
    sinks:
      - topic: mid
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: first
        properties.transaction.timeout.ms: 60000
        properties.linger.ms: 3
  second:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s }
    source: { topic: mid, properties.isolation.level: read_committed }
    operators: [{ name: o, keyed: true, service-time: 1 us }]
    sinks: [{ topic: out }]
readers:
  some: { topic: out }
  all: { topic: mid, isolation.level: read_committed, slo: p99 <= 1 s }
`;

const FAILURES = "resolved and checked; matters when something fails, and nothing in this pipeline does";

const BROKERS = "read where a fault of the plan hits brokers: src/verification/broker-failover.test.ts";

/** What of a resolved pipeline no run reads, and why it stands there all the same; `*` at the end stands for the rest of a
 *  path. Whoever models one removes its line; whoever adds an option that no model reads declares it `known`, so that it is
 *  warned about, or writes a line here that says what else is done with it. */
const READ_BY_NOBODY: Readonly<Record<string, string>> = {
  "environment.preset": "a name, for the result",
  "environment.brokerStart": BROKERS,
  "environment.transactionLoadBandwidth": BROKERS,
  "environment.transactionLog": BROKERS,
  "environment.jobManagerStart": FAILURES,
  "flink.highAvailability.*": FAILURES,
  "jobs[].checkpointing.retention": "the parser holds faults against it that submit a job from a checkpoint",
  "jobs[].latencyTracking.granularity": "read where there are latency markers, and here there are none",
  "jobs[].latencyTracking.historySize": "as that",
  "jobs[].network.debloat.*": "read where buffers are debloated, and here they aren't",
  "jobs[].restartStrategy.*": FAILURES,
  "jobs[].state.fromLocal": FAILURES,
  "jobs[].sinks[].producer.bufferMemory": BROKERS,
  "jobs[].sinks[].producer.deliveryTimeout": BROKERS,
  "jobs[].sinks[].producer.idempotence": BROKERS,
  "jobs[].sinks[].producer.maxBlock": BROKERS,
  "jobs[].sinks[].producer.maxRequestSize": BROKERS,
  "jobs[].sinks[].producer.requestTimeout": BROKERS,
  "jobs[].sinks[].producer.retries": BROKERS,
  "jobs[].sinks[].producer.retryBackoffMax": BROKERS,
  "kafka.brokerHeartbeatInterval": BROKERS,
  "kafka.replicaLagTimeMax": BROKERS,
  "kafka.brokerSessionTimeout": BROKERS,
  "kafka.controllerAppendLinger": BROKERS,
  "kafka.minInsyncReplicas": "each topic's own is what counts",
  "kafka.topics[].minInsyncReplicas": BROKERS,
  "kafka.topics[].uncleanElection": BROKERS,
  "kafka.transactions.stateLogMinIsr": BROKERS,
  "producers[].config.batchSize": "warned about",
  "producers[].config.bufferMemory": BROKERS,
  "producers[].config.deliveryTimeout": BROKERS,
  "producers[].config.idempotence": BROKERS,
  "producers[].config.maxBlock": "warned about",
  "producers[].config.maxRequestSize": "warned about",
  "producers[].config.requestTimeout": BROKERS,
  "producers[].config.retries": BROKERS,
  "producers[].config.retryBackoff": BROKERS,
  "producers[].config.retryBackoffMax": BROKERS,
  "readers[].consumer.maxPollRecords": "warned about",
  "versions.flinkConnectorKafka": "chooses defaults",
  "versions.kafka": "chooses defaults",
  "versions.kafkaClients": "chooses defaults",
};

test("what a pipeline is told is read when it runs, or stands in the list of what isn't", () => {
  const { pipeline } = parsePipeline(TEXT, "everything.yaml");
  const read = new Set<string>();
  measurePipeline(watched(pipeline, read), { seed: "1", duration: 5e9 });
  const unread = leavesOf(pipeline).filter((path) => !read.has(path));
  const lines = Object.keys(READ_BY_NOBODY);
  expect(unread.filter((path) => !lines.some((line) => covers(line, path)))).toEqual([]);
  expect(lines.filter((line) => !unread.some((path) => covers(line, path)))).toEqual([]);
});

function covers(line: string, path: string): boolean {
  return line.endsWith("*") ? path.startsWith(line.slice(0, -1)) : path === line;
}

/** The same pipeline; `read` gets the path of every leaf that somebody asks for. */
function watched(pipeline: Pipeline, read: Set<string>): Pipeline {
  // An object stays one object however often it is asked for: the assembly finds a job by its identity.
  const proxies = new WeakMap<object, object>();
  const watch = (value: object, path: string): object => {
    const known = proxies.get(value);
    if (known !== undefined) return known;
    const proxy = new Proxy(value, {
      get(target, key): unknown {
        const found: unknown = Reflect.get(target, key);
        if (typeof key === "symbol" || typeof found === "function") return found;
        const here = pathOf(target, path, key);
        if (typeof found === "object" && found !== null) return watch(found, here);
        read.add(here);
        return found;
      },
    });
    proxies.set(value, proxy);
    return proxy;
  };
  return watch(pipeline, "") as Pipeline;
}

/** Paths of all that is no object, `jobs[].sinks[].topic`, sorted. */
function leavesOf(pipeline: Pipeline): string[] {
  const found = new Set<string>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) {
      found.add(path);
      return;
    }
    for (const [key, child] of Object.entries(value)) walk(child, pathOf(value, path, key));
  };
  walk(pipeline, "");
  return [...found].toSorted();
}

function pathOf(parent: object, path: string, key: string): string {
  if (Array.isArray(parent)) return `${path}[]`;
  return path === "" ? key : `${path}.${key}`;
}
