/** Models: the positions that a source's checkpoints hold, and the offsets committed to Kafka when they complete.
 *  Source: flink-connector-kafka KafkaSourceReader (snapshotState, notifyCheckpointComplete), KafkaSourceReaderMetrics.
 *  Leaves out: the trip of the commit and its failure (only a metric and a log line). */

/** currentOffset and committedOffset are -1 until there is one, as in Flink's gauges. */
export class CheckpointedPositions {
  /** Per split: behind the last record of the latest completed checkpoint, or -1. Restores never read it. */
  readonly committedOffset: Float64Array;
  commitsSucceeded = 0;
  readonly #commits: boolean;
  readonly #inCheckpoint = new Map<number, readonly number[]>();

  /** @param commits commit.offsets.on.checkpoint, which needs a group.id. */
  constructor(splits: number, commits: boolean) {
    this.committedOffset = new Float64Array(splits).fill(-1);
    this.#commits = commits;
  }

  /** `checkpoint` holds `positions`, one a split. */
  snapshotState(checkpoint: number, positions: readonly number[]): void {
    this.#inCheckpoint.set(checkpoint, positions);
  }

  /** Only positions of exactly this checkpoint count; those of earlier ones, whose notification was lost, are covered by it.
   *  @returns them; undefined when this source has not taken part. */
  notifyCheckpointComplete(checkpoint: number): readonly number[] | undefined {
    const positions = this.#inCheckpoint.get(checkpoint);
    if (positions === undefined) return undefined;
    for (const known of this.#inCheckpoint.keys()) if (known <= checkpoint) this.#inCheckpoint.delete(known);
    if (this.#commits) {
      this.committedOffset.set(positions);
      this.commitsSucceeded++;
    }
    return positions;
  }
}
