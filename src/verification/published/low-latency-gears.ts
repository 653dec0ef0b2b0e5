import { runPipeline } from "../../experiment/index.ts";
import { parsePipeline } from "../../pipeline/index.ts";
import { SECOND } from "./figures.ts";
import type { PublishedRow } from "./published-row.ts";

/** Three subtasks, three quarters busy, one exchange by key. */
function job(bufferTimeout: string): string {
  return `
environment: { preset: kubernetes-s3 }
kafka:
  brokers: 3
  topics: { in: { partitions: 3, replication.factor: 3 }, out: { partitions: 3, replication.factor: 3 } }
producers: { load: { topic: in, rate: 2250/s, record: 200 B, arrivals: poisson, acks: all } }
jobs:
  job:
    config: { parallelism.default: 3, execution.buffer-timeout.interval: ${bufferTimeout} }
    source: { topic: in }
    operators: [{ name: window, keyed: true, service-time: 1 ms }]
    sinks: [{ topic: out }]
readers: { all: { topic: out } }
`;
}

/** V17: the last of the steps, p99 from 430 to 370 ms. */
export function bufferTimeoutRows(effort: number): PublishedRow[] {
  const [slow, fast] = ["100 ms", "10 ms"].map((timeout) => {
    const { pipeline } = parsePipeline(job(timeout), "gears.yaml", []);
    return runPipeline(pipeline, { seed: "1", duration: (60 + 120 * effort) * SECOND }).readers[0]!.latency
      .p99Ms!;
  });
  return [
    {
      id: "V17",
      figure: "p99 gained by a buffer timeout of 10 instead of 100 ms",
      inputs: "parallelism 3, 75 % busy, one exchange",
      published: 60,
      accepted: [1, 90],
      unit: "ms",
      simulated: slow! - fast!,
      grade: "B",
      source: "flink.apache.org, Getting into Low-Latency Gears (2022-05-18)",
    },
  ];
}
