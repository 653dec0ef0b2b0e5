/** The least a pipeline file can say. */
export const SMALL = `versions: { flink: 2.1.1 }
kafka:
  topics:
    orders: {}
    enriched: {}
producers:
  shop: { topic: orders, rate: 100/s, record: 800 B }
flink: {}
jobs:
  enrich:
    config: { execution.checkpointing.interval: 10 s }
    source: { topic: orders }
    operators:
      - { name: join, keyed: true, service-time: 0.3 ms }
    sinks:
      - { topic: enriched }
readers:
  fraud: { topic: enriched }
`;
