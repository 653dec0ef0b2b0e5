import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { assignKeyedState, evenShare } from "./state-assignment.ts";
import type { StateHandle } from "./task-state-snapshot.ts";

describe("a list that is shared out evenly", () => {
  test.each([
    [2, 3, [["a", "b"], ["c", "d"], ["e"]]],
    [
      3,
      2,
      [
        ["a", "b", "c"],
        ["d", "e"],
      ],
    ],
    [1, 7, [["a"], ["b"], ["c"], ["d"], ["e"], [], []]],
  ])("from parallelism %i to %i: in its order, the first parts one longer", (_, parallelism, wanted) => {
    const list = ["a", "b", "c", "d", "e"];
    expect(wanted.map((__, subtask) => evenShare(list, subtask, parallelism))).toEqual(wanted);
  });

  property.prop([fc.array(fc.integer()), fc.integer({ min: 1, max: 9 })])(
    "is there once, whole and in order",
    (list, parallelism) => {
      const parts = Array.from({ length: parallelism }, (_, subtask) =>
        evenShare(list, subtask, parallelism),
      );
      expect(parts.flat()).toEqual(list);
      const sizes = parts.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    },
  );
});

describe("keyed state at another parallelism", () => {
  const file = (bytes: number): StateHandle => ({ file: bytes, bytes, scope: "shared" });
  const subtask = (index: number, parallelism: number) => ({ index, parallelism });
  // Key groups 0 to 63 and 64 to 127; three subtasks get 0 to 42, 43 to 85, 86 to 127.
  const TWO = [[file(6400), file(640)], [file(64_000)]];

  test("RocksDB reads the files of every subtask that had some of the range; the largest share is the base", () => {
    expect(assignKeyedState(TWO, subtask(0, 3), 128, false)).toEqual({ handles: TWO[0], insertedBytes: 0 });
    expect(assignKeyedState(TWO, subtask(2, 3), 128, false)).toEqual({ handles: TWO[1], insertedBytes: 0 });
    // 21 of 64 groups of the first, 22 of 64 of the second: what is of the first goes in entry by entry.
    expect(assignKeyedState(TWO, subtask(1, 3), 128, false)).toEqual({
      handles: TWO.flat(),
      insertedBytes: 2100 + 210,
    });
  });

  test("heap state and savepoints are read by key group", () => {
    expect(assignKeyedState(TWO, subtask(1, 3), 128, true)).toEqual({
      handles: [
        { ...file(6400), bytes: 2100 },
        { ...file(640), bytes: 210 },
        { ...file(64_000), bytes: 22_000 },
      ],
      insertedBytes: 0,
    });
  });

  property.prop([fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 })])(
    "all of it is read, each key group once",
    (before, after) => {
      // A byte a key group, so that no share is rounded.
      const old = Array.from({ length: before }, (_, i) => [
        file(Math.ceil(((i + 1) * 128) / before) - Math.ceil((i * 128) / before)),
      ]);
      const read = Array.from({ length: after }, (_, i) =>
        assignKeyedState(old, subtask(i, after), 128, true),
      );
      const bytes = read.flatMap(({ handles }) => handles).reduce((sum, handle) => sum + handle.bytes, 0);
      expect(bytes).toBe(128);
    },
  );
});
