import type { FiredWindow, FlinkObserver } from "../flink/index.ts";
import { type Lineage, RouteSightings } from "../records/index.ts";
import type { AppliedToState } from "./applied-to-state.ts";
import type { CheckedPipeline } from "./checked-pipeline.ts";
import { Violations } from "./violations.ts";

/** Checkpoints that are remembered, per job; more than are retained. */
const KEPT = 64;
const MILLISECOND = 1e6;

/** **WindowConservation.** A window is fired with exactly the records of its time that the operator's state has got, each once,
 *  whatever was restored in between; so what has come in is fired, still open, or was dropped as late. Under
 *  `execution.checkpointing.mode: AT_LEAST_ONCE` a window may count a record again, and may miss none. A window that a drained job
 *  has fired before its time is fired again, by whoever starts from its savepoint, with the rest of its records. */
export class WindowConservation
  implements Required<Pick<FlinkObserver, "lateRecordsDropped">>, Pick<FlinkObserver, "snapshotStarted">
{
  readonly #pipeline: CheckedPipeline;
  readonly #lineage: Lineage;
  readonly #applied: AppliedToState;
  readonly #found = new Violations();
  /** Per job and subtask: the last timestamp, ms, of the windows that its state no longer holds; undefined: not known. */
  readonly #passed: (number | undefined)[][];
  readonly #snapshots: Map<number, Map<number, number>>[];
  /** Per job and subtask, where the job is drained: by window, records that it was fired with before its time, if it was. */
  readonly #fired: Map<number, number>[][];
  /** Jobs that have dropped records. */
  readonly #hasLate = new Set<number>();

  constructor(pipeline: CheckedPipeline, lineage: Lineage, applied: AppliedToState) {
    this.#pipeline = pipeline;
    this.#lineage = lineage;
    this.#applied = applied;
    this.#passed = pipeline.jobs.map(() => []);
    this.#snapshots = pipeline.jobs.map(() => new Map());
    this.#fired = pipeline.jobs.map(() => []);
  }

  stateRestored(job: number, subtask: number, checkpoint: number): void {
    const before = Number.NEGATIVE_INFINITY;
    this.#passed[job]![subtask] =
      checkpoint === 0 ? before : this.#snapshots[job]!.get(checkpoint)?.get(subtask);
  }

  snapshotStarted(job: number, subtask: number, checkpoint: number): void {
    const passed = this.#passed[job]![subtask];
    if (passed === undefined) return;
    const snapshots = this.#snapshots[job]!;
    let ofCheckpoint = snapshots.get(checkpoint);
    if (ofCheckpoint === undefined) {
      ofCheckpoint = new Map();
      snapshots.set(checkpoint, ofCheckpoint);
      if (snapshots.size > KEPT) snapshots.delete(snapshots.keys().next().value!);
    }
    ofCheckpoint.set(subtask, passed);
  }

  /** @returns whether the window had been fired before the state was restored: what comes behind it Flink takes for a new one,
   *    until there is a watermark. */
  windowFired(job: number, subtask: number, task: number, window: FiredWindow): boolean {
    const passed = this.#passed[job]![subtask];
    const applied = this.#applied.stateOf(job, subtask, task);
    if (passed === undefined || applied === undefined) return false;
    const fired = this.#firedBy(job, subtask);
    if (window.maxTimestamp <= passed) {
      const before = fired?.get(window.maxTimestamp);
      const rest = before === undefined ? window.records : this.#recordsIn(applied, window) - before;
      if (window.records !== rest)
        this.#tell(
          job,
          subtask,
          window,
          `${window.records} records again, of ${rest} that were not in it before`,
        );
      return true;
    }
    fired?.set(window.maxTimestamp, window.records);
    this.#passed[job]![subtask] = window.maxTimestamp;
    const counted = new RouteSightings();
    let again = 0;
    for (const { originPartition, route, from, to } of window.spans)
      again += counted.add(originPartition, route, from, to);
    const wanted = this.#recordsIn(applied, window);
    const { mode } = this.#pipeline.jobs[job]!;
    if (counted.seen !== wanted || window.records !== counted.seen + again)
      this.#tell(
        job,
        subtask,
        window,
        `${window.records} records, ${counted.seen} of them distinct, of ${wanted}`,
      );
    else if (again > 0 && mode === "exactly-once" && !this.#applied.deviates(job))
      this.#tell(job, subtask, window, `${again} records twice`);
    return false;
  }

  /** Records of each window when it was fired; undefined: the job isn't drained, or some of its records came too late. */
  #firedBy(job: number, subtask: number): Map<number, number> | undefined {
    if (this.#pipeline.jobs[job]!.isDrained !== true || this.#hasLate.has(job)) return undefined;
    this.#fired[job]![subtask] ??= new Map();
    return this.#fired[job]![subtask];
  }

  /** Records came when their window had been fired: which they can't, where every split has its records in order and none is ever idle. */
  lateRecordsDropped(job: number, subtask: number, records: number): void {
    this.#hasLate.add(job);
    const { name, mayBeLate } = this.#pipeline.jobs[job]!;
    if (mayBeLate === true || this.#applied.deviates(job)) return;
    this.#found.add(
      () =>
        `job ${name}: subtask ${subtask} dropped ${records} records as late, though no split is ever idle`,
    );
  }

  get violations(): readonly string[] {
    return this.#found.list;
  }

  /** Records of the window's time among those that the state has got. */
  #recordsIn(applied: RouteSightings, { start, maxTimestamp }: FiredWindow): number {
    let records = 0;
    applied.visit((sightings, originPartition, route) => {
      const first = this.#lineage.rankAt(originPartition, route, start * MILLISECOND - 1);
      const end = this.#lineage.rankAt(originPartition, route, (maxTimestamp + 1) * MILLISECOND - 1);
      for (const [from, to] of sightings.intervals())
        records += Math.max(0, Math.min(to, end) - Math.max(from, first));
    });
    return records;
  }

  #tell(job: number, subtask: number, { start, maxTimestamp }: FiredWindow, what: string): void {
    this.#found.add(
      () =>
        `job ${this.#pipeline.jobs[job]!.name}: subtask ${subtask} fired the window from ${start} to ${maxTimestamp} ms with ${what}`,
    );
  }
}
