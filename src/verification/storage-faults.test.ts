import { describe, expect, test } from "vitest";
import { type RunResult, runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { broken } from "./faulted-runs.ts";

const SECOND = 1e9;

/** A keyed job whose checkpoints are files, one each second. */
const PIPELINE = `
environment: { preset: laptop }
kafka:
  topics:
    in: { partitions: 2 }
    out: { partitions: 2 }
producers:
  load: { topic: in, rate: 1000/s, record: 100 B, keys: 1000 }
jobs:
  job:
    config:
      parallelism.default: 2
      execution.checkpointing.interval: 1 s
      execution.checkpointing.dir: file:///checkpoints
    source: { topic: in }
    operators:
      - { name: count, keyed: true, service-time: 0.02 ms, state: 1000 b/key }
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: job
        properties.transaction.timeout.ms: 600000
readers:
  committed: { topic: out, isolation.level: read_committed }
`;

function run(fault: string, tolerable: number): RunResult {
  const assignments = [
    `faults.f=${fault}`,
    `jobs.job.config.execution.checkpointing.tolerable-failed-checkpoints=${tolerable}`,
  ];
  const { pipeline } = parsePipeline(PIPELINE, "storage.yaml", assignments);
  return runPipeline(pipeline, { seed: "1", duration: 40 * SECOND });
}

/** Why checkpoints failed, in order, each as often as it did. */
function reasons({ recovery }: RunResult): string[] {
  return recovery.timeline.flatMap(({ what }) => /^checkpoint \d+ failed: (\w+)$/.exec(what)?.[1] ?? []);
}

const FAILS = ["CHECKPOINT_ASYNC_EXCEPTION"];

describe.each([
  ["storage unavailable at 20.2 s for 3.3 s", ["IO_EXCEPTION", "IO_EXCEPTION", "IO_EXCEPTION"]],
  ["storage full at 20.2 s for 3.3 s", [...FAILS, ...FAILS, ...FAILS]],
  [
    "storage metadata-fails at 20.2 s for 3.3 s",
    ["FINALIZE_CHECKPOINT_FAILURE", "FINALIZE_CHECKPOINT_FAILURE", "FINALIZE_CHECKPOINT_FAILURE"],
  ],
] as const)("%s", (fault, expected) => {
  test("three checkpoints fail; tolerated, readers wait and nothing else happens", () => {
    const result = run(fault, 3);
    expect(reasons(result)).toEqual(expected);
    expect(result.recovery.jobs[0]!.restarts).toBe(0);
    const [committed] = result.readers;
    expect([committed!.recordsLost, committed!.recordsDuplicated]).toEqual([0, 0]);
    // The records behind the last completed checkpoint's barrier wait for the fourth one: almost 4 s, and what follows it.
    expect(committed!.latency.maxMs).toBeGreaterThan(3900);
    expect(committed!.latency.maxMs).toBeLessThan(4200);
    expect(broken(result)).toEqual([]);
  });

  test("not tolerated, the first one restarts the job, and every record is still seen once", () => {
    const result = run(fault, 0);
    expect(reasons(result)[0]).toBe(expected[0]);
    expect(result.recovery.timeline.map(({ what }) => what)).toContain("job failed: checkpoint failures");
    expect(result.recovery.jobs[0]!.restarts).toBeGreaterThanOrEqual(1);
    const [committed] = result.readers;
    expect([committed!.recordsLost, committed!.recordsDuplicated]).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
  });
});

test("an unreachable store can't be restored from: the job restarts until it can", () => {
  const { pipeline } = parsePipeline(PIPELINE, "storage.yaml", [
    "faults.store=storage unavailable at 20.2 s for 10 s",
    "faults.task=fail job at 20.3 s",
    "jobs.job.config.execution.checkpointing.tolerable-failed-checkpoints=100",
  ]);
  const { recovery, readers } = runPipeline(pipeline, { seed: "1", duration: 60 * SECOND });
  const failed = recovery.timeline.filter(({ what }) => what.endsWith("failed: restore failed"));
  expect(failed.length).toBeGreaterThanOrEqual(3);
  for (const { atMs } of failed) expect(atMs).toBeLessThan(30_300);
  expect(recovery.timeline.findLast(({ what }) => what === "every task runs")!.atMs).toBeGreaterThan(30_200);
  expect([readers[0]!.recordsLost, readers[0]!.recordsDuplicated]).toEqual([0, 0]);
});

test("a slow store makes checkpoints longer by so much", () => {
  const duration = (fault: string) => run(fault, 0).checkpoints[0]!.durationMs.meanMs!;
  const usual = duration("storage slow by 1 at 1 s for 39 s");
  const slow = duration("storage slow by 20 at 1 s for 39 s");
  // A subtask's file of about half a megabyte: 1 ms for the request and 0.77 ms for its bytes at 650 MB/s.
  const more = (slow - usual) / 19;
  expect(more).toBeGreaterThan(1.769 * 0.97);
  expect(more).toBeLessThan(1.769 * 1.03);
});

test("where no checkpoint is in the store, the fault is warned about", () => {
  const text = PIPELINE.replace("      execution.checkpointing.dir: file:///checkpoints\n", "");
  const { warnings } = parsePipeline(text, "storage.yaml", ["faults.f=storage full at 1 s for 1 s"]);
  expect(warnings.map(({ wanted }) => wanted).join()).toContain(
    "all checkpoints are in the JobManager's memory",
  );
});
