/** Models: a store of checkpoints that is in trouble for a while: slow, unreachable, full, or refusing `_metadata`.
 *  Source: flink FsCheckpointStateOutputStream, AsyncCheckpointRunnable.handleExecutionException,
 *    CheckpointCoordinator.finalizeCheckpoint: an IOException of the file system fails what wrote (Flink 2.1).
 *  Leaves out: retries inside a file system's client, which ride over short outages; a store that fails in part. */

export type StoreTrouble = "slow" | "unavailable" | "full" | "metadata-fails";

/** The state of the store now, for all who use it. Times are ns of the virtual clock. */
export class CheckpointStoreCondition {
  readonly #until = new Map<StoreTrouble, number>();
  #factor = 1;

  /** @param factor by which everything takes longer, of a slow store. */
  begin(trouble: StoreTrouble, factor: number, until: number): void {
    this.#until.set(trouble, Math.max(until, this.#until.get(trouble) ?? 0));
    if (trouble === "slow") this.#factor = factor;
  }

  /** Troubles whose time is over end. */
  settle(now: number): void {
    for (const [trouble, until] of this.#until) if (until <= now) this.#until.delete(trouble);
    if (!this.#until.has("slow")) this.#factor = 1;
  }

  /** By how much a request and a transfer take longer. */
  get slowness(): number {
    return this.#factor;
  }

  /** Files of state can't be written. */
  get refusesFiles(): boolean {
    return this.#until.has("unavailable") || this.#until.has("full");
  }

  get refusesMetadata(): boolean {
    return this.refusesFiles || this.#until.has("metadata-fails");
  }

  /** Nothing can be read, and no folder be made. */
  get isUnavailable(): boolean {
    return this.#until.has("unavailable");
  }
}
