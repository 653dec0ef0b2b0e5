import { describe, expect, test } from "vitest";
import type { RunResult } from "../experiment/index.ts";
import { allCounts, broken, faultedRuns, TWO_SUBTASKS } from "./faulted-runs.ts";

const run = faultedRuns(TWO_SUBTASKS, "lost-leader.yaml", 90, [
  "producers.load.rate=500/s",
  "high-availability.type=kubernetes",
]);

const at = ({ recovery }: RunResult, what: string): number[] =>
  recovery.timeline.filter((one) => one.what === what).map(({ atMs }) => atMs);

describe("a highly available JobManager", () => {
  test("is succeeded when its lease is over; the job goes on from the last completed checkpoint", () => {
    const result = run(["kill jobmanager at 31.4 s"]);
    const [leads] = at(result, "JobManager leads");
    // A lease of 15 s that was renewed up to 5 s before, and a try each 5 s.
    expect(leads).toBeGreaterThan(41_400);
    expect(leads).toBeLessThan(51_400);
    expect(at(result, "restores checkpoint 31").length).toBe(1);
    expect(at(result, "every task runs")[0]).toBeGreaterThan(leads!);
    expect(at(result, "every task runs")[0]).toBeLessThan(leads! + 2000);
    const [job] = result.recovery.jobs;
    expect([job!.restarts, job!.status, job!.isRunning]).toEqual([1, "RUNNING", true]);
    const [committed, uncommitted] = allCounts(result);
    expect(committed).toEqual([0, 0]);
    // Its tasks have gone on without it: all since the last checkpoint comes again, 500 records/s.
    expect(uncommitted![0]).toBe(0);
    expect(uncommitted![1]).toBeGreaterThan((leads! / 1000 - 31.4) * 500 - 100);
    expect(uncommitted![1]).toBeLessThan((leads! / 1000 - 30.4) * 500 + 100);
    expect(broken(result)).toEqual([]);
  });

  test.each([
    ["while a checkpoint is pending", ["kill jobmanager when snapshot acknowledged of checkpoint 20"]],
    ["when one has just completed", ["kill jobmanager when checkpoint 20 completed"]],
    ["while transactions commit", ["kill jobmanager when EndTxn sent of checkpoint 20"]],
    ["twice", ["kill jobmanager at 20 s", "kill jobmanager at 28 s", "kill jobmanager at 50 s repair 1 s"]],
    ["and a TaskManager meanwhile", ["kill jobmanager at 20 s", "kill taskmanager-1 at 25 s repair 2 s"]],
    ["with a TaskManager that nobody repairs", ["kill taskmanager-2 at 19.9 s", "kill jobmanager at 20 s"]],
    ["and a task meanwhile", ["kill jobmanager at 20 s", "fail job at 25 s"]],
    ["with a frozen TaskManager", ["freeze taskmanager-1 at 19 s for 30 s", "kill jobmanager at 20 s"]],
    ["while the job restarts", ["fail job at 20 s", "kill jobmanager at 20.5 s"]],
  ])("lost %s: every record is committed once", (_, faults) => {
    const result = run(faults, [], 100);
    expect(allCounts(result)[0]).toEqual([0, 0]);
    expect(allCounts(result)[1]![0]).toBe(0);
    expect(broken(result)).toEqual([]);
    expect(result.recovery.jobs[0]!.isRunning).toBe(true);
  });

  test("in ZooKeeper: the TaskManagers are told when its session is over", () => {
    const set = [
      "flink.config.high-availability.type=zookeeper",
      "flink.config.high-availability.zookeeper.client.session-timeout=15 s",
    ];
    const result = run(["kill jobmanager at 31.4 s repair 20 s"], set);
    const [told] = at(result, "TaskManager 1 ends its tasks: it has lost its JobManager");
    // A ping comes after a third of the time-out.
    expect(told).toBeGreaterThan(41_400);
    expect(told).toBeLessThan(46_500);
    expect(at(result, "JobManager leads")).toEqual([51_400]);
    expect(allCounts(result)[0]).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
  });
});

test("without high availability the job is gone: its tasks end when heartbeats are missed, and records wait", () => {
  const result = run(["kill jobmanager at 31.4 s"], ["flink.config.high-availability.type=NONE"]);
  const [told] = at(result, "TaskManager 1 ends its tasks: it has lost its JobManager");
  // 50 s after the last heartbeat, of which there is one each 10 s.
  expect(told).toBeGreaterThan(71_000);
  expect(told).toBeLessThan(81_500);
  const [job] = result.recovery.jobs;
  expect([job!.restarts, job!.status, job!.isRunning, job!.outagesMs]).toEqual([0, "gone", false, [null]]);
  const [committed, uncommitted] = result.readers;
  // No checkpoint completes any more, so nothing is committed; and nothing is lost.
  expect(committed!.recordsVisible).toBeGreaterThan(30 * 500);
  expect(committed!.recordsVisible).toBeLessThan(31.4 * 500);
  expect(uncommitted!.recordsVisible).toBeGreaterThan((told! / 1000 - 0.2) * 500);
  expect(uncommitted!.recordsVisible).toBeLessThanOrEqual((told! / 1000) * 500);
  expect(allCounts(result)).toEqual([
    [0, 0],
    [0, 0],
  ]);
  expect(committed!.recordsWaiting).toBe(90 * 500 - committed!.recordsVisible);
  expect(broken(result)).toEqual([]);
});

test("a successor is a young process: its messages take longer than those of the old one, and less with time", () => {
  const set = ["environment.cluster.age=1 h", "environment.jobmanager.cold-excess=200", "environment.jvm.warm-up-time=20 s", "flink.config.web.checkpoints.history=200"]; // biome-ignore format: one line
  const result = run(["kill jobmanager at 31.4 s repair 1 s"], set, 150);
  const [leads] = at(result, "JobManager leads");
  const { history } = result.checkpoints[0]!.statistics.checkpoints;
  const durations = (from: number, to: number): number[] =>
    history
      .filter(({ trigger_timestamp: triggered }) => triggered >= from && triggered < to)
      .map(({ end_to_end_duration: duration }) => duration)
      .reverse();
  // But for the first, which is the first in fresh TaskManagers.
  expect(durations(1500, 31_400)).toEqual(Array.from({ length: 30 }, () => 6));
  const after = durations(leads!, 150_000);
  // What is above the warm process's time falls to 1/e in the warm-up time, so differences over it do.
  const fall = (second: number): number => after[second]! - after[second + 20]!;
  expect(fall(2)).toBeGreaterThan(150);
  for (const second of [2, 5, 10]) {
    expect(fall(second) / fall(second + 20)).toBeGreaterThan(Math.E * 0.97);
    expect(fall(second) / fall(second + 20)).toBeLessThan(Math.E * 1.03);
  }
});
