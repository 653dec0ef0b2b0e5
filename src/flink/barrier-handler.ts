/** Models: aligned exactly-once barriers: one handler per task over all its channels; a channel that delivered its
 *    barrier is blocked until every channel has.
 *  Source: flink SingleCheckpointBarrierHandler with aligned barriers (Flink 2.1).
 *  Leaves out: at-least-once tracking, unaligned barriers and the aligned timeout, cancellation barriers, end of
 *    partition. */

import type { Outbox } from "../records/index.ts";

/** Plain data; times in ns, `pending` 0 when no checkpoint is being aligned. */
export interface BarrierHandlerState {
  readonly channels: number;
  lastStarted: number;
  pending: number;
  /** channels that have delivered the pending checkpoint's barrier, in the order of arrival. */
  blocked: number[];
  firstArrivalAt: number;
}

/** Effects of a step. */
export const RESUME_CHANNEL = 1;
export const BLOCK_CHANNEL = 2;
export const START_SNAPSHOT = 3;
export const DECLINE_SUBSUMED = 4;

export function barrierHandler(channels: number): BarrierHandlerState {
  return { channels, lastStarted: 0, pending: 0, blocked: [], firstArrivalAt: 0 };
}

/** Barrier of `checkpoint` came out of `channel` at `now`. Effects: RESUME_CHANNEL(channel), BLOCK_CHANNEL(channel),
 *  DECLINE_SUBSUMED(checkpoint), START_SNAPSHOT(checkpoint, alignment ns). */
export function onBarrier(
  state: BarrierHandlerState,
  channel: number,
  checkpoint: number,
  now: number,
  outbox: Outbox,
): void {
  if (checkpoint < state.lastStarted || (checkpoint === state.lastStarted && state.pending === 0)) {
    outbox.add(RESUME_CHANNEL, channel);
    return;
  }
  if (checkpoint > state.lastStarted) {
    if (state.pending !== 0) {
      for (const blocked of state.blocked) outbox.add(RESUME_CHANNEL, blocked);
      outbox.add(DECLINE_SUBSUMED, state.pending);
    }
    state.lastStarted = checkpoint;
    state.pending = checkpoint;
    state.blocked = [];
    state.firstArrivalAt = now;
  }
  state.blocked.push(channel);
  outbox.add(BLOCK_CHANNEL, channel);
  if (state.blocked.length < state.channels) return;
  state.pending = 0;
  outbox.add(START_SNAPSHOT, checkpoint, now - state.firstArrivalAt);
}
