/** Checkpoints whose values are kept; more than are ever pending or retained together. */
const MOST_KEPT = 64;

/** What subtasks have in the checkpoints of their job. */
export class KeptByCheckpoint<T> {
  readonly #values = new Map<number, Map<number, T>>();
  readonly #forgets: boolean;

  /** @param forgets whether nobody goes back to a checkpoint that is long past. */
  constructor(forgets: boolean) {
    this.#forgets = forgets;
  }

  keep(checkpoint: number, subtask: number, value: T): void {
    let ofCheckpoint = this.#values.get(checkpoint);
    if (ofCheckpoint === undefined) {
      ofCheckpoint = new Map();
      this.#values.set(checkpoint, ofCheckpoint);
      if (this.#values.size > MOST_KEPT && this.#forgets)
        this.#values.delete(this.#values.keys().next().value!);
    }
    ofCheckpoint.set(subtask, value);
  }

  /** By subtask; undefined: nothing of that checkpoint is known. */
  of(checkpoint: number): ReadonlyMap<number, T> | undefined {
    return this.#values.get(checkpoint);
  }

  clear(): void {
    this.#values.clear();
  }
}
