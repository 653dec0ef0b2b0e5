/** Models: the asynchronous parts of one task's snapshots: one after the other on the task's AsyncOperations thread, each
 *    with what it has to write.
 *  Source: flink AsyncCheckpointRunnable, SubtaskCheckpointCoordinatorImpl, StreamTask (asyncOperationsThreadPool: core size
 *    0 and an unbounded queue, so that a java.util.concurrent.ThreadPoolExecutor never has more than one thread).
 *  Leaves out: the local copy, the finalisation of channel state files. */

import type { CheckpointStorage, StorageWriter } from "./checkpoint-storage.ts";
import type { StatePiece } from "./state-backend.ts";

export interface AsyncPart {
  readonly checkpoint: number;
  /** ns, when it was handed over. */
  readonly submittedAt: number;
  /** To be uploaded; empty: everything travels in the acknowledgement. */
  readonly uploads: readonly StatePiece[];
  readonly threads: number;
}

export class AsyncOperations implements StorageWriter {
  readonly #storage: CheckpointStorage;
  readonly #duration: (at: number) => number;
  readonly #done: (part: AsyncPart, at: number) => void;
  readonly #refused: (part: AsyncPart, at: number) => void;
  readonly #queue: AsyncPart[] = [];
  /** Its upload is under way. */
  #running: AsyncPart | undefined;
  #write = 0;
  /** ns; the thread is busy until then, besides what is running. */
  #freeAt = 0;

  /** @param duration ns of a part that ends about then, without its upload. @param done is told when a part ends, which may be later than now.
   *  @param refused is told when the store refuses to take one. */
  constructor(
    storage: CheckpointStorage,
    duration: (at: number) => number,
    done: (part: AsyncPart, at: number) => void,
    refused: (part: AsyncPart, at: number) => void,
  ) {
    this.#storage = storage;
    this.#duration = duration;
    this.#done = done;
    this.#refused = refused;
  }

  submit(part: AsyncPart): void {
    this.#queue.push(part);
    this.#next(part.submittedAt);
  }

  onWritten(write: number, at: number): void {
    const part = this.#running;
    if (part === undefined || write !== this.#write) return;
    this.#running = undefined;
    this.#end(part, at);
    this.#next(at);
  }

  onRefused(write: number, at: number): void {
    const part = this.#running;
    if (part === undefined || write !== this.#write) return;
    this.#running = undefined;
    this.#refused(part, at);
    this.#next(at);
  }

  /** Gives up the part of a checkpoint that was aborted; one that is as good as done goes on. */
  cancel(checkpoint: number, now: number): void {
    const waiting = this.#queue.findIndex((part) => part.checkpoint === checkpoint);
    if (waiting >= 0) this.#queue.splice(waiting, 1);
    if (this.#running?.checkpoint !== checkpoint) return;
    this.#storage.cancel(this.#write);
    this.#running = undefined;
    this.#next(now);
  }

  /** The task is gone. */
  dispose(): void {
    this.#queue.length = 0;
    if (this.#running) this.#storage.cancel(this.#write);
    this.#running = undefined;
  }

  #next(now: number): void {
    while (this.#running === undefined) {
      const part = this.#queue.length <= 1 ? this.#queue.pop() : this.#queue.shift();
      if (part === undefined) return;
      const from = Math.max(now, this.#freeAt);
      if (part.uploads.length === 0) this.#end(part, from);
      else {
        this.#running = part;
        this.#write = this.#storage.write(part.uploads, part.threads, from, this);
      }
    }
  }

  #end(part: AsyncPart, at: number): void {
    this.#freeAt = at + this.#duration(at);
    this.#done(part, this.#freeAt);
  }
}
