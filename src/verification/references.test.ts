import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Measurement, measurePipeline } from "../experiment/index.ts";
import { type Pipeline, parsePipeline } from "../pipeline/index.ts";
import { chain } from "./chain.ts";
import { SECOND, scenario } from "./scenario.ts";

/** The data plane of spans and curves against its two references: every record its own span and event, and every poll,
 *  batch and request an event. Where service is deterministic, counts agree exactly and each quantile within 2 %, or it
 *  lies between the reference's quantiles at q - 0.2 and q + 0.2 points. */
const THREE_BROKERS = [
  "kafka.brokers=3",
  "kafka.topics.in.replication.factor=3",
  "kafka.topics.out.replication.factor=3",
  "kafka.topics.in.partitions=4",
  "kafka.topics.out.partitions=4",
  "sink.partitioner=default",
];
const BY_KEY = [...THREE_BROKERS, "jobs.job.sinks[0].key.fields=id"];
const SKEW = ["producers.load.keys=1000", "producers.load.skew=zipf 1.1"];
const OVERLOAD = ["jobs.job.operators.process.service-time=3 ms", "execution.checkpointing.interval=2 s"];

const SCENARIOS: readonly (readonly [string, readonly string[]])[] = [
  ["exactly-once, fixed partitioner", []],
  ["at-least-once", ["sink.delivery-guarantee=at-least-once"]],
  ["no guarantee", ["sink.delivery-guarantee=none"]],
  ["three brokers, sticky partitions, 2,500 records/s", [...THREE_BROKERS, "producers.load.rate=2500/s"]],
  ["by key over three brokers, 2,500 records/s", [...BY_KEY, "producers.load.rate=2500/s"]],
  ["by key, at-least-once, batches that linger", [...BY_KEY, "sink.delivery-guarantee=at-least-once", "properties.linger.ms=5"]], // biome-ignore format: one line
  ["half busy operator", ["jobs.job.operators.process.service-time=1 ms"]],
  ["skewed keys", [...SKEW, "jobs.job.operators.process.service-time=0.5 ms"]],
  ["short buffer timeout", ["execution.buffer-timeout.interval=5 ms"]],
  ["back-pressure: the operator is too slow", OVERLOAD],
  ["skewed keys and back-pressure", [...SKEW, ...OVERLOAD]],
  ["six splits a source subtask", ["kafka.topics.in.partitions=12", "sink.partitioner=default"]],
  [
    "one TaskManager, and a source subtask without a split",
    [
      "jobs.job.config.parallelism.default=3",
      "flink.taskmanagers=1",
      "flink.config.taskmanager.numberOfTaskSlots=3",
    ],
  ],
];

const QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99];

function run(pipeline: Pipeline, reference: "curves" | "one-record" | "eager", seed = "1"): Measurement {
  const how = reference === "eager" ? ({ polls: "eager" } as const) : ({ spans: reference } as const);
  return measurePipeline(pipeline, { seed, duration: 15 * SECOND, ...how });
}

function counts({ result }: Measurement) {
  return {
    readers: result.readers.map((one) => [
      one.recordsIn,
      one.recordsVisible,
      one.recordsLost,
      one.recordsDuplicated,
    ]),
    measured: result.readers.map((one) => one.latency.count),
    checkpoints: result.checkpoints.map((one) => [one.triggered, one.failed]),
    violations: result.checks.flatMap((check) => check.violations),
  };
}

function expectSameQuantiles(curves: Measurement, expected: Measurement): void {
  curves.latencies.forEach((latency, i) => {
    const reference = expected.latencies[i]!;
    for (const q of QUANTILES) {
      const [value] = latency.quantiles([q]);
      const [below, wanted, above] = reference.quantiles([q - 0.002, q, q + 0.002]);
      const label = `reader ${i}, quantile ${q}: ${value} ns, reference ${below} ${wanted} ${above} ns`;
      const near = Math.abs(value! / wanted! - 1) <= 0.02 || (value! >= below! && value! <= above!);
      expect(near, label).toBe(true);
    }
  });
}

describe.each(SCENARIOS)("%s", (_name, assignments) => {
  const pipeline = scenario(...assignments);
  const curves = run(pipeline, "curves");

  test.each(["one-record", "eager"] as const)("curves agree with %s", (reference) => {
    const expected = run(pipeline, reference);
    expect(counts(curves)).toEqual(counts(expected));
    expect(counts(curves).violations).toEqual([]);
    expectSameQuantiles(curves, expected);
  });
});

/** Every partitioner, several parallelisms, operators that share a task and some that don't, three sinks with three
 *  guarantees, one of which gets three records in ten, and a source with two outputs. */
const GRAPH = `
versions: { flink: 2.1.1, flink-connector-kafka: 4.0.1, kafka: 4.1.0 }
environment: { preset: laptop, timer.oversleep: 0.5 ms }
kafka:
  brokers: 1
  topics: { in: { partitions: 2 }, out: { partitions: 2 }, some: { partitions: 2 }, raw: { partitions: 2 } }
producers: { load: { topic: in, rate: 1013/s, record: 100 B, keys: 10000 } }
flink: { taskmanagers: 4 }
jobs:
  job:
    config: { parallelism.default: 2, execution.checkpointing.interval: 2 s }
    source: { topic: in, properties.group.id: job }
    operators:
      - { name: a, partitioner: rebalance, parallelism: 3, service-time: 0.3 ms }
      - { name: b, keyed: true, service-time: 0.2 ms }
      - { name: c, service-time: 0.1 ms }
      - { name: d, partitioner: rescale, parallelism: 4, service-time: 0.3 ms, inputs: [c] }
      - { name: e, partitioner: broadcast, parallelism: 2, service-time: 0.2 ms, inputs: [source] }
    sinks:
      - topic: out
        from: d
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: job
        properties.transaction.timeout.ms: 600000
      - { topic: some, from: c, share: 0.3, sink.delivery-guarantee: at-least-once }
      - { topic: raw, from: e, sink.delivery-guarantee: none }
readers:
  committed: { topic: out, isolation.level: read_committed }
  uncommitted: { topic: out, isolation.level: read_uncommitted }
  some: { topic: some, isolation.level: read_committed }
  raw: { topic: raw, isolation.level: read_committed }
`;

describe("a job graph of five operators", () => {
  test.each([
    ["as it is", []],
    ["with skewed keys", ["producers.load.keys=1000", "producers.load.skew=zipf 1.1"]],
    ["without chaining", ["pipeline.operator-chaining.enabled=false"]],
    ["with a branch that leaves a chain in its middle", ["jobs.job.operators.d.inputs[0]=b"]],
  ])("%s: curves agree with both references", (_name, assignments) => {
    const { pipeline } = parsePipeline(GRAPH, "graph.yaml", assignments);
    const curves = run(pipeline, "curves");
    expect(counts(curves).violations).toEqual([]);
    // Of 15,195 records: each once, each once, three in ten of them (to less than one on each of 24 ways), and one for
    // each subtask of the broadcast.
    const [committed, uncommitted, some, raw] = counts(curves).readers.map(([, visible]) => visible!);
    expect([committed, uncommitted, raw]).toEqual([15_195, 15_195, 2 * 15_195]);
    expect(Math.abs(some! - 0.3 * 15_195)).toBeLessThan(24);
    for (const reference of ["one-record", "eager"] as const) {
      const expected = run(pipeline, reference);
      expect(counts(curves)).toEqual(counts(expected));
      expectSameQuantiles(curves, expected);
    }
  });
});

const BUSY = "jobs.job.operators.count.service-time=450 us";

test.each([
  ["as it is", []],
  ["back-pressure, unaligned", [BUSY, "execution.checkpointing.unaligned.enabled=true"]],
  [
    "back-pressure, aligned for 200 ms",
    [
      BUSY,
      "execution.checkpointing.unaligned.enabled=true",
      "execution.checkpointing.aligned-checkpoint-timeout=200 ms",
    ],
  ],
  ["back-pressure, at-least-once", [BUSY, "execution.checkpointing.mode=AT_LEAST_ONCE"]],
])("pipelines/reference.yaml, %s: curves agree with one-record", (_name, assignments) => {
  const text = readFileSync(new URL("../../pipelines/reference.yaml", import.meta.url), "utf8");
  const { pipeline } = parsePipeline(text, "reference.yaml", assignments);
  const curves = run(pipeline, "curves");
  const expected = run(pipeline, "one-record");
  expect(counts(curves)).toEqual(counts(expected));
  expect(counts(curves).violations).toEqual([]);
  expectSameQuantiles(curves, expected);
});

test.each(["one-record", "eager"] as const)(
  "two chained exactly-once jobs: curves agree with %s",
  (reference) => {
    const pipeline = chain();
    const curves = run(pipeline, "curves");
    const expected = run(pipeline, reference);
    expect(counts(curves)).toEqual(counts(expected));
    expect(counts(curves).violations).toEqual([]);
    expectSameQuantiles(curves, expected);
  },
);

test("with deterministic service, curves and one-record spans cut every checkpoint at the same offsets", () => {
  const pipeline = scenario("jobs.job.operators.process.service-time=1 ms");
  expect(run(pipeline, "curves").result.outcomeFingerprint).toBe(
    run(pipeline, "one-record").result.outcomeFingerprint,
  );
});

test("with random service, conservation is exact and the intervals of the means overlap", () => {
  const pipeline = scenario(
    "jobs.job.operators.process.service-time=exponential 1.2 ms",
    "producers.load.arrivals=poisson",
  );
  const sampled = (["curves", "one-record", "eager"] as const).map((reference) => {
    const means: number[] = [];
    for (const seed of ["1", "2", "3", "4", "5", "6"]) {
      const measured = run(pipeline, reference, seed);
      expect(counts(measured).violations).toEqual([]);
      means.push(measured.result.readers[1]!.latency.meanMs!);
    }
    const mean = means.reduce((a, b) => a + b, 0) / means.length;
    const deviation = Math.sqrt(means.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (means.length - 1));
    const halfWidth = (4.032 * deviation) / Math.sqrt(means.length); // Student t, 5 degrees of freedom, 99 %
    return { reference, low: mean - halfWidth, high: mean + halfWidth };
  });
  for (const a of sampled) {
    for (const b of sampled)
      expect(a.low <= b.high, `${a.reference} from ${a.low}, ${b.reference} to ${b.high}`).toBe(true);
  }
});
