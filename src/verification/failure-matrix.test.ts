import { expect, test } from "vitest";
import { allCounts, broken, faultedRuns, TWO_SUBTASKS, told } from "./faulted-runs.ts";

const run = faultedRuns(TWO_SUBTASKS, "failure-matrix.yaml", 24, [
  "producers.load.keys=10000",
  "flink.resource-provider=standalone",
  "restart-strategy.type=fixed-delay",
  "restart-strategy.fixed-delay.attempts=1000",
  "execution.checkpointing.dir=file:///checkpoints",
]);
const TIMEOUT = "jobs.job.sinks[0].properties.transaction.timeout.ms";
const HA = "high-availability.type=kubernetes";

/** What becomes of the transactions of checkpoint 8 of an exactly-once sink, by where the failure strikes. Source: flink-connector-kafka
 *  ExactlyOnceKafkaWriter, KafkaCommitter; kafka TransactionCoordinator. What the committer makes of each error of a commit is
 *  commit-outcome.test's. `null`: the job goes on without a restart. */
test.each<[string, readonly string[], readonly string[], number | null]>([
  ["before the barrier: aborted, and replayed", ["fail job when checkpoint 8 triggered"], [], 7],
  ["before the barrier, without a close", ["kill taskmanager-1 when checkpoint 8 triggered repair 1 s"], [], 7],
  ["pre-committed, not in the store: aborted", ["kill taskmanager-1 when pre-committed of checkpoint 8 repair 1 s"], [], 7],
  ["in the store, not notified: recommitted", ["kill taskmanager-1 when checkpoint 8 completed repair 1 s"], [], 8],
  ["committed: the recommit is answered OK", ["kill taskmanager-1 when checkpoint 8 completed plus 500 ms repair 1 s"], [], 8],
  ["JobManager, before the pointer is written", ["kill jobmanager when snapshot acknowledged of checkpoint 8"], [HA], 7],
  ["JobManager, behind it", ["kill jobmanager when checkpoint 8 completed"], [HA], 8],
  ["the checkpoint aborted: committed with the next", ["storage metadata-fails when checkpoint 8 triggered for 0.5 s"], ["execution.checkpointing.tolerable-failed-checkpoints=10"], null],
  ["the current one times out: the next send fails", ["storage unavailable when checkpoint 8 triggered for 15 s"], [`${TIMEOUT}=5 s`, "execution.checkpointing.timeout=10 min"], 7],
])("%s: nothing is lost or seen twice", (_, faults, set, restored) => {
  const result = run(faults, set);
  expect(allCounts(result)[0]).toEqual([0, 0]);
  expect(broken(result)).toEqual([]);
  const [first] = told(result).filter((what) => /^restores checkpoint/.test(what));
  expect(first).toBe(restored === null ? undefined : `restores checkpoint ${restored}`);
  expect(result.recovery.jobs[0]!.isRunning).toBe(true);
}); // biome-ignore format: a row a case

test("completed, and timed out before the commit: lost for good, while the checkpoint stays completed and the job runs", () => {
  const result = run(["kill taskmanager-1 when checkpoint 8 completed repair 1 s"], [`${TIMEOUT}=2 s`]);
  const [lost, duplicated] = allCounts(result)[0]!;
  // A second's records of the subtask that was killed, half of 1,000.
  expect([lost! > 400 && lost! < 600, duplicated]).toEqual([true, 0]);
  expect(told(result)).toContain("restores checkpoint 8");
  expect(result.recovery.jobs[0]!.isRunning).toBe(true);
  expect(broken(result).join("\n")).toMatch(/PRODUCER_FENCED|INVALID_TXN_STATE/);
});

test("the checkpoint aborted, and a process killed: read_committed readers wait behind what is open", () => {
  const largest = (faults: readonly string[], set: readonly string[] = []) =>
    run(faults, set).readers[0]!.latency.maxMs!;
  const usual = largest([]);
  const aborted = largest(
    ["storage metadata-fails when checkpoint 8 triggered for 0.5 s"],
    ["execution.checkpointing.tolerable-failed-checkpoints=10"],
  );
  // An interval longer, give or take two retry.backoff.ms of 100 ms.
  expect(aborted - usual).toBeGreaterThan(800);
  expect(aborted - usual).toBeLessThan(1200);
  expect(largest(["kill taskmanager-1 when checkpoint 8 completed plus 500 ms repair 1 s"])).toBeGreaterThan(
    usual + 2000,
  );
});
