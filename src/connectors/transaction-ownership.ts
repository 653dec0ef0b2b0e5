/** Models: whose transactional ids a writer names and aborts. INCREMENTING: its own subtask's. POOLING: those of the subtasks
 *    that the writer states it is given were of, one or more of them when the parallelism has become less; of a larger one the
 *    new subtasks own themselves.
 *  Source: flink-connector-kafka TransactionOwnership, ExactlyOnceKafkaWriter.createSnapshots (4.0).
 *  Leaves out: the refusal to go back from POOLING to INCREMENTING. */

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
