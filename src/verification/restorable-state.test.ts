import { expect, test } from "vitest";
import type { TaskStateSnapshot } from "../flink/index.ts";
import { assemble } from "../pipeline/index.ts";
import { SECOND, scenario } from "./scenario.ts";
import { SILENT } from "./silent-observer.ts";

/** Snapshots of each acknowledged checkpoint by subtask, and what else the run said about it. */
function acknowledged(...assignments: readonly string[]) {
  const snapshots = new Map<number, TaskStateSnapshot[]>();
  const offsets = new Map<number, number>();
  const preCommitted = new Map<number, number[]>();
  const completed: number[] = [];
  const world = assemble(
    scenario("execution.checkpointing.interval=1 s", ...assignments),
    { seed: "1", loadEnd: 10 * SECOND, spans: "curves", polls: "lazy" },
    () => ({
      ...SILENT,
      checkpointAcknowledged: (_job, subtask, checkpoint, _metrics, snapshot) => {
        const ofCheckpoint = snapshots.get(checkpoint) ?? [];
        ofCheckpoint[subtask] = snapshot;
        snapshots.set(checkpoint, ofCheckpoint);
      },
      checkpointCompleted: (_job, checkpoint) => {
        completed.push(checkpoint);
      },
      offsetInSnapshot: (_job, checkpoint, partition, offset) => {
        offsets.set(checkpoint * 10 + partition, offset);
      },
      preCommitted: (_job, _writer, checkpoint, transaction) => {
        preCommitted.set(checkpoint, [...(preCommitted.get(checkpoint) ?? []), transaction]);
      },
    }),
  );
  world.run(9 * SECOND);
  return { snapshots, offsets, preCommitted, completed };
}

test("an acknowledgement holds what a restore needs: offsets of the splits, the transactions to commit, the keyed state", () => {
  const { snapshots, offsets, preCommitted } = acknowledged("jobs.job.operators.process.state=100 b/key");
  const splits = snapshots.get(5)!.flatMap(({ operator }) => operator.splits);
  expect(splits.map(({ partition }) => partition).sort()).toEqual([0, 1]);
  for (const { partition, offset } of splits) expect(offset).toBe(offsets.get(5 * 10 + partition));
  // The transactions of the fourth checkpoint are committed by then.
  const committables = snapshots.get(5)!.flatMap(({ operator }) => operator.committables);
  expect(committables.map(({ checkpoint }) => checkpoint)).toEqual([5, 5]);
  expect(committables.map(({ transaction }) => transaction).sort((a, b) => a - b)).toEqual(
    preCommitted.get(5)!.sort((a, b) => a - b),
  );
  // Every record met a new key, 100 B each; what is not yet through the operators is not in.
  const records = splits.reduce((sum, { offset }) => sum + offset, 0);
  const keyed = snapshots.get(5)!.reduce((sum, one) => sum + one.keyedRecords, 0);
  expect(keyed).toBe(records);
  const bytes = snapshots
    .get(5)!
    .flatMap((one) => one.keyed)
    .reduce((sum, one) => sum + one.bytes, 0);
  expect(bytes).toBe(100 * keyed);
});

test("a checkpoint that fails leaves its transactions in the state of those after it, until one completes", () => {
  const { snapshots, completed } = acknowledged(
    "jobs.job.operators.process.state=100 b/key",
    "execution.checkpointing.dir=file:///checkpoints",
    "execution.checkpointing.data-inline-threshold=0",
    "execution.checkpointing.tolerable-failed-checkpoints=100",
    "execution.checkpointing.timeout=25 ms",
    // After a failure the writers need new producers, which wait for it.
    "jobs.job.sinks[0].properties.retry.backoff.ms=0",
    "environment.storage.latency=10 ms",
    "environment.storage.latency-p99=60 ms",
  );
  let most = 0;
  for (const [checkpoint, ofSubtasks] of snapshots) {
    const last = Math.max(0, ...completed.filter((id) => id < checkpoint));
    const left = Array.from({ length: checkpoint - last }, (_, i) => last + 1 + i);
    // Subtasks 2 and 3 have the sink; one of them may have answered too late.
    for (const snapshot of ofSubtasks.slice(2)) {
      const held = snapshot?.operator.committables.map((one) => one.checkpoint) ?? left;
      expect(held).toEqual(left);
      most = Math.max(most, held.length);
    }
  }
  expect(most).toBeGreaterThan(1);
});
