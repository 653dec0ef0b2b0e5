/** Models: the states of a transaction at its coordinator and which may follow which.
 *  Source: kafka TransactionState (4.1), TransactionMetadata.prepareTransitionTo.
 *  Leaves out: the pending state while a transition is being written (transaction-coordinator.ts times it). */

import { invariant } from "../engine/index.ts";

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
  PrepareAbort: ["Ongoing", "PrepareEpochFence"],
  CompleteCommit: ["PrepareCommit"],
  CompleteAbort: ["PrepareAbort"],
  Dead: ["Empty", "CompleteAbort", "CompleteCommit"],
  PrepareEpochFence: ["Ongoing"],
};

export function isLegalTransition(from: TransactionState, to: TransactionState): boolean {
  return VALID_PREDECESSORS[to].includes(from);
}

/** @throws InvariantError when `to` may not follow `from`. */
export function transition(from: TransactionState, to: TransactionState): TransactionState {
  invariant(isLegalTransition(from, to), `a transaction can't go from ${from} to ${to}`);
  return to;
}
