import { describe, expect, test } from "vitest";
import type { KafkaSinkState } from "./kafka-sink.ts";
import { rescaledSinkState } from "./rescaled-sink-state.ts";
import { ownedSubtasks, owns } from "./transaction-ownership.ts";

/** What each subtask of a sink of this parallelism has in a checkpoint. */
function states(parallelism: number): KafkaSinkState[] {
  return Array.from({ length: parallelism }, (_, subtask) => ({
    checkpoint: 7,
    writers: [
      {
        transactionalIdPrefix: "job",
        ownedSubtask: subtask,
        totalOwned: parallelism,
        precommitted: [{ transactionalId: `job-${subtask}-0`, checkpoint: 7 }],
      },
    ],
    committables: [
      {
        checkpoint: 7,
        committable: { transactionalId: `job-${subtask}-0`, producerId: subtask, producerEpoch: 1, transaction: subtask }, // biome-ignore format: one line
      },
    ],
  }));
}

/** The subtasks that each of `to` subtasks owns when a sink had `from`, and the total. */
function owned(strategy: "INCREMENTING" | "POOLING", from: number, to: number) {
  return Array.from({ length: to }, (_, subtask) => {
    const { writers } = rescaledSinkState(7, states(from), subtask, to);
    return ownedSubtasks(strategy, subtask, to, writers);
  });
}

describe("a sink at another parallelism", () => {
  test("commits each committable once, at whichever subtask it comes to", () => {
    const ids = (from: number, to: number) =>
      Array.from({ length: to }, (_, subtask) =>
        rescaledSinkState(7, states(from), subtask, to).committables.map(
          ({ committable }) => committable.transactionalId,
        ),
      );
    expect(ids(3, 2)).toEqual([["job-0-0", "job-1-0"], ["job-2-0"]]);
    expect(ids(2, 3)).toEqual([["job-0-0"], ["job-1-0"], []]);
  });

  test("INCREMENTING: a writer owns its own subtask's ids", () => {
    expect(owned("INCREMENTING", 3, 2)).toEqual([
      { ids: [0], total: 2 },
      { ids: [1], total: 2 },
    ]);
  });

  test("POOLING: those that its states were of; new subtasks their own", () => {
    expect(owned("POOLING", 3, 2)).toEqual([
      { ids: [0, 1], total: 3 },
      { ids: [2], total: 3 },
    ]);
    expect(owned("POOLING", 2, 3)).toEqual([
      { ids: [0], total: 3 },
      { ids: [1], total: 3 },
      { ids: [2], total: 3 },
    ]);
  });

  test.each([
    [4, 2],
    [2, 4],
    [5, 3],
  ])("POOLING from %i to %i: every subtask that ever was is owned by exactly one", (from, to) => {
    for (let subtask = 0; subtask < 12; subtask++)
      expect(owned("POOLING", from, to).filter((one) => owns(one, subtask)).length).toBe(1);
  });
});
