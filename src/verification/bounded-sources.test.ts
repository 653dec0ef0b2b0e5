import { describe, expect, test } from "vitest";
import { type RunResult, runPipeline } from "../experiment/index.ts";
import { type PipelineObserver, parsePipeline } from "../pipeline/index.ts";
import { broken } from "./faulted-runs.ts";
import { SECOND } from "./scenario.ts";

const PARTITIONS = 3;
/** Of each partition; the load has 8,000 more. */
const STOP = 4321;

/** Reads 4,321 records of each of three partitions, 1,000/s, and writes them exactly once with a checkpoint every second. */
const TEXT = `
versions: { flink: 2.1.1 }
environment: { preset: laptop }
kafka:
  topics:
    in: { partitions: ${PARTITIONS} }
    out: { partitions: 2 }
producers:
  load: { topic: in, rate: 3000/s, record: 100 B }
jobs:
  copy:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s, restart-strategy.type: fixed-delay, restart-strategy.fixed-delay.attempts: 9 }
    source:
      topic: in
      scan.bounded.mode: specific-offsets
      scan.bounded.specific-offsets: "partition:0,offset:${STOP};partition:1,offset:${STOP};partition:2,offset:${STOP}"
    operators:
      - { name: work, keyed: true, service-time: 50 us }
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: copy
        properties.transaction.timeout.ms: 1 min
readers:
  committed: { topic: out, isolation.level: read_committed }
  uncommitted: { topic: out }
`;

function run(assignments: readonly string[] = [], options = {}): RunResult {
  const { pipeline } = parsePipeline(TEXT, "bounded.yaml", assignments);
  return runPipeline(pipeline, { seed: "1", duration: 12 * SECOND, ...options });
}

const visible = ({ readers }: RunResult) => readers.map(({ recordsVisible }) => recordsVisible);
const ALL = PARTITIONS * STOP;
const FLAG = "execution.checkpointing.checkpoints-after-tasks-finish.enabled";

/** When, in ms, something first happened to the job. */
function timeOf({ recovery }: RunResult, what: string): number {
  return recovery.timeline.find((event) => event.what === what)!.atMs;
}

describe("a job whose source is bounded", () => {
  test("finishes when its last records are committed by a checkpoint that follows the end of its input", () => {
    const result = run();
    expect(broken(result)).toEqual([]);
    expect(visible(result)).toEqual([ALL, ALL]);
    expect(result.readers.map(({ recordsIn }) => recordsIn)).toEqual([ALL, ALL]);
    const { status, isRunning, outagesMs } = result.recovery.jobs[0]!;
    expect([status, isRunning, outagesMs]).toEqual(["FINISHED", true, []]);
    const { history } = result.checkpoints[0]!.statistics.checkpoints;
    const [last] = history;
    expect(last!.status).toBe("COMPLETED");
    expect(last!.trigger_timestamp).toBe(Math.floor(timeOf(result, "its input has ended")));
    // The next periodic one would have come later.
    expect(last!.trigger_timestamp - history[1]!.trigger_timestamp).toBeLessThan(1000);
    expect(timeOf(result, "FINISHED")).toBeGreaterThan(last!.latest_ack_timestamp);
  });

  test("without that checkpoint loses what came behind the last one, to the record", () => {
    const offsets = new Map<number, number>();
    let completed = 0;
    const observe = (): readonly Partial<PipelineObserver>[] => [
      {
        offsetInSnapshot: (_job, checkpoint, partition, offset) =>
          offsets.set(100 * checkpoint + partition, offset),
        checkpointCompleted: (_job, checkpoint) => {
          completed = checkpoint;
        },
      },
    ];
    const result = run([`${FLAG}=false`], { observe });
    const behind = [0, 1, 2].map((partition) => STOP - offsets.get(100 * completed + partition)!);
    const lost = behind.reduce((sum, records) => sum + records, 0);
    expect(lost).toBeGreaterThan(300);
    expect(visible(result)).toEqual([ALL - lost, ALL]);
    expect(result.readers.map(({ recordsLost }) => recordsLost)).toEqual([lost, 0]);
    expect(result.recovery.jobs[0]!.status).toBe("FINISHED");
    expect(broken(result).filter((one) => one.includes(`${FLAG} is false; set it to true`))).toHaveLength(2);
  });

  test.each([
    ["sink.delivery-guarantee=none"],
    ["sink.delivery-guarantee=at-least-once"],
    ["execution.checkpointing.mode=AT_LEAST_ONCE"],
    ["execution.checkpointing.unaligned.enabled=true"],
    ["execution.buffer-timeout.interval=0"],
    ["flink.taskmanagers=2"],
    ["jobs.copy.sinks.0.connector=upsert-kafka"],
    ["jobs.copy.operators.work.parallelism=3"],
    // Of five sources two have no partition: they finish with the first checkpoint.
    ["parallelism.default=5"],
  ])("with %s, too", (assignment) => {
    const isUpsert = assignment.includes("upsert");
    const result = run([assignment, ...(isUpsert ? ["producers.load.keys=50"] : [])]);
    expect(broken(result)).toEqual([]);
    expect(visible(result)).toEqual([ALL, ALL]);
    expect(result.recovery.jobs[0]!.status).toBe("FINISHED");
  });

  test.each([{ spans: "one-record" }, { polls: "eager" }])(
    "is the same to a slow reference: %o",
    (options) => {
      const result = run(["producers.load.rate=1500/s"], { duration: 24 * SECOND, ...options });
      expect(broken(result)).toEqual([]);
      expect(visible(result)).toEqual([ALL, ALL]);
      const finished = timeOf(result, "FINISHED");
      expect(
        Math.abs(
          finished - timeOf(run(["producers.load.rate=1500/s"], { duration: 24 * SECOND }), "FINISHED"),
        ),
      ).toBeLessThan(5);
    },
  );

  test("that ends later than the load runs on, as any", () => {
    const result = run([], { duration: 4 * SECOND });
    expect(result.recovery.jobs[0]!.status).toBe("RUNNING");
    expect(visible(result)).toEqual([12_000, 12_000]);
  });
});

describe("a failure", () => {
  const end = timeOf(run(), "its input has ended") / 1000;

  test.each([
    ["in the middle", "fail copy/work at 2.5 s", []],
    ["when tasks have finished", "fail copy/work at 2.5 s", ["parallelism.default=5"]],
    ["of a source, when others have finished", "fail copy/source[1] at 2.5 s", ["parallelism.default=5"]],
    [
      "after the end of the input, before the last checkpoint has completed",
      `fail copy/work at ${end + 0.001} s`,
      [],
    ],
    // The oracle of unaligned checkpoints has to know what a finished source has emitted.
    [
      "in which a process stands still, and others finish",
      "freeze taskmanager-1 for 1.5 s at 4.3 s",
      ["execution.checkpointing.unaligned.enabled=true"],
    ],
    ["in which a process is lost", "kill taskmanager-1 at 3.2 s", ["parallelism.default=5"]],
  ])("%s: the job goes on from its last checkpoint, and finishes", (_, fault, assignments) => {
    const result = run([`faults.one=${fault}`, ...assignments]);
    expect(broken(result)).toEqual([]);
    expect(visible(result)).toEqual([ALL, ALL]);
    const { restarts, status } = result.recovery.jobs[0]!;
    expect([restarts, status]).toEqual([fault.startsWith("freeze") ? 0 : 1, "FINISHED"]);
  });
});

describe("where reading ends", () => {
  test("latest-offset: where the topic ended when the job started from nothing, whatever restarts it later", () => {
    const offsets = "jobs.copy.source.scan.bounded.specific-offsets";
    const text = TEXT.replace(/ *scan\.bounded\.specific-offsets.*\n/, "").replace(
      "scan.bounded.mode: specific-offsets",
      "scan.bounded.mode: latest-offset",
    );
    expect(text).not.toContain(offsets);
    const { pipeline } = parsePipeline(text, "bounded.yaml", [
      "faults.again=restart copy from nothing at 3 s",
      "faults.one=fail copy/work at 5.5 s",
      "jobs.copy.operators.work.service-time=0.5 ms",
      "producers.load.record=4 kb",
    ]);
    const result = runPipeline(pipeline, { seed: "1", duration: 12 * SECOND });
    expect(broken(result)).toEqual([]);
    expect(result.recovery.timeline.some(({ what }) => what.startsWith("restores checkpoint"))).toBe(true);
    // At 0 the topic is empty, and the job has nothing to do; at about 3 s it holds some 3 × 3,000 records.
    const [committed, uncommitted] = visible(result);
    expect(committed).toBe(uncommitted);
    expect(committed! / 9000).toBeGreaterThan(0.98);
    expect(committed! / 9000).toBeLessThan(1.1);
    expect(result.recovery.jobs[0]!.status).toBe("FINISHED");
  });
});

describe("a job behind a bounded one", () => {
  const CHAIN = TEXT.replace("name: work, keyed: true", "name: work, partitioner: rebalance")
    .replace("    out: { partitions: 2 }", "    out: { partitions: 2 }\n    more: { partitions: 3 }")
    .replace(
      "readers:",
      `  behind:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s }
    source: { topic: out, properties.isolation.level: read_committed }
    operators:
      - { name: again, keyed: true, service-time: 50 us }
    sinks:
      - { topic: more, sink.delivery-guarantee: exactly-once, sink.transactional-id-prefix: behind, properties.transaction.timeout.ms: 1 min }
readers:
  last: { topic: more, isolation.level: read_committed }`,
    );
  const chain = (...faults: readonly string[]) => {
    const { pipeline } = parsePipeline(CHAIN, "chain.yaml", [
      "jobs.behind.operators.again.service-time=0.3 ms",
      ...faults,
    ]);
    return runPipeline(pipeline, { seed: "1", duration: 6 * SECOND });
  };

  test("gets what it has written, and goes on running", () => {
    const result = chain();
    expect(broken(result)).toEqual([]);
    expect(visible(result)).toEqual([ALL, ALL, ALL]);
    expect(result.recovery.jobs.map(({ status }) => status)).toEqual(["FINISHED", "RUNNING"]);
  });

  test("and is cancelled has gaps in what it has read of several partitions, which is no loss", () => {
    const result = chain("faults.one=cancel behind at 2.51 s");
    expect(broken(result)).toEqual([]);
    expect(result.readers[0]!.recordsWaiting).toBeGreaterThan(0);
    expect(result.recovery.jobs.map(({ status }) => status)).toEqual(["FINISHED", "CANCELED"]);
  });
});
