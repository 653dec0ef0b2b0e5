/** Models: what the Sender of a producer without idempotence does with each answer: a batch that failed goes to the head of its
 *    partition's queue, in front of those that failed before it.
 *  Source: kafka-clients RecordAccumulator.reenqueue (addFirst without a TransactionManager), Sender.completeBatch,
 *    InFlightRequests.clearAll (oldest request first).
 *  Leaves out: as sequenced-sender.ts. */

import { invariant } from "../engine/index.ts";
import type { Outbox } from "../records/index.ts";
import { COMPLETE_BATCH, FAIL_BATCH, type ProduceAnswer, SEND_BATCH } from "./sequenced-sender.ts";

/** Plain data: the caller's numbers of batches, by partition. */
export interface UnsequencedSender {
  readonly partitions: { inFlight: number[]; retries: number[] }[];
}

export function unsequencedSender(partitions: number): UnsequencedSender {
  return { partitions: Array.from({ length: partitions }, () => ({ inFlight: [], retries: [] })) };
}

/** The Sender drains a new `batch`, behind nothing that is to be sent again. Effects: SEND_BATCH(batch). */
export function onDrainUnsequenced(
  sender: UnsequencedSender,
  partition: number,
  batch: number,
  outbox: Outbox,
): void {
  const { inFlight, retries } = sender.partitions[partition]!;
  invariant(retries.length === 0, "a new batch waits behind those that are sent again");
  inFlight.push(batch);
  outbox.add(SEND_BATCH, batch);
}

/** The back-off of `partition` is over: the batch at its head goes again, whatever else is under way.
 *  Effects: SEND_BATCH(batch). */
export function onRetryUnsequenced(sender: UnsequencedSender, partition: number, outbox: Outbox): void {
  const { inFlight, retries } = sender.partitions[partition]!;
  const head = retries.shift();
  if (head === undefined) return;
  inFlight.push(head);
  outbox.add(SEND_BATCH, head);
}

/** An answer for `batch` has come. Effects: COMPLETE_BATCH(batch). */
export function onAnswerUnsequenced(
  sender: UnsequencedSender,
  partition: number,
  batch: number,
  answer: ProduceAnswer,
  outbox: Outbox,
): void {
  const entry = sender.partitions[partition]!;
  if (!entry.inFlight.includes(batch)) return; // Given up before; the answer comes too late.
  entry.inFlight = entry.inFlight.filter((one) => one !== batch);
  if (answer === "NONE") outbox.add(COMPLETE_BATCH, batch);
  else entry.retries.unshift(batch);
}

/** `batch` is given up. Effects: FAIL_BATCH(batch). */
export function onGivenUpUnsequenced(
  sender: UnsequencedSender,
  partition: number,
  batch: number,
  outbox: Outbox,
): void {
  const entry = sender.partitions[partition]!;
  entry.inFlight = entry.inFlight.filter((one) => one !== batch);
  entry.retries = entry.retries.filter((one) => one !== batch);
  outbox.add(FAIL_BATCH, batch);
}
