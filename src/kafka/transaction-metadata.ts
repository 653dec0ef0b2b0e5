/** Models: what a transaction coordinator keeps for one transactional id, and the transition that is being written.
 *  Source: kafka TransactionMetadata, TxnTransitMetadata (4.1).
 *  Leaves out: the client's version as such (a request carries its protocol version), locks. */

import { InvariantError, invariant } from "../engine/index.ts";
import { isLegalTransition, type TransactionState } from "./transaction-state.ts";

/** The part of the metadata that a transition replaces. Times are ns. */
export interface TransitMetadata {
  readonly state: TransactionState;
  readonly producerId: number;
  /** the id before the last change of ids; -1: none. */
  readonly previousProducerId: number;
  readonly producerEpoch: number;
  /** the epoch before, for which a client's retry is recognised; -1: none. */
  readonly lastProducerEpoch: number;
  /** transaction.timeout.ms as the client asked for, ns. */
  readonly timeout: number;
  /** topic partitions of the transaction, by number. */
  readonly partitions: readonly number[];
  /** when the first partition was added; -1: no transaction. */
  readonly startedAt: number;
  readonly updatedAt: number;
}

/** Plain data: one transactional id at its coordinator. */
export interface TransactionMetadata {
  readonly id: number;
  current: TransitMetadata;
  /** the transition that is being written to __transaction_state; null: none. */
  pending: TransitMetadata | null;
  /** Request that the pending transition answers; 0: nobody waits. */
  request: number;
  /** A fenced epoch may not have reached the log, so the next fencing takes it again. */
  hasFailedEpochFence: boolean;
  /** number of the open transaction in this run; 0: none was begun since the last one completed. */
  transaction: number;
}

export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
/** Short.MAX_VALUE: epochs are 16 bits, and the last one is kept for fencing. */
const LARGEST_EPOCH = 32_767;

/** Whether no epoch is left to hand out under this producer id. */
export function isEpochExhausted(epoch: number): boolean {
  return epoch >= LARGEST_EPOCH - 1;
}

/** Metadata of a transactional id that nobody has used. */
export function unusedTransactionalId(
  id: number,
  producerId: number,
  timeout: number,
  now: number,
): TransactionMetadata {
  return {
    id,
    current: {
      state: "Empty",
      producerId,
      previousProducerId: NO_PRODUCER_ID,
      producerEpoch: NO_PRODUCER_EPOCH,
      lastProducerEpoch: NO_PRODUCER_EPOCH,
      timeout,
      partitions: [],
      startedAt: -1,
      updatedAt: now,
    },
    pending: null,
    request: 0,
    hasFailedEpochFence: false,
    transaction: 0,
  };
}

/** Metadata that is still being made. */
export type NextMetadata = { -readonly [Key in keyof TransitMetadata]: TransitMetadata[Key] };

/** A copy of `current` to be changed: key by key, as a spread of two objects is a call into the runtime. */
export function nextMetadata(current: TransitMetadata, state: TransactionState): NextMetadata {
  return {
    state,
    producerId: current.producerId,
    previousProducerId: current.previousProducerId,
    producerEpoch: current.producerEpoch,
    lastProducerEpoch: current.lastProducerEpoch,
    timeout: current.timeout,
    partitions: current.partitions,
    startedAt: current.startedAt,
    updatedAt: current.updatedAt,
  };
}

/** Makes a copy of the current metadata in `state` the pending transition. @returns it: what else it changes is up to the caller.
 *  @throws InvariantError when one is pending or the state may not follow. */
export function prepareTransition(metadata: TransactionMetadata, state: TransactionState): NextMetadata {
  const { current } = metadata;
  invariant(metadata.pending === null, "one transition of a transactional id is written at a time");
  if (!isLegalTransition(current.state, state))
    throw new InvariantError(`a transaction can't go from ${current.state} to ${state}`);
  const next = nextMetadata(current, state);
  metadata.pending = next;
  return next;
}
