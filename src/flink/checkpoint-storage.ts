import type { StatePiece } from "./state-backend.ts";

/** Where snapshots go: `execution.checkpointing.storage`. */
export interface CheckpointStorage {
  /** bytes up to which a piece travels in the acknowledgement. */
  readonly inlineThreshold: number;
  /** bytes of the largest piece that may; larger ones fail when nothing can be uploaded. */
  readonly largestInline: number;
  /** bytes of the largest acknowledgement. */
  readonly largestMessage: number;
  /** Writes the pieces from `at` on (ns, now or later), at most `threads` at a time.
   *  @returns what `written` of the writer will be told. */
  write(pieces: readonly StatePiece[], threads: number, at: number, writer: StorageWriter): number;
  /** Gives up a write that is under way. */
  cancel(write: number): void;
}

export interface StorageWriter {
  /** All pieces of a write are stored, now (ns). */
  onWritten(write: number, at: number): void;
  /** The store has refused one of them, now (ns): the write is over. */
  onRefused(write: number, at: number): void;
}
