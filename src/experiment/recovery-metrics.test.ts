import { describe, expect, test } from "vitest";
import { RecoveryRecorder } from "../metrics/index.ts";
import { recoveryMetrics } from "./recovery-metrics.ts";

const checkpoint = (number: number, triggeredAt: number, job = 0) => ({
  job,
  checkpoint: number,
  triggeredAt,
  longestAlignment: 0,
  latestAckAt: triggeredAt + 5,
  completedAt: triggeredAt + 6,
  failedAt: -1,
  failureReason: "",
});
const log = { checkpoints: [checkpoint(3, 500), checkpoint(3, 700, 1), checkpoint(4, 900)] };

/** A TaskManager is lost at 1,000, declared so at 1,050, and the job is back at 1,200. */
function crashed(): RecoveryRecorder {
  const recorder = new RecoveryRecorder(2, ["TaskManager lost"]);
  recorder.faultInjected("lose taskmanager-1", 1000, 1000);
  recorder.taskManagerEnded(0, 1000);
  recorder.taskManagerLost(0, 0, 1050);
  recorder.jobFailed(0, 1, 0, 1060);
  recorder.jobStatusChanged(0, "RESTARTING", 1060);
  recorder.jobRestored(0, 4, 1100);
  recorder.taskManagerRegistered(4, 1120);
  recorder.allRunning(0, 1200);
  return recorder;
}

describe("recovery metrics", () => {
  test("of one crash", () => {
    expect(recoveryMetrics(crashed(), log, undefined, 0, 0)).toEqual({
      restarts: 1,
      outage_ms: 200,
      detection_ms: 50,
      recovery_ms: 200,
      noticed_ms: 60,
      restart_ms: 60,
      restore_ms: 80,
      catch_up_ms: null,
      restored_checkpoint_age_ms: 100,
      transactions_open_ms: null,
    });
  });

  test("outages add up; recovery lasts until the last one's end, and the age is the first one's", () => {
    const recorder = crashed();
    recorder.taskManagerEnded(1, 2000);
    recorder.jobFailed(0, 1, 0, 2010);
    recorder.jobStatusChanged(0, "RESTARTING", 2010);
    recorder.jobRestored(0, 5, 2020);
    recorder.allRunning(0, 2030);
    expect(recoveryMetrics(recorder, log, undefined, 0, 0)).toMatchObject({
      restarts: 2,
      outage_ms: 230,
      recovery_ms: 1030,
      detection_ms: 50,
      restored_checkpoint_age_ms: 100,
    });
  });

  test("nothing is told of what has not ended", () => {
    const recorder = crashed();
    recorder.taskManagerEnded(1, 2000);
    recorder.jobFailed(0, 1, 0, 2010);
    expect(recoveryMetrics(recorder, log, undefined, 0, 0)).toMatchObject({
      restarts: 1,
      outage_ms: null,
      recovery_ms: null,
      restore_ms: null,
    });
  });

  test("a job that didn't fail was never down, whatever happened to another", () => {
    expect(recoveryMetrics(crashed(), log, undefined, 1, 0)).toMatchObject({
      restarts: 0,
      outage_ms: 0,
      recovery_ms: null,
      restored_checkpoint_age_ms: null,
    });
    expect(recoveryMetrics(crashed(), log, undefined, undefined, 0)).toEqual({});
  });

  test("the catch-up begins when every task runs, and is nothing where nobody got a late record", () => {
    const metrics = (caughtUpAt: number) =>
      recoveryMetrics(crashed(), log, { caughtUpAt: [0, caughtUpAt], transactionsOpenFor: 70 }, 0, 1);
    expect(metrics(1450)).toMatchObject({ catch_up_ms: 250, transactions_open_ms: 70 });
    expect(metrics(1150)).toMatchObject({ catch_up_ms: 0 });
    expect(metrics(Number.NEGATIVE_INFINITY)).toMatchObject({ catch_up_ms: 0 });
    expect(metrics(Number.NaN)).toMatchObject({ catch_up_ms: null });
  });
});
