/** Models: what a partition leader knows of the producers that wrote to it, and which batches it appends, answers again
 *    without appending, or refuses.
 *  Source: kafka ProducerStateManager, ProducerAppendInfo, ProducerStateEntry, UnifiedLog.analyzeAndValidateProducerState
 *    (4.1); KIP-98, KIP-360; KAFKA-18202 for protocol v2.
 *  Leaves out: the open transaction's first offset (partition-log.ts), the coordinator epoch of markers, verification with
 *    the transaction coordinator (KIP-890), producer.id.expiration.ms (nobody is forgotten), snapshot files (a broker that
 *    starts has read its whole log). */

import type { Outbox } from "../records/index.ts";

/** Batches remembered per producer; the reason for max.in.flight.requests.per.connection <= 5. */
export const BATCHES_RETAINED = 5;

/** Sequence numbers count records and go from this back to 0. */
export const LAST_SEQUENCE = 2_147_483_647;

/** A batch as it came from its producer. `records` >= 1. */
export interface ProducedBatch {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly records: number;
  readonly transactional: boolean;
}

export interface RetainedBatch {
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
}

export interface ProducerStateEntry {
  producerEpoch: number;
  /** oldest first, at most BATCHES_RETAINED. */
  batches: RetainedBatch[];
}

/** Plain data. */
export interface ProducerState {
  readonly entries: Map<number, ProducerStateEntry>;
}

/** Effects of a step. */
export const APPEND_BATCH = 1;
export const ANSWER_AGAIN = 2;
export const REFUSE_OUT_OF_ORDER_SEQUENCE = 3;
export const REFUSE_INVALID_PRODUCER_EPOCH = 4;

export function producerState(): ProducerState {
  return { entries: new Map() };
}

/** `state`, where it is known of a producer only which sequence number comes next: 0 when it has written nothing. */
export function producerKnownTo(
  state: ProducerState,
  producerId: number,
  producerEpoch: number,
  sequence: number,
): ProducerState {
  if (sequence === 0) return state;
  const newest = { baseSequence: sequence - 1, lastSequence: sequence - 1, baseOffset: -1 };
  const entry = { producerEpoch, batches: [newest] };
  return { entries: new Map([...state.entries, [producerId, entry]]) };
}

/** The sequence number `step` (>= 0) behind `sequence`. */
export function sequenceAfter(sequence: number, step: number): number {
  const next = sequence + step;
  return next > LAST_SEQUENCE ? next - LAST_SEQUENCE - 1 : next;
}

/** A batch has come to the leader, whose log ends at `endOffset`. Effects: APPEND_BATCH(base offset),
 *  ANSWER_AGAIN(base offset of the batch as it was appended), REFUSE_OUT_OF_ORDER_SEQUENCE(sequence wanted; -1: none),
 *  REFUSE_INVALID_PRODUCER_EPOCH(epoch known). With protocol v2 a transaction of a producer that is not known must begin
 *  with sequence 0. */
export function onBatch(
  state: ProducerState,
  batch: ProducedBatch,
  endOffset: number,
  protocol: 1 | 2,
  outbox: Outbox,
): void {
  const entry = state.entries.get(batch.producerId);
  if (entry === undefined) {
    if (batch.transactional && protocol === 2 && batch.baseSequence !== 0) {
      outbox.add(REFUSE_OUT_OF_ORDER_SEQUENCE, 0);
      return;
    }
    const created = { producerEpoch: batch.producerEpoch, batches: [] };
    state.entries.set(batch.producerId, created);
    append(created, batch, endOffset, outbox);
    return;
  }
  const again = entry.producerEpoch === batch.producerEpoch ? repeatOf(entry, batch) : undefined;
  if (again !== undefined) {
    outbox.add(ANSWER_AGAIN, again.baseOffset);
  } else if (batch.producerEpoch < entry.producerEpoch) {
    outbox.add(REFUSE_INVALID_PRODUCER_EPOCH, entry.producerEpoch);
  } else if (batch.producerEpoch > entry.producerEpoch) {
    if (batch.baseSequence !== 0) {
      outbox.add(REFUSE_OUT_OF_ORDER_SEQUENCE, 0);
      return;
    }
    entry.producerEpoch = batch.producerEpoch;
    entry.batches = [];
    append(entry, batch, endOffset, outbox);
  } else {
    const newest = entry.batches.at(-1);
    const wanted = newest === undefined ? 0 : sequenceAfter(newest.lastSequence, 1);
    if (batch.baseSequence === wanted) append(entry, batch, endOffset, outbox);
    else outbox.add(REFUSE_OUT_OF_ORDER_SEQUENCE, wanted);
  }
}

/** A marker with a higher epoch fences the producer's earlier instances on this partition, whether or not it wrote any. */
export function onMarkerEpoch(state: ProducerState, producerId: number, producerEpoch: number): void {
  const entry = state.entries.get(producerId);
  if (entry === undefined) state.entries.set(producerId, { producerEpoch, batches: [] });
  else if (producerEpoch > entry.producerEpoch) {
    entry.producerEpoch = producerEpoch;
    entry.batches = [];
  }
}

function repeatOf(entry: ProducerStateEntry, batch: ProducedBatch): RetainedBatch | undefined {
  const lastSequence = sequenceAfter(batch.baseSequence, batch.records - 1);
  return entry.batches.find(
    (known) => known.baseSequence === batch.baseSequence && known.lastSequence === lastSequence,
  );
}

function append(entry: ProducerStateEntry, batch: ProducedBatch, endOffset: number, outbox: Outbox): void {
  const lastSequence = sequenceAfter(batch.baseSequence, batch.records - 1);
  entry.batches.push({ baseSequence: batch.baseSequence, lastSequence, baseOffset: endOffset });
  if (entry.batches.length > BATCHES_RETAINED) entry.batches.shift();
  outbox.add(APPEND_BATCH, endOffset);
}
