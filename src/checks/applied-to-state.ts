import type { FlinkObserver, RescaledState, TaskStateSnapshot } from "../flink/index.ts";
import { type Lineage, RouteSightings } from "../records/index.ts";
import type { CheckedPipeline } from "./checked-pipeline.ts";
import { seconds, Violations } from "./violations.ts";

type Deviating = "lost" | "repeated";

/** Checkpoints whose state is remembered, per job; more than are retained. */
const KEPT = 64;

/** **AppliedToState.** Each record is applied exactly once to the state of each operator that it passes, counting only what the
 *  state still holds: a restore takes it back to its checkpoint. Under `execution.checkpointing.mode: AT_LEAST_ONCE` a record may
 *  be applied again after a restore, and none may be missing. The state that a snapshot holds is the one that these records
 *  made. */
export class AppliedToState
  implements Pick<FlinkObserver, "applied" | "stateRestored" | "snapshotStarted" | "checkpointAcknowledged">
{
  readonly #pipeline: CheckedPipeline;
  readonly #lineage: Lineage;
  readonly #found = new Violations();
  readonly #excused: { again: number; example: string }[];
  /** Per job: what its source's topic has done with records by itself. */
  readonly #deviations: Set<Deviating>[];
  /** Per job and subtask; undefined: none is known, nothing is said about it. */
  readonly #current: (RouteSightings | undefined)[][];
  /** Per job and subtask: the task that it is; what an older one does is nobody's state any more. */
  readonly #tasks: number[][];
  readonly #snapshots: Map<number, Map<number, RouteSightings>>[];

  constructor(pipeline: CheckedPipeline, lineage: Lineage) {
    this.#pipeline = pipeline;
    this.#lineage = lineage;
    this.#current = pipeline.jobs.map(() => []);
    this.#tasks = pipeline.jobs.map(() => []);
    this.#snapshots = pipeline.jobs.map(() => new Map());
    this.#excused = pipeline.jobs.map(() => ({ again: 0, example: "" }));
    this.#deviations = pipeline.jobs.map(() => new Set());
  }

  /** From now on records of the job's source are missing, or come twice, since they do in its topic: the state can't have them
   *  otherwise. A job that reads what this one writes has them so as well. */
  deviate(job: number, how: Deviating): void {
    if (this.#deviations[job]!.has(how)) return;
    this.#deviations[job]!.add(how);
    const { sinks } = this.#pipeline.jobs[job]!;
    this.#pipeline.jobs.forEach(({ source }, other) => {
      if (sinks.some(({ topic }) => topic === source.topic)) this.deviate(other, how);
    });
  }

  /** Whether the source's topic of a job has lost or repeated records. */
  deviates(job: number): boolean {
    return this.#deviations[job]!.size > 0;
  }

  /** What the snapshots of a checkpoint hold, by subtask; undefined: none began. */
  snapshotsOf(job: number, checkpoint: number): ReadonlyMap<number, RouteSightings> | undefined {
    return this.#snapshots[job]!.get(checkpoint);
  }

  /** What the state of a subtask has got; undefined: it isn't known, or the task is an older attempt. */
  stateOf(job: number, subtask: number, task: number): RouteSightings | undefined {
    return this.#tasks[job]![subtask] === task ? this.#current[job]![subtask] : undefined;
  }

  stateRestored(
    job: number,
    subtask: number,
    task: number,
    checkpoint: number,
    rescaled?: RescaledState | undefined,
  ): void {
    this.#tasks[job]![subtask] = task;
    const held = this.#snapshots[job]!.get(checkpoint);
    if (checkpoint === 0) this.#current[job]![subtask] = new RouteSightings();
    else if (rescaled === undefined) this.#current[job]![subtask] = held?.get(subtask)?.copy();
    else {
      const parts = rescaled.subtasks.map((old) => held?.get(old));
      this.#current[job]![subtask] = parts.some((part) => part === undefined)
        ? undefined
        : RouteSightings.of(
            parts.filter((part) => part !== undefined),
            (...part) => rescaled.owns(...part),
          );
    }
  }

  applied(
    job: number,
    subtask: number,
    task: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
  ): void {
    if (this.#tasks[job]![subtask] !== task) return;
    const again = this.#current[job]![subtask]?.add(originPartition, route, from, to) ?? 0;
    if (again === 0 || this.#deviations[job]!.has("repeated")) return;
    const sentence = (): string =>
      `${this.#name(job, subtask)} applied again ${again} of ${to - from} records from ` +
      this.#place(originPartition, route, from);
    if (this.#pipeline.jobs[job]!.mode === "exactly-once") {
      this.#found.add(sentence);
      return;
    }
    const excused = this.#excused[job]!;
    if (excused.again === 0) excused.example = sentence();
    excused.again += again;
  }

  snapshotStarted(job: number, subtask: number, checkpoint: number): void {
    const current = this.#current[job]![subtask];
    if (current === undefined) return;
    const snapshots = this.#snapshots[job]!;
    let ofCheckpoint = snapshots.get(checkpoint);
    if (ofCheckpoint === undefined) {
      ofCheckpoint = new Map();
      snapshots.set(checkpoint, ofCheckpoint);
      if (snapshots.size > KEPT) snapshots.delete(snapshots.keys().next().value!);
    }
    ofCheckpoint.set(subtask, current.copy());
  }

  checkpointAcknowledged(
    job: number,
    subtask: number,
    checkpoint: number,
    _metrics: unknown,
    { keyedRecords }: Pick<TaskStateSnapshot, "keyedRecords">,
    at: number,
  ): void {
    const snapshot = this.#snapshots[job]!.get(checkpoint)?.get(subtask);
    if (snapshot === undefined) return;
    const applied = snapshot.seen + snapshot.repeats;
    if (applied === keyedRecords) return;
    this.#found.add(
      () =>
        `${this.#name(job, subtask)} acknowledged checkpoint ${checkpoint} at ${seconds(at)} with the state of ` +
        `${keyedRecords} records, and ${applied} were applied`,
    );
  }

  /** At the end of a run. */
  violations(): readonly string[] {
    const found = new Violations();
    for (const one of this.#found.list) found.add(() => one);
    this.#current.forEach((subtasks, job) => {
      if (this.#deviations[job]!.has("lost")) return;
      subtasks.forEach((current, subtask) => {
        current?.visit((sightings, originPartition, route) => {
          for (const [from, to] of sightings.missing(sightings.end)) {
            found.add(
              () =>
                `${this.#name(job, subtask)} never applied ${to - from} records from ${this.#place(originPartition, route, from)}, ` +
                `and later ones`,
            );
          }
        });
      });
    });
    return found.list;
  }

  get permitted(): readonly string[] {
    return this.#excused.flatMap(({ again, example }) =>
      again === 0
        ? []
        : [
            `${again} records were applied again, the first time: ${example}; execution.checkpointing.mode AT_LEAST_ONCE doesn't ` +
              `align, so that a snapshot may hold records from behind the barrier`,
          ],
    );
  }

  #name(job: number, subtask: number): string {
    return `job ${this.#pipeline.jobs[job]!.name}: subtask ${subtask}`;
  }

  #place(originPartition: number, route: number, rank: number): string {
    const { topic, partition } = this.#pipeline.origins[originPartition]!;
    const { title } = this.#lineage.routeById(route);
    return `offset ${this.#lineage.offsetOf(originPartition, route, rank)} of ${topic}-${partition} (${title}) on`;
  }
}
