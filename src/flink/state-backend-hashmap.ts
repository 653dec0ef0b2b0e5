/** Models: keyed state on the heap: the synchronous part copies the table of references, the asynchronous one writes all
 *    entries.
 *  Source: flink HeapSnapshotStrategy, CopyOnWriteStateTable, CopyOnWriteStateMap.snapshotMapArrays (Flink 2.1).
 *  Leaves out: entries copied because they change while a snapshot runs, rehashing, timers. */

import type { KeyPopulation } from "../records/index.ts";
import type { KeyedSnapshot, StateBackend } from "./state-backend.ts";

export interface HashMapSettings {
  readonly bytesPerKey: number;
  /** ns to copy one slot of the table. */
  readonly syncPerKey: number;
}

export class HashMapStateBackend implements StateBackend {
  readonly #settings: HashMapSettings;
  readonly #keys: Pick<KeyPopulation, "distinct">;
  #files = 0;

  constructor(settings: HashMapSettings, keys: Pick<KeyPopulation, "distinct">) {
    this.#settings = settings;
    this.#keys = keys;
  }

  snapshot(_checkpoint: number, records: number): KeyedSnapshot {
    const { bytesPerKey, syncPerKey } = this.#settings;
    const entries = this.#keys.distinct(records);
    const bytes = Math.round(entries * bytesPerKey);
    return {
      sync: entries * syncPerKey,
      written: bytes === 0 ? [] : [{ bytes, scope: "exclusive", file: ++this.#files }],
      reused: [],
      threads: 1,
    };
  }

  stored(): void {}
  notifyCheckpointComplete(): void {}
  notifyCheckpointAborted(): void {}
}
