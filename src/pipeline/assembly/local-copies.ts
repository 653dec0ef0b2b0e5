/** Checkpoints whose copies are kept; more than are ever pending or retained together. */
const MOST_KEPT = 64;

/** The copies of keyed state that TaskManagers keep of the snapshots they took.
 *  Source: flink TaskLocalStateStoreImpl, PrioritizedOperatorSubtaskState. */
export class LocalCopies {
  /** By checkpoint and subtask: the TaskManager that has a copy. */
  readonly #places = new Map<number, Map<number, number>>();

  keep(checkpoint: number, subtask: number, taskManager: number): void {
    const copies = this.#places.get(checkpoint) ?? new Map<number, number>();
    copies.set(subtask, taskManager);
    this.#places.set(checkpoint, copies);
    if (this.#places.size > MOST_KEPT) this.#places.delete(this.#places.keys().next().value!);
  }

  /** The TaskManager that has a copy of a subtask's; undefined: none. */
  placeOf(checkpoint: number, subtask: number): number | undefined {
    return this.#places.get(checkpoint)?.get(subtask);
  }

  clear(): void {
    this.#places.clear();
  }
}
