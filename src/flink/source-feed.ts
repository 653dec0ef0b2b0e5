/** Records of one split that a source may emit now. With `route` ALL_ROUTES, [from, to) are offsets of the origin
 *  partition; else ranks on that route. */
export interface Chunk {
  split: number;
  originPartition: number;
  route: number;
  from: number;
  to: number;
}

export const ALL_ROUTES = -1;

/** What has been committed to Kafka for the consumer group. */
export interface CommittedOffsets {
  /** Per split: the offset to go on from, -1 as long as there is none. */
  readonly committedOffset: ArrayLike<number>;
  /** How often. */
  readonly commitsSucceeded: number;
}

/** What a source subtask reads: its splits. Times are ns. */
export interface SourceFeed {
  readonly splits: number;
  /** Whether availability has a closed form from the positions on: then `availableCount`, `availableAt` and `position` may be
   *  used. */
  readonly closedForm: boolean;
  /** Whether a chunk may begin elsewhere in its origin partition than where the one before ended. */
  readonly jumps: boolean;
  /** Offset in the split less that in its origin partition, of the next record to take; a feed of origins. */
  shift(split: number): number;
  /** Whether a split is an origin partition, whole; then `originPartition` may be used, and chunks are of ALL_ROUTES. */
  readonly readsOrigins: boolean;
  originPartition(split: number): number;
  /** The partition of its topic that a split is. */
  topicPartition(split: number): number;
  /** Records of the split (offset of the next one) that the subtask has in hand at `time`. */
  availableCount(split: number, time: number): number;
  /** When record `offset` is in hand; infinite when it will never be. */
  availableAt(split: number, offset: number): number;
  /** Offset of the next record to take, per split. */
  readonly position: Float64Array;
  /** Per split: the offset in front of which its reading ends; undefined: it never does. */
  readonly stoppingOffsets?: ArrayLike<number> | undefined;
  /** Goes to the given positions, one a split; before the first take, at `now`. */
  seek(positions: ArrayLike<number>, now: number): void;
  /** Records that could be read from the topic at `now` and have not been taken. */
  pendingRecords(now: number): number;
  readonly checkpointed: CommittedOffsets;
  /** Offsets between the log's end at `now` and what is committed for the consumer group, control records included; null: nothing
   *  is committed. */
  consumerGroupLag(now: number): number | null;
  /** `checkpoint` holds these positions; they may be asked for again once it is complete. */
  snapshotState(checkpoint: number, positions: readonly number[]): void;
  /** What lies before the positions of `checkpoint` will not be asked for any more. */
  notifyCheckpointComplete(checkpoint: number): void;
  /** The task is gone: nothing is read any more. */
  dispose(): void;
  /** Takes the next poll's records at `now`, if there are any, and moves the position. */
  take(now: number, into: Chunk): boolean;
  /** When there will be something to take, as far as that is known; else infinite. */
  nextAt(now: number): number;
}
