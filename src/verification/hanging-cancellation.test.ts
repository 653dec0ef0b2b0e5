import { expect, test } from "vitest";
import type { RunResult } from "../experiment/index.ts";
import { allCounts, broken, faultedRuns, TWO_SUBTASKS } from "./faulted-runs.ts";

/** Keyed subtasks 2 and 3, of TaskManagers 1 and 2; the job's checkpoints are a second apart. */
const run = faultedRuns(TWO_SUBTASKS, "hanging-cancellation.yaml", 60);

/** Whole seconds, since a trip or a handling more or less is not what is asked for here. */
function log({ recovery }: RunResult): string[] {
  return recovery.timeline.map(({ atMs, what }) => `${Math.floor(atMs / 1000)} ${what}`);
}

const HANGS = "slow job/count[0] by 1000000000 for 10 min at 10 s";
const FAILS = "fail job/count[1] at 10.5 s";
/** No broker is reachable; a producer gives up after max.block.ms, 60 s. */
const CUT = "cut taskmanagers <-> brokers at 10.05 s for 100 s";

test("a record that never ends: after task.cancellation.timeout its process ends, and the job goes on in another", () => {
  const result = run([HANGS, FAILS], [], 200);
  expect(log(result).slice(2)).toEqual([
    "10 subtask 3 failed: user exception",
    "10 RESTARTING",
    "190 a task in TaskManager 1 hasn't ended within task.cancellation.timeout",
    "190 TaskManager 1 ended",
    "190 JobMaster declares TaskManager 1 lost",
    "190 RUNNING",
    "190 restores checkpoint 10",
    "190 ResourceManager declares TaskManager 1 lost",
    "192 TaskManager 3 registered",
    "193 every task runs",
  ]);
  expect(allCounts(result)[0]).toEqual([0, 0]);
  expect(allCounts(result)[1]![0]).toBe(0);
  expect(broken(result)).toEqual([]);
});

test("task.cancellation.timeout 0: the job waits for the record, and then restarts where it was", () => {
  const hangs = HANGS.replace("10 min", "200 s");
  const result = run([hangs, FAILS], ["flink.config.task.cancellation.timeout=0"], 220);
  expect(log(result).slice(3)).toEqual([
    "10 RESTARTING",
    "210 RUNNING",
    "210 restores checkpoint 10",
    "210 every task runs",
  ]);
});

test("an interrupt ends a record that only waits", () => {
  const parked = "jobs.job.operators[0].service-time=parked 0.02 ms";
  const result = run([HANGS.replace("10 min", "20 s"), FAILS], [parked], 40);
  expect(log(result).slice(3, 6)).toEqual(["10 RESTARTING", "11 RUNNING", "11 restores checkpoint 10"]);
});

test("who closes a sink waits max.block.ms for the abort of its transaction: the failed task, then those cancelled for it", () => {
  const result = run([CUT, FAILS], [], 130);
  // 60 s from 10.5 s on; the other writer's abort gets through when the link is back, before its 60 s are over.
  expect(log(result).slice(2)).toEqual([
    "70 subtask 3 failed: user exception",
    "70 RESTARTING",
    "110 RUNNING",
    "110 restores checkpoint 10",
    "110 every task runs",
  ]);
  expect(allCounts(result)[0]).toEqual([0, 0]);
  expect(broken(result)).toEqual([]);
});

test("a shorter task.cancellation.timeout than max.block.ms ends a process whose brokers are out of reach", () => {
  const result = run([CUT, FAILS], ["flink.config.task.cancellation.timeout=30 s"], 130);
  expect(log(result).slice(3, 9)).toEqual([
    "70 RESTARTING",
    "100 a task in TaskManager 1 hasn't ended within task.cancellation.timeout",
    "100 TaskManager 1 ended",
    "100 JobMaster declares TaskManager 1 lost",
    "100 RUNNING",
    "100 restores checkpoint 10",
  ]);
  expect(allCounts(result)[0]).toEqual([0, 0]);
  expect(broken(result)).toEqual([]);
});

test("a process that stands still finds out when it goes on", () => {
  const faults = [HANGS, FAILS, "freeze taskmanager-1 at 35 s for 20 s"];
  const result = run(faults, ["flink.config.task.cancellation.timeout=30 s"], 70);
  expect(log(result)).toContain("55 a task in TaskManager 1 hasn't ended within task.cancellation.timeout");
});
