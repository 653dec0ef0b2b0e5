import { type KafkaSinkState, rescaledSinkState } from "../../connectors/index.ts";

/** What each sink of a subtask has in a checkpoint; undefined: nothing. */
export type StatesOfSinks = readonly (KafkaSinkState | undefined)[];

/** What each of so many sinks of a subtask starts from where the parallelism was another. @param held by subtask, what a checkpoint
 *  has. @param old the subtasks that the vertex had. @param index the subtask's among `parallelism`. */
export function rescaledSinkStates(
  held: ReadonlyMap<number, StatesOfSinks>,
  checkpoint: number,
  old: readonly number[],
  sinks: number,
  index: number,
  parallelism: number,
): StatesOfSinks {
  return Array.from({ length: sinks }, (_, i) => {
    const states = old.flatMap((subtask) => held.get(subtask)?.[i] ?? []);
    return rescaledSinkState(checkpoint, states, index, parallelism);
  });
}
