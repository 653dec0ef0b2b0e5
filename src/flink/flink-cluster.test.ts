import { describe, expect, test } from "vitest";
import { Simulation } from "../engine/index.ts";
import type { FailoverObserver } from "./failover-observer.ts";
import { FlinkCluster, type FlinkClusterSettings } from "./flink-cluster.ts";
import { FAILURE_REASONS, type JobDeployment, JobMaster } from "./job-master.ts";
import type { RestartStrategySettings } from "./restart-strategy.ts";

const SECOND = 1e9;
const MS = 1e6;

const settings: FlinkClusterSettings = {
  taskManagers: 2,
  slotsPerTaskManager: 1,
  startsWorkers: false,
  heartbeat: { interval: 10 * SECOND, timeout: 50 * SECOND, rpcFailureThreshold: 2, roundTrip: 0 },
  rpc: 2 * MS,
  cancellation: 20 * MS,
  startUp: 300 * SECOND,
  taskManagerStart: 25 * SECOND,
  connectionLoss: 100 * MS,
  watch: SECOND,
  termination: 30 * SECOND,
  loading: 800 * MS,
  settling: SECOND,
  hostCores: 8,
  startUpCores: 2,
  hostSharedBy: "cluster",
  age: 0,
  // JobMaster at 3, 13, 23 s ..., ResourceManager at 5, 15, 25 s ...
  heartbeatPhases: { jobMasters: [3 * SECOND], resourceManager: 5 * SECOND },
};

const fixedDelay: RestartStrategySettings = { type: "fixed-delay", attempts: 1e6, delay: SECOND };

/** A cluster with one job of two slots, two subtasks in each, all connected; what is reported, in order. */
function cluster(changed: Partial<FlinkClusterSettings> = {}, strategy = fixedDelay) {
  const sim = new Simulation({ seed: "1" });
  const log: string[] = [];
  const say = (text: string, at: number): void => {
    log.push(`${(at / SECOND).toFixed(3)} ${text}`);
  };
  const observer: FailoverObserver = {
    jobStatusChanged: (_job, status, at) => say(status, at),
    jobFailed: (_job, subtask, reason, at) => say(`${subtask} failed: ${FAILURE_REASONS[reason]}`, at),
    jobRestored: () => {},
    executionRunning: () => {},
    allRunning: (_job, at) => say("all running", at),
    taskManagerEnded: (taskManager, at) => say(`process ${taskManager} ended`, at),
    cancellationTimedOut: (taskManager, at) => say(`process ${taskManager} fails fatally`, at),
    taskManagerFrozen: (taskManager, _until, at) => say(`process ${taskManager} frozen`, at),
    taskManagerRegistered: (taskManager, at) => say(`process ${taskManager} registered`, at),
    taskManagerLost: (job, taskManager, at) => say(`${job < 0 ? "RM" : "JM"} lost ${taskManager}`, at),
    jobManagerEnded: () => {},
    jobManagerFrozen: () => {},
    leadershipLost: () => {},
    jobManagerLeads: (at) => say("JobManager leads", at),
    taskManagerDisconnected: (taskManager, at) => say(`process ${taskManager} disconnected`, at),
  };
  const used = { ...settings, ...changed };
  const jobs: JobMaster[] = [];
  const alive = new Map<string, number>();
  const flink: FlinkCluster = new FlinkCluster(
    sim,
    {
      offered: sim.defineKind("slot offered", (taskManager, job) => flink.onOffered(taskManager, job)),
      connectionLost: sim.defineKind("connection lost", (taskManager) => flink.onConnectionLost(taskManager)),
      lostByJobMaster: sim.defineKind("JobMaster lost", (t, job) => flink.onLostByJobMaster(t, job)),
      lostByResourceManager: sim.defineKind("RM lost", (t, loss) => flink.onLostByResourceManager(t, loss)),
      jobManagerMissed: sim.defineKind("missed", (t, loss) => flink.onJobManagerMissed(t, loss)),
      reconnected: sim.defineKind("reconnected", (t, loss) => flink.onReconnected(t, loss)),
      registered: sim.defineKind("registered", (position, planned) => flink.onRegistered(position, planned)),
      thawed: sim.defineKind("thawed", (taskManager) => flink.onThawed(taskManager)),
      terminated: sim.defineKind("killed after its grace", (taskManager) => flink.onTerminated(taskManager)),
      startUpEnded: sim.defineKind("start-up ended", (host) => flink.onStartUpEnded(host)),
      zombieTold: sim.defineKind("zombie told", (taskManager) => flink.onZombieTold(taskManager)),
    },
    used,
    1,
    {
      killProcess: (taskManager) => {
        for (const [task, place] of alive) if (place === taskManager) alive.delete(task);
      },
      freezeProcess: () => {},
      thawProcess: () => {},
      closeProcess: () => {},
      peerOf: (_job, taskManager) => {
        const lost = [...alive.values()].length < 4;
        const peer = [0, 1, 2, 3].find((subtask) => ![-1, taskManager].includes(job.placeOf(subtask)));
        return lost && peer !== undefined && flink.isReachable(job.placeOf(peer)) ? peer : -1;
      },
    },
    sim.stream("cluster"),
    observer,
  );
  const deployment: JobDeployment = {
    regionOf: [0, 0, 0, 0],
    slotOf: [0, 1, 0, 1],
    restore: () => say("restored", sim.now),
    startAll: () => {
      for (const subtask of [0, 1, 2, 3]) alive.set(`${subtask}.0`, job.placeOf(subtask));
    },
    initialise: (subtask, attempt) => job.onInitialised(subtask, attempt),
    start: (subtask, attempt) => alive.set(`${subtask}.${attempt}`, job.placeOf(subtask)),
    close: (subtask, attempt, whenEnded) => {
      alive.delete(`${subtask}.${attempt}`);
      whenEnded();
    },
    cancel: (subtask, attempt, whenEnded) => deployment.close(subtask, attempt, whenEnded),
    startCheckpoints: () => {},
    stopCheckpoints: () => {},
    hasStopped: false,
  };
  const job: JobMaster = new JobMaster(
    sim,
    {
      restartDelayOver: sim.defineKind("restart delay over", (_job, id) => job.onRestartDelayOver(id)),
      submitted: sim.defineKind("submitted", (execution, attempt) => job.onSubmitted(execution, attempt)),
      deployed: sim.defineKind("deployed", (execution, attempt) => job.onDeployed(execution, attempt)),
      initialised: sim.defineKind("initialised", (execution, attempt) =>
        job.onThawedInitialised(execution, attempt),
      ),
      cancelArrives: sim.defineKind("cancel", (execution, attempt) =>
        job.onCancelArrives(execution, attempt),
      ),
      failed: sim.defineKind("failed", (execution, b) => job.onFailed(execution, b)),
      canceled: sim.defineKind("canceled", (execution, attempt) => job.onCanceled(execution, attempt)),
      running: sim.defineKind("running", (execution, attempt) => job.onRunning(execution, attempt)),
      slotsMissing: sim.defineKind("slots missing", () => job.onSlotsMissing()),
    },
    {
      job: 0,
      firstExecution: 0,
      restartStrategy: strategy,
      rpc: used.rpc,
      warmUp: { startedAt: 0, excess: 0, time: 0 },
      deployment: 300 * MS,
      askTimeout: 10 * SECOND,
      cancellation: 20 * MS,
      slotRequestTimeout: 300 * SECOND,
    },
    deployment,
    flink,
    flink.slotsOf(0),
    sim.stream("restarts"),
    observer,
  );
  jobs.push(job);
  flink.setJob(0, job);
  job.start(true);
  const act = sim.defineKind("fault", (kind, position) => {
    if (kind === 0) flink.kill(flink.processAt(position)!, false, 2 * SECOND);
    else if (kind === 1) flink.kill(flink.processAt(position)!, true, undefined);
    else if (kind === 2) flink.freeze(flink.processAt(position)!, 10 * SECOND);
    else if (kind === 3) flink.kill(flink.processAt(position)!, false, undefined);
    else job.onTaskException(1, job.attemptOf(1), "user exception");
  });
  const at = (time: number, kind: number, position = 0): void => {
    sim.scheduleAt(time, act, kind, position);
  };
  return { sim, log, job, at };
}

/** The times of the lines that hold a text. */
const timesOf = (log: readonly string[], text: string): number[] =>
  log.filter((line) => line.includes(text)).map((line) => Number(line.split(" ")[0]));

describe("a killed process in a standalone cluster", () => {
  test("is restarted onto again and again until a heartbeat gives it up: the ResourceManager's, which tells the job at once", () => {
    const { sim, log, job, at } = cluster();
    at(14 * SECOND, 0);
    sim.run(60 * SECOND);
    expect(log.slice(0, 12)).toEqual([
      "0.000 RUNNING",
      "0.000 restored",
      "14.000 process 0 ended",
      "14.102 1 failed: RemoteTransportException",
      "14.102 RESTARTING",
      "15.102 RUNNING",
      "15.102 restored",
      "15.106 0 failed: RecipientUnreachableException",
      "15.106 RESTARTING",
      "16.000 process 2 registered",
      "16.106 RUNNING",
      "16.106 restored",
    ]);
    // Heartbeats of the JobMaster at 23 and 33 s are refused, of the ResourceManager at 15 and 25 s.
    expect(timesOf(log, "RM lost 0")).toEqual([25]);
    expect(timesOf(log, "JM lost 0")).toEqual([]);
    const cycles = timesOf(log, "RecipientUnreachable");
    expect(cycles.length).toBe(10);
    for (let i = 1; i < cycles.length; i++) expect(cycles[i]! - cycles[i - 1]!).toBeCloseTo(1.004, 3);
    // The next restart finds the fresh process, which has run no task yet.
    expect(log.slice(-3)).toEqual(["25.142 RUNNING", "25.142 restored", "26.246 all running"]);
    expect(job.numRestarts).toBe(11);
  });

  test("that the JobMaster gives up first leaves the job waiting until the ResourceManager has followed", () => {
    const { sim, log, at } = cluster({
      heartbeatPhases: { jobMasters: [5 * SECOND], resourceManager: 7 * SECOND },
    });
    at(14 * SECOND, 0);
    sim.run(60 * SECOND);
    expect(timesOf(log, "JM lost 0")).toEqual([25]);
    expect(timesOf(log, "RM lost 0")).toEqual([27]);
    // RUNNING, but in slot allocation.
    const running = timesOf(log, "RUNNING").filter((time) => time > 25);
    expect(running.length).toBe(1);
    expect(running[0]).toBeLessThan(27);
    expect(timesOf(log, "all running")[0]).toBeCloseTo(27 + 0.004 + 0.002 + 1.1 + 0.002, 3);
  });

  test("without a replacement leaves a job that fails for want of slots about every 1.05 s", () => {
    const { sim, log, at } = cluster();
    at(14 * SECOND, 3);
    sim.run(40 * SECOND);
    const missing = timesOf(log, "NoResourceAvailableException");
    expect(missing.length).toBeGreaterThan(10);
    for (let i = 1; i < missing.length; i++) expect(missing[i]! - missing[i - 1]!).toBeCloseTo(1.054, 3);
  });
});

test("with every process killed nobody sees a closed connection: the heartbeat ends the job, which restarts once", () => {
  const { sim, log, job, at } = cluster();
  at(14 * SECOND, 0, 0);
  at(14 * SECOND, 0, 1);
  sim.run(60 * SECOND);
  expect(log.filter((line) => line.includes("failed"))).toEqual(["25.000 0 failed: TaskManager lost"]);
  expect(job.numRestarts).toBe(1);
  expect(timesOf(log, "all running")[0]).toBeCloseTo(26 + 0.004 + 0.002 + 1.1, 2);
});

describe("fresh processes on one host", () => {
  /** Both processes are killed at 14 s, their successors are there after 2 s; the JobMaster restarts at 26 s. */
  const runs = (changed: Partial<FlinkClusterSettings>): number => {
    const { sim, log, at } = cluster(changed);
    at(14 * SECOND, 0, 0);
    at(14 * SECOND, 0, 1);
    sim.run(60 * SECOND);
    return timesOf(log, "all running")[0]!;
  };

  test("share its cores while both load what tasks need", () => {
    // 0.8 s of two cores each: with two cores in all 1.6 s, with three 1.067 s; in pods of their own 0.8 s.
    expect(runs({ hostCores: 2 })).toBeCloseTo(26.006 + 1.6 + 0.302, 2);
    expect(runs({ hostCores: 3 })).toBeCloseTo(26.006 + 1.0667 + 0.302, 2);
    expect(runs({ hostCores: 2, hostSharedBy: "taskmanager" })).toBeCloseTo(26.006 + 0.8 + 0.302, 2);
  });

  test("one that has just registered shares them with what it still does for itself", () => {
    const early = {
      heartbeat: { interval: SECOND, timeout: 5 * SECOND, rpcFailureThreshold: 2, roundTrip: 0 },
      heartbeatPhases: { jobMasters: [0.5 * SECOND], resourceManager: 0.5 * SECOND },
    };
    const runsAt = (changed: Partial<FlinkClusterSettings>): number => {
      const { sim, log, at } = cluster({ ...early, ...changed });
      at(14 * SECOND, 0);
      sim.run(30 * SECOND);
      return timesOf(log, "all running")[0]!;
    };
    // Registered at 16 s, and given its tasks when the restart delay is over.
    const alone = runsAt({ settling: 0, hostCores: 2 });
    expect(runsAt({ hostCores: 8 })).toBe(alone);
    const shared = runsAt({ hostCores: 2 }) - alone;
    expect(shared).toBeCloseTo(0.8, 3);
  });
});

test("under a resource provider the watch ends it, and a new worker is started", () => {
  const { sim, log, at } = cluster({ startsWorkers: true });
  at(14 * SECOND, 3);
  sim.run(60 * SECOND);
  expect(timesOf(log, "RM lost 0")).toEqual([15]);
  expect(timesOf(log, "process 2 registered")).toEqual([40]);
  expect(timesOf(log, "RecipientUnreachable")).toEqual([]);
  expect(timesOf(log, "all running")[0]).toBeCloseTo(40 + 0.004 + 0.002 + 1.1 + 0.002, 3);
});

test("a replacement that a fault has planned stands for its own process alone: the provider starts the other", () => {
  const { sim, log, at } = cluster({ startsWorkers: true });
  at(14 * SECOND, 3, 1);
  at(14 * SECOND + MS, 0, 0);
  sim.run(60 * SECOND);
  expect(timesOf(log, "RM lost")).toEqual([15, 15.001]);
  expect(timesOf(log, "registered")).toEqual([16.001, 40]);
  expect(timesOf(log, "all running")[0]).toBeCloseTo(40 + 0.004 + 0.002 + 1.1 + 0.002, 3);
});

test("a node that vanishes without a word is noticed when the heartbeat's time-out is over", () => {
  const { sim, log, at } = cluster({ startsWorkers: true });
  at(14 * SECOND, 1);
  sim.run(120 * SECOND);
  // The last heartbeats were answered at 13 s (JobMaster) and 5 s (ResourceManager).
  expect(timesOf(log, "RM lost 0")).toEqual([55]);
  expect(timesOf(log, "failed").at(0)).toBe(55);
});

describe("a process that stands still from 14 to 24 s, and is given up at 18.5 s", () => {
  const early = {
    heartbeat: { interval: SECOND, timeout: 5 * SECOND, rpcFailureThreshold: 2, roundTrip: 0 },
    heartbeatPhases: { jobMasters: [0.5 * SECOND], resourceManager: 0.5 * SECOND },
  };
  const ofProcess = (changed: Partial<FlinkClusterSettings>): string[] => {
    const { sim, log, at } = cluster({ ...early, ...changed });
    at(14 * SECOND, 2);
    sim.run(60 * SECOND);
    return log.filter((line) => /RM lost|process/.test(line));
  };

  test("registers anew in a standalone cluster", () => {
    expect(ofProcess({})).toEqual([
      "14.000 process 0 frozen",
      "18.500 RM lost 0",
      "24.004 process 2 registered",
    ]);
  });

  test("ends when it goes on, where a resource provider has asked for that, and another comes", () => {
    expect(ofProcess({ startsWorkers: true })).toEqual([
      "14.000 process 0 frozen",
      "18.500 RM lost 0",
      "24.000 process 0 ended",
      "43.500 process 2 registered",
    ]);
  });

  test("is killed, if the provider's patience is at its end before", () => {
    expect(ofProcess({ startsWorkers: true, termination: 4 * SECOND })).toEqual([
      "14.000 process 0 frozen",
      "18.500 RM lost 0",
      "22.500 process 0 ended",
      "43.500 process 2 registered",
    ]);
  });
});

test("an exception restarts the job after the delay, in warm processes", () => {
  const { sim, log, job, at } = cluster();
  at(14 * SECOND, 4);
  sim.run(60 * SECOND);
  expect(log.slice(2)).toEqual([
    "14.002 1 failed: user exception",
    "14.002 RESTARTING",
    "15.002 RUNNING",
    "15.002 restored",
    "15.306 all running",
  ]);
  expect(job.numRestarts).toBe(1);
});

test("a process that is frozen for less than the time-out is not missed", () => {
  const { sim, log, at } = cluster();
  at(14 * SECOND, 2);
  sim.run(60 * SECOND);
  expect(log.slice(2)).toEqual(["14.000 process 0 frozen"]);
});

test("a process that is frozen for longer is given up, and registers anew when it wakes", () => {
  const { sim, log, at } = cluster({
    heartbeat: { interval: SECOND, timeout: 5 * SECOND, rpcFailureThreshold: 2, roundTrip: 0 },
    heartbeatPhases: { jobMasters: [0.05 * SECOND], resourceManager: 0.5 * SECOND },
  });
  at(20 * SECOND, 2);
  sim.run(60 * SECOND);
  expect(timesOf(log, "JM lost 0")).toEqual([24.05]);
  expect(timesOf(log, "RM lost 0")).toEqual([24.5]);
  expect(timesOf(log, "process 2 registered")).toEqual([30.004]);
  expect(timesOf(log, "all running").length).toBe(1);
  expect(timesOf(log, "all running")[0]).toBeLessThan(31.5);
});
