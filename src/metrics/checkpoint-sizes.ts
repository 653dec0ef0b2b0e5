import type { FlinkObserver } from "../flink/index.ts";
import { RampHistogram } from "./ramp-histogram.ts";

/** Sizes of one job's completed checkpoints that were triggered in the measured time, bytes, over all subtasks. */
export interface JobCheckpointSizes {
  /** Written for the checkpoint: `checkpointed_size`. */
  readonly checkpointed: RampHistogram;
  /** Taken from the channels while they were aligned: `processed_data`. */
  readonly processed: RampHistogram;
  /** In-flight data in the snapshot: `persisted_data`. */
  readonly persisted: RampHistogram;
}

interface PendingSizes {
  checkpointed: number;
  processed: number;
  persisted: number;
}

/** Sizes of each job's checkpoints, as Flink's REST API gives them. */
export class CheckpointSizes
  implements Pick<FlinkObserver, "checkpointAcknowledged" | "checkpointCompleted" | "checkpointAborted">
{
  readonly jobs: readonly JobCheckpointSizes[];
  readonly #from: number;
  readonly #until: number;
  /** Per job: by checkpoint. */
  readonly #pending: readonly Map<number, PendingSizes>[];

  /** @param from ns. @param until ns: checkpoints triggered in between count. */
  constructor(jobs: number, from: number, until: number) {
    this.#from = from;
    this.#until = until;
    this.#pending = Array.from({ length: jobs }, () => new Map());
    this.jobs = Array.from({ length: jobs }, () => ({
      checkpointed: new RampHistogram(),
      processed: new RampHistogram(),
      persisted: new RampHistogram(),
    }));
  }

  checkpointAcknowledged(
    job: number,
    _subtask: number,
    checkpoint: number,
    metrics: Parameters<FlinkObserver["checkpointAcknowledged"]>[3],
    snapshot: Parameters<FlinkObserver["checkpointAcknowledged"]>[4],
  ): void {
    const pending = this.#pending[job]!;
    const sizes = pending.get(checkpoint) ?? { checkpointed: 0, processed: 0, persisted: 0 };
    sizes.checkpointed += snapshot.checkpointedBytes;
    sizes.processed += metrics.processedBytes;
    sizes.persisted += metrics.persistedBytes;
    pending.set(checkpoint, sizes);
  }

  checkpointCompleted(job: number, checkpoint: number, triggeredAt: number): void {
    const sizes = this.#pending[job]!.get(checkpoint);
    this.#pending[job]!.delete(checkpoint);
    if (sizes === undefined || triggeredAt < this.#from || triggeredAt >= this.#until) return;
    const { checkpointed, processed, persisted } = this.jobs[job]!;
    checkpointed.add(1, sizes.checkpointed, sizes.checkpointed);
    processed.add(1, sizes.processed, sizes.processed);
    persisted.add(1, sizes.persisted, sizes.persisted);
  }

  checkpointAborted(job: number, checkpoint: number): void {
    this.#pending[job]!.delete(checkpoint);
  }
}
