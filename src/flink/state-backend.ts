import type { CheckpointProperties } from "./checkpoint-properties.ts";
import type { StateHandle } from "./task-state-snapshot.ts";

/** A piece of keyed state as a snapshot finds it. `file` is set where later snapshots may refer to the same piece. */
export interface StatePiece {
  readonly bytes: number;
  readonly scope: "exclusive" | "shared";
  readonly file: number;
}

/** What the synchronous part of a snapshot of keyed state fixed. Durations in ns, sizes in bytes. */
export interface KeyedSnapshot {
  /** How long the synchronous part takes. */
  readonly sync: number;
  /** Written by this snapshot. */
  readonly written: readonly StatePiece[];
  /** Written by an earlier one that is known to be complete, and referred to. */
  readonly reused: readonly StateHandle[];
  /** Pieces that are written at the same time, at most. */
  readonly threads: number;
}

/** Keyed state of one subtask, `state.backend.type`. */
export interface StateBackend {
  /** @param records that the subtask has processed since the job began. */
  snapshot(checkpoint: number, records: number, properties: CheckpointProperties): KeyedSnapshot;
  /** The written pieces of `checkpoint` are stored, as these handles in order. */
  stored(checkpoint: number, handles: readonly StateHandle[]): void;
  notifyCheckpointComplete(checkpoint: number): void;
  notifyCheckpointAborted(checkpoint: number): void;
}
