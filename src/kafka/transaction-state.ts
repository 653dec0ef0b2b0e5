/** Models: the states of a transaction at its coordinator and which may follow which.
 *  Source: kafka TransactionState (4.1), TransactionMetadata.prepareTransitionTo.
 *  Leaves out: which version of the protocol takes which transition (transaction-protocol.ts): an abort without a
 *    transaction exists in version 2 alone. */

export type TransactionState =
  | "Empty"
  | "Ongoing"
  | "PrepareCommit"
  | "PrepareAbort"
  | "CompleteCommit"
  | "CompleteAbort"
  | "Dead"
  | "PrepareEpochFence";

const VALID_PREDECESSORS: Readonly<Record<TransactionState, readonly TransactionState[]>> = {
  Empty: ["Empty", "CompleteCommit", "CompleteAbort"],
  Ongoing: ["Ongoing", "Empty", "CompleteCommit", "CompleteAbort"],
  PrepareCommit: ["Ongoing"],
  PrepareAbort: ["Ongoing", "PrepareEpochFence", "Empty", "CompleteCommit", "CompleteAbort"],
  CompleteCommit: ["PrepareCommit"],
  CompleteAbort: ["PrepareAbort"],
  Dead: ["Empty", "CompleteAbort", "CompleteCommit"],
  PrepareEpochFence: ["Ongoing"],
};

export function isLegalTransition(from: TransactionState, to: TransactionState): boolean {
  return VALID_PREDECESSORS[to].includes(from);
}
