import { type Pipeline, parsePipeline } from "../pipeline/index.ts";

/** A small pipeline with round numbers: one broker on loopback-like times, two subtasks, no state; a rate and a timer
 *  that don't lock phase. Every part can be set anew by `KEY=VALUE`, as `sluice run --set` takes it. */
const TEXT = `
versions: { flink: 2.1.1, flink-connector-kafka: 4.0.1, kafka: 4.1.0 }
environment:
  preset: laptop
  broker.round-trip: 0.2 ms
  broker.append: 0.05 ms
  broker.request-handling: 0.05 ms
  client.wakeup: 0.02 ms
  taskmanager.network-latency: 0.1 ms
  flink.rpc: 0.5 ms
  source.emission: 1 us
  snapshot.sync: 1 ms
  snapshot.async: 2 ms
  storage.latency: 1 ms
  timer.oversleep: 0.5 ms
kafka:
  brokers: 1
  config: { transaction.max.timeout.ms: 3600000 }
  topics:
    in: { partitions: 2 }
    out: { partitions: 2 }
producers:
  load: { topic: in, rate: 1013/s, record: 100 B, keys: 10000 }
flink: { taskmanagers: 2 }
jobs:
  job:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s }
    source: { topic: in, properties.group.id: job }
    operators:
      - { name: process, keyed: true, service-time: 1 us }
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: job
        sink.partitioner: fixed
        properties.transaction.timeout.ms: 3600000
readers:
  committed: { topic: out, isolation.level: read_committed }
  uncommitted: { topic: out, isolation.level: read_uncommitted }
`;

export function scenario(...assignments: readonly string[]): Pipeline {
  return parsePipeline(TEXT, "scenario.yaml", assignments).pipeline;
}

export const SECOND = 1e9;
