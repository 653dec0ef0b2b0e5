/** What a task measures of its part in a checkpoint, and tells with its acknowledgement. Durations in ns, sizes in bytes.
 *  Source: flink CheckpointMetrics. */
export interface CheckpointMetrics {
  /** From the trigger to the first barrier. */
  readonly startDelay: number;
  /** From the first barrier to the last. */
  readonly alignment: number;
  /** Data taken from the channels meanwhile. */
  readonly processedBytes: number;
  /** In-flight data in the snapshot. */
  readonly persistedBytes: number;
  /** Synchronous part, what chained operators add included. */
  readonly sync: number;
  /** From the end of the synchronous part to the end of the asynchronous one, so with the wait for its thread. */
  readonly async: number;
}

/** Sizes and durations of a barrier's arrival, which a task knows when it starts its snapshot. */
export type BarrierMetrics = Omit<CheckpointMetrics, "sync" | "async">;
