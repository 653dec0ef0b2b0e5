/** Models: whose transactional ids a writer names and aborts. INCREMENTING: its own subtask's. POOLING: those of the subtasks
 *    that the writer states it is given were of, one or more of them when the parallelism has become less; of a larger one the
 *    new subtasks own themselves.
 *  Source: flink-connector-kafka TransactionOwnership, ExactlyOnceKafkaWriter.createSnapshots (4.0).
 *  Leaves out: the refusal to go back from POOLING to INCREMENTING. */

import { evenShare } from "../flink/index.ts";
import type { KafkaSinkState } from "./kafka-sink.ts";
import type { TransactionNamingStrategy } from "./transaction-naming.ts";

/** Plain data. */
export interface OwnedSubtasks {
  /** In ascending order; the writer names its transactions after the first. */
  readonly ids: readonly number[];
  /** Subtasks that anybody owns; those beyond are owned by their number modulo this. */
  readonly total: number;
}

/** @param restored what each writer state that the writer is given says. */
export function ownedSubtasks(
  strategy: TransactionNamingStrategy,
  subtask: number,
  parallelism: number,
  restored: readonly { readonly ownedSubtask: number; readonly totalOwned: number }[],
): OwnedSubtasks {
  const [state] = restored;
  if (strategy === "INCREMENTING" || state === undefined) return { ids: [subtask], total: parallelism };
  const ids = restored.map(({ ownedSubtask }) => ownedSubtask).toSorted((a, b) => a - b);
  return { ids, total: Math.max(state.totalOwned, parallelism) };
}

export function owns({ ids, total }: OwnedSubtasks, subtask: number): boolean {
  return ids.includes(subtask % total);
}

/** What a subtask of `parallelism` gets of the states of a sink's subtasks in a checkpoint: each writer state and each committer's
 *  collection is an element of a list that is shared out evenly. */
export function rescaledSinkState(
  checkpoint: number,
  old: readonly KafkaSinkState[],
  subtask: number,
  parallelism: number,
): KafkaSinkState {
  const writers = evenShare(
    old.flatMap((state) => state.writers),
    subtask,
    parallelism,
  );
  const committables = evenShare(
    old.map((state) => state.committables),
    subtask,
    parallelism,
  );
  return {
    checkpoint,
    writers,
    // Collected by checkpoint, whoever they were of.
    committables: committables.flat().toSorted((a, b) => a.checkpoint - b.checkpoint),
  };
}
