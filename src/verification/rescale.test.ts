import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadScheduleSearch, type RunResult, runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { allCounts, broken, faultedRuns, told } from "./faulted-runs.ts";

const { faultSchedules } = await loadScheduleSearch();
/** A keyed job of parallelism 2 in a cluster of four slots, five partitions, a checkpoint each second. */
const PIPELINE = `
environment: { preset: laptop }
kafka:
  topics:
    in: { partitions: 5 }
    out: { partitions: 2 }
producers:
  load: { topic: in, rate: 1000/s, record: 100 B, keys: 1000 }
flink: { taskmanagers: 4, config: { web.checkpoints.history: 100 } }
jobs:
  job:
    config:
      parallelism.default: 2
      execution.checkpointing.interval: 1 s
      execution.checkpointing.dir: file:///checkpoints
      execution.checkpointing.externalized-checkpoint-retention: RETAIN_ON_CANCELLATION
      execution.checkpointing.num-retained: 3
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

const run = faultedRuns(PIPELINE, "rescale.yaml", 16);
const [committed, uncommitted] = [0, 1];
const job = ({ recovery }: RunResult) => recovery.jobs[0]!;

/** How many subtasks of each vertex there are at the end. */
function parallelisms({ tasks }: RunResult): number[] {
  return tasks.map(({ subtasks }) => subtasks.filter((task) => task !== null).length);
}

describe("a job that is stopped with a savepoint and submitted with another parallelism", () => {
  test.each([1, 3, 4])("%i instead of 2: nobody sees a record twice, or misses one", (parallelism) => {
    const result = run([`rescale job to ${parallelism} at 8.3 s`]);
    expect(told(result)).toContain(`parallelism ${parallelism}`);
    expect(parallelisms(result)).toEqual([parallelism, parallelism]);
    expect(allCounts(result)).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect([job(result).restarts, job(result).isRunning, job(result).outagesMs.length]).toEqual([1, true, 1]);
    expect(broken(result)).toEqual([]);
  });

  test("is told so in the statistics of its checkpoints", () => {
    const { details, checkpoints } = run(["rescale job to 3 at 8.3 s"]).checkpoints[0]!.statistics;
    expect(new Set(details.map(({ num_subtasks }) => num_subtasks))).toEqual(new Set([4, 6]));
    for (const { num_subtasks: all, num_acknowledged_subtasks: acknowledged, status, tasks } of details) {
      if (status === "COMPLETED") expect(acknowledged).toBe(all);
      for (const vertex of Object.values(tasks)) expect(vertex.num_subtasks).toBe(all / 2);
    }
    expect(checkpoints.counts.failed).toBe(0);
  });

  test("shares the partitions of its source out evenly, and each subtask goes on with its key groups", () => {
    const { tasks } = run(["rescale job to 3 at 8.3 s"]);
    const [source, count] = tasks.map(({ subtasks }) => subtasks.map((task) => task?.numRecordsIn ?? 0));
    // Five partitions of a fifth of the records each: two, two and one.
    const all = source!.reduce((sum, records) => sum + records, 0);
    source!.forEach((records, i) => {
      expect(records / all).toBeCloseTo([0.4, 0.4, 0.2][i]!, 2);
    });
    // A third of the key groups each, give or take what keys hash to.
    for (const records of count!) expect(Math.abs(records / all - 1 / 3)).toBeLessThan(0.05);
  });
});

describe("a job that is cancelled and submitted with another parallelism from a checkpoint", () => {
  test.each([
    ["wider", ["rescale job to 4 from latest at 8.3 s"], []],
    ["narrower", ["rescale job to 1 from latest at 8.3 s"], []],
    ["twice", ["rescale job to 4 from latest at 5 s", "rescale job to 3 at 10 s"], []],
    ["and back", ["rescale job to 3 from latest at 5 s", "rescale job to 2 from latest at 10 s"], []],
    ["again before its first checkpoint", ["rescale job to 4 at 5 s", "rescale job to 3 from latest at 6 s"], []],
    ["and fails before its first checkpoint", ["rescale job to 3 from latest at 8.3 s", "fail job at 9.1 s"], []],
    ["and fails after it", ["rescale job to 3 from latest at 5 s", "fail job at 10.3 s"], []],
    ["before its first checkpoint", ["rescale job to 3 from latest at 0.5 s"], []],
    ["after it has failed for good", ["fail job at 6 s", "rescale job to 3 from latest at 8 s"], ["restart-strategy.type=none"]],
    ["while transactions commit", ["rescale job to 1 from latest when EndTxn sent of checkpoint 8"], []],
    ["between snapshot and completion", ["rescale job to 1 from latest when snapshot acknowledged of checkpoint 8"], []],
    ["with a frozen TaskManager", ["freeze taskmanager-1 at 7 s for 5 s", "rescale job to 1 from latest at 8.3 s"], []],
    ["with an older connector", ["rescale job to 1 from latest at 8.3 s"], ["versions.flink=1.20.1", "versions.flink-connector-kafka=3.4.0"]],
    ["whose JobManager dies", ["rescale job to 3 from latest at 5 s", "kill jobmanager at 8 s repair 1 s"], ["high-availability.type=kubernetes", "high-availability.kubernetes.leader-election.lease-duration=3 s", "high-availability.kubernetes.leader-election.retry-period=1 s"]],
  ])("%s: every record is committed once", (_, faults, set) => {
    const result = run(faults, set, 20);
    expect(allCounts(result)[committed]).toEqual([0, 0]);
    expect(allCounts(result)[uncommitted]![0]).toBe(0);
    expect(job(result).isRunning).toBe(true);
    expect(broken(result)).toEqual([]);
  }); // biome-ignore format: a row a case

  test.each(["INCREMENTING", "POOLING"])(
    "%s: what subtasks beyond the new parallelism left open is aborted, so that readers don't wait for it",
    (naming) => {
      // Killed, they can't abort it themselves.
      const faults = ["kill taskmanager-1 at 8.3 s repair 1 s", "kill taskmanager-2 at 8.3 s repair 1 s", "rescale job to 1 from latest at 8.4 s"]; // biome-ignore format: one line
      const result = run(faults, [`jobs.job.sinks.0.sink.transaction-naming-strategy=${naming}`], 30);
      expect(allCounts(result)[committed]).toEqual([0, 0]);
      expect(broken(result)).toEqual([]);
      expect(parallelisms(result)).toEqual([1, 1]);
      // The transactions' time-out is ten minutes.
      expect(result.readers[committed]!.latency.maxMs).toBeLessThan(20_000);
    },
  );

  test("a subtask that it has no longer is spared by a fault", () => {
    const result = run(["rescale job to 1 at 5 s", "fail job/count[1] at 10 s"]);
    expect(job(result).restarts).toBe(1);
    expect(broken(result)).toEqual([]);
  });
});

describe("records in flight of an unaligned checkpoint", () => {
  const SATURATED = [
    "producers.load.rate=500/s",
    "jobs.job.operators.0.service-time=5 ms",
    "flink.config.taskmanager.memory.segment-size=4096 b",
    "execution.checkpointing.unaligned.enabled=true",
  ];

  test.each([1, 3, 4])("come to the subtask whose keys they have now: %i of them", (parallelism) => {
    const result = run([`rescale job to ${parallelism} from latest when checkpoint 9 completed`], SATURATED);
    const { details } = result.checkpoints[0]!.statistics;
    const restored = details.find(({ id }) => id === 9)!;
    expect(restored.checkpoint_type).toBe("UNALIGNED_CHECKPOINT");
    // Records of 117 bytes.
    expect(restored.persisted_data).toBeGreaterThan(100 * 117);
    expect(told(result)).toContain("restores checkpoint 9");
    expect(allCounts(result)[committed]).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
  });
});

describe("state that is read again", () => {
  // 1,000 keys of 10 kB that come in two files, at 1 MB a second.
  const SLOW = [
    "jobs.job.operators.0.state=10000 b/key",
    "environment.storage.bandwidth=1000000 B/s",
    "environment.storage.shared-bandwidth=100000000 B/s",
    "execution.checkpointing.interval=8 s",
    "execution.checkpointing.max-concurrent-checkpoints=1",
  ];
  const outage = (fault: string): number => job(run([fault], SLOW, 24)).outagesMs[0]! / 1000;

  test("heap state by key group: a half of it, all, or a quarter, a second for each megabyte", () => {
    const same = outage("restart job from latest at 15 s");
    expect(outage("rescale job to 1 from latest at 15 s") - same).toBeCloseTo(5, 0);
    expect(same - outage("rescale job to 4 from latest at 15 s")).toBeCloseTo(2.5, 0);
  });
});

describe("operators that go forward behind the source", () => {
  const FORWARD = PIPELINE.replace(
    "    operators:\n",
    `    operators:
      - { name: parse, service-time: 0.02 ms }
      - { name: check, partitioner: rebalance, service-time: 0.02 ms }
`,
  ).replace("    config:\n", "    config:\n      pipeline.operator-chaining.enabled: false\n");
  const runForward = faultedRuns(FORWARD, "forward.yaml", 16);

  test.each([
    ["1", ["rescale job to 1 at 8.3 s"], []],
    ["3", ["rescale job to 3 from latest at 8.3 s"], []],
    ["4, and a failure behind its first checkpoint", ["rescale job to 4 from latest at 5 s", "fail job/parse[3] at 10.3 s"], []],
    ["3, and back", ["rescale job to 3 from latest at 5 s", "rescale job to 2 at 10 s"], []],
    ["3, with records in flight", ["rescale job to 3 from latest at 8.3 s"], ["execution.checkpointing.unaligned.enabled=true", "jobs.job.operators.2.service-time=1.9 ms", "flink.config.taskmanager.memory.segment-size=4096 b"]],
  ])("go with the partitions: to %s", (_, faults, set) => {
    const result = runForward(faults, set);
    const last = Number(/to (\d)/.exec(faults.findLast((fault) => fault.startsWith("rescale"))!)![1]);
    expect(parallelisms(result)).toEqual(Array(5).fill(last));
    expect(allCounts(result)[committed]).toEqual([0, 0]);
    expect(allCounts(result)[uncommitted]![0]).toBe(0);
    expect(broken(result)).toEqual([]);
  }); // biome-ignore format: a row a case
});

test.each([
  [3, "3970 ms", 413464],
  [4, "5.1 s", 1],
  [1, "6.3 s", 2],
])(
  "records in flight keep their order where newer ones join them in a buffer: from 2 to %i",
  (to, at, seed) => {
    const spread = PIPELINE.replace(
      "    operators:\n",
      "    operators:\n      - { name: spread, partitioner: rebalance, service-time: 0.02 ms }\n",
    );
    const result = faultedRuns(spread, "spread.yaml", 20)(
      [`rescale job to ${to} from latest at ${at}`],
      [
        "execution.checkpointing.unaligned.enabled=true",
        "producers.load.rate=500/s",
        "jobs.job.operators.1.service-time=3.5 ms",
      ],
      20,
      String(seed),
    );
    expect(parallelisms(result)).toEqual([to, to, to]);
    expect(broken(result)).toEqual([]);
  },
);

test("through rebalance and key groups, with shares, to a job behind it: the records stay the same ones", () => {
  const assignments = [
    "faults.f0=rescale job to 3 from latest at 4.3 s",
    "faults.f1=fail job at 7.2 s",
    "faults.f2=rescale second to 2 at 9 s",
  ];
  const text = PIPELINE.replace(
    "    operators:\n",
    "    operators:\n      - { name: spread, partitioner: rebalance, service-time: 0.02 ms }\n",
  )
    .replace("    sinks:\n", "    sinks:\n      - { topic: side, share: 0.5 }\n")
    .replace("taskmanagers: 4", "taskmanagers: 6")
    .replace("    out:", "    side: { partitions: 1 }\n    last: { partitions: 2 }\n    out:")
    .replace(
      "readers:\n",
      `  second:
    config: { parallelism.default: 1, execution.checkpointing.interval: 1 s }
    source: { topic: out, properties.isolation.level: read_committed }
    operators:
      - { name: sum, keyed: true, service-time: 0.02 ms, state: 100 b/key }
    sinks:
      - { topic: last, sink.delivery-guarantee: exactly-once, sink.transactional-id-prefix: second, properties.transaction.timeout.ms: 600000 }
readers:
  last: { topic: last, isolation.level: read_committed }
  side: { topic: side }
`,
    );
  const { pipeline } = parsePipeline(text, "rescaled-chain.yaml", assignments);
  const result = runPipeline(pipeline, { seed: "1", duration: 14e9 });
  expect(parallelisms(result)).toEqual([3, 3, 3, 2, 2]);
  const [last, side, first] = result.readers;
  expect([last!.recordsLost, last!.recordsDuplicated, last!.recordsVisible]).toEqual([0, 0, 14_000]);
  expect([first!.recordsLost, first!.recordsDuplicated]).toEqual([0, 0]);
  // At-least-once.
  expect(side!.recordsLost).toBe(0);
  expect(side!.recordsDuplicated).toBeGreaterThan(0);
  expect(broken(result)).toEqual([]);
});

test("drawn schedules rescale, and keep every promise", () => {
  const { pipeline } = parsePipeline(PIPELINE, "rescale.yaml", ["producers.load.rate=100/s"]);
  const plans = fc.sample(faultSchedules(pipeline, 8e9, 3), { numRuns: 400, seed: 7 }).filter(
    (plan) =>
      plan.some(({ action }) => action.kind === "operate" && action.action.kind === "restart" && action.action.parallelism !== undefined), // biome-ignore format: one line
  );
  expect(plans.length).toBeGreaterThan(20);
  for (const faults of plans.slice(0, 20)) {
    const result = runPipeline({ ...pipeline, faults }, { seed: "1", duration: 8e9 });
    expect({ faults, broken: broken(result) }).toEqual({ faults, broken: [] });
  }
});

describe("a parallelism is refused", () => {
  test.each([
    ["beyond the number of key groups", "rescale job to 129 at 1 s", ["flink.taskmanagers=200"], "a parallelism of at most 128, or Flink fails: The state for task can not be restored. The maximum parallelism (128) of the restored state is lower than the configured parallelism (129)."],
    ["beyond the slots", "rescale job to 5 at 1 s", [], "at least 5: the jobs' parallelism adds up to 5 slots"],
    ["where copies would be more", "rescale job to 3 at 1 s", ["jobs.job.operators.0.partitioner=broadcast", "jobs.job.operators.0.keyed=false"], "this version of Sluice can't follow records over broadcast from source to count into another parallelism"],
  ])("%s", (_, fault, set, wanted) => {
    expect(() => run([fault], set)).toThrow(wanted);
  }); // biome-ignore format: a row a case

  test("where records go forward by partitions of a topic that another job writes", () => {
    const text = `${PIPELINE.replace("    out:", "    last: {}\n    out:").replace(
      "readers:\n",
      `  second:
    config: { execution.checkpointing.interval: 1 s, pipeline.operator-chaining.enabled: false }
    source: { topic: out }
    operators: [{ name: parse }]
    sinks: [{ topic: last, sink.delivery-guarantee: at-least-once }]
readers:
`,
    )}`;
    expect(() => faultedRuns(text, "second.yaml", 10)(["rescale second to 2 at 1 s"])).toThrow(
      "this version of Sluice can't follow records over forward from source to parse into another parallelism",
    );
  });

  test("where windows would have to move", () => {
    const text = PIPELINE.replace("state: 100 b/key", "window: tumble 1 s");
    expect(() => faultedRuns(text, "windows.yaml", 10)(["rescale job to 3 at 1 s"])).toThrow(
      "a job without windows: this version of Sluice can't hand those of count to other subtasks",
    );
  });

  test("where a chain would be taken apart", () => {
    const text = PIPELINE.replace(
      "    sinks:\n",
      "      - { name: fixed, parallelism: 2, partitioner: forward }\n    sinks:\n",
    );
    expect(() => faultedRuns(text, "chain.yaml", 10)(["rescale job to 3 at 1 s"])).toThrow(
      "a parallelism that leaves its chains as they are: this version of Sluice can't take count -> fixed apart",
    );
  });
});
