import {
  failedRun,
  nextRepetitions,
  type Point,
  type PointRun,
  type StopValues,
  stopValuesOf,
} from "../../experiment/index.ts";
import type { Journal } from "./journal.ts";
import type { LoadedExperiment } from "./load-experiment.ts";
import type { SweepTask } from "./sweep-worker.ts";

/** How a sweep is going. */
export interface SweepProgress {
  /** Repetitions that are finished, those of an earlier, interrupted sweep among them. */
  readonly finished: number;
  /** Repetitions planned so far; a stop rule may add more. */
  readonly planned: number;
}

/** Where tasks are run. */
export interface TaskRunner {
  readonly workers: number;
  run(task: SweepTask): Promise<string>;
}

/** A point's repetitions: how many are planned, and what the stop rule needs of the finished ones. */
interface PointState {
  readonly point: Point;
  planned: number;
  readonly finished: Map<number, StopValues>;
}

/** Runs what the journal doesn't hold yet, in the order of points and repetitions, and appends each run as it ends. */
export class Sweep {
  readonly #loaded: LoadedExperiment;
  readonly #states: readonly PointState[];
  readonly #queue: { readonly state: PointState; readonly repetition: number }[] = [];
  #next = 0;
  #finished = 0;
  #planned = 0;

  /** @param earlier runs that the journal holds. */
  constructor(loaded: LoadedExperiment, earlier: readonly FinishedRun[]) {
    this.#loaded = loaded;
    this.#states = loaded.points.map((point) => ({ point, planned: 0, finished: new Map() }));
    for (const { point, repetition, stopValues } of earlier) {
      this.#states[point]?.finished.set(repetition, stopValues);
    }
    this.#finished = earlier.length;
    for (const state of this.#states) this.#plan(state);
  }

  get progress(): SweepProgress {
    return { finished: this.#finished, planned: this.#planned };
  }

  /** Every run of the finished sweep by point and repetition. */
  *runs(journal: Journal): Generator<PointRun> {
    for (const { point, planned } of this.#states) {
      for (let repetition = 0; repetition < planned; repetition++) {
        yield journal.read(point.number, repetition)!;
      }
    }
  }

  /** Resolves when everything is finished, or soon after `isStopped` has become true. */
  async run(
    runner: TaskRunner,
    journal: Journal,
    report: (progress: SweepProgress) => void,
    isStopped: () => boolean,
  ): Promise<void> {
    const running = new Set<Promise<void>>();
    // Each worker has one task at work and one that waits for it.
    const most = 2 * runner.workers;
    while (!isStopped()) {
      while (running.size < most && this.#next < this.#queue.length) {
        const { state, repetition } = this.#queue[this.#next++]!;
        const task = this.#runOne(runner, journal, state, repetition, isStopped).then(() => {
          running.delete(task);
          report(this.progress);
        });
        running.add(task);
      }
      if (running.size === 0) break;
      await Promise.race(running);
    }
  }

  async #runOne(
    runner: TaskRunner,
    journal: Journal,
    state: PointState,
    repetition: number,
    isStopped: () => boolean,
  ): Promise<void> {
    const { point } = state;
    let line: string;
    try {
      line = await runner.run({ pipelineFile: this.#loaded.pipelineFile, point, repetition });
    } catch (error) {
      if (isStopped()) return;
      // The worker died, or the pipeline file has vanished.
      const reason = error instanceof Error ? error.message : String(error);
      line = JSON.stringify(failedRun(point, repetition, "bug", `the worker failed: ${reason}`));
    }
    if (isStopped()) return;
    journal.append(point.number, repetition, line);
    // Only a stop rule has to know what is in it.
    const { experiment } = this.#loaded;
    const isSequential = typeof experiment.repetitions !== "number";
    state.finished.set(
      repetition,
      isSequential ? stopValuesOf(experiment, JSON.parse(line) as PointRun) : {},
    );
    this.#finished++;
    this.#plan(state);
  }

  /** Queues the next repetitions of a point whose planned ones are all finished. */
  #plan(state: PointState): void {
    for (;;) {
      for (let repetition = 0; repetition < state.planned; repetition++) {
        if (!state.finished.has(repetition)) return;
      }
      const values = Array.from({ length: state.planned }, (_, repetition) => state.finished.get(repetition));
      const more = nextRepetitions(this.#loaded.experiment, values);
      if (more === 0) return;
      for (let repetition = state.planned; repetition < state.planned + more; repetition++) {
        if (!state.finished.has(repetition)) this.#queue.push({ state, repetition });
      }
      state.planned += more;
      this.#planned += more;
    }
  }
}

/** A run that the journal holds, as the plan needs it. */
export interface FinishedRun {
  readonly point: number;
  readonly repetition: number;
  readonly stopValues: StopValues;
}
