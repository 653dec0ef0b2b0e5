import { describe, expect, test } from "vitest";
import {
  type AbortStrategy,
  type LingeringContext,
  lingeringTransactions,
} from "./lingering-transactions.ts";

const CONTEXT: LingeringContext = {
  prefixes: ["job"],
  subtask: 0,
  parallelism: 2,
  owned: { ids: [0], total: 2 },
  firstCheckpoint: 6,
  precommitted: new Set(),
  ongoing: [],
};

/** The ids that are initialised, where those in `used` give an epoch above 0. */
function initialised(
  strategy: AbortStrategy,
  context: Partial<LingeringContext>,
  used: readonly string[] = [],
): string[] {
  const lingering = lingeringTransactions(strategy, { ...CONTEXT, ...context });
  const ids: string[] = [];
  let epoch = -1;
  for (;;) {
    const id = lingering.next(epoch);
    if (id === undefined) return ids;
    ids.push(id);
    epoch = used.includes(id) ? 1 : 0;
  }
}

describe("PROBING", () => {
  test("of a first start tries one id and finds it unused", () => {
    expect(initialised("PROBING", { firstCheckpoint: 1 })).toEqual(["job-0-1"]);
  });

  test("goes on from the restored checkpoint until an id was never used, and then to the subtasks of a larger parallelism", () => {
    const used = ["job-0-6", "job-0-7", "job-2-6", "job-1-6"];
    expect(initialised("PROBING", {}, used)).toEqual([
      "job-0-6",
      "job-0-7",
      "job-0-8",
      "job-2-6",
      "job-2-7",
      "job-4-6",
    ]);
  });

  test("never touches what the committer is to commit, which lies at or before the restored checkpoint", () => {
    expect(initialised("PROBING", {}, ["job-0-5"])).toEqual(["job-0-6"]);
  });

  test("looks for the prefix of the restored state as well", () => {
    expect(initialised("PROBING", { prefixes: ["new", "job"] }, ["job-0-6"])).toEqual([
      "new-0-6",
      "job-0-6",
      "job-0-7",
      "job-2-6",
    ]);
  });
});

describe("LISTING", () => {
  test("takes the open transactions of its own subtasks, but those the committer is to commit", () => {
    const ongoing = ["job-0-0", "job-0-1", "job-1-0", "job-2-0", "job-3-1", "other-0-0"];
    const context = { ongoing, precommitted: new Set(["job-0-1"]) };
    expect(initialised("LISTING", context)).toEqual(["job-0-0", "job-2-0"]);
    expect(initialised("LISTING", { ...context, subtask: 1, owned: { ids: [1], total: 2 } })).toEqual([
      "job-1-0",
      "job-3-1",
    ]);
  });

  test("takes those of every subtask that it has been handed, and of such as came and went since", () => {
    const ongoing = ["job-0-0", "job-1-0", "job-2-0", "job-3-0", "job-4-0"];
    const of = (ids: readonly number[]) => initialised("LISTING", { ongoing, owned: { ids, total: 3 } });
    expect([of([0, 1]), of([2])]).toEqual([["job-0-0", "job-1-0", "job-3-0", "job-4-0"], ["job-2-0"]]);
  });

  test("finds nothing where nothing is open", () => {
    expect(initialised("LISTING", {})).toEqual([]);
  });
});
