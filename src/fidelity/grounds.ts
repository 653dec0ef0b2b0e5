import type { Pipeline } from "../pipeline/index.ts";

/** On what a prediction stands: `validated`, figures of it were held against measured runs; `extrapolated`, it was written
 *  after the sources of Flink and Kafka and held against nothing, or against another place than this. */
export type Grounds = "validated" | "extrapolated";

export interface Mechanism {
  readonly mechanism: string;
  readonly grounds: Grounds;
  /** What it was held against, or what was not. */
  readonly by: string;
}

interface Known extends Mechanism {
  readonly isUsed: (pipeline: Pipeline) => boolean;
}

const MOST_BROKERS = 3;
const LARGEST_STATE_BYTES = 120e6;
const HIGHEST_RATE = 4000;

const hasSink = (pipeline: Pipeline, guarantee: string): boolean =>
  pipeline.jobs.some(({ sinks }) => sinks.some(({ deliveryGuarantee }) => deliveryGuarantee === guarantee));
const someJob = (pipeline: Pipeline, test: (job: Pipeline["jobs"][number]) => boolean): boolean =>
  pipeline.jobs.some(test);
const stateBytes = ({ producers, jobs }: Pipeline): number => {
  const keys = Math.max(0, ...producers.map((producer) => producer.keys));
  const perKey = jobs.flatMap(({ operators }) => operators.map(({ stateBytesPerKey }) => stateBytesPerKey));
  return keys * Math.max(0, ...perKey);
};
const highestRate = ({ producers }: Pipeline): number =>
  Math.max(0, ...producers.map(({ rate }) => rate.numerator / rate.denominator));
const hasFault = ({ faults }: Pipeline, kinds: readonly string[]): boolean =>
  faults.some(({ action }) => kinds.includes(action.kind));
const isMeasuredPlace = ({ environment }: Pipeline): boolean =>
  environment.preset.startsWith("two-core-host");

/** Everything that a prediction may stand on, in the order of a record's way. */
const KNOWN: readonly Known[] = [
  {
    mechanism: "round trips, CPU and storage of this place",
    grounds: "validated",
    by: "the constants are those of the host that the reference ran on",
    isUsed: isMeasuredPlace,
  },
  {
    mechanism: "round trips, CPU and storage of this place",
    grounds: "extrapolated",
    by: "the reference is one host, loopback, local disk; measure your own (docs/calibrating.md)",
    isUsed: (pipeline) => !isMeasuredPlace(pipeline),
  },
  {
    mechanism: "network buffers, buffer timeout, barriers that flush",
    grounds: "validated",
    by: "latency of read_uncommitted at intervals of 0.2 to 5 s and timeouts of 10 and 100 ms",
    isUsed: ({ jobs }) => jobs.length > 0,
  },
  {
    mechanism: `more than ${HIGHEST_RATE} records/s`,
    grounds: "extrapolated",
    by: "the reference has 1,000 and 4,000 records/s",
    isUsed: (pipeline) => highestRate(pipeline) > HIGHEST_RATE,
  },
  {
    mechanism: "aligned checkpoints, their period and pause",
    grounds: "validated",
    by: "durations, sizes and trigger gaps of 27 runs, saturated ones among them",
    isUsed: (pipeline) => someJob(pipeline, ({ checkpointing }) => checkpointing.interval !== undefined),
  },
  {
    mechanism: "unaligned checkpoints",
    grounds: "validated",
    by: "one saturated run; its p90 is 21 % too low",
    isUsed: (pipeline) => someJob(pipeline, ({ checkpointing }) => checkpointing.unaligned),
  },
  {
    mechanism: "exactly-once sink, transactions, read_committed readers",
    grounds: "validated",
    by: "both protocol versions, one and three brokers, intervals of 0.2 to 10 s, sticky and fixed partitions",
    isUsed: (pipeline) => hasSink(pipeline, "exactly-once"),
  },
  {
    mechanism: "at-least-once sink",
    grounds: "validated",
    by: "steady, lingering and crash runs",
    isUsed: (pipeline) => hasSink(pipeline, "at-least-once"),
  },
  {
    mechanism: "jobs behind one another",
    grounds: "validated",
    by: "one run of two exactly-once jobs with the same interval",
    isUsed: ({ jobs }) => jobs.length > 1,
  },
  {
    mechanism: `more than ${MOST_BROKERS} brokers`,
    grounds: "extrapolated",
    by: "the reference has one and three brokers",
    isUsed: ({ kafka }) => kafka.brokers > MOST_BROKERS,
  },
  {
    mechanism: "heap state up to 100 MB",
    grounds: "validated",
    by: "runs with 1 and 100 MB",
    isUsed: (pipeline) =>
      someJob(pipeline, ({ state }) => state.backend === "hashmap") &&
      stateBytes(pipeline) <= LARGEST_STATE_BYTES,
  },
  {
    mechanism: "more state than 100 MB",
    grounds: "extrapolated",
    by: "the reference has at most 100 MB",
    isUsed: (pipeline) => stateBytes(pipeline) > LARGEST_STATE_BYTES,
  },
  {
    mechanism: "RocksDB, incremental checkpoints",
    grounds: "extrapolated",
    by: "no reference run has it",
    isUsed: (pipeline) => someJob(pipeline, ({ state }) => state.backend === "rocksdb"),
  },
  {
    mechanism: "lost and frozen TaskManagers, exceptions, restarts",
    grounds: "validated",
    by: "eight crash runs, given the phases of checkpoints and heartbeats",
    isUsed: (pipeline) => hasFault(pipeline, ["kill", "freeze", "fail"]),
  },
  {
    mechanism: "other faults",
    grounds: "extrapolated",
    by: "no reference run has them",
    isUsed: ({ faults }) => faults.some(({ action }) => !["kill", "freeze", "fail"].includes(action.kind)),
  },
];

/** Every mechanism with the grounds it stands on. */
export function allGrounds(): readonly Mechanism[] {
  return KNOWN.map(plain);
}

/** What the prediction of a pipeline stands on. */
export function groundsOf(pipeline: Pipeline): readonly Mechanism[] {
  return KNOWN.filter(({ isUsed }) => isUsed(pipeline)).map(plain);
}

function plain({ mechanism, grounds, by }: Known): Mechanism {
  return { mechanism, grounds, by };
}
