import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { broken } from "./faulted-runs.ts";

const SECOND = 1e9;
const TEXT = readFileSync(new URL("../../pipelines/small.yaml", import.meta.url), "utf8");
const TWO_SUBTASKS = [
  "jobs.job.config.parallelism.default=2",
  "kafka.topics.in.partitions=2",
  "kafka.topics.out.partitions=2",
  "flink.taskmanagers=2",
  "producers.load.rate=1000/s",
];

test.each([
  ["unaligned", ["execution.checkpointing.unaligned.enabled=true"]],
  [
    "aligned with a time-out",
    [
      "execution.checkpointing.unaligned.enabled=true",
      "execution.checkpointing.aligned-checkpoint-timeout=1 ms",
    ],
  ],
])(
  "records in flight in an %s checkpoint go back into the channels they were in, each once",
  (_, alignment) => {
    for (const fault of ["fail job at 10.3 s", "kill taskmanager-2 at 10.3 s repair 1 s"]) {
      const assignments = [...TWO_SUBTASKS, ...alignment, `faults.one=${fault}`];
      const { pipeline } = parsePipeline(TEXT, "small.yaml", assignments);
      for (const seed of ["1", "2", "3"]) {
        const result = runPipeline(pipeline, { seed, duration: 15 * SECOND });
        expect(result.recovery.jobs[0]!.restarts).toBe(1);
        expect(result.readers.map((one) => [one.recordsVisible, one.recordsDuplicated])).toEqual([
          [15_000, 0],
        ]);
        expect(broken(result)).toEqual([]);
      }
    }
  },
);

test("a snapshot that waits for a process that stands still keeps what its other channels held, in its order", () => {
  const assignments = [
    ...TWO_SUBTASKS,
    "execution.checkpointing.unaligned.enabled=true",
    "jobs.job.operators.count.service-time=exponential 1.8 ms",
    "faults.one=freeze taskmanager-2 for 2189 ms at 2753 ms",
    "faults.two=freeze taskmanager-1 for 7618 ms at 4991 ms",
    "faults.three=fail job/source[1] at 19098 ms",
  ];
  const { pipeline } = parsePipeline(TEXT, "small.yaml", assignments);
  const { checks, recovery } = runPipeline(pipeline, { seed: "16", duration: 20 * SECOND });
  expect(recovery.jobs[0]!.restarts).toBe(2);
  expect(broken({ checks })).toEqual([]);
});

test("what was captured for a checkpoint that was given up before its snapshot is no state of the savepoint after it", () => {
  const { pipeline } = parsePipeline(TEXT, "small.yaml", [
    "versions.flink=1.20.4",
    "versions.flink-connector-kafka=3.4.0",
    "versions.kafka=3.9.0",
    "jobs.job.config.parallelism.default=2",
    "flink.taskmanagers=2",
    "execution.checkpointing.unaligned.enabled=true",
    "producers.load.record=30 kB",
    "jobs.job.operators.count.service-time=15 ms",
    "faults.one=restart job from savepoint when checkpoint triggered",
  ]);
  for (const seed of ["2", "7", "11"]) {
    const { checks, recovery } = runPipeline(pipeline, { seed, duration: 5 * SECOND });
    expect(recovery.timeline.some(({ what }) => what === "savepoint 2 completed")).toBe(true);
    expect(broken({ checks })).toEqual([]);
  }
});

test("a barrier that was to overtake for a checkpoint that was given up stays where it is: its time-out is no longer minded", () => {
  const { pipeline } = parsePipeline(TEXT, "small.yaml", [
    "jobs.job.config.parallelism.default=2",
    "kafka.topics.in.partitions=2",
    "flink.taskmanagers=2",
    "execution.checkpointing.unaligned.enabled=true",
    "execution.checkpointing.aligned-checkpoint-timeout=50 ms",
    "producers.load.record=30 kB",
    "jobs.job.operators.count.service-time=22 ms",
    "faults.one=restart job from savepoint when checkpoint triggered of checkpoint 2",
  ]);
  for (const seed of ["4", "5", "862385"]) {
    const { checks, recovery } = runPipeline(pipeline, { seed, duration: 6 * SECOND });
    expect(recovery.timeline.some(({ what }) => /savepoint \d completed/.test(what))).toBe(true);
    expect(broken({ checks })).toEqual([]);
  }
});

test("a receiver that is up first gives credit for restored records before their sender is there", () => {
  // 300 records/s at 7 ms on four subtasks: the buffers of a source that starts late wait while the others' are served.
  const text = readFileSync(new URL("../../pipelines/orders.yaml", import.meta.url), "utf8");
  const { pipeline } = parsePipeline(text, "orders.yaml", [
    "flink.resource-provider=standalone",
    "heartbeat.interval=1 s",
    "producers.shop.rate=300/s",
    "producers.shop.skew=cycle",
    "jobs.enrich.operators.join.service-time=7 ms",
    "jobs.enrich.operators.join.state=0 b/key",
    "faults.crash=kill taskmanager-1 at 129 s repair 2 s",
    "execution.checkpointing.unaligned.enabled=true",
  ]);
  for (const seed of ["1", "4"]) {
    const result = runPipeline(pipeline, { seed, duration: 140 * SECOND });
    const billing = result.readers.find(({ reader }) => reader === "billing")!;
    expect([billing.recordsVisible, billing.recordsLost, billing.recordsDuplicated]).toEqual([42_000, 0, 0]);
  }
});

describe("through several hops, with sources of two splits", () => {
  const HOPS = `
environment: { preset: laptop }
kafka:
  topics:
    in: { partitions: 3 }
    out: { partitions: 2 }
producers:
  load: { topic: in, rate: 1000/s, record: 100 B, keys: 100 }
flink: { taskmanagers: 4, config: { heartbeat.interval: 1 s, heartbeat.timeout: 5 s } }
jobs:
  job:
    config:
      parallelism.default: 2
      execution.checkpointing.interval: 1 s
      execution.checkpointing.unaligned.enabled: true
    source: { topic: in }
    operators:
      - { name: spread, partitioner: rebalance, service-time: 0.1 ms }
      - { name: count, keyed: true, service-time: 0.1 ms, state: 100 b/key }
      - { name: fixed, keyed: true, service-time: 0.1 ms }
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: job
        properties.transaction.timeout.ms: 600000
readers:
  committed: { topic: out, isolation.level: read_committed }
`;

  test.each([
    ["idle", "0.1 ms", []],
    ["idle, and fails", "0.1 ms", ["faults.one=fail job when checkpoint 2 completed plus 300 ms"]],
    ["busy", "1.5 ms", []],
  ])(
    "%s: what a task has processed when its snapshot begins is what it has handed on, in order",
    (_, time, faults) => {
      const assignments = [`jobs.job.operators.fixed.service-time=${time}`, ...faults];
      const { pipeline } = parsePipeline(HOPS, "hops.yaml", assignments);
      for (const seed of ["4", "5", "9", "11", "12"]) {
        const result = runPipeline(pipeline, { seed, duration: 4 * SECOND });
        expect(result.readers[0]!.recordsVisible).toBe(4000);
        expect(broken(result)).toEqual([]);
      }
    },
  );
});
