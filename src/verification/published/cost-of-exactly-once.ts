import { type ReaderResult, runPipeline } from "../../experiment/index.ts";
import { parsePipeline } from "../../pipeline/index.ts";
import { SECOND } from "./figures.ts";
import type { PublishedRow } from "./published-row.ts";
import { workerFailure } from "./worker-failure.ts";

/** Nothing fails: the worker would be lost after the load. */
const NEVER = "lose taskmanager-1 at 1 h";

function readersOf(text: string, seconds: number): readonly ReaderResult[] {
  const { pipeline } = parsePipeline(text, "published.yaml", []);
  return runPipeline(pipeline, { seed: "1", duration: seconds * SECOND }).readers;
}

/** V6: the benchmark measured at the broker's append, before the commit. */
export function steadyLatencyRows(effort: number): PublishedRow[] {
  const [once, least] = ["exactly-once", "at-least-once"].map((guarantee) => {
    const [, appended] = readersOf(workerFailure(guarantee, NEVER), 60 + 240 * effort);
    return appended!.latency.p50Ms!;
  });
  return [
    {
      id: "V6",
      figure: "Flink, steady p50 at append, exactly-once / at-least-once",
      inputs: "the load of V4",
      published: 1.038,
      accepted: [1, 1.06],
      unit: "",
      simulated: once! / least!,
      grade: "A",
      source: "Klarrio/open-stream-processing-benchmark; 827 and 797 ms",
    },
  ];
}

function managedService(guarantee: string): string {
  return `
environment: { preset: confluent-cloud }
kafka:
  brokers: 3
  topics: { in: { partitions: 6, replication.factor: 3 }, out: { partitions: 6, replication.factor: 3 } }
producers: { load: { topic: in, rate: 1000/s, record: 1 kb, acks: all } }
jobs:
  job:
    config: { parallelism.default: 2, execution.checkpointing.interval: 60 s }
    source: { topic: in }
    operators: [{ name: work, keyed: true, service-time: 0.1 ms }]
    sinks: [{ topic: out, sink.delivery-guarantee: ${guarantee}, sink.transactional-id-prefix: job }]
readers:
  committed: { topic: out, isolation.level: read_committed }
  uncommitted: { topic: out, isolation.level: read_uncommitted }
`;
}

/** V12: a managed service that commits about every minute. */
export function commitEveryMinuteRows(): PublishedRow[] {
  const seconds = 600;
  const [committed, uncommitted] = readersOf(managedService("exactly-once"), seconds);
  const [least] = readersOf(managedService("at-least-once"), seconds);
  const row = {
    id: "V12",
    inputs: "a commit every 60 s",
    unit: "s",
    grade: "B",
    source: "docs.confluent.io, Flink delivery guarantees and latency",
  } as const;
  return [
    {
      ...row,
      figure: "read_committed, mean",
      published: 30.5,
      accepted: [30, 31],
      simulated: committed!.latency.meanMs! / 1000,
    },
    {
      ...row,
      figure: "read_committed, p99 (“roughly one minute”)",
      published: 60,
      accepted: [58, 62],
      simulated: committed!.latency.p99Ms! / 1000,
    },
    {
      ...row,
      figure: "read_uncommitted, p50 (“below 100 ms”)",
      published: 0.1,
      accepted: [0, 0.1],
      simulated: uncommitted!.latency.p50Ms! / 1000,
    },
    {
      ...row,
      figure: "p99, exactly-once / at-least-once",
      published: 500,
      accepted: [500, Number.POSITIVE_INFINITY],
      unit: "",
      simulated: committed!.latency.p99Ms! / least!.latency.p99Ms!,
    },
  ];
}
