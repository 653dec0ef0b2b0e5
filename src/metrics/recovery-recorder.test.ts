import { expect, test } from "vitest";
import { RecoveryRecorder } from "./recovery-recorder.ts";

const REASONS = ["TaskManager lost", "user exception"];

test("an outage begins with the end of a process, not with the news of it", () => {
  const recorder = new RecoveryRecorder(1, REASONS);
  recorder.faultInjected("lose taskmanager-1", 100, 100);
  recorder.taskManagerEnded(0, 100);
  recorder.taskManagerLost(0, 0, 150);
  recorder.jobFailed(0, 2, 0, 151);
  recorder.jobStatusChanged(0, "RESTARTING", 151);
  recorder.jobRestored(0, 7, 160);
  recorder.taskManagerRegistered(4, 170);
  recorder.allRunning(0, 180);
  expect(recorder.jobs[0]!.outages).toEqual([
    { crashedAt: 100, failedAt: 151, resetAt: 170, runningAt: 180, checkpoint: 7 },
  ]);
  expect([recorder.firstFaultAt, recorder.firstLostAt, recorder.jobs[0]!.restarts]).toEqual([100, 150, 1]);
});

test("tries that fail belong to the same outage, and its restored checkpoint is the last try's", () => {
  const recorder = new RecoveryRecorder(1, REASONS);
  recorder.taskManagerEnded(0, 100);
  recorder.jobFailed(0, 2, 0, 101);
  recorder.jobRestored(0, 7, 110);
  recorder.jobFailed(0, 2, 0, 120);
  recorder.jobRestored(0, 8, 130);
  recorder.allRunning(0, 140);
  expect(recorder.jobs[0]!.outages).toEqual([
    { crashedAt: 100, failedAt: 101, resetAt: 130, runningAt: 140, checkpoint: 8 },
  ]);
});

test("a failure without a process that ended begins when it is heard of", () => {
  const recorder = new RecoveryRecorder(1, REASONS);
  recorder.taskManagerEnded(0, 100);
  recorder.jobFailed(0, 2, 0, 101);
  recorder.jobRestored(0, 1, 110);
  recorder.allRunning(0, 120);
  recorder.jobFailed(0, 0, 1, 200);
  expect(recorder.jobs[0]!.outages.map(({ crashedAt }) => crashedAt)).toEqual([100, 200]);
  expect(recorder.jobs[0]!.outages[1]!.runningAt).toBe(Number.POSITIVE_INFINITY);
});

test("a process that went on again before the failure is not its cause; one that nobody missed yet is", () => {
  const recorder = new RecoveryRecorder(2, REASONS);
  recorder.taskManagerFrozen(0, 60, 50);
  recorder.taskManagerEnded(1, 70);
  recorder.jobFailed(1, 0, 1, 100);
  expect(recorder.jobs[1]!.outages[0]!.crashedAt).toBe(70);
  recorder.taskManagerFrozen(0, 400, 300);
  recorder.jobFailed(0, 0, 0, 350);
  expect(recorder.jobs[0]!.outages[0]!.crashedAt).toBe(70);
  recorder.allRunning(1, 360);
  recorder.jobFailed(1, 0, 0, 370);
  expect(recorder.jobs[1]!.outages[1]!.crashedAt).toBe(300);
});
