import { describe, expect, test } from "vitest";
import { KeyCensus } from "../records/index.ts";
import { PERIODIC_CHECKPOINT, savepointProperties } from "./checkpoint-properties.ts";
import type { KeyedSnapshot, StateBackend } from "./state-backend.ts";
import { HashMapStateBackend } from "./state-backend-hashmap.ts";
import { RocksDBStateBackend } from "./state-backend-rocksdb.ts";
import type { StateHandle } from "./task-state-snapshot.ts";

const MIB = 1024 ** 2;
const METADATA = 12 * 1024;
const population = (keys: number) =>
  new KeyCensus([{ keys, distribution: { kind: "cycle" }, rate: 1 }], 128).population(0, 128);
const bytesOf = (pieces: readonly { readonly bytes: number }[]) =>
  pieces.reduce((sum, { bytes }) => sum + bytes, 0);

/** Keys of 1 kB; flushes at 100 MiB/s. */
function rocksdb(
  keys: number,
  incremental: boolean,
  restored?: { handles: readonly StateHandle[]; records: number },
) {
  const settings = { bytesPerKey: 1024, incremental, transferThreads: 4, flushBandwidth: 100 * MIB };
  return new RocksDBStateBackend(settings, population(keys), restored);
}

function take(backend: StateBackend, checkpoint: number, records: number): KeyedSnapshot {
  const snapshot = backend.snapshot(checkpoint, records, PERIODIC_CHECKPOINT);
  backend.stored(checkpoint, snapshot.written);
  return snapshot;
}

function complete(backend: StateBackend, checkpoint: number, records: number): KeyedSnapshot {
  const snapshot = take(backend, checkpoint, records);
  backend.notifyCheckpointComplete(checkpoint);
  return snapshot;
}

test("hashmap: all keys seen so far, each time, in one stream; each adds to the synchronous part", () => {
  const backend = new HashMapStateBackend({ bytesPerKey: 200, syncPerKey: 2 }, population(10_000));
  const sizes = [0, 1000, 10_000, 50_000].map((records) => {
    const { written, sync, reused } = take(backend, 1, records);
    return [bytesOf(written), sync, reused.length];
  });
  expect(sizes).toEqual([
    [0, 0, 0],
    [200_000, 2000, 0],
    [2_000_000, 20_000, 0],
    [2_000_000, 20_000, 0],
  ]);
});

describe("rocksdb", () => {
  test("the synchronous part flushes what was written since the last flush, also where it overwrites", () => {
    const backend = rocksdb(1024, false);
    expect(take(backend, 1, 10 * 1024).sync).toBe(1e8);
    expect(take(backend, 2, 30 * 1024).sync).toBe(2e8);
    // 64 MiB go to the disk beside: 70 MiB leave 6 for the snapshot.
    expect(take(backend, 3, 100 * 1024).sync).toBe(6e7);
    expect(take(backend, 4, 100 * 1024).sync).toBe(0);
  });

  test("full: every live file each time", () => {
    const backend = rocksdb(100 * 1024, false);
    const sizes = [1, 2, 3].map((i) => bytesOf(complete(backend, i, i * 10 * 1024).written) - METADATA);
    expect(sizes).toEqual([10 * MIB, 20 * MIB, 30 * MIB]);
  });

  test("incremental: what changed since the last completed checkpoint, and a rewrite at every fourth file", () => {
    // 16 MiB of state, all of it rewritten between two checkpoints.
    const backend = rocksdb(16 * 1024, true);
    const rows = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => {
      const { written, reused } = complete(backend, id, id * 16 * 1024);
      return [(bytesOf(written) - METADATA) / MIB, bytesOf(reused) / MIB];
    });
    // The fourth file starts the compaction, whose result is in the fifth checkpoint: 16 new and 16 rewritten.
    expect(rows).toEqual([
      [16, 0],
      [16, 16],
      [16, 32],
      [16, 48],
      [32, 0],
      [16, 32],
      [16, 48],
      [16, 64],
      [32, 0],
    ]);
  });

  test("what was uploaded for a checkpoint whose completion did not arrive is uploaded again", () => {
    const backend = rocksdb(100 * 1024, true);
    complete(backend, 1, 10 * 1024);
    take(backend, 2, 20 * 1024);
    const third = complete(backend, 3, 30 * 1024);
    expect([bytesOf(third.written) - METADATA, bytesOf(third.reused)]).toEqual([20 * MIB, 10 * MIB]);
    backend.notifyCheckpointComplete(2);
    take(backend, 4, 30 * 1024);
    backend.notifyCheckpointAborted(4);
    const fifth = take(backend, 5, 40 * 1024);
    expect([bytesOf(fifth.written) - METADATA, bytesOf(fifth.reused)]).toEqual([10 * MIB, 30 * MIB]);
  });

  test("files are 64 MiB, and beyond 256 MiB a level is spread over the next", () => {
    const backend = rocksdb(1024 * 1024, true);
    let uploaded = 0;
    let last: KeyedSnapshot | undefined;
    for (let id = 1; id <= 64; id++) {
      last = complete(backend, id, id * 16 * 1024);
      uploaded += bytesOf(last.written);
    }
    const files = [...last!.written, ...last!.reused];
    expect(Math.max(...files.map(({ bytes }) => bytes))).toBe(64 * MIB);
    // 1 GiB was written and no key twice: nothing is lost and nothing doubled, and compaction made more to upload.
    expect(bytesOf(files) - METADATA).toBeGreaterThan(1023 * MIB);
    expect(bytesOf(files) - METADATA).toBeLessThan(1100 * MIB);
    expect(uploaded).toBeGreaterThan(2 * 1024 * MIB);
    expect(uploaded).toBeLessThan(8 * 1024 * MIB);
  });

  test("a canonical savepoint writes every key once, in one stream, and flushes nothing", () => {
    const backend = rocksdb(1024, true);
    complete(backend, 1, 1024);
    complete(backend, 2, 2048);
    const savepoint = backend.snapshot(3, 3072, savepointProperties("savepoint", false));
    expect([savepoint.sync, bytesOf(savepoint.written), savepoint.threads]).toEqual([0, MIB, 1]);
    const native = backend.snapshot(4, 3072, savepointProperties("savepoint", false, { format: "NATIVE" }));
    expect([native.sync, bytesOf(native.written) - METADATA, native.reused]).toEqual([1e7, 3 * MIB, []]);
  });

  test("a restored task goes on from the files it was given", () => {
    const before = rocksdb(100 * 1024, true);
    complete(before, 1, 10 * 1024);
    const { written, reused } = complete(before, 2, 20 * 1024);
    const after = rocksdb(100 * 1024, true, { handles: [...reused, ...written], records: 20 * 1024 });
    const next = take(after, 3, 25 * 1024);
    expect([bytesOf(next.written) - METADATA, bytesOf(next.reused)]).toEqual([5 * MIB, 20 * MIB]);
  });
});
