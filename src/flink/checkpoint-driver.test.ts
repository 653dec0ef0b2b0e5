import { describe, expect, test } from "vitest";
import { RandomStream, Simulation } from "../engine/index.ts";
import { SETTINGS } from "./checkpoint-coordinator.fixture.ts";
import { CheckpointDriver, type CheckpointDriverSettings } from "./checkpoint-driver.ts";
import { CHECKPOINT_DECLINED } from "./checkpoint-failure-reason.ts";
import type { PlannedTask } from "./checkpoint-plan.ts";
import type { Mail } from "./mailbox.ts";
import type { FlinkObserver } from "./observations.ts";
import { NO_STATE } from "./task-state-snapshot.ts";

const MS = 1e6;
const METRICS = { startDelay: 0, alignment: 0, processedBytes: 0, persistedBytes: 0, sync: 0, async: 0 };

/** A coordinator with two tasks that acknowledge `answer` ms after a trigger, and stand still in between when frozen. */
function world(changed: Partial<CheckpointDriverSettings> = {}, answer = 20) {
  const sim = new Simulation({ seed: "1" });
  const log: string[] = [];
  const triggers: number[] = [];
  const durations: number[] = [];
  const refused = { folders: false, metadata: false };
  let frozen = { from: -1, until: -1 };
  const tasks: PlannedTask[] = [
    { number: 1, state: "RUNNING", inputs: [] },
    { number: 2, state: "RUNNING", inputs: [1] },
  ];
  const note = (text: string) => log.push(`${Math.round(sim.now / 1e5) / 10} ${text}`);
  const observer = {
    checkpointTriggered: (_job: number, id: number, at: number, type: string) => {
      triggers.push(at / MS);
      note(`${type} ${id}`);
    },
    checkpointTriggerFailed: (_job: number, reason: string) => note(reason),
    checkpointAcknowledged: () => {},
    checkpointCompleted: (_job: number, id: number, from: number, ack: number) => {
      durations.push((ack - from) / MS);
      note(`completed ${id}`);
    },
    checkpointAborted: (_job: number, id: number, reason: string) => note(`${reason} ${id}`),
    checkpointsFailedJob: (_job: number, reason: string) => note(`job fails: ${reason}`),
  } as unknown as FlinkObserver;
  const arrive = (task: number, mail: Mail): void => {
    if (mail.kind !== "trigger-checkpoint") {
      note(`task ${task}: ${mail.kind} ${mail.checkpoint} ${mail.other}`);
      return;
    }
    for (const { number } of tasks) {
      const done = sim.now + answer * MS;
      const stands = done >= frozen.from && sim.now < frozen.until;
      driver.acknowledge(
        number,
        mail.checkpoint,
        METRICS,
        NO_STATE,
        stands ? frozen.until + answer * MS : done,
      );
    }
  };
  const kinds = {
    timer: sim.defineKind("timer", () => driver.onTimer()),
    timeout: sim.defineKind("timeout", (_, c) => driver.onTimeout(c)),
    stage: sim.defineKind("stage", () => driver.onStage()),
    message: sim.defineKind("message", (_, m) => driver.onMessage(m)),
    finalized: sim.defineKind("finalized", () => driver.onFinalized()),
    cleaned: sim.defineKind("cleaned", () => driver.onCleaned()),
    triggerMail: sim.defineKind("trigger", (t, c) => arrive(t, driver.triggerMail(c))),
    completeMail: sim.defineKind("complete", (t, c) => arrive(t, driver.completeMail(c))),
    abortMail: sim.defineKind("abort", (t, c) => arrive(t, driver.abortMail(c))),
  };
  const driver = new CheckpointDriver(
    sim,
    kinds,
    {
      ...SETTINGS,
      job: 0,
      number: 0,
      unaligned: false,
      checkpointsAfterTasksFinish: true,
      rpc: 1 * MS,
      warmUp: { startedAt: 0, excess: 0, time: 0 },
      initializeLocation: 0,
      snapshotOperatorCoordinators: 0,
      firstTriggerAt: 1000 * MS,
      ...changed,
    },
    { list: () => tasks, subtaskOf: (task) => task - 1 },
    {
      metadataBytes: () => 100,
      writeMetadata: () => 2 * MS,
      clean: () => 0,
      get refusesFolders() {
        return refused.folders;
      },
      get refusesMetadata() {
        return refused.metadata;
      },
    },
    new RandomStream("1", "coordinator"),
    observer,
  );
  const freeze = (from: number, until: number) => {
    frozen = { from: from * MS, until: until * MS };
  };
  const at = (ms: number, act: () => void) => {
    sim.scheduleAt(ms * MS, sim.defineKind(`at ${ms}`, act), 0, 0);
  };
  return { sim, driver, tasks, log, triggers, durations, freeze, at, refused };
}

describe("one checkpoint after the other", () => {
  test("trigger, acknowledgement, metadata, notification: each message takes its time", () => {
    const { sim, driver, log, durations } = world();
    driver.start();
    sim.run(1999 * MS);
    expect(log).toEqual([
      "1000 CHECKPOINT 1",
      "1024 completed 1",
      "1025 task 1: notify-checkpoint-complete 1 0",
      "1025 task 2: notify-checkpoint-complete 1 0",
    ]);
    // Trigger to latest acknowledgement, so without the 2 ms of the metadata.
    expect(durations).toEqual([22]);
  });

  test("the stages of a trigger take theirs, after the timestamp", () => {
    const { sim, driver, durations } = world({
      initializeLocation: 5 * MS,
      snapshotOperatorCoordinators: 3 * MS,
    });
    driver.start();
    sim.run(1999 * MS);
    expect(durations).toEqual([30]);
  });

  test("a young JobManager takes longer for its messages, the store doesn't", () => {
    // Twice as long at the age of 1 s, whatever the time in which it falls.
    const { sim, driver, log, durations } = world({
      warmUp: { startedAt: 1000 * MS, excess: 1, time: 1e18 },
    });
    driver.start();
    sim.run(1999 * MS);
    expect(durations).toEqual([24]);
    expect(log.slice(1, 3)).toEqual(["1026 completed 1", "1028 task 1: notify-checkpoint-complete 1 0"]);
  });

  test("while a task isn't running, triggers fail without an id", () => {
    const { sim, driver, tasks, log, at } = world();
    tasks[1] = { ...tasks[1]!, state: "INITIALIZING" };
    at(1500, () => {
      tasks[1] = { ...tasks[1]!, state: "RUNNING" };
    });
    driver.start();
    sim.run(2000 * MS);
    expect(log).toEqual(["1000 NOT_ALL_REQUIRED_TASKS_RUNNING", "2000 CHECKPOINT 1"]);
  });
});

test("a frozen TaskManager: the checkpoint in flight ends late, what piled up runs back to back, then the old phase goes on", () => {
  // Interval 1 s, frozen for 10 s from 10 ms into a checkpoint: nine triggers pile up meanwhile, one more behind them.
  const { sim, driver, triggers, durations, freeze } = world({ timeout: 600_000 * MS });
  freeze(2010, 11_010 + 900);
  driver.start();
  sim.run(14_500 * MS);
  expect(durations.slice(0, 3)).toEqual([22, 9931, 22]);
  // The next starts when the last is complete: 22 ms and 2 ms for the metadata.
  const backToBack = Array.from({ length: 9 }, (_, i) => 11_933 + 24 * i);
  expect(triggers).toEqual([1000, 2000, ...backToBack, 12_149, 13_000, 14_000]);
  expect(durations.every((duration, i) => i === 1 || duration === 22)).toBe(true);
});

describe("aborts", () => {
  test("a checkpoint that expires is told to the tasks with the latest completed one, and fails the job", () => {
    const { sim, driver, log, freeze } = world({ timeout: 500 * MS });
    const failures: string[] = [];
    driver.onJobFailure = (reason) => failures.push(reason);
    freeze(1900, 2900);
    driver.start();
    sim.run(2600 * MS);
    expect(log.slice(4)).toEqual([
      "2000 CHECKPOINT 2",
      "2500 CHECKPOINT_EXPIRED 2",
      "2500 job fails: CHECKPOINT_EXPIRED",
      "2501 task 1: notify-checkpoint-aborted 2 1",
      "2501 task 2: notify-checkpoint-aborted 2 1",
    ]);
    expect(failures).toEqual(["CHECKPOINT_EXPIRED"]);
  });

  test("a checkpoint whose metadata the store refuses fails when it would have completed", () => {
    const { sim, driver, log, at, refused } = world({ tolerableFailures: 1 });
    at(1500, () => {
      refused.metadata = true;
    });
    driver.start();
    sim.run(3030 * MS);
    expect(log.slice(4)).toEqual([
      "2000 CHECKPOINT 2",
      "2024 FINALIZE_CHECKPOINT_FAILURE 2",
      "2025 task 1: notify-checkpoint-aborted 2 1",
      "2025 task 2: notify-checkpoint-aborted 2 1",
      "3000 CHECKPOINT 3",
      "3024 FINALIZE_CHECKPOINT_FAILURE 3",
      "3024 job fails: FINALIZE_CHECKPOINT_FAILURE",
      "3025 task 1: notify-checkpoint-aborted 3 1",
      "3025 task 2: notify-checkpoint-aborted 3 1",
    ]);
  });

  test("a checkpoint whose folder can't be made fails before any task hears of it, and counts", () => {
    const { sim, driver, log, refused } = world({ tolerableFailures: 0, initializeLocation: 5 * MS });
    refused.folders = true;
    driver.start();
    sim.run(1500 * MS);
    expect(log.slice(0, 3)).toEqual([
      "1000 CHECKPOINT 1",
      "1005 IO_EXCEPTION 1",
      "1005 job fails: IO_EXCEPTION",
    ]);
  });

  test("a declined checkpoint is tolerated as often as the option says", () => {
    const { sim, driver, log, at } = world({ tolerableFailures: 1 }, 100);
    for (const ms of [1050, 2050])
      at(ms, () => driver.decline(2, ms === 1050 ? 1 : 2, CHECKPOINT_DECLINED, ms * MS));
    driver.start();
    sim.run(2060 * MS);
    expect(log.filter((line) => !line.includes("task"))).toEqual([
      "1000 CHECKPOINT 1",
      "1051 CHECKPOINT_DECLINED 1",
      "2000 CHECKPOINT 2",
      "2051 CHECKPOINT_DECLINED 2",
      "2051 job fails: CHECKPOINT_DECLINED",
    ]);
  });

  test("a failover stops the scheduler; the next start draws a delay and ids go on", () => {
    const { sim, driver, log, at } = world({ minPause: 1000 * MS });
    at(1010, () => driver.stop());
    at(3000, () => driver.start());
    driver.start();
    sim.run(4001 * MS);
    expect(log.filter((line) => !line.includes("task"))).toEqual([
      "1000 CHECKPOINT 1",
      "1010 CHECKPOINT_COORDINATOR_SUSPEND 1",
      "4000 CHECKPOINT 2",
    ]);
  });

  test("a JobManager that is gone does nothing more, whatever is still on its way", () => {
    const { sim, driver, log, at } = world();
    at(1010, () => driver.dispose());
    driver.start();
    sim.run(9000 * MS);
    expect(log).toEqual(["1000 CHECKPOINT 1"]);
    expect(driver.state.pending.map(({ id }) => id)).toEqual([1]);
  });
});

describe("savepoints", () => {
  test("run beside the periodic ones, and no task is told", () => {
    const { sim, driver, log, at } = world();
    at(1200, () => driver.savepoint());
    driver.start();
    sim.run(2000 * MS);
    expect(log.slice(4)).toEqual(["1200 SAVEPOINT 2", "1224 completed 2", "2000 CHECKPOINT 3"]);
  });

  test("stop-with-savepoint aborts what is pending, tells the tasks, and no further checkpoint comes", () => {
    const { sim, driver, log, at } = world();
    at(1010, () => driver.stopWithSavepoint(true));
    driver.start();
    sim.run(5000 * MS);
    expect(log.filter((line) => !line.includes("aborted"))).toEqual([
      "1000 CHECKPOINT 1",
      "1010 CHECKPOINT_COORDINATOR_SUSPEND 1",
      "1010 SYNC_SAVEPOINT 2",
      "1034 completed 2",
      "1035 task 1: notify-checkpoint-complete 2 0",
      "1035 task 2: notify-checkpoint-complete 2 0",
    ]);
  });

  test("when the savepoint fails the scheduler starts again", () => {
    const { sim, driver, log, tasks, at } = world();
    at(1200, () => {
      tasks[1] = { ...tasks[1]!, state: "CANCELING" };
      driver.stopWithSavepoint(false);
      tasks[1] = { ...tasks[1]!, state: "RUNNING" };
    });
    driver.start();
    sim.run(3300 * MS);
    const [failed, next] = log.slice(4);
    expect(failed).toBe("1200 NOT_ALL_REQUIRED_TASKS_RUNNING");
    expect(next).toMatch(/^\d+ CHECKPOINT 2$/);
    expect(Number.parseInt(next!, 10)).toBeLessThanOrEqual(2200);
  });
});
