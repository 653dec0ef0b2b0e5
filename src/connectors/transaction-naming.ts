/** Models: the names of transactional ids, `prefix-subtask-offset`, and which ids are initialised to start a transaction.
 *  Source: flink-connector-kafka TransactionNamingStrategyImpl, TransactionalIdFactory (4.0; INCREMENTING as in 3.x).
 *  Leaves out: a change of the strategy between two runs. */

/** INCREMENTING: the offset is the checkpoint the transaction is for. POOLING: the smallest offset that no transaction of the
 *  subtask is using. */
export type TransactionNamingStrategy = "INCREMENTING" | "POOLING";

export function transactionalIdOf(prefix: string, subtask: number, offset: number): string {
  return `${prefix}-${subtask}-${offset}`;
}

/** The subtask in a transactional id of this prefix; -1: the id is somebody else's. */
export function subtaskOf(prefix: string, transactionalId: string): number {
  if (!transactionalId.startsWith(`${prefix}-`)) return -1;
  const match = /^(\d+)-\d+$/.exec(transactionalId.slice(prefix.length + 1));
  return match === null ? -1 : Number(match[1]);
}

/** Ids to initialise, in order, for the transaction of checkpoint `next`: the last one is the transaction's; those before it
 *  fill the gap that aborted checkpoints since `last` left, so that a probe finds no hole.
 *  @param ongoing ids of this subtask that are in use. */
export function idsToInitialise(
  strategy: TransactionNamingStrategy,
  prefix: string,
  subtask: number,
  last: number,
  next: number,
  ongoing: { has(transactionalId: string): boolean },
): string[] {
  if (strategy === "INCREMENTING") {
    const ids: string[] = [];
    for (let offset = last + 1; offset <= next; offset++)
      ids.push(transactionalIdOf(prefix, subtask, offset));
    return ids;
  }
  let offset = 0;
  while (ongoing.has(transactionalIdOf(prefix, subtask, offset))) offset++;
  return [transactionalIdOf(prefix, subtask, offset)];
}
