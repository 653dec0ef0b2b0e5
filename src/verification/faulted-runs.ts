import { type RunResult, runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";

/** Runs a pipeline of its text under faults. */
export type FaultedRun = (
  faults: readonly string[],
  set?: readonly string[],
  seconds?: number,
  seed?: string,
) => RunResult;

/** @param text a pipeline file's. @param name of the file, for messages. @param usually seconds that a run takes.
 *  @param always set in each run. */
export function faultedRuns(
  text: string,
  name: string,
  usually: number,
  always: readonly string[] = [],
): FaultedRun {
  return (faults, set = [], seconds = usually, seed = "1") => {
    const assignments = [...always, ...faults.map((fault, i) => `faults.f${i}=${fault}`), ...set];
    const { pipeline } = parsePipeline(text, name, assignments);
    return runPipeline(pipeline, { seed, duration: seconds * 1e9 });
  };
}

/** A keyed job of parallelism 2 on two TaskManagers, two partitions, a checkpoint each second. */
export const TWO_SUBTASKS = `
environment: { preset: laptop }
kafka:
  topics:
    in: { partitions: 2 }
    out: { partitions: 2 }
producers:
  load: { topic: in, rate: 1000/s, record: 100 B, keys: 1000 }
flink: { taskmanagers: 2 }
jobs:
  job:
    config:
      parallelism.default: 2
      execution.checkpointing.interval: 1 s
    source: { topic: in }
    operators:
      - { name: count, keyed: true, service-time: 0.02 ms, state: 100 b/key }
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: job
        properties.transaction.timeout.ms: 600000
readers:
  committed: { topic: out, isolation.level: read_committed }
  uncommitted: { topic: out, isolation.level: read_uncommitted }
`;

/** Checkpoints that stay when the job is cancelled, three of them. */
export const RETAINED = [
  "execution.checkpointing.dir=file:///checkpoints",
  "execution.checkpointing.externalized-checkpoint-retention=RETAIN_ON_CANCELLATION",
  "execution.checkpointing.num-retained=3",
];

/** Three brokers, topics on all of them; a job of parallelism 2 on two TaskManagers, a checkpoint each second. */
export const THREE_BROKERS = `
environment: { preset: laptop, broker.start: 5 s }
kafka:
  brokers: 3
  config: { min.insync.replicas: 2 }
  topics:
    in: { partitions: 3, replication.factor: 3 }
    out: { partitions: 3, replication.factor: 3 }
producers:
  load: { topic: in, rate: 300/s, record: 100 B, keys: 10000 }
flink: { taskmanagers: 2 }
jobs:
  job:
    config:
      parallelism.default: 2
      execution.checkpointing.interval: 1 s
      restart-strategy.type: fixed-delay
      restart-strategy.fixed-delay.attempts: 1000
    source: { topic: in }
    operators:
      - { name: count, keyed: true, service-time: 0.02 ms, state: 100 b/key }
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: job
        properties.transaction.timeout.ms: 600000
readers:
  committed: { topic: out, isolation.level: read_committed }
  uncommitted: { topic: out, isolation.level: read_uncommitted }
`;

type Counts = readonly [lost: number, repeated: number];

/** Of each reader. */
export function allCounts({ readers }: RunResult): readonly Counts[] {
  return readers.map(({ recordsLost, recordsDuplicated }) => [recordsLost, recordsDuplicated]);
}

/** Of one. */
export function counts(result: RunResult, reader: number): Counts {
  return allCounts(result)[reader]!;
}

/** Seconds. */
export function longest({ readers }: RunResult, reader: number): number {
  return readers[reader]!.latency.maxMs! / 1000;
}

export function broken({ checks }: Pick<RunResult, "checks">): string[] {
  return checks.flatMap(({ violations }) => [...violations]);
}

/** What the timeline says, in order. */
export function told({ recovery }: RunResult): string[] {
  return recovery.timeline.map(({ what }) => what);
}
