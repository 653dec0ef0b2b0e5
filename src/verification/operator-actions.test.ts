import { describe, expect, test } from "vitest";
import type { RunResult } from "../experiment/index.ts";
import { allCounts, broken, faultedRuns, RETAINED, TWO_SUBTASKS, told } from "./faulted-runs.ts";

const run = faultedRuns(TWO_SUBTASKS, "operator-actions.yaml", 40, RETAINED);

const [committed, uncommitted] = [0, 1];
const job = ({ recovery }: RunResult) => recovery.jobs[0]!;
const NOTHING = [
  [0, 0],
  [0, 0],
];

test("a savepoint under AT_LEAST_ONCE blocks no channel, and later checkpoints complete", () => {
  const mode = [
    "jobs.job.config.execution.checkpointing.mode=AT_LEAST_ONCE",
    "jobs.job.sinks.0.sink.delivery-guarantee=at-least-once",
  ];
  const result = run(["savepoint job at 20.3 s"], mode);
  expect(told(result).filter((what) => /^savepoint \d+ completed/.test(what))).toHaveLength(1);
  const { triggered, completed } = result.checkpoints[0]!;
  expect(completed).toBeGreaterThanOrEqual(39);
  expect(completed).toBe(triggered);
  expect(broken(result)).toEqual([]);
});

describe("a job that ends", () => {
  test("cancelled: what no checkpoint holds isn't committed, what it hasn't read waits", () => {
    const result = run(["cancel job at 20.3 s"]);
    expect([job(result).status, job(result).isRunning, job(result).restarts]).toEqual(["CANCELED", false, 0]);
    expect(allCounts(result)).toEqual(NOTHING);
    // The last checkpoint was triggered within the second before.
    expect(result.readers[committed]!.recordsVisible).toBeGreaterThan(19_200);
    expect(result.readers[committed]!.recordsVisible).toBeLessThan(20_300);
    expect(result.readers[uncommitted]!.recordsWaiting).toBeGreaterThan(19_700);
    expect(broken(result)).toEqual([]);
  });

  test.each(["stop-with-savepoint job at 20.3 s", "stop-with-savepoint job drain at 20.3 s"])(
    "%s: all that it has read is committed, for each reader the same",
    (fault) => {
      const result = run([fault]);
      expect([job(result).status, job(result).isRunning]).toEqual(["FINISHED", false]);
      expect(allCounts(result)).toEqual(NOTHING);
      const [first, second] = result.readers.map(({ recordsVisible }) => recordsVisible);
      expect(first).toBe(second);
      expect(first).toBeGreaterThan(20_290);
      expect(first).toBeLessThan(20_310);
      expect(broken(result)).toEqual([]);
    },
  );

  test.each(["savepoint job", "stop-with-savepoint job"])(
    "%s, before it is submitted again: nobody is there to be asked, and it starts from its own savepoint",
    (action) => {
      const result = run(["restart job from savepoint at 20.3 s", `${action} at 20.39 s`]);
      const said = told(result).filter((what) => /^savepoint \d+ completed|FINISHED|submi/.test(what));
      expect(said.map((what) => what.replace(/\d+/, "N"))).toEqual(["savepoint N completed", "FINISHED"]);
      expect(allCounts(result)).toEqual(NOTHING);
      expect([job(result).status, job(result).isRunning]).toEqual(["RUNNING", true]);
      expect(broken(result)).toEqual([]);
    },
  );

  test("stopped with a savepoint that the store refuses: the job goes on", () => {
    const result = run(
      ["storage metadata-fails at 20 s for 1 s", "stop-with-savepoint job at 20.3 s"],
      ["jobs.job.config.execution.checkpointing.tolerable-failed-checkpoints=10"],
    );
    expect(told(result)).toContain("subtask 0 failed: stop-with-savepoint failed");
    expect([job(result).restarts, job(result).isRunning]).toEqual([1, true]);
    expect(allCounts(result)[committed]).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
  });
});

describe("cancelled with a savepoint", () => {
  const cancel = "cancel job with savepoint at 20.3 s";

  test("what it has pre-committed for the savepoint isn't committed by that: it waits for whoever starts from it", () => {
    const result = run([cancel]);
    expect([job(result).status, job(result).isRunning]).toEqual(["CANCELED", false]);
    const order = told(result).filter((what) => what.startsWith("savepoint") || what === "CANCELLING");
    expect(order).toEqual(["savepoint 21 completed", "CANCELLING"]);
    expect(allCounts(result)).toEqual(NOTHING);
    // The last checkpoint's commits are the last.
    expect(result.readers[committed]!.recordsVisible).toBeLessThan(20_300);
    expect(result.readers[uncommitted]!.recordsVisible).toBeGreaterThan(20_290);
    expect(broken(result)).toEqual([]);
    const again = run([cancel, "restart job from savepoint at 25 s"], [], 45);
    expect(told(again)).toContain("restores checkpoint 21");
    expect(allCounts(again)[committed]).toEqual([0, 0]);
    expect(job(again).isRunning).toBe(true);
    expect(broken(again)).toEqual([]);
  });

  test("that the store refuses: the job goes on", () => {
    const result = run(
      ["storage metadata-fails at 20 s for 1 s", cancel],
      ["jobs.job.config.execution.checkpointing.tolerable-failed-checkpoints=10"],
    );
    expect([job(result).restarts, job(result).status, job(result).isRunning]).toEqual([0, "RUNNING", true]);
    expect(allCounts(result)).toEqual(NOTHING);
    expect(broken(result)).toEqual([]);
  });
});

describe("a process dies while the job stops, between the savepoint's commits and its end", () => {
  const stop = "stop-with-savepoint job at 20.3 s";

  test("a TaskManager: the job has failed for good, and goes on from the savepoint when it is submitted again", () => {
    const kill = "kill taskmanager-1 when EndTxn sent 41st time";
    const result = run([stop, kill]);
    expect([job(result).status, job(result).isRunning, job(result).restarts]).toEqual(["FAILED", false, 0]);
    expect(allCounts(result)[committed]).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
    const again = run([stop, kill, "restart job from savepoint at 40 s"], [], 60);
    expect(told(again)).toContain("restores checkpoint 21");
    expect(allCounts(again)).toEqual(NOTHING);
    expect([job(again).status, job(again).isRunning]).toEqual(["RUNNING", true]);
    expect(broken(again)).toEqual([]);
  });

  test("the JobManager: its successor knows of the last checkpoint only, and what the savepoint has committed comes again", () => {
    const result = run(
      [stop, "kill jobmanager when EndTxn sent 41st time repair 1 s"],
      ["high-availability.type=kubernetes"],
      60,
    );
    expect(told(result)).toContain("restores checkpoint 20");
    const [lost, repeated] = allCounts(result)[committed]!;
    expect(lost).toBe(0);
    expect(repeated).toBeGreaterThan(200);
    expect(repeated).toBeLessThan(1000);
    expect(broken(result)).toEqual([]);
    const { permitted } = result.checks.find(({ name }) => name === "ExactlyOnceOutput")!;
    expect(permitted[0]).toContain("a job that starts from an older state");
  });
});

test("a savepoint changes nothing for readers: its transactions are committed with the next checkpoint", () => {
  const result = run(["savepoint job at 20.3 s"]);
  expect(told(result).length).toBe(2);
  expect(told(result)[1]).toMatch(/^savepoint \d+ completed$/);
  expect(allCounts(result)).toEqual(NOTHING);
  expect(job(result).restarts).toBe(0);
  expect(broken(result)).toEqual([]);
});

describe("a job that is submitted again", () => {
  test("from a savepoint that it is stopped with: nobody sees a record twice", () => {
    const result = run(["restart job from savepoint at 20.3 s"]);
    expect(allCounts(result)).toEqual(NOTHING);
    expect([job(result).restarts, job(result).isRunning, job(result).outagesMs.length]).toEqual([1, true, 1]);
    expect(broken(result)).toEqual([]);
  });

  test("from the latest checkpoint: what came after it is read again, and committed once", () => {
    const result = run(["restart job from latest at 20.3 s"]);
    const [first, second] = allCounts(result);
    expect(first).toEqual([0, 0]);
    expect(second![0]).toBe(0);
    expect(second![1]).toBeGreaterThan(200);
    expect(second![1]).toBeLessThan(1000);
    expect(broken(result)).toEqual([]);
  });

  test("from an older one: what was committed behind it is committed again, to the record", () => {
    // Two checkpoints further back, so two seconds of 1,000 records.
    const latest = allCounts(run(["restart job from latest at 20.3 s"]));
    const older = allCounts(run(["restart job from latest - 2 at 20.3 s"]));
    expect(older[committed]).toEqual([0, 2000]);
    expect(older[uncommitted]).toEqual([0, latest[uncommitted]![1] + 2000]);
  });

  test("from nothing: all of it again", () => {
    const result = run(["restart job from nothing at 20.3 s"]);
    const cancelled = run(["cancel job at 20.3 s"]);
    result.readers.forEach(({ recordsDuplicated }, reader) => {
      expect(recordsDuplicated).toBe(cancelled.readers[reader]!.recordsVisible);
    });
    expect(broken(result)).toEqual([]);
  });

  test("under another transactional-id prefix: what the old one left open is aborted, what it pre-committed is committed", () => {
    const result = run(["rename job to other when snapshot acknowledged of checkpoint 20"]);
    expect(allCounts(result)[committed]).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
    // Nothing holds back readers for longer than the outage and an interval.
    expect(result.readers[committed]!.latency.maxMs).toBeLessThan(3000);
  });

  test.each([
    [
      "after it has failed for good",
      ["fail job at 20 s", "restart job from latest at 25 s"],
      ["restart-strategy.type=none"],
    ],
    ["while it restarts", ["fail job at 20 s", "restart job from savepoint at 20.2 s"], []],
    ["twice", ["restart job from savepoint at 15 s", "restart job from latest at 25 s"], []],
    [
      "and fails before its first checkpoint",
      ["restart job from savepoint at 20.3 s", "fail job at 21 s"],
      [],
    ],
    [
      "with a frozen TaskManager",
      ["freeze taskmanager-1 at 20 s for 5 s", "restart job from savepoint at 20.3 s"],
      [],
    ],
    [
      "when its JobManager is lost for good",
      ["kill jobmanager at 10 s repair 1 s", "restart job from latest at 70 s"],
      [],
    ],
    [
      "with unaligned checkpoints",
      ["restart job from latest at 20.3 s"],
      ["execution.checkpointing.unaligned.enabled=true"],
    ],
  ])("%s: every record is committed once", (_, faults, set) => {
    const result = run(faults, set, 90);
    expect(allCounts(result)[committed]).toEqual([0, 0]);
    expect(allCounts(result)[uncommitted]![0]).toBe(0);
    expect(job(result).isRunning).toBe(true);
    expect(broken(result)).toEqual([]);
  });

  test.each([
    ["restart job from latest at 1 s", "RETAIN_ON_CANCELLATION in job job", ["NO_EXTERNALIZED_CHECKPOINTS"]],
    ["restart job from latest - 3 at 1 s", "from latest - 0 to 2", ["RETAIN_ON_CANCELLATION"]],
  ])("%s is refused where nothing would be there", (fault, wanted, [retention]) => {
    const key = "jobs.job.config.execution.checkpointing.externalized-checkpoint-retention";
    expect(() => run([fault], [`${key}=${retention}`])).toThrow(wanted);
  });
});
