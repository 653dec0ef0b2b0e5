/** Models: what comes of the batches that a producer had in flight when their leader was lost: all are sent again, and the new
 *    leader appends, or knows, each as producer-state.ts has it.
 *  Source: as sequenced-sender.ts, unsequenced-sender.ts and producer-state.ts, whose steps these are.
 *  Leaves out: where one batch ended and the next began: records are spread evenly over as many as can be in flight. */

import { Outbox } from "../records/index.ts";
import { ANSWER_AGAIN, APPEND_BATCH, onBatch, producerState } from "./producer-state.ts";
import { onAnswer, onDrain, onRetry, sequencedSender } from "./sequenced-sender.ts";
import {
  onAnswerUnsequenced,
  onDrainUnsequenced,
  onRetryUnsequenced,
  unsequencedSender,
} from "./unsequenced-sender.ts";

/** Records [from, to) of those that were in flight. */
export type Piece = readonly [from: number, to: number];

/** @param kept how many of the records in flight, from the first on, the new leader has. @param sent how many there are.
 *  @returns what it appends of them when they are sent again, in the order of its log. */
export function sentAgain(kept: number, sent: number, maxInFlight: number, idempotence: boolean): Piece[] {
  const batches = batchesInFlight(kept, sent, maxInFlight);
  return idempotence ? againSequenced(batches, kept) : againUnsequenced(batches);
}

/** What the leader has and what it lacks are in batches of their own. With one in flight the rest was not sent yet. */
function batchesInFlight(kept: number, sent: number, maxInFlight: number): readonly Piece[] {
  if (sent === 0) return [];
  if (maxInFlight === 1) return [[0, kept > 0 ? kept : sent]];
  if (kept === 0 || kept === sent) return evenly(0, sent, maxInFlight);
  const first = Math.max(1, Math.min(maxInFlight - 1, Math.round((maxInFlight * kept) / sent)));
  return [...evenly(0, kept, first), ...evenly(kept, sent, maxInFlight - first)];
}

function evenly(from: number, to: number, most: number): Piece[] {
  const pieces = Math.min(most, to - from);
  const end = (i: number): number => from + Math.round(((to - from) * i) / pieces);
  return Array.from({ length: pieces }, (_, i) => [end(i), end(i + 1)] as const);
}

function againSequenced(batches: readonly Piece[], kept: number): Piece[] {
  const sender = sequencedSender(0, 1, false);
  const leader = producerState();
  const outbox = new Outbox();
  const appended: Piece[] = [];
  const offer = (sequence: number, records: number): number => {
    outbox.clear();
    const { producerEpoch } = sender;
    const batch = { producerId: 0, producerEpoch, baseSequence: sequence, records };
    onBatch(leader, { ...batch, transactional: false }, 0, 1, outbox);
    return outbox.effects[0]!;
  };
  batches.forEach(([from, to], number) => {
    onDrain(sender, 0, number, to - from, outbox);
    if (to <= kept) offer(from, to - from);
  });
  batches.forEach((_, number) => {
    onAnswer(sender, 0, number, "NOT_ANSWERED", outbox);
  });
  for (let i = 0; i < batches.length; i++) {
    outbox.clear();
    onRetry(sender, 0, outbox);
    const piece = batches[outbox.a[0]!]!;
    const effect = offer(outbox.b[0]!, piece[1] - piece[0]);
    if (effect === APPEND_BATCH) appended.push(piece);
    const isKnown = effect === APPEND_BATCH || effect === ANSWER_AGAIN;
    onAnswer(sender, 0, batches.indexOf(piece), isKnown ? "NONE" : "OUT_OF_ORDER_SEQUENCE_NUMBER", outbox);
  }
  return appended;
}

function againUnsequenced(batches: readonly Piece[]): Piece[] {
  const sender = unsequencedSender(1);
  const outbox = new Outbox();
  batches.forEach((_, number) => {
    onDrainUnsequenced(sender, 0, number, outbox);
  });
  batches.forEach((_, number) => {
    onAnswerUnsequenced(sender, 0, number, "NOT_ANSWERED", outbox);
  });
  return batches.map(() => {
    outbox.clear();
    onRetryUnsequenced(sender, 0, outbox);
    return batches[outbox.a[0]!]!;
  });
}
