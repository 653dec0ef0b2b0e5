import { type Pipeline, parsePipeline } from "../pipeline/index.ts";

/** A job that reads what another job's transactions wrote, and a reader behind each. Every part can be set anew by
 *  `KEY=VALUE`, as `sluice run --set` takes it. */
const TEXT = `
versions: { flink: 2.1.1, flink-connector-kafka: 4.0.1, kafka: 4.1.0 }
environment: { preset: laptop }
kafka:
  brokers: 1
  topics: { in: { partitions: 2 }, mid: { partitions: 2 }, out: { partitions: 2 } }
producers: { load: { topic: in, rate: 1013/s, record: 100 B, keys: 10000 } }
flink: { taskmanagers: 4 }
jobs:
  first:
    config: { parallelism.default: 2, execution.checkpointing.interval: 2 s }
    source: { topic: in, properties.group.id: first }
    operators: [{ name: a, keyed: true, service-time: 0.1 ms }]
    sinks:
      - topic: mid
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: first
        properties.transaction.timeout.ms: 600000
  second:
    config: { parallelism.default: 2, execution.checkpointing.interval: 2 s }
    source: { topic: mid, properties.group.id: second, properties.isolation.level: read_committed }
    operators: [{ name: b, keyed: true, service-time: 0.1 ms }]
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: second
        properties.transaction.timeout.ms: 600000
readers:
  between: { topic: mid, isolation.level: read_committed }
  behind: { topic: out, isolation.level: read_committed }
`;

export function chain(...assignments: readonly string[]): Pipeline {
  return parsePipeline(TEXT, "chain.yaml", assignments).pipeline;
}
