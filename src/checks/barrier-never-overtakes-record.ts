import type { FlinkObserver, TaskStateSnapshot } from "../flink/index.ts";
import type { Lineage, RouteSightings } from "../records/index.ts";
import type { AppliedToState } from "./applied-to-state.ts";
import type { CheckedJob, CheckedPipeline } from "./checked-pipeline.ts";
import { seconds, Violations } from "./violations.ts";

/** What is known of a checkpoint that isn't complete. */
interface Collected {
  /** By origin partition: the next offset; where the job reads another job's topic, at -1, records that its splits have given. */
  readonly offsets: Map<number, number>;
  /** By vertex and origin partition (or -1): records in flight on their way to it. */
  readonly inFlight: Map<number, number>[];
  /** Subtasks behind the source that have acknowledged. */
  readonly subtasks: number[];
}

/** Of a job that reads another job's topic nobody knows which offsets of which origin its splits stand for. */
const ANY = -1;

/** **BarrierNeverOvertakesRecord.** What lies before a checkpoint's barriers is in it, whole and once. In an aligned one every
 *  subtask's state holds exactly the records below the offsets that the sources' snapshots hold, on the ways that lead there. In
 *  an unaligned one, and of a job that reads another job's topic, it is counted: what each vertex has processed and what is in
 *  flight to it are together what the vertex before has processed, and at the first what the sources have emitted. (Counted where
 *  each vertex has one input and hands on every record once; not asked of AT_LEAST_ONCE, and where a source's topic has lost or
 *  repeated records.) */
export class BarrierNeverOvertakesRecord
  implements Pick<FlinkObserver, "offsetInSnapshot" | "checkpointAcknowledged" | "checkpointCompleted">
{
  readonly #pipeline: CheckedPipeline;
  readonly #lineage: Lineage;
  readonly #applied: AppliedToState;
  readonly #found = new Violations();
  /** Per job and checkpoint. */
  readonly #collected: Map<number, Collected>[];
  /** Per job and source partition: the last offset in a snapshot, which stays where a split is read to its end. */
  readonly #lastOffsets: Map<number, number>[];
  /** Per job and subtask: its vertex, 0 for the sources. */
  readonly #vertexOf: readonly (readonly number[])[];

  constructor(pipeline: CheckedPipeline, lineage: Lineage, applied: AppliedToState) {
    this.#pipeline = pipeline;
    this.#lineage = lineage;
    this.#applied = applied;
    this.#collected = pipeline.jobs.map(() => new Map());
    this.#lastOffsets = pipeline.jobs.map(() => new Map());
    this.#vertexOf = pipeline.jobs.map(({ sourceParallelism, vertices }) =>
      [sourceParallelism, ...vertices.map(({ parallelism }) => parallelism)].flatMap((parallelism, vertex) =>
        Array.from({ length: parallelism }, () => vertex),
      ),
    );
  }

  get violations(): readonly string[] {
    return this.#found.list;
  }

  /** Whether the check can be asked, and how. */
  #rule({ mode, unaligned, readsOrigins, isLine }: CheckedJob): "exactly" | "by count" | undefined {
    if (mode !== "exactly-once") return undefined;
    if (!unaligned && readsOrigins) return "exactly";
    return isLine ? "by count" : undefined;
  }

  #of(job: number, checkpoint: number): Collected {
    let collected = this.#collected[job]!.get(checkpoint);
    if (collected === undefined) {
      collected = {
        offsets: new Map(),
        inFlight: this.#pipeline.jobs[job]!.vertices.map(() => new Map()),
        subtasks: [],
      };
      this.#collected[job]!.set(checkpoint, collected);
    }
    return collected;
  }

  offsetInSnapshot(job: number, checkpoint: number, originPartition: number, offset: number): void {
    if (this.#rule(this.#pipeline.jobs[job]!) === undefined) return;
    const { offsets } = this.#of(job, checkpoint);
    if (originPartition >= 0) {
      offsets.set(originPartition, offset);
      if (this.#pipeline.jobs[job]!.isBounded) this.#lastOffsets[job]!.set(originPartition, offset);
    } else offsets.set(ANY, (offsets.get(ANY) ?? 0) + offset);
  }

  checkpointAcknowledged(
    job: number,
    subtask: number,
    checkpoint: number,
    _metrics: unknown,
    { channelState }: Pick<TaskStateSnapshot, "channelState">,
  ): void {
    const checked = this.#pipeline.jobs[job]!;
    if (this.#rule(checked) !== "by count") return;
    const vertex = this.#vertexOf[job]![subtask]!;
    const { inFlight, subtasks } = this.#of(job, checkpoint);
    if (vertex > 0) subtasks.push(subtask);
    for (const { side, spans } of channelState) {
      // What waits at a sender is on its way to the next vertex.
      const counts = inFlight[side === "input" ? vertex - 1 : vertex]!;
      for (const [partition, , from, to] of spans) {
        const key = checked.readsOrigins ? partition : ANY;
        counts.set(key, (counts.get(key) ?? 0) + to - from);
      }
    }
  }

  checkpointCompleted(
    job: number,
    checkpoint: number,
    _triggeredAt: number,
    _latestAckAt: number,
    at: number,
  ): void {
    const collected = this.#collected[job]!.get(checkpoint);
    for (const older of this.#collected[job]!.keys())
      if (older <= checkpoint) this.#collected[job]!.delete(older);
    const held = this.#applied.snapshotsOf(job, checkpoint);
    if (collected === undefined || held === undefined || this.#applied.deviates(job)) return;
    // Of tasks that have finished.
    for (const [partition, offset] of this.#lastOffsets[job]!)
      if (!collected.offsets.has(partition)) collected.offsets.set(partition, offset);
    if (this.#rule(this.#pipeline.jobs[job]!) === "exactly")
      this.#compare(job, checkpoint, collected, held, at);
    else this.#count(job, checkpoint, collected, held, at);
  }

  #compare(
    job: number,
    checkpoint: number,
    { offsets }: Collected,
    held: ReadonlyMap<number, RouteSightings>,
    at: number,
  ): void {
    held.forEach((records, subtask) => {
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
            `${this.#name(job, checkpoint, at)}, has offset ${offset} of ` +
            `${topic}-${partition}, and the state of subtask ${subtask} ${what}`,
        );
      });
    });
  }

  #count(
    job: number,
    checkpoint: number,
    { offsets, inFlight, subtasks }: Collected,
    held: ReadonlyMap<number, RouteSightings>,
    at: number,
  ): void {
    const { readsOrigins, vertices, isBounded } = this.#pipeline.jobs[job]!;
    // What operators have processed that have finished is in no snapshot.
    const operators = vertices.reduce((sum, { parallelism }) => sum + parallelism, 0);
    if (isBounded && subtasks.length < operators) return;
    // Of a state that comes from a checkpoint long past nothing is known.
    if (subtasks.some((subtask) => !held.has(subtask))) return;
    const processed: Map<number, number>[] = vertices.map(() => new Map());
    held.forEach((records, subtask) => {
      const counts = processed[this.#vertexOf[job]![subtask]! - 1]!;
      records.visit(({ seen, repeats }, originPartition) => {
        const key = readsOrigins ? originPartition : ANY;
        counts.set(key, (counts.get(key) ?? 0) + seen + repeats);
      });
    });
    processed.forEach((counts, vertex) => {
      const before = vertex === 0 ? offsets : processed[vertex - 1]!;
      for (const partition of new Set([...before.keys(), ...counts.keys(), ...inFlight[vertex]!.keys()])) {
        const given = before.get(partition) ?? 0;
        const got = (counts.get(partition) ?? 0) + (inFlight[vertex]!.get(partition) ?? 0);
        if (got === given) continue;
        const of = partition === ANY ? "" : ` of ${this.#place(partition)}`;
        const from = vertex === 0 ? "its sources have emitted" : `vertex ${vertex} has processed`;
        this.#found.add(
          () =>
            `${this.#name(job, checkpoint, at)}: ${from} ${given} records${of}, and ${got} are in the state of vertex ` +
            `${vertex + 1} or in flight to it`,
        );
      }
    });
  }

  #name(job: number, checkpoint: number, at: number): string {
    return `job ${this.#pipeline.jobs[job]!.name}: checkpoint ${checkpoint}, completed at ${seconds(at)}`;
  }

  #place(originPartition: number): string {
    const { topic, partition } = this.#pipeline.origins[originPartition]!;
    return `${topic}-${partition}`;
  }
}
