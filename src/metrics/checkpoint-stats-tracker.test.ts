import { describe, expect, test } from "vitest";
import type { CheckpointConfigInfo } from "./checkpoint-statistics.ts";
import { CheckpointStatsTracker } from "./checkpoint-stats-tracker.ts";

const MS = 1e6;
const JOB = {
  name: "job",
  vertices: [
    { name: "source", parallelism: 2 },
    { name: "process", parallelism: 2 },
  ],
  history: 3,
  retained: 1,
  directory: "file:/flink/checkpoints",
  config: {} as unknown as CheckpointConfigInfo,
};
const STATE = {
  keyed: [],
  operator: { splits: [], committables: [], bytes: 0 },
  keyedRecords: 0,
  channelState: [],
  channelStateBytes: 0,
};

/** Acknowledges as a subtask of Flink 2.1.1 was seen to; times in ms. */
function acknowledge(
  tracker: CheckpointStatsTracker,
  id: number,
  subtask: number,
  row: readonly [
    at: number,
    sync: number,
    async: number,
    aligned: number,
    delay: number,
    processed: number,
    size: number,
  ],
  persisted = 0,
): void {
  const [at, sync, async, alignment, startDelay, processedBytes, size] = row;
  const metrics = {
    startDelay: startDelay * MS,
    alignment: alignment * MS,
    processedBytes,
    persistedBytes: persisted,
    sync: sync * MS + 400_000,
    async: async * MS,
  };
  const snapshot = { ...STATE, checkpointedBytes: size, stateBytes: size };
  tracker.checkpointAcknowledged(0, subtask, id, metrics, snapshot, at * MS + 999_999);
}

/** The four acknowledgements of a checkpoint of Flink 2.1.1, triggered at 1,000 ms. */
function acknowledgeAll(tracker: CheckpointStatsTracker, id: number): void {
  acknowledge(tracker, id, 0, [1005, 0, 0, 0, 2, 0, 295]);
  acknowledge(tracker, id, 1, [1010, 1, 0, 0, 4, 0, 295]);
  acknowledge(tracker, id, 2, [1009, 0, 2, 2, 3, 351, 569_390]);
  acknowledge(tracker, id, 3, [1012, 0, 5, 0, 3, 585, 566_678]);
}

function completed(): CheckpointStatsTracker {
  const tracker = new CheckpointStatsTracker([JOB]);
  tracker.checkpointTriggered(0, 26, 1000 * MS, "CHECKPOINT");
  acknowledgeAll(tracker, 26);
  tracker.checkpointCompleted(0, 26, 1000 * MS, 1012 * MS, 1050 * MS, 777);
  return tracker;
}

describe("one completed checkpoint", () => {
  test("reads as in Flink's details of it", () => {
    const { details, jobId } = completed().statistics(0);
    const tasks = Object.values(details[0]!.tasks);
    expect({ ...details[0], tasks: {} }).toEqual({
      className: "completed",
      id: 26,
      status: "COMPLETED",
      is_savepoint: false,
      savepointFormat: null,
      trigger_timestamp: 1000,
      latest_ack_timestamp: 1012,
      checkpointed_size: 1_136_658,
      state_size: 1_136_658,
      end_to_end_duration: 12,
      alignment_buffered: 0,
      processed_data: 936,
      persisted_data: 0,
      num_subtasks: 4,
      num_acknowledged_subtasks: 4,
      checkpoint_type: "CHECKPOINT",
      tasks: {},
      external_path: `file:/flink/checkpoints/${jobId}/chk-26`,
      discarded: false,
    });
    expect(jobId).toMatch(/^[0-9a-f]{32}$/);
    expect(
      tasks.map((task) => [task.checkpointed_size, task.end_to_end_duration, task.num_subtasks]),
    ).toEqual([
      [590, 10, 2],
      [1_136_068, 12, 2],
    ]);
  });

  test("and by subtask", () => {
    const [sources, behind] = Object.values(completed().statistics(0).subtasks["26"]!);
    expect(sources!.summary.end_to_end_duration).toEqual({
      min: 5,
      max: 10,
      avg: 7,
      p50: "NaN",
      p90: "NaN",
      p95: "NaN",
      p99: "NaN",
      p999: "NaN",
    });
    expect(sources!.summary.start_delay).toMatchObject({ min: 2, max: 4, avg: 3 });
    expect(sources!.summary.alignment.buffered).toMatchObject({ p50: 0 });
    expect(behind!.subtasks[1]).toEqual({
      className: "completed",
      index: 1,
      status: "completed",
      ack_timestamp: 1012,
      end_to_end_duration: 12,
      checkpointed_size: 566_678,
      state_size: 566_678,
      checkpoint: { sync: 0, async: 5 },
      alignment: { buffered: 0, processed: 585, persisted: 0, duration: 0 },
      start_delay: 3,
      unaligned_checkpoint: false,
      aborted: false,
    });
  });

  test("and as gauges, whose duration leaves out the metadata", () => {
    expect(completed().statistics(0).gauges).toMatchObject({
      totalNumberOfCheckpoints: 1,
      numberOfCompletedCheckpoints: 1,
      lastCheckpointDuration: 12,
      lastCheckpointSize: 1_136_658,
      lastCheckpointMetadataSize: 777,
      lastCheckpointCompletedTimestamp: 1012,
      lastCompletedCheckpointId: 26,
    });
  });
});

test("nothing yet: -1, n/a, null and NaN as Flink has them", () => {
  const { checkpoints, gauges, details } = new CheckpointStatsTracker([JOB]).statistics(0);
  expect(checkpoints.counts).toEqual({ restored: 0, total: 0, in_progress: 0, completed: 0, failed: 0 });
  expect(checkpoints.summary.state_size).toMatchObject({ min: 0, max: 0, avg: 0, p50: "NaN" });
  expect(checkpoints.latest).toEqual({ completed: null, savepoint: null, failed: null, restored: null });
  expect([gauges.lastCheckpointDuration, gauges.lastCheckpointExternalPath, details]).toEqual([
    -1,
    "n/a",
    [],
  ]);
});

test("in progress, failed, and a savepoint", () => {
  const tracker = new CheckpointStatsTracker([JOB]);
  tracker.checkpointTriggered(0, 1, 1000 * MS, "CHECKPOINT");
  const first = () => tracker.statistics(0).checkpoints.history[0]!;
  expect([first().className, first().end_to_end_duration]).toEqual(["in_progress", -1]);
  acknowledge(tracker, 1, 0, [1005, 0, 0, 0, 2, 0, 295]);
  expect(first()).toMatchObject({ end_to_end_duration: 5, num_acknowledged_subtasks: 1 });
  const pending = Object.values(tracker.statistics(0).subtasks["1"]!)[0]!.subtasks[1];
  expect(pending).toEqual({ className: "pending", index: 1, status: "pending_or_failed" });
  tracker.checkpointAborted(0, 1, "CHECKPOINT_EXPIRED", 1600 * MS, "Checkpoint expired before completing.");
  expect(first()).toMatchObject({
    className: "failed",
    status: "FAILED",
    end_to_end_duration: 600,
    failure_timestamp: 1600,
    failure_message: "Checkpoint expired before completing.",
  });
  tracker.checkpointTriggered(0, 2, 2000 * MS, "SAVEPOINT");
  tracker.checkpointCompleted(0, 2, 2000 * MS, 2000 * MS, 2000 * MS, 0);
  tracker.checkpointTriggerFailed(0);
  const { counts, latest } = tracker.statistics(0).checkpoints;
  expect(counts).toEqual({ restored: 0, total: 3, in_progress: 0, completed: 1, failed: 2 });
  expect([latest.savepoint?.id, latest.completed, latest.failed?.id]).toEqual([2, null, 1]);
  expect(latest.savepoint).toMatchObject({ is_savepoint: true, savepointFormat: "CANONICAL" });
  // Flink's gauges don't tell a savepoint from a checkpoint.
  expect(tracker.statistics(0).gauges.lastCompletedCheckpointId).toBe(2);
});

test("the history is bounded, the summary is over all, and what is no longer retained is discarded", () => {
  const tracker = new CheckpointStatsTracker([JOB]);
  for (let id = 1; id <= 5; id++) {
    tracker.checkpointTriggered(0, id, 1000 * MS, "CHECKPOINT");
    acknowledge(tracker, id, 0, [1000 + id, 0, 0, 0, 0, 0, id], id === 5 ? 10 : 0);
    tracker.checkpointCompleted(0, id, 0, 0, 0, 0);
  }
  const { checkpoints, details } = tracker.statistics(0);
  expect(checkpoints.history.map(({ id, discarded }) => [id, discarded])).toEqual([
    [5, false],
    [4, true],
    [3, true],
  ]);
  expect(checkpoints.history[0]!.checkpoint_type).toBe("UNALIGNED_CHECKPOINT");
  expect(details.length).toBe(3);
  expect(checkpoints.summary.end_to_end_duration).toMatchObject({ min: 1, max: 5, avg: 3, p50: 3 });
});

test("a restore from a checkpoint or a savepoint is counted and told; one from nothing isn't", () => {
  const tracker = new CheckpointStatsTracker([JOB]);
  const restored = () => {
    const { checkpoints, gauges } = tracker.statistics(0);
    return [
      checkpoints.counts.restored,
      checkpoints.latest.restored,
      gauges.lastCheckpointRestoreTimestamp,
    ] as const;
  };
  tracker.jobRestored(0, 0, 500 * MS);
  expect(restored()).toEqual([0, null, -1]);
  tracker.checkpointTriggered(0, 1, 1000 * MS, "CHECKPOINT");
  acknowledgeAll(tracker, 1);
  tracker.checkpointCompleted(0, 1, 1000 * MS, 1012 * MS, 1013 * MS, 0);
  tracker.jobRestored(0, 1, 2000.9 * MS);
  const path = `file:/flink/checkpoints/${tracker.statistics(0).jobId}`;
  const first = { id: 1, restore_timestamp: 2000, is_savepoint: false, external_path: `${path}/chk-1` };
  expect(restored()).toEqual([1, first, 2000]);
  tracker.checkpointTriggered(0, 2, 3000 * MS, "SAVEPOINT");
  tracker.checkpointCompleted(0, 2, 3000 * MS, 3000 * MS, 3000 * MS, 0);
  tracker.jobRestored(0, 2, 4000 * MS);
  expect(restored()[1]).toMatchObject({ id: 2, restore_timestamp: 4000, is_savepoint: true });
  expect(restored()[0]).toBe(2);
});
