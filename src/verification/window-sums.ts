/** Sums of 5 s: 50 keys in turn, 1,013 records a second over four partitions, out of order by 2 s at most. */
export const WINDOW_SUMS = `
versions: { flink: 2.1.1 }
environment: { preset: laptop }
kafka:
  topics:
    in: { partitions: 4 }
    out: { partitions: 2 }
producers:
  load: { topic: in, rate: 1013/s, record: 100 B, keys: 50 }
jobs:
  sum:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s }
    source: { topic: in, watermark: bounded-out-of-orderness 2 s }
    operators:
      - { name: window, keyed: true, service-time: 10 us, window: tumble 5 s, state: 100 B/key }
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: sum
        properties.transaction.timeout.ms: 10 min
readers:
  committed: { topic: out, isolation.level: read_committed }
  uncommitted: { topic: out }
`;
