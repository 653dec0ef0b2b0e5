import { expect, test } from "vitest";
import { PERIODIC_CHECKPOINT, savepointProperties } from "./checkpoint-properties.ts";
import { restoreCost } from "./restore-cost.ts";
import { NO_STATE, type TaskStateSnapshot } from "./task-state-snapshot.ts";

const SNAPSHOT: TaskStateSnapshot = {
  ...NO_STATE,
  keyed: [
    { file: 1, bytes: 1000, scope: "shared" },
    { file: 2, bytes: 500, scope: "exclusive" },
    { file: 0, bytes: 12, scope: "inline" },
  ],
};

test("hashmap reads one file after the other and inserts every entry", () => {
  expect(restoreCost(SNAPSHOT, PERIODIC_CHECKPOINT, "hashmap", 4)).toEqual({
    downloadBytes: 1500,
    files: 2,
    threads: 1,
    insertedBytes: 1512,
  });
});

test("rocksdb downloads its files with several threads and opens them", () => {
  expect(restoreCost(SNAPSHOT, PERIODIC_CHECKPOINT, "rocksdb", 4)).toEqual({
    downloadBytes: 1500,
    files: 2,
    threads: 4,
    insertedBytes: 0,
  });
});

test("a canonical savepoint is inserted entry by entry whatever the backend, a native one is not", () => {
  const canonical = savepointProperties("savepoint", false);
  expect(restoreCost(SNAPSHOT, canonical, "rocksdb", 4)).toMatchObject({ threads: 1, insertedBytes: 1512 });
  const native = savepointProperties("savepoint", false, { format: "NATIVE" });
  expect(restoreCost(SNAPSHOT, native, "rocksdb", 4)).toMatchObject({ threads: 4, insertedBytes: 0 });
});
