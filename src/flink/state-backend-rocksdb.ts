/** Models: keyed state in RocksDB: the synchronous part flushes the memtable and links the live files; the asynchronous one
 *    uploads all of them, or, incremental, those that the last checkpoint whose completion is known doesn't hold.
 *  Source: flink RocksIncrementalSnapshotStrategy, RocksNativeFullSnapshotStrategy, RocksDBFullSnapshotResources,
 *    RocksDBStateUploader (Flink 2.1).
 *  Leaves out: timers on the heap, local copies, the time of hard links, write stalls, what the files of the last checkpoint
 *    before a restart hold beyond the live keys. */

import type { KeyPopulation } from "../records/index.ts";
import type { CheckpointProperties } from "./checkpoint-properties.ts";
import { LogStructuredTree } from "./log-structured-tree.ts";
import type { KeyedSnapshot, StateBackend } from "./state-backend.ts";
import type { StateHandle } from "./task-state-snapshot.ts";

export interface RocksDBSettings {
  readonly bytesPerKey: number;
  readonly incremental: boolean;
  /** `state.backend.rocksdb.checkpoint.transfer.thread.num` */
  readonly transferThreads: number;
  /** bytes a second, memtable to local disk. */
  readonly flushBandwidth: number;
}

/** What a task gets back: its keyed state and the records behind it. */
export interface RestoredKeyedState {
  readonly handles: readonly StateHandle[];
  readonly records: number;
}

/** bytes of CURRENT, MANIFEST, OPTIONS and of Flink's own description of the state, in every checkpoint anew.
 *  An estimate: the options file of a column family is some 8 kB, the manifest a few. */
const METADATA_BYTES = 12 * 1024;
const METADATA = { bytes: METADATA_BYTES, scope: "exclusive", file: 0 } as const;

export class RocksDBStateBackend implements StateBackend {
  readonly #settings: RocksDBSettings;
  readonly #tree: LogStructuredTree;
  /** Shared files of the checkpoints since the last that is known to be complete, by file. */
  readonly #uploaded = new Map<number, Map<number, StateHandle>>();
  /** Of the last checkpoint that is known to be complete. */
  #base: ReadonlyMap<number, StateHandle>;

  constructor(
    settings: RocksDBSettings,
    keys: KeyPopulation,
    restored: RestoredKeyedState = { handles: [], records: 0 },
  ) {
    this.#settings = settings;
    const files = restored.handles.filter(({ file }) => file !== METADATA.file);
    this.#tree = new LogStructuredTree(keys, settings.bytesPerKey, { files, records: restored.records });
    const shared = files.filter(({ scope }) => scope !== "exclusive");
    this.#base = new Map(shared.map((handle) => [handle.file, handle]));
  }

  snapshot(checkpoint: number, records: number, properties: CheckpointProperties): KeyedSnapshot {
    this.#tree.advance(records);
    const { incremental, transferThreads, flushBandwidth } = this.#settings;
    if (properties.kind !== "checkpoint" && properties.format === "CANONICAL") {
      const bytes = Math.ceil(this.#tree.liveBytes);
      const written = bytes === 0 ? [] : [{ bytes, scope: "exclusive", file: 0 } as const];
      return { sync: 0, written, reused: [], threads: 1 };
    }
    const written = this.#tree.memtableBytes;
    this.#tree.flush();
    const sync = (written / flushBandwidth) * 1e9;
    const { files } = this.#tree;
    if (!incremental || properties.kind !== "checkpoint") {
      const all = files.map(({ file, bytes }) => ({ file, bytes, scope: "exclusive" as const }));
      return { sync, written: [...all, METADATA], reused: [], threads: transferThreads };
    }
    const reused = files.flatMap(({ file }) => this.#base.get(file) ?? []);
    const fresh = files
      .filter(({ file }) => !this.#base.has(file))
      .map(({ file, bytes }) => ({ file, bytes, scope: "shared" as const }));
    this.#uploaded.set(checkpoint, new Map(reused.map((handle) => [handle.file, handle])));
    return { sync, written: [...fresh, METADATA], reused, threads: transferThreads };
  }

  stored(checkpoint: number, handles: readonly StateHandle[]): void {
    const files = this.#uploaded.get(checkpoint);
    if (files === undefined) return;
    for (const handle of handles) if (handle.file !== METADATA.file) files.set(handle.file, handle);
  }

  notifyCheckpointComplete(checkpoint: number): void {
    const files = this.#uploaded.get(checkpoint);
    if (files === undefined) return;
    this.#base = files;
    for (const id of this.#uploaded.keys()) if (id <= checkpoint) this.#uploaded.delete(id);
  }

  notifyCheckpointAborted(checkpoint: number): void {
    this.#uploaded.delete(checkpoint);
  }
}
