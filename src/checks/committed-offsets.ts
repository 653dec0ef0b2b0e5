import type { CheckedJob, CheckedPipeline } from "./checked-pipeline.ts";
import type { SeenOffsets } from "./delivery-ledger.ts";

/** By origin partition: behind the last offset. */
type Offsets = ReadonlyMap<number, number>;

/** Up to which offset of its source each job has committed, whatever becomes of it: a task commits a checkpoint before it takes
 *  the next snapshot, so when one has completed, the one before it is committed everywhere. A job that ends leaves to its readers
 *  no gap below that. (Asked where every record below a source's offsets is in the checkpoint's output: of aligned checkpoints,
 *  one at a time, of jobs that read what producers write, with sinks that flush.) */
export class CommittedOffsets {
  readonly #pipeline: CheckedPipeline;
  /** Per job and checkpoint that is not complete. */
  readonly #pending: Map<number, Map<number, number>>[];
  /** Per job: of the last completed checkpoint, and of the one before. */
  readonly #last: Offsets[];
  readonly #committed: Offsets[];

  constructor(pipeline: CheckedPipeline) {
    this.#pipeline = pipeline;
    this.#pending = pipeline.jobs.map(() => new Map());
    this.#last = pipeline.jobs.map(() => new Map());
    this.#committed = pipeline.jobs.map(() => new Map());
  }

  offsetInSnapshot(job: number, checkpoint: number, originPartition: number, offset: number): void {
    if (!isAsked(this.#pipeline.jobs[job]!)) return;
    const pending = this.#pending[job]!;
    let offsets = pending.get(checkpoint);
    if (offsets === undefined) {
      offsets = new Map();
      pending.set(checkpoint, offsets);
    }
    offsets.set(originPartition, offset);
  }

  checkpointCompleted(job: number, checkpoint: number): void {
    const offsets = this.#pending[job]!.get(checkpoint);
    if (offsets === undefined) return;
    this.#committed[job] = this.#last[job]!;
    this.#last[job] = offsets;
    for (const other of this.#pending[job]!.keys())
      if (other <= checkpoint) this.#pending[job]!.delete(other);
  }

  /** What of the losses of a topic's reader was committed. */
  of(topic: string, losses: readonly SeenOffsets[]): SeenOffsets[] {
    const job = this.#pipeline.jobs.findIndex(({ sinks }) =>
      sinks.some((sink) => sink.topic === topic && sink.deliveryGuarantee !== "none"),
    );
    if (job < 0) return [];
    return losses.filter(
      ({ originPartition, first }) => first < (this.#committed[job]!.get(originPartition) ?? 0),
    );
  }
}

function isAsked({ readsOrigins, unaligned, concurrentCheckpoints = 1 }: CheckedJob): boolean {
  return readsOrigins && !unaligned && concurrentCheckpoints === 1;
}
