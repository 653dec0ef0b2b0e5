import { type KafkaSinkState, rescaledSinkState } from "../../connectors/index.ts";
import type { RestoredSubtask } from "./job-subtask.ts";

/** Checkpoints whose sinks' states are kept; more than are ever pending or retained together. */
const MOST_KEPT = 64;

/** What each sink of a subtask has in a checkpoint; undefined: nothing. */
export type StatesOfSinks = readonly (KafkaSinkState | undefined)[];

/** What the sinks of a job's subtasks have in its checkpoints. */
export class SinkStates {
  /** per checkpoint and subtask. */
  readonly #states = new Map<number, Map<number, StatesOfSinks>>();
  readonly #forgets: boolean;

  /** @param forgets whether nobody goes back to a checkpoint that is long past. */
  constructor(forgets: boolean) {
    this.#forgets = forgets;
  }

  keep(checkpoint: number, subtask: number, states: StatesOfSinks): void {
    let ofCheckpoint = this.#states.get(checkpoint);
    if (ofCheckpoint === undefined) {
      ofCheckpoint = new Map();
      this.#states.set(checkpoint, ofCheckpoint);
      if (this.#states.size > MOST_KEPT && this.#forgets)
        this.#states.delete(this.#states.keys().next().value!);
    }
    ofCheckpoint.set(subtask, states);
  }

  /** What each sink of a subtask starts from. @param index the subtask's among `parallelism`. */
  restored(
    subtask: number,
    restored: RestoredSubtask | undefined,
    sinks: number,
    index: number,
    parallelism: number,
  ): StatesOfSinks | undefined {
    const held = restored && this.#states.get(restored.checkpoint);
    if (restored?.rescaled === undefined || held === undefined) return held?.get(subtask);
    const { checkpoint, rescaled } = restored;
    return Array.from({ length: sinks }, (_, i) => {
      const old = rescaled.subtasks.flatMap((one) => held.get(one)?.[i] ?? []);
      return rescaledSinkState(checkpoint, old, index, parallelism);
    });
  }
}
