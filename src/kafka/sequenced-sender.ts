/** Models: the client's half of idempotence: sequence numbers given when a batch is drained, kept on every retry, and what
 *    the Sender does with each answer.
 *  Source: kafka-clients TransactionManager (canRetry, markSequenceUnresolved, maybeResolveSequences), TxnPartitionEntry,
 *    Sender.completeBatch, RecordAccumulator.shouldStopDrainBatchesForPartition (3.9, 4.1); KIP-360.
 *  Leaves out: which batches the accumulator has and when they are ready; back-off times; batches that are split; a batch
 *    whose retries are used up counts as one whose time is. */

import { invariant } from "../engine/index.ts";
import type { Outbox } from "../records/index.ts";
import { sequenceAfter } from "./producer-state.ts";

export interface SequencedBatch {
  /** the caller's number of the batch. */
  readonly batch: number;
  readonly records: number;
  baseSequence: number;
  producerEpoch: number;
  /** producerEpoch when it was last sent. */
  sentEpoch: number;
  /** It has failed before. */
  inRetry: boolean;
}

/** Plain data of one partition. */
export interface SequencedPartition {
  nextSequence: number;
  producerEpoch: number;
  /** sent and not answered, in the order of sending. */
  inFlight: SequencedBatch[];
  /** to be sent again, in order of sequence. */
  retries: SequencedBatch[];
  /** sequence behind the last acknowledged record. */
  acknowledgedTo: number;
  /** Sequence behind the last batch that was given up after it had failed: nobody knows whether it is in the log; RESOLVED:
   *  nothing is in doubt. */
  unresolvedTo: number;
}

export const RESOLVED = -1;

/** Plain data of one producer. */
export interface SequencedSender {
  readonly producerId: number;
  producerEpoch: number;
  readonly transactional: boolean;
  readonly partitions: SequencedPartition[];
}

/** What an answer says. NOT_ANSWERED: the connection is gone, or request.timeout.ms is over. */
export type ProduceAnswer =
  | "NONE"
  | "NOT_ENOUGH_REPLICAS"
  | "NOT_LEADER_OR_FOLLOWER"
  | "DUPLICATE_SEQUENCE_NUMBER"
  | "OUT_OF_ORDER_SEQUENCE_NUMBER"
  | "INVALID_PRODUCER_EPOCH"
  | "NOT_ANSWERED";

/** Effects of a step. */
export const SEND_BATCH = 1;
export const COMPLETE_BATCH = 2;
export const FAIL_BATCH = 3;
/** The transaction can only be aborted. */
export const ABORTABLE_ERROR = 4;
export const PRODUCER_FENCED = 5;

export function sequencedSender(
  producerId: number,
  partitions: number,
  transactional: boolean,
): SequencedSender {
  return {
    producerId,
    producerEpoch: 0,
    transactional,
    partitions: Array.from({ length: partitions }, () => ({
      nextSequence: 0,
      producerEpoch: 0,
      inFlight: [],
      retries: [],
      acknowledgedTo: 0,
      unresolvedTo: RESOLVED,
    })),
  };
}

/** Nothing of `partition` is under way, and its next record has this sequence number in the producer's present epoch. */
export function resumeSequence(sender: SequencedSender, partition: number, sequence: number): void {
  const entry = sender.partitions[partition]!;
  invariant(entry.inFlight.length + entry.retries.length === 0, "nothing of the partition is under way");
  entry.producerEpoch = sender.producerEpoch;
  entry.nextSequence = sequence;
  entry.acknowledgedTo = sequence;
  entry.unresolvedTo = RESOLVED;
}

/** Whether a new batch of `partition` may be drained: none ahead of it waits to be sent again, is unresolved, or is under way
 *  in an epoch before. */
export function mayDrain(sender: SequencedSender, partition: number): boolean {
  const { retries, inFlight, unresolvedTo, producerEpoch } = sender.partitions[partition]!;
  if (retries.length > 0 || unresolvedTo !== RESOLVED) return false;
  return inFlight.length === 0 || producerEpoch === sender.producerEpoch;
}

/** Whether the first batch of `partition` that has failed may go again: none before it is under way, whatever is behind it. */
export function mayRetry({ inFlight, retries }: SequencedPartition): boolean {
  const head = retries[0];
  return head !== undefined && !inFlight.some((one) => isBefore(one.baseSequence, head.baseSequence));
}

/** The Sender drains a new `batch` of `records` (>= 1) records. Effects: SEND_BATCH(batch, base sequence). */
export function onDrain(
  sender: SequencedSender,
  partition: number,
  batch: number,
  records: number,
  outbox: Outbox,
): void {
  invariant(mayDrain(sender, partition), "a new batch waits behind retries and unresolved ones");
  const entry = sender.partitions[partition]!;
  if (entry.producerEpoch !== sender.producerEpoch) restart(sender, entry);
  const baseSequence = entry.nextSequence;
  entry.nextSequence = sequenceAfter(baseSequence, records);
  const { producerEpoch } = entry;
  const sentEpoch = producerEpoch;
  entry.inFlight.push({ batch, records, baseSequence, producerEpoch, sentEpoch, inRetry: false });
  outbox.add(SEND_BATCH, batch, baseSequence);
}

/** The back-off of `partition` is over: its first batch goes again, unless one before it is under way.
 *  Effects: SEND_BATCH(batch, base sequence). */
export function onRetry(sender: SequencedSender, partition: number, outbox: Outbox): void {
  const entry = sender.partitions[partition]!;
  if (!mayRetry(entry)) return;
  const head = entry.retries.shift()!;
  head.sentEpoch = head.producerEpoch;
  entry.inFlight.push(head);
  outbox.add(SEND_BATCH, head.batch, head.baseSequence);
}

/** An answer for `batch` has come. Effects: COMPLETE_BATCH(batch), FAIL_BATCH(batch), ABORTABLE_ERROR, PRODUCER_FENCED. */
export function onAnswer(
  sender: SequencedSender,
  partition: number,
  batch: number,
  answer: ProduceAnswer,
  outbox: Outbox,
): void {
  const entry = sender.partitions[partition]!;
  const at = entry.inFlight.findIndex((one) => one.batch === batch);
  if (at < 0) return; // Given up before; the answer comes too late.
  const answered = entry.inFlight[at]!;
  entry.inFlight.splice(at, 1);
  switch (answer) {
    case "NONE":
    case "DUPLICATE_SEQUENCE_NUMBER":
      entry.acknowledgedTo = sequenceAfter(answered.baseSequence, answered.records);
      outbox.add(COMPLETE_BATCH, batch);
      break;
    case "NOT_ANSWERED":
    case "NOT_ENOUGH_REPLICAS":
    case "NOT_LEADER_OR_FOLLOWER":
      retry(entry, answered);
      break;
    case "OUT_OF_ORDER_SEQUENCE_NUMBER":
      retry(entry, answered);
      if (isGap(sender, entry, answered)) loseSequence(sender, entry, outbox);
      break;
    case "INVALID_PRODUCER_EPOCH":
      outbox.add(FAIL_BATCH, batch);
      if (sender.transactional) outbox.add(PRODUCER_FENCED);
      else loseSequence(sender, entry, outbox);
      break;
  }
  resolve(sender, entry, outbox);
}

/** Whether the leader's refusal of `batch` shows that it has less than it should: not where a batch before it is under way, or
 *  in doubt. */
function isGap(sender: SequencedSender, entry: SequencedPartition, batch: SequencedBatch): boolean {
  const { baseSequence, sentEpoch } = batch;
  if (entry.unresolvedTo === RESOLVED)
    return sentEpoch === entry.producerEpoch && baseSequence === entry.acknowledgedTo;
  return sender.transactional || baseSequence === entry.unresolvedTo;
}

/** delivery.timeout.ms of `batch`, which was drained before, is over. Effects: FAIL_BATCH(batch), ABORTABLE_ERROR. */
export function onDeliveryTimeout(
  sender: SequencedSender,
  partition: number,
  batch: number,
  outbox: Outbox,
): void {
  const entry = sender.partitions[partition]!;
  const givenUp = [...entry.inFlight, ...entry.retries].find((one) => one.batch === batch);
  invariant(givenUp !== undefined, "only a batch that was drained and not completed is given up");
  entry.inFlight = entry.inFlight.filter((one) => one.batch !== batch);
  entry.retries = entry.retries.filter((one) => one.batch !== batch);
  outbox.add(FAIL_BATCH, batch);
  if (givenUp.inRetry) {
    const end = sequenceAfter(givenUp.baseSequence, givenUp.records);
    if (entry.unresolvedTo === RESOLVED || isBefore(entry.unresolvedTo, end)) entry.unresolvedTo = end;
  }
  resolve(sender, entry, outbox);
}

function retry(entry: SequencedPartition, batch: SequencedBatch): void {
  batch.inRetry = true;
  const at = entry.retries.findIndex((other) => isBefore(batch.baseSequence, other.baseSequence));
  if (at < 0) entry.retries.push(batch);
  else entry.retries.splice(at, 0, batch);
}

/** Sequences in use lie close together, so the shorter way round tells. */
function isBefore(a: number, b: number): boolean {
  return (b - a) << 1 > 0;
}

/** Once all else of an unresolved partition is answered for: all is acknowledged, or its sequence can't be continued. */
function resolve(sender: SequencedSender, entry: SequencedPartition, outbox: Outbox): void {
  if (entry.unresolvedTo === RESOLVED || entry.inFlight.length + entry.retries.length > 0) return;
  entry.unresolvedTo = RESOLVED;
  if (entry.acknowledgedTo !== entry.nextSequence) loseSequence(sender, entry, outbox);
}

/** The sequence can't be continued: a transaction must be aborted, any other producer begins a new epoch by itself. */
function loseSequence(sender: SequencedSender, entry: SequencedPartition, outbox: Outbox): void {
  if (sender.transactional) {
    outbox.add(ABORTABLE_ERROR);
    return;
  }
  sender.producerEpoch++;
  restart(sender, entry);
}

/** Numbers what is under way anew from 0, in the producer's present epoch. */
function restart(sender: SequencedSender, entry: SequencedPartition): void {
  entry.producerEpoch = sender.producerEpoch;
  entry.acknowledgedTo = 0;
  entry.unresolvedTo = RESOLVED;
  let sequence = 0;
  const underWay = [...entry.inFlight, ...entry.retries];
  underWay.sort((a, b) => (isBefore(a.baseSequence, b.baseSequence) ? -1 : 1));
  for (const batch of underWay) {
    batch.baseSequence = sequence;
    batch.producerEpoch = sender.producerEpoch;
    sequence = sequenceAfter(sequence, batch.records);
  }
  entry.nextSequence = sequence;
}
