/** Models: the transaction coordinator as a protocol over plain data: InitProducerId, AddPartitionsToTxn, EndTxn, the
 *    markers' answers, time-outs and expiration, in both versions of the protocol (version 2: an epoch for each
 *    transaction). A transition counts once it is durable; until then the id is busy.
 *  Source: kafka TransactionCoordinator (4.1: handleInitProducerId, handleAddPartitionsToTransaction, endTransaction,
 *    endTransactionWithTV1, abortTimedOutTransactions), TransactionStateManager; KIP-98, KIP-360, KIP-890.
 *  Leaves out: prepared transactions of KIP-939, change of the coordinator (its epoch), offsets in a transaction. */

import { invariant } from "../engine/index.ts";
import type { Outbox } from "../records/index.ts";
import {
  CONCURRENT_TRANSACTIONS,
  COORDINATOR_NOT_AVAILABLE,
  INVALID_PRODUCER_ID_MAPPING,
  INVALID_TRANSACTION_TIMEOUT,
  INVALID_TXN_STATE,
  type KafkaError,
  NONE,
  PRODUCER_FENCED,
} from "./kafka-error.ts";
import {
  isEpochExhausted,
  NO_PRODUCER_EPOCH,
  nextMetadata,
  prepareTransition,
  type TransactionMetadata,
  unusedTransactionalId,
} from "./transaction-metadata.ts";
import type { TransactionState } from "./transaction-state.ts";

/** 1: an epoch for each producer session, partitions by request; 2 (KIP-890): an epoch for each transaction. */
export type TransactionVersion = 1 | 2;

/** Plain data. */
export interface CoordinatorState {
  readonly ids: Map<number, TransactionMetadata>;
  nextProducerId: number;
  /** transaction.max.timeout.ms, ns. */
  readonly maxTimeout: number;
}

const NO_PARTITIONS: readonly number[] = [];

/** Effects of a step. REPLY(request, error): producer id and epoch are those of the id's current metadata. */
export const REPLY = 1;
/** APPEND(id): the pending transition goes to __transaction_state; onAppended when it is durable. */
export const APPEND = 2;
/** SEND_MARKERS(id, 1: commit, 0: abort) to all partitions of the transaction; onMarkersWritten as they are. */
export const SEND_MARKERS = 3;

export function transactionCoordinator(maxTimeout: number): CoordinatorState {
  return { ids: new Map(), nextProducerId: 0, maxTimeout };
}

/** InitProducerId. `expected`: the producer's own id and epoch when it asks for a new epoch (KIP-360), else null. */
export function onInitProducerId(
  state: CoordinatorState,
  request: number,
  id: number,
  timeout: number,
  expected: { readonly producerId: number; readonly producerEpoch: number } | null,
  now: number,
  outbox: Outbox,
): void {
  if (timeout > state.maxTimeout) {
    outbox.add(REPLY, request, INVALID_TRANSACTION_TIMEOUT);
    return;
  }
  let metadata = state.ids.get(id);
  if (metadata === undefined) {
    metadata = unusedTransactionalId(id, state.nextProducerId++, timeout, now);
    state.ids.set(id, metadata);
  }
  const { current } = metadata;
  if (metadata.pending !== null) {
    outbox.add(REPLY, request, CONCURRENT_TRANSACTIONS);
    return;
  }
  const isKnown =
    expected === null ||
    current.producerEpoch === NO_PRODUCER_EPOCH ||
    expected.producerId === current.producerId ||
    (expected.producerId === current.previousProducerId && isEpochExhausted(expected.producerEpoch));
  if (!isKnown) {
    outbox.add(REPLY, request, PRODUCER_FENCED);
    return;
  }
  switch (current.state) {
    case "PrepareCommit":
    case "PrepareAbort":
      outbox.add(REPLY, request, CONCURRENT_TRANSACTIONS);
      return;
    case "Ongoing":
      fence(metadata, request, now, outbox);
      return;
    default:
      nextEpoch(state, metadata, request, timeout, expected?.producerEpoch, now, outbox);
  }
}

/** AddPartitionsToTxn, from the client in version 1, from the partition's leader in version 2. `transaction` is the run's
 *  number of the transaction. */
export function onAddPartitions(
  state: CoordinatorState,
  request: number,
  id: number,
  producerId: number,
  producerEpoch: number,
  partitions: readonly number[],
  transaction: number,
  now: number,
  outbox: Outbox,
): void {
  const metadata = state.ids.get(id);
  const refusal = refusalOfAdd(metadata, producerId, producerEpoch);
  if (metadata === undefined || refusal !== NONE) {
    outbox.add(REPLY, request, refusal);
    return;
  }
  const { current } = metadata;
  const added = partitions.filter((partition) => !current.partitions.includes(partition));
  const ongoing = current.state === "Ongoing";
  if (ongoing && added.length === 0) {
    outbox.add(REPLY, request, NONE);
    return;
  }
  const next = prepareTransition(metadata, "Ongoing");
  next.partitions = current.partitions.length === 0 ? added : [...current.partitions, ...added];
  if (!ongoing) next.startedAt = now;
  next.updatedAt = now;
  metadata.request = request;
  metadata.transaction = transaction;
  outbox.add(APPEND, id);
}

function refusalOfAdd(
  metadata: TransactionMetadata | undefined,
  producerId: number,
  producerEpoch: number,
): KafkaError {
  if (metadata === undefined) return INVALID_PRODUCER_ID_MAPPING;
  const { current } = metadata;
  if (metadata.pending !== null) return CONCURRENT_TRANSACTIONS;
  if (current.producerId !== producerId) return INVALID_PRODUCER_ID_MAPPING;
  if (current.producerEpoch !== producerEpoch) return PRODUCER_FENCED;
  if (current.state === "PrepareCommit" || current.state === "PrepareAbort") return CONCURRENT_TRANSACTIONS;
  return NONE;
}

/** EndTxn of a client. */
export function onEndTxn(
  state: CoordinatorState,
  request: number,
  id: number,
  producerId: number,
  producerEpoch: number,
  commit: boolean,
  version: TransactionVersion,
  now: number,
  outbox: Outbox,
): void {
  const metadata = state.ids.get(id);
  if (metadata === undefined) {
    outbox.add(REPLY, request, INVALID_PRODUCER_ID_MAPPING);
    return;
  }
  const answer =
    version === 1
      ? endTxnVersion1(metadata, producerId, producerEpoch, commit)
      : endTxnVersion2(metadata, producerId, producerEpoch, commit);
  if (answer !== PREPARE) {
    outbox.add(REPLY, request, answer);
    return;
  }
  end(state, metadata, request, commit, version, now, outbox);
}

/** The answer that isn't an error: the transaction ends. */
const PREPARE = -1;

function endTxnVersion1(
  metadata: TransactionMetadata,
  producerId: number,
  producerEpoch: number,
  commit: boolean,
): KafkaError | typeof PREPARE {
  const { current } = metadata;
  if (current.producerId !== producerId) return INVALID_PRODUCER_ID_MAPPING;
  if (current.producerEpoch !== producerEpoch) return PRODUCER_FENCED;
  if (metadata.pending !== null) return CONCURRENT_TRANSACTIONS;
  switch (current.state) {
    case "Ongoing":
      return PREPARE;
    case "CompleteCommit":
      return commit ? NONE : INVALID_TXN_STATE;
    case "CompleteAbort":
      return commit ? INVALID_TXN_STATE : NONE;
    case "PrepareCommit":
      return commit ? CONCURRENT_TRANSACTIONS : INVALID_TXN_STATE;
    case "PrepareAbort":
      return commit ? INVALID_TXN_STATE : CONCURRENT_TRANSACTIONS;
    default:
      return INVALID_TXN_STATE;
  }
}

type Answer = KafkaError | typeof PREPARE;

/** By state: commit with the current epoch, commit with the one before (a retry), abort with either.
 *  Source: kafka TransactionCoordinator.endTransaction (4.1). */
const VERSION_2: Readonly<
  Partial<
    Record<TransactionState, readonly [commit: Answer, retried: Answer, abort: Answer, retried: Answer]>
  >
> = {
  Empty: [INVALID_TXN_STATE, PRODUCER_FENCED, PREPARE, PRODUCER_FENCED],
  Ongoing: [PREPARE, PRODUCER_FENCED, PREPARE, PRODUCER_FENCED],
  PrepareCommit: [PRODUCER_FENCED, CONCURRENT_TRANSACTIONS, PRODUCER_FENCED, INVALID_TXN_STATE],
  PrepareAbort: [PRODUCER_FENCED, INVALID_TXN_STATE, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS],
  CompleteCommit: [INVALID_TXN_STATE, NONE, PREPARE, INVALID_TXN_STATE],
  CompleteAbort: [INVALID_TXN_STATE, INVALID_TXN_STATE, PREPARE, NONE],
};

function endTxnVersion2(
  metadata: TransactionMetadata,
  producerId: number,
  producerEpoch: number,
  commit: boolean,
): Answer {
  const { current } = metadata;
  if (metadata.pending !== null) return CONCURRENT_TRANSACTIONS;
  const isRolledOver =
    producerId === current.previousProducerId &&
    isEpochExhausted(producerEpoch) &&
    current.producerEpoch === 0;
  if (current.producerId !== producerId && !isRolledOver) return INVALID_PRODUCER_ID_MAPPING;
  const isRetry = isRolledOver || producerEpoch === current.producerEpoch - 1;
  if (!isRetry && producerEpoch !== current.producerEpoch) return PRODUCER_FENCED;
  const answers = VERSION_2[current.state];
  if (answers === undefined) return INVALID_TXN_STATE;
  return answers[(commit ? 0 : 2) + (isRetry ? 1 : 0)]!;
}

/** The pending transition of `id` is durable. */
export function onAppended(state: CoordinatorState, id: number, outbox: Outbox): void {
  const metadata = known(state, id);
  invariant(metadata.pending !== null, "only a pending transition becomes durable");
  const fenced = metadata.current.state === "PrepareEpochFence";
  metadata.current = metadata.pending;
  metadata.pending = null;
  const { request } = metadata;
  metadata.request = 0;
  // Whoever fenced an open transaction is told to come back when it has been aborted.
  if (request !== 0) outbox.add(REPLY, request, fenced ? CONCURRENT_TRANSACTIONS : NONE);
  const reached = metadata.current.state;
  if (reached === "PrepareCommit") outbox.add(SEND_MARKERS, id, 1);
  else if (reached === "PrepareAbort") outbox.add(SEND_MARKERS, id, 0);
  else if (reached === "CompleteCommit" || reached === "CompleteAbort") metadata.transaction = 0;
  else if (reached === "Dead") state.ids.delete(id);
}

/** The pending transition of `id` could not be written: as if it hadn't been asked for. */
export function onAppendFailed(state: CoordinatorState, id: number, outbox: Outbox): void {
  const metadata = known(state, id);
  invariant(metadata.pending !== null, "only a pending transition fails");
  const { state: target } = metadata.pending;
  const { request, current } = metadata;
  metadata.pending = null;
  metadata.request = 0;
  if (current.state === "PrepareEpochFence") {
    // The epoch stays fenced in memory, and the transaction is still to be aborted.
    metadata.current = nextMetadata(current, "Ongoing");
    metadata.hasFailedEpochFence = true;
  }
  if (request !== 0) outbox.add(REPLY, request, COORDINATOR_NOT_AVAILABLE);
  // What is decided is driven to its end.
  if (target === "CompleteCommit" || target === "CompleteAbort")
    complete(metadata, current.updatedAt, outbox);
}

/** The high watermark of each of `partitions` has passed the marker. */
export function onMarkersWritten(
  state: CoordinatorState,
  id: number,
  partitions: readonly number[],
  now: number,
  outbox: Outbox,
): void {
  const metadata = known(state, id);
  const { current } = metadata;
  invariant(
    current.state === "PrepareCommit" || current.state === "PrepareAbort",
    "markers are written for a transaction that is being ended",
  );
  const next = nextMetadata(current, current.state);
  next.partitions = current.partitions.filter((partition) => !partitions.includes(partition));
  metadata.current = next;
  if (next.partitions.length === 0) complete(metadata, now, outbox);
}

/** The periodic look for transactions that have been open longer than their time-out: they are fenced and aborted. */
export function onSweep(state: CoordinatorState, now: number, outbox: Outbox): void {
  for (const metadata of state.ids.values()) {
    const { current } = metadata;
    if (current.state !== "Ongoing" || metadata.pending !== null) continue;
    if (current.startedAt + current.timeout < now) fence(metadata, 0, now, outbox);
  }
}

/** The periodic look for ids that have been idle for `expiration` ns (transactional.id.expiration.ms). */
export function onExpire(state: CoordinatorState, now: number, expiration: number, outbox: Outbox): void {
  for (const metadata of state.ids.values()) {
    const { current } = metadata;
    const mayExpire =
      current.state === "Empty" || current.state === "CompleteCommit" || current.state === "CompleteAbort";
    if (!mayExpire || metadata.pending !== null || current.updatedAt + expiration > now) continue;
    prepareTransition(metadata, "Dead").partitions = NO_PARTITIONS;
    outbox.add(APPEND, metadata.id);
  }
}

/** Bumps the epoch in memory, so that the producer is fenced at once, and aborts its open transaction. */
function fence(metadata: TransactionMetadata, request: number, now: number, outbox: Outbox): void {
  const { current } = metadata;
  const producerEpoch = metadata.hasFailedEpochFence ? current.producerEpoch : current.producerEpoch + 1;
  const fenced = nextMetadata(current, "PrepareEpochFence");
  fenced.producerEpoch = producerEpoch;
  fenced.lastProducerEpoch = NO_PRODUCER_EPOCH;
  metadata.current = fenced;
  prepareTransition(metadata, "PrepareAbort").updatedAt = now;
  metadata.request = request;
  outbox.add(APPEND, metadata.id);
}

function nextEpoch(
  state: CoordinatorState,
  metadata: TransactionMetadata,
  request: number,
  timeout: number,
  expectedEpoch: number | undefined,
  now: number,
  outbox: Outbox,
): void {
  const { current } = metadata;
  const { producerEpoch: epoch } = current;
  const isLast = isEpochExhausted(epoch) && (expectedEpoch === undefined || expectedEpoch === epoch);
  const isNext =
    isLast || expectedEpoch === undefined || epoch === NO_PRODUCER_EPOCH || expectedEpoch === epoch;
  if (!isNext && expectedEpoch !== current.lastProducerEpoch) {
    outbox.add(REPLY, request, PRODUCER_FENCED);
    return;
  }
  const next = prepareTransition(metadata, "Empty");
  next.timeout = timeout;
  next.partitions = NO_PARTITIONS;
  next.startedAt = -1;
  next.updatedAt = now;
  if (isLast) {
    next.producerId = state.nextProducerId++;
    next.previousProducerId = current.producerId;
  }
  if (isNext) {
    next.producerEpoch = isLast ? 0 : epoch + 1;
    // Without an epoch of its own the producer is another one, and no retry of the one before is known.
    next.lastProducerEpoch = expectedEpoch === undefined ? NO_PRODUCER_EPOCH : epoch;
  }
  metadata.request = request;
  outbox.add(APPEND, metadata.id);
}

function end(
  state: CoordinatorState,
  metadata: TransactionMetadata,
  request: number,
  commit: boolean,
  version: TransactionVersion,
  now: number,
  outbox: Outbox,
): void {
  const { current } = metadata;
  const target = commit ? "PrepareCommit" : "PrepareAbort";
  const startedAt = current.startedAt < 0 ? now : current.startedAt;
  const next = prepareTransition(metadata, target);
  next.updatedAt = now;
  if (version === 2) {
    const isLast = isEpochExhausted(current.producerEpoch);
    if (isLast) {
      next.producerId = state.nextProducerId++;
      next.previousProducerId = current.producerId;
    }
    next.producerEpoch = isLast ? 0 : current.producerEpoch + 1;
    next.lastProducerEpoch = current.producerEpoch;
    next.startedAt = startedAt;
  }
  metadata.request = request;
  outbox.add(APPEND, metadata.id);
}

function complete(metadata: TransactionMetadata, now: number, outbox: Outbox): void {
  const target = metadata.current.state === "PrepareCommit" ? "CompleteCommit" : "CompleteAbort";
  metadata.hasFailedEpochFence = false;
  const next = prepareTransition(metadata, target);
  next.partitions = NO_PARTITIONS;
  next.updatedAt = now;
  outbox.add(APPEND, metadata.id);
}

function known(state: CoordinatorState, id: number): TransactionMetadata {
  const metadata = state.ids.get(id);
  invariant(metadata !== undefined, "the transactional id is known to its coordinator");
  return metadata;
}
