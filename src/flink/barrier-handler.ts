/** Models: the barriers of a task, one handler over all channels of all its gates: aligned, unaligned, and aligned with a
 *    time-out after which a checkpoint goes on unaligned.
 *  Source: flink SingleCheckpointBarrierHandler with AlternatingWaitingForFirstBarrier, AlternatingCollectingBarriers,
 *    AlternatingWaitingForFirstBarrierUnaligned, AlternatingCollectingBarriersUnaligned (Flink 2.1).
 *  Leaves out: nothing of the above. At-least-once mode: barrier-tracker.ts. */

import { invariant } from "../engine/index.ts";
import type { Outbox } from "../records/index.ts";
import {
  CHECKPOINT_DECLINED_INPUT_END_OF_STREAM,
  CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER,
  CHECKPOINT_DECLINED_SUBSUMED,
} from "./checkpoint-failure-reason.ts";

/** Kinds of barriers, as CheckpointOptions.AlignmentType and Buffer.DataType have them. ALIGNED, TIMEOUTABLE and
 *  FORCED_ALIGNED block their channel behind them; FORCED_ALIGNED is what an unaligned checkpoint sends over an edge that
 *  can't have one. CONVERTED is a timeoutable barrier that overtook in the receiver's queue, when its channel was blocked
 *  behind it already. */
export const ALIGNED = 0;
export const TIMEOUTABLE = 1;
export const UNALIGNED = 2;
export const FORCED_ALIGNED = 3;
export const AT_LEAST_ONCE = 4;
export const CONVERTED = 5;
/** Not a barrier but a CancelCheckpointMarker. */
export const CANCELLATION = 6;
export type BarrierKind =
  | typeof ALIGNED
  | typeof TIMEOUTABLE
  | typeof UNALIGNED
  | typeof FORCED_ALIGNED
  | typeof AT_LEAST_ONCE
  | typeof CONVERTED
  | typeof CANCELLATION;

/** Whether the channel waits behind the barrier until the receiver resumes it. */
export function blocksChannel(kind: BarrierKind): boolean {
  return kind !== UNALIGNED && kind !== AT_LEAST_ONCE && kind !== CANCELLATION;
}

/** Plain data; times in ns. */
export interface BarrierHandlerState {
  /** channels whose input goes on. */
  open: number;
  /** ns a timeoutable checkpoint stays aligned, from the JobManager's trigger. */
  readonly alignedTimeout: number;
  /** the newest checkpoint that was begun or given up. */
  lastStarted: number;
  /** the checkpoint whose barriers are being collected; 0: none. */
  pending: number;
  /** ns; of the pending checkpoint: when the JobManager triggered it. */
  triggeredAt: number;
  /** number of barriers that complete the pending checkpoint. */
  target: number;
  /** channels that have delivered the pending checkpoint's barrier, in the order of arrival. */
  arrived: number[];
  /** channels that wait behind a barrier. */
  blocked: number[];
  firstArrivalAt: number;
  /** barriers of the pending checkpoint overtake. */
  isUnaligned: boolean;
  isTimerArmed: boolean;
  /** channels at the end of their partition. */
  ended: number[];
}

/** Effects of a step. RESUME_CHANNEL(channel); BLOCK_CHANNEL(channel); START_SNAPSHOT(checkpoint, alignment so far);
 *  DECLINE(checkpoint, reason): tell the JobManager, and CancelCheckpointMarker downstream; ARM_TIMER(checkpoint, ns) and
 *  DISARM_TIMER(checkpoint); BEGIN_CAPTURE(checkpoint): what is in the channels becomes state; END_ALIGNMENT(checkpoint,
 *  alignment): the last barrier is there; CONVERT(checkpoint): its announced barriers overtake. */
export const RESUME_CHANNEL = 1;
export const BLOCK_CHANNEL = 2;
export const START_SNAPSHOT = 3;
export const DECLINE = 4;
export const ARM_TIMER = 5;
export const DISARM_TIMER = 6;
export const BEGIN_CAPTURE = 7;
export const END_ALIGNMENT = 8;
export const CONVERT = 9;

export function barrierHandler(
  channels: number,
  alignedTimeout = Number.POSITIVE_INFINITY,
): BarrierHandlerState {
  return {
    open: channels,
    alignedTimeout,
    lastStarted: 0,
    pending: 0,
    triggeredAt: 0,
    target: channels,
    arrived: [],
    blocked: [],
    firstArrivalAt: -1,
    isUnaligned: false,
    isTimerArmed: false,
    ended: [],
  };
}

/** Barrier of `checkpoint`, triggered by the JobManager at `triggeredAt`, came out of `channel` at `now`.
 *  @param isRequest the JobManager's request stands for it: nothing waits behind it. */
export function onBarrier(
  state: BarrierHandlerState,
  channel: number,
  checkpoint: number,
  kind: BarrierKind,
  triggeredAt: number,
  now: number,
  outbox: Outbox,
  isRequest = false,
): void {
  invariant(kind !== AT_LEAST_ONCE, "at-least-once barriers are tracked, not handled");
  invariant(kind !== CANCELLATION, "a cancellation is no barrier");
  const blocks = !isRequest && blocksChannel(kind);
  if (!isOfPending(state, checkpoint, triggeredAt, outbox)) {
    if (blocks) outbox.add(RESUME_CHANNEL, channel);
    return;
  }
  invariant(!state.arrived.includes(channel), "a channel delivers a checkpoint's barrier once");
  state.arrived.push(channel);
  if (state.firstArrivalAt < 0) state.firstArrivalAt = now;
  if (blocks) {
    state.blocked.push(channel);
    outbox.add(BLOCK_CHANNEL, channel);
  }
  if (kind === UNALIGNED || kind === CONVERTED) goUnaligned(state, now, outbox);
  else if (kind === TIMEOUTABLE) mind(state, now, outbox);
  completeIfAll(state, now, outbox);
}

/** A timeoutable barrier of `checkpoint` lies somewhere in `channel`'s queue. */
export function onAnnouncement(
  state: BarrierHandlerState,
  checkpoint: number,
  triggeredAt: number,
  now: number,
  outbox: Outbox,
): void {
  if (isOfPending(state, checkpoint, triggeredAt, outbox)) mind(state, now, outbox);
}

/** The timer of ARM_TIMER fired. */
export function onAlignmentTimeout(
  state: BarrierHandlerState,
  checkpoint: number,
  now: number,
  outbox: Outbox,
): void {
  if (state.pending !== checkpoint || !state.isTimerArmed) return;
  state.isTimerArmed = false;
  goUnaligned(state, now, outbox);
}

/** A CancelCheckpointMarker came. */
export function onCancellation(state: BarrierHandlerState, checkpoint: number, outbox: Outbox): void {
  if (checkpoint < state.lastStarted || (checkpoint === state.lastStarted && state.pending === 0)) return;
  if (state.pending !== 0 && checkpoint > state.pending) giveUp(state, CHECKPOINT_DECLINED_SUBSUMED, outbox);
  state.lastStarted = checkpoint;
  state.pending = checkpoint;
  giveUp(state, CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER, outbox);
}

/** The input of `channel` has ended; it counts as having delivered every barrier, unless there are no checkpoints once tasks
 *  have finished: then the pending one is given up. */
export function onEndOfPartition(
  state: BarrierHandlerState,
  channel: number,
  now: number,
  outbox: Outbox,
  allowFinished = true,
): void {
  invariant(!state.ended.includes(channel), "a partition ends once");
  state.ended.push(channel);
  state.open--;
  if (!allowFinished) {
    if (state.pending !== 0) giveUp(state, CHECKPOINT_DECLINED_INPUT_END_OF_STREAM, outbox);
    return;
  }
  if (state.pending === 0 || state.arrived.includes(channel)) return;
  state.target--;
  if (state.firstArrivalAt >= 0 && state.target > 0) completeIfAll(state, now, outbox);
}

/** The snapshot is taken: blocked channels go on. Effects: RESUME_CHANNEL. */
export function resumeBlocked(state: BarrierHandlerState, outbox: Outbox): void {
  if (state.pending !== 0) return;
  for (const channel of state.blocked) outbox.add(RESUME_CHANNEL, channel);
  state.blocked = [];
}

/** Whether `checkpoint` is the pending one; a newer one becomes it, and the one before is given up. */
function isOfPending(
  state: BarrierHandlerState,
  checkpoint: number,
  triggeredAt: number,
  outbox: Outbox,
): boolean {
  if (checkpoint <= state.lastStarted) return checkpoint === state.pending;
  if (state.pending !== 0) giveUp(state, CHECKPOINT_DECLINED_SUBSUMED, outbox);
  state.lastStarted = checkpoint;
  state.pending = checkpoint;
  state.triggeredAt = triggeredAt;
  state.target = state.open;
  state.arrived = [];
  state.firstArrivalAt = -1;
  state.isUnaligned = false;
  return true;
}

/** A checkpoint that may not stay aligned for ever: too late already, or a timer. */
function mind(state: BarrierHandlerState, now: number, outbox: Outbox): void {
  if (state.isUnaligned) return;
  const end = state.triggeredAt + state.alignedTimeout;
  if (now > end) goUnaligned(state, now, outbox);
  else if (!state.isTimerArmed && end !== Number.POSITIVE_INFINITY) {
    state.isTimerArmed = true;
    outbox.add(ARM_TIMER, state.pending, end);
  }
}

function goUnaligned(state: BarrierHandlerState, now: number, outbox: Outbox): void {
  if (state.isUnaligned) return;
  state.isUnaligned = true;
  disarm(state, outbox);
  outbox.add(BEGIN_CAPTURE, state.pending);
  outbox.add(START_SNAPSHOT, state.pending, state.firstArrivalAt < 0 ? 0 : now - state.firstArrivalAt);
  outbox.add(CONVERT, state.pending);
}

function completeIfAll(state: BarrierHandlerState, now: number, outbox: Outbox): void {
  if (state.arrived.length < state.target) return;
  const checkpoint = state.pending;
  const alignment = now - state.firstArrivalAt;
  disarm(state, outbox);
  state.pending = 0;
  outbox.add(END_ALIGNMENT, checkpoint, alignment);
  if (!state.isUnaligned) outbox.add(START_SNAPSHOT, checkpoint, alignment);
}

function giveUp(state: BarrierHandlerState, reason: number, outbox: Outbox): void {
  const checkpoint = state.pending;
  disarm(state, outbox);
  state.pending = 0;
  resumeBlocked(state, outbox);
  outbox.add(DECLINE, checkpoint, reason);
}

function disarm(state: BarrierHandlerState, outbox: Outbox): void {
  if (!state.isTimerArmed) return;
  state.isTimerArmed = false;
  outbox.add(DISARM_TIMER, state.pending);
}
