import { describe, expect, test } from "vitest";
import { measurePipeline } from "../experiment/index.ts";
import { VisibleGaps } from "../metrics/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { broken, counts, faultedRuns, TWO_SUBTASKS } from "./faulted-runs.ts";

const SECOND = 1e9;

/** Nothing replaces a process, and the job is restarted however often it fails. */
const SETTINGS = [
  "producers.load.keys=10000",
  "flink.resource-provider=standalone",
  "restart-strategy.type=fixed-delay",
  "restart-strategy.fixed-delay.attempts=1000",
];

const run = faultedRuns(TWO_SUBTASKS, "failover.yaml", 60, SETTINGS);

const [committed, uncommitted] = [0, 1];

describe("exactly-once through a failure", () => {
  test.each([
    ["a task throws", "fail job at 31.4 s"],
    ["a source throws", "fail job/source[1] at 31.4 s"],
    ["a TaskManager is killed", "kill taskmanager-1 at 31.4 s repair 2 s"],
    ["its node vanishes", "lose taskmanager-2 at 31.4 s repair 2 s"],
    [
      "between snapshot and completion",
      "kill taskmanager-1 when snapshot acknowledged of checkpoint 20 repair 2 s",
    ],
    ["between completion and notification", "kill taskmanager-1 when checkpoint 20 completed repair 2 s"],
    ["between EndTxn and its answer", "kill taskmanager-2 when EndTxn sent of checkpoint 20 repair 2 s"],
    ["between prepare and the markers", "fail job when PrepareCommit written 20th time"],
    ["during the restart", "fail job when job running 1st time"],
  ])("%s: a read_committed reader sees every record once", (_, fault) => {
    const faults = fault.includes("job running") ? ["fail job at 20 s", fault] : [fault];
    const result = run(faults, [], 120);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(uncommitted in result.readers && counts(result, uncommitted)[0]).toBe(0);
    expect(broken(result)).toEqual([]);
    expect(result.recovery.jobs[0]!.restarts).toBeGreaterThanOrEqual(faults.length);
  });
});

test("after an exception what was processed since the last completed checkpoint's barrier is seen again", () => {
  const result = run(["fail job at 31.4 s"], ["sink.delivery-guarantee=at-least-once"]);
  const [lost, repeated] = counts(result, committed);
  expect(lost).toBe(0);
  expect(counts(result, uncommitted)).toEqual([0, repeated]);
  const { duplicates } = result.readers[committed]!;
  expect(duplicates.reduce((sum, { records, times }) => sum + records * (times - 1), 0)).toBe(repeated);
  // At most an interval's records and what a checkpoint takes, and not none.
  expect(repeated).toBeGreaterThan(0);
  expect(repeated).toBeLessThan(1100);
  expect(broken(result)).toEqual([]);
});

test("execution.checkpointing.mode AT_LEAST_ONCE: an exactly-once sink commits repeats, aligned it doesn't", () => {
  // One subtask is a little too slow, so that a barrier waits in each of its channels for as long as there is behind it.
  const load = ["producers.load.rate=1900/s", "jobs.job.operators.count.slow-subtask=0: 1.05 ms"];
  const through = (mode: string) =>
    run(["fail job at 20.3 s"], [...load, `execution.checkpointing.mode=${mode}`], 30);
  const aligned = through("EXACTLY_ONCE");
  expect(counts(aligned, committed)).toEqual([0, 0]);
  const tracked = through("AT_LEAST_ONCE");
  const [lost, repeated] = counts(tracked, committed);
  expect(lost).toBe(0);
  expect(repeated).toBeGreaterThan(0);
  // Less than what read_uncommitted gets again, which is all since the checkpoint.
  expect(repeated).toBeLessThan(counts(tracked, uncommitted)[1]);
  for (const result of [aligned, tracked]) expect(broken(result)).toEqual([]);
  const { permitted } = tracked.checks.find(({ name }) => name === "ExactlyOnceOutput")!;
  expect(permitted[0]).toMatch(
    /reader committed saw .* again: .*; under execution.checkpointing.mode AT_LEAST_ONCE/,
  );
});

describe("a TaskManager that stands still", () => {
  test.each([
    ["between two checkpoints", "freeze taskmanager-1 at 31.4 s for 10 s"],
    ["the other one", "freeze taskmanager-2 at 31.4 s for 10 s"],
    [
      "while its tasks take a snapshot",
      "freeze taskmanager-1 when snapshot started of checkpoint 20 for 10 s",
    ],
    ["while they pre-commit", "freeze taskmanager-2 when pre-committed of checkpoint 20 for 10 s"],
    ["while they commit", "freeze taskmanager-2 when EndTxn sent of checkpoint 20 for 10 s"],
    ["twice, and once more before it goes on", "freeze taskmanager-1 when checkpoint 20 triggered for 3 s"],
  ])("%s: for less than the heartbeat's time-out, it goes on where it was", (_, fault) => {
    const twice = ["freeze taskmanager-1 at 34 s for 3 s", "freeze taskmanager-1 at 36 s for 8 s"];
    const faults = fault.includes("triggered") ? [fault, ...twice] : [fault];
    const result = run(faults, [], 60);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(counts(result, uncommitted)).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
    expect(result.recovery.jobs[0]!.restarts).toBe(0);
    // Every record waits in it, or for a checkpoint that waits for it.
    const { maxMs } = result.readers[uncommitted]!.latency;
    expect(maxMs).toBeGreaterThan(9000);
    expect(maxMs).toBeLessThan(11_500);
  });

  test.each([
    ["while its tasks initialise", 31.9],
    ["while its tasks are cancelled", 31.4],
    ["when its tasks arrive", 32.41],
  ])("%s: what waited for it happens when it goes on", (_, at) => {
    const faults = ["fail job/source[0] at 31.4 s", `freeze taskmanager-2 at ${at} s for 2 s`];
    const result = run(faults, [], 60);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
    const [job] = result.recovery.jobs;
    expect(job!.restarts).toBe(1);
    expect(job!.outagesMs).toHaveLength(1);
    expect(job!.outagesMs[0]).toBeGreaterThan((at + 2 - 31.4) * 1000 - 10);
    expect(job!.outagesMs[0]).toBeLessThan(5500);
  });

  test("for longer, it wakes as a zombie and registers anew", () => {
    const result = run(["freeze taskmanager-1 at 31.4 s for 80 s"], [], 180);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(counts(result, uncommitted)[0]).toBe(0);
    expect(broken(result)).toEqual([]);
    const told = result.recovery.timeline.map(({ what }) => what);
    expect(told).toContain("JobMaster declares TaskManager 1 lost");
    expect(told).toContain("TaskManager 3 registered");
    expect(result.recovery.jobs[0]!.restarts).toBeGreaterThanOrEqual(1);
  });
});

test("a resource provider ends the process that stood still: no zombie registers, and nothing is lost or repeated", () => {
  const set = ["flink.resource-provider=active", "environment.taskmanager.termination=20 s"];
  // It is given up 40 to 50 s later, and goes on within its grace, behind it, or before.
  const endedBy = (seconds: number) => {
    const result = run([`freeze taskmanager-1 at 31.4 s for ${seconds} s`], set, 180);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(counts(result, uncommitted)[0]).toBe(0);
    expect(broken(result)).toEqual([]);
    const what = (text: string) => result.recovery.timeline.filter((line) => line.what.includes(text));
    return {
      registered: what("registered").length,
      ended: what("TaskManager 1 ended").map(({ atMs }) => atMs),
    };
  };
  const thawed = endedBy(55);
  expect(thawed).toEqual({ registered: 1, ended: [31_400 + 55_000] });
  const killed = endedBy(80);
  expect(killed.registered).toBe(1);
  expect(killed.ended[0]).toBeGreaterThan(31_400 + 60_000);
  expect(killed.ended[0]).toBeLessThan(31_400 + 70_000);
  expect(endedBy(20)).toEqual({ registered: 0, ended: [] });
});

test("a zombie writes on until it is told: Kafka refuses it under exactly-once, and takes it under at-least-once", () => {
  const set = ["flink.taskmanagers=4", "environment.flink.rpc=100 ms"];
  const faults = ["freeze taskmanager-1 at 31.4 s for 60 s"];
  const result = run(faults, set, 120);
  expect(counts(result, committed)).toEqual([0, 0]);
  expect(broken(result)).toEqual([]);
  const { permitted } = result.checks.find(({ name }) => name === "EveryTransactionCommits")!;
  expect(permitted.join()).toMatch(
    /was refused \(INVALID_PRODUCER_EPOCH\) at 91\.\d+ s, which fails its task/,
  );
  const repeats = (seconds: number): number => {
    const fault = [`freeze taskmanager-1 at 31.4 s for ${seconds} s`];
    return counts(run(fault, [...set, "sink.delivery-guarantee=at-least-once"], 120), committed)[1];
  };
  // It has what it was going to write within two RPCs, and doesn't wake within the run.
  expect(repeats(60)).toBeGreaterThan(repeats(600));
});

test("a vanished node gives no credit: who writes to it stands still when the buffers between them are full", () => {
  const assignments = [
    "faults.loss=lose taskmanager-2 at 31 s repair 2 s",
    "flink.config.heartbeat.interval=2 s",
    "flink.config.heartbeat.timeout=20 s",
    "producers.load.rate=4000/s",
    "producers.load.record=400 B",
  ];
  const { pipeline } = parsePipeline(TWO_SUBTASKS, "failover.yaml", [...SETTINGS, ...assignments]);
  const gaps = new VisibleGaps(2);
  measurePipeline(pipeline, { seed: "1", duration: 60 * SECOND, observe: () => [gaps] });
  const { from, length } = gaps.largest(uncommitted)!;
  // A quarter of the records goes to the lost node: 10 to 20 segments of 32 KiB, and one that is being filled.
  const bytes = 1000 * 400;
  const standsStill = from / SECOND - 31;
  expect(standsStill).toBeGreaterThan((10 * 32_768) / bytes - 0.2);
  expect(standsStill).toBeLessThan((21 * 32_768) / bytes + 0.2);
  // Until the node is given up, 18 to 20 s after its loss, and the job is back.
  expect((from + length) / SECOND).toBeGreaterThan(31 + 18);
});

test("without a guarantee what the producer had not sent is lost", () => {
  const set = ["sink.delivery-guarantee=none", "jobs.job.sinks[0].properties.linger.ms=100"];
  const kill = run(["kill taskmanager-1 at 31.4 s repair 2 s"], set, 120);
  const [lost] = counts(kill, committed);
  // Up to 100 ms of one subtask's half of the records wait in the accumulator of a killed process. A checkpoint of the
  // 31st second holds offsets behind them.
  expect(lost).toBeLessThanOrEqual(60);
  expect(broken(kill)).toEqual([]);
});

test("restarts onto a dead TaskManager's slot until a heartbeat has given it up", () => {
  const { recovery } = run(["kill taskmanager-1 at 31.4 s repair 2 s"], [], 90);
  const [job] = recovery.jobs;
  const lost = recovery.timeline.filter(({ what }) => what.endsWith("lost"));
  expect(job!.restarts).toBeGreaterThanOrEqual(9);
  expect(job!.restarts).toBeLessThanOrEqual(21);
  for (const { atMs } of lost) {
    expect(atMs).toBeGreaterThanOrEqual(41_400);
    expect(atMs).toBeLessThanOrEqual(51_400);
  }
});

test("a resource provider's watch ends it sooner, and starts a new worker", () => {
  const { recovery, ...result } = run(
    ["kill taskmanager-1 at 31.4 s"],
    ["flink.resource-provider=active"],
    90,
  );
  const [outage] = recovery.jobs[0]!.outagesMs;
  // A second to notice, two to start, a second to deploy into a cold process.
  expect(outage).toBeGreaterThan(3000);
  expect(outage).toBeLessThan(5500);
  expect(counts({ recovery, ...result }, committed)).toEqual([0, 0]);
});

test("without restarts the first failure ends the job: what comes later waits, and isn't lost", () => {
  const result = run(
    ["fail job at 31.4 s"],
    ["sink.delivery-guarantee=at-least-once", "restart-strategy.type=none"],
  );
  expect(result.recovery.timeline.map(({ what }) => what)).toContain("FAILED");
  expect(counts(result, committed)).toEqual([0, 0]);
  expect(result.readers[committed]!.recordsWaiting).toBeGreaterThan(28_000);
  expect(result.readers[committed]!.recordsWaiting).toBeLessThan(29_000);
  const [job] = result.recovery.jobs;
  expect([job!.status, job!.isRunning]).toEqual(["FAILED", false]);
  expect(broken(result)).toEqual([]);
});

test("a standalone cluster that has no slots left restarts a job in vain: what comes later waits", () => {
  const result = run(["kill taskmanager-1 at 31.4 s"]);
  expect(result.recovery.jobs[0]!.isRunning).toBe(false);
  expect(counts(result, committed)).toEqual([0, 0]);
  expect(result.readers[committed]!.recordsWaiting).toBeGreaterThan(28_000);
  expect(broken(result)).toEqual([]);
});

test("the same seed gives the same bytes through a failure, and another seed others", () => {
  const fault = ["kill taskmanager-1 at 31.4 s repair 2 s"];
  const first = run(fault);
  expect(JSON.stringify(run(fault))).toBe(JSON.stringify(first));
  expect(run(fault, [], 60, "2").outcomeFingerprint).not.toBe(first.outcomeFingerprint);
});
