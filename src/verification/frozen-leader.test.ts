import { describe, expect, test } from "vitest";
import type { RunResult } from "../experiment/index.ts";
import { allCounts, broken, faultedRuns, TWO_SUBTASKS } from "./faulted-runs.ts";

const run = faultedRuns(TWO_SUBTASKS, "frozen-leader.yaml", 40, ["producers.load.rate=500/s"]);

/** A time-out of 5 s, which is over 4 to 5 s after the last word. */
const SHORT = ["flink.config.heartbeat.interval=1 s", "flink.config.heartbeat.timeout=5 s"];
const STANDALONE = "flink.resource-provider=standalone";
const LEASE = "high-availability.type=kubernetes";

/** Whole seconds. */
function log({ recovery }: RunResult): string[] {
  return recovery.timeline.map(({ atMs, what }) => `${Math.floor(atMs / 1000)} ${what}`);
}

/** Nothing is lost, and nothing committed twice. */
function expectKept(result: RunResult): void {
  expect(allCounts(result)[0]).toEqual([0, 0]);
  expect(allCounts(result)[1]![0]).toBe(0);
  expect(broken(result)).toEqual([]);
  expect(result.recovery.jobs[0]!.isRunning).toBe(true);
}

test("shorter than the heartbeats' time-out: checkpoints wait, and then come at once; nothing fails", () => {
  const result = run(["freeze jobmanager at 10.4 s for 10 s"]);
  expect(log(result).slice(1)).toEqual(["10 JobManager frozen for 10 s"]);
  expectKept(result);
  expect(allCounts(result)[1]).toEqual([0, 0]);
  const calm = run([]);
  expect(result.checkpoints[0]!.completed).toBe(calm.checkpoints[0]!.completed);
  expect(result.checkpoints[0]!.failed).toBe(0);
  // What came just behind the last checkpoint before waits for the first one after.
  const [committed] = result.readers;
  expect(committed!.latency.maxMs).toBeGreaterThan(10_400);
  expect(committed!.latency.maxMs).toBeLessThan(11_600);
});

test("longer: the TaskManagers end their tasks meanwhile, and the job restarts when it is awake", () => {
  const result = run(["freeze jobmanager at 10.4 s for 10 s"], [...SHORT, STANDALONE]);
  expect(log(result).slice(2)).toEqual([
    "14 TaskManager 1 ends its tasks: it has lost its JobManager",
    "14 TaskManager 2 ends its tasks: it has lost its JobManager",
    "20 JobMaster declares TaskManager 1 lost",
    "20 subtask 0 failed: TaskManager lost",
    "20 RESTARTING",
    "20 ResourceManager declares TaskManager 1 lost",
    "20 JobMaster declares TaskManager 2 lost",
    "20 ResourceManager declares TaskManager 2 lost",
    "20 TaskManager 3 registered",
    "20 TaskManager 4 registered",
    "21 RUNNING",
    "21 restores checkpoint 10",
    "21 every task runs",
  ]);
  expectKept(result);
});

test("under a resource provider the processes that it takes for dead are deleted, and others started", () => {
  const result = run(["freeze jobmanager at 10.4 s for 10 s"], SHORT);
  expect(log(result).slice(7)).toEqual([
    "20 ResourceManager declares TaskManager 1 lost",
    "20 TaskManager 1 ended",
    "20 JobMaster declares TaskManager 2 lost",
    "20 ResourceManager declares TaskManager 2 lost",
    "20 TaskManager 2 ended",
    "21 RUNNING",
    "21 restores checkpoint 10",
    "22 TaskManager 3 registered",
    "22 TaskManager 4 registered",
    "23 every task runs",
  ]);
  expectKept(result);
});

describe("highly available", () => {
  test("it still leads while it renews its lease in time", () => {
    const result = run(["freeze jobmanager at 10.4 s for 9.9 s"], [LEASE]);
    expect(log(result).slice(1)).toEqual(["10 JobManager frozen for 9.9 s"]);
    expectKept(result);
  });

  test.each([
    ["a lease of 15 s", [LEASE], 16],
    [
      "a renew-deadline of 5 s",
      [LEASE, "flink.config.high-availability.kubernetes.leader-election.renew-deadline=5 s"],
      6,
    ],
    [
      "two thirds of a session of 15 s",
      [
        "high-availability.type=zookeeper",
        "flink.config.high-availability.zookeeper.client.session-timeout=15 s",
      ],
      11,
    ],
  ])("it leads no longer after %s, is elected again, and recovers its jobs", (_, set, seconds) => {
    const result = run([`freeze jobmanager at 10.4 s for ${seconds} s`], set, 60);
    const awake = 10 + seconds;
    expect(log(result).slice(2)).toEqual([
      `${awake} JobManager leads no longer: it has not renewed its lock`,
      `${awake} JobManager leads`,
      `${awake} TaskManager 1 ends its tasks: it has lost its JobManager`,
      `${awake} TaskManager 2 ends its tasks: it has lost its JobManager`,
      `${awake} RUNNING`,
      `${awake} restores checkpoint 10`,
      `${awake} TaskManager 1 registered`,
      `${awake} TaskManager 2 registered`,
      `${awake} every task runs`,
    ]);
    expectKept(result);
  });

  test("longer than heartbeats, too: its TaskManagers have ended their tasks, and are not given up", () => {
    const result = run(["freeze jobmanager at 10.4 s for 16 s"], [...SHORT, LEASE], 60);
    expect(log(result).slice(2)).toEqual([
      "14 TaskManager 1 ends its tasks: it has lost its JobManager",
      "14 TaskManager 2 ends its tasks: it has lost its JobManager",
      "26 JobManager leads no longer: it has not renewed its lock",
      "26 JobManager leads",
      "26 RUNNING",
      "26 restores checkpoint 10",
      "26 TaskManager 1 registered",
      "26 TaskManager 2 registered",
      "26 every task runs",
    ]);
    expectKept(result);
  });
});

describe("what happens meanwhile waits", () => {
  test.each([
    [
      "a task that throws",
      "fail job/count[1] at 12 s",
      ["15 subtask 3 failed: user exception", "15 RESTARTING"],
    ],
    ["an operator who cancels", "cancel job at 12 s", ["15 CANCELLING", "15 CANCELED"]],
    ["a savepoint", "savepoint job at 12 s", ["15 savepoint 11 completed"]],
    [
      "a process that ends",
      "kill taskmanager-1 at 12 s repair 20 s",
      ["12 TaskManager 1 ended", "15 subtask 1 failed: RemoteTransportException"],
    ],
    [
      "a TaskManager that freezes",
      "freeze taskmanager-1 at 12 s for 1 s",
      ["12 TaskManager 1 frozen for 1 s"],
    ],
    ["another freeze", "freeze jobmanager at 12 s for 9 s", ["12 JobManager frozen for 9 s"]],
    ["its own end", "kill jobmanager at 12 s", ["12 JobManager ended"]],
  ])("%s", (_, fault, expected) => {
    const result = run(["freeze jobmanager at 10.4 s for 5 s", fault], [LEASE], 40);
    expect(log(result).slice(3, 3 + expected.length)).toEqual(expected);
    expect(broken(result)).toEqual([]);
  });
});
