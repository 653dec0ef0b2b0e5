import type { FlinkObserver } from "../flink/index.ts";
import type { Lineage } from "../records/index.ts";
import type { AppliedToState } from "./applied-to-state.ts";
import type { CheckedPipeline } from "./checked-pipeline.ts";
import { seconds, Violations } from "./violations.ts";

/** **BarrierNeverOvertakesRecord.** In an aligned checkpoint every subtask's state holds exactly the records before the
 *  checkpoint's barriers: those below the offsets that the sources' snapshots hold, on the ways that lead there, none more and
 *  none fewer. (Not asked of unaligned checkpoints, whose barriers may overtake, of AT_LEAST_ONCE, of jobs that read another
 *  job's topic, and where a source's topic has lost or repeated records.) */
export class BarrierNeverOvertakesRecord
  implements Pick<FlinkObserver, "offsetInSnapshot" | "checkpointCompleted">
{
  readonly #pipeline: CheckedPipeline;
  readonly #lineage: Lineage;
  readonly #applied: AppliedToState;
  readonly #found = new Violations();
  /** Per job, checkpoint and origin partition. */
  readonly #offsets: Map<number, Map<number, number>>[];

  constructor(pipeline: CheckedPipeline, lineage: Lineage, applied: AppliedToState) {
    this.#pipeline = pipeline;
    this.#lineage = lineage;
    this.#applied = applied;
    this.#offsets = pipeline.jobs.map(() => new Map());
  }

  get violations(): readonly string[] {
    return this.#found.list;
  }

  offsetInSnapshot(job: number, checkpoint: number, originPartition: number, offset: number): void {
    const { mode, unaligned, readsOrigins } = this.#pipeline.jobs[job]!;
    if (originPartition < 0 || !readsOrigins || unaligned || mode !== "exactly-once") return;
    let offsets = this.#offsets[job]!.get(checkpoint);
    if (offsets === undefined) {
      offsets = new Map();
      this.#offsets[job]!.set(checkpoint, offsets);
    }
    offsets.set(originPartition, offset);
  }

  checkpointCompleted(
    job: number,
    checkpoint: number,
    _triggeredAt: number,
    _latestAckAt: number,
    at: number,
  ): void {
    const offsets = this.#offsets[job]!.get(checkpoint);
    for (const older of this.#offsets[job]!.keys())
      if (older <= checkpoint) this.#offsets[job]!.delete(older);
    if (offsets === undefined || this.#applied.deviates(job)) return;
    this.#applied.snapshotsOf(job, checkpoint)?.forEach((records, subtask) => {
      records.visit((sightings, originPartition, route) => {
        const offset = offsets.get(originPartition);
        if (offset === undefined) return;
        const local = this.#lineage.localPartition(originPartition);
        const expected = this.#lineage.routeById(route).rankOf(local, offset);
        if (sightings.end === expected) return;
        const { topic, partition } = this.#pipeline.origins[originPartition]!;
        const what =
          sightings.end < expected
            ? `lacks ${expected - sightings.end} records that its barriers overtook`
            : `holds ${sightings.end - expected} records from behind its barriers`;
        this.#found.add(
          () =>
            `job ${this.#pipeline.jobs[job]!.name}: checkpoint ${checkpoint}, completed at ${seconds(at)}, has offset ${offset} of ` +
            `${topic}-${partition}, and the state of subtask ${subtask} ${what}`,
        );
      });
    });
  }
}
