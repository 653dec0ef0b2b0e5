import { expect, test } from "vitest";
import { CheckpointedPositions } from "./checkpointed-positions.ts";

test("offsets are committed with the checkpoint that holds them, and earlier ones are forgotten", () => {
  const positions = new CheckpointedPositions(2, true);
  expect([...positions.committedOffset]).toEqual([-1, -1]);
  positions.snapshotState(1, [3, 4]);
  positions.snapshotState(2, [5, 6]);
  positions.snapshotState(3, [7, 8]);
  expect(positions.notifyCheckpointComplete(2)).toEqual([5, 6]);
  expect([...positions.committedOffset]).toEqual([5, 6]);
  expect(positions.notifyCheckpointComplete(1)).toBeUndefined();
  expect([...positions.committedOffset]).toEqual([5, 6]);
  expect(positions.notifyCheckpointComplete(3)).toEqual([7, 8]);
  expect(positions.commitsSucceeded).toBe(2);
});

test("without commit.offsets.on.checkpoint nothing is committed, and positions are held all the same", () => {
  const positions = new CheckpointedPositions(1, false);
  positions.snapshotState(1, [3]);
  expect(positions.notifyCheckpointComplete(1)).toEqual([3]);
  expect([...positions.committedOffset]).toEqual([-1]);
  expect(positions.commitsSucceeded).toBe(0);
});
