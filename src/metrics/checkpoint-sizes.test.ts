import { expect, test } from "vitest";
import { CheckpointSizes } from "./checkpoint-sizes.ts";

const METRICS = { startDelay: 0, alignment: 0, sync: 0, async: 0 };
const SNAPSHOT = {
  keyed: [],
  operator: { splits: [], committables: [], bytes: 0 },
  keyedRecords: 0,
  channelState: [],
  channelStateBytes: 0,
  stateBytes: 0,
};

function acknowledge(
  sizes: CheckpointSizes,
  checkpoint: number,
  bytes: readonly [number, number, number],
): void {
  const [checkpointedBytes, processedBytes, persistedBytes] = bytes;
  const metrics = { ...METRICS, processedBytes, persistedBytes };
  sizes.checkpointAcknowledged(0, 0, checkpoint, metrics, { ...SNAPSHOT, checkpointedBytes });
}

test("sizes add up over the subtasks of a completed checkpoint that was triggered in time", () => {
  const sizes = new CheckpointSizes(1, 100, 200);
  acknowledge(sizes, 1, [10, 20, 30]);
  acknowledge(sizes, 1, [1, 2, 3]);
  sizes.checkpointCompleted(0, 1, 100);
  // Aborted, and triggered too late: neither counts.
  acknowledge(sizes, 2, [1000, 1000, 1000]);
  sizes.checkpointAborted(0, 2);
  acknowledge(sizes, 3, [1000, 1000, 1000]);
  sizes.checkpointCompleted(0, 3, 200);
  const { checkpointed, processed, persisted } = sizes.jobs[0]!;
  expect([checkpointed, processed, persisted].map(({ count, min, max }) => [count, min, max])).toEqual([
    [1, 11, 11],
    [1, 22, 22],
    [1, 33, 33],
  ]);
});
