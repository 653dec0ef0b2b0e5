/** Models: barriers in at-least-once mode: no channel is blocked; a checkpoint is taken when the last channel has
 *    delivered its barrier, and every older one is dropped.
 *  Source: flink CheckpointBarrierTracker (Flink 2.1).
 *  Leaves out: nothing of the above. */

import type { Outbox } from "../records/index.ts";
import { DECLINE, END_ALIGNMENT, START_SNAPSHOT } from "./barrier-handler.ts";
import {
  CHECKPOINT_DECLINED_INPUT_END_OF_STREAM,
  CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER,
} from "./checkpoint-failure-reason.ts";

/** Source: CheckpointBarrierTracker.MAX_CHECKPOINTS_TO_TRACK. */
const MOST_TRACKED = 50;

interface TrackedCheckpoint {
  readonly id: number;
  /** Channels whose barrier has come, and of how many it has to come. */
  readonly arrived: number[];
  target: number;
  /** ns */
  readonly firstArrivalAt: number;
  isAborted: boolean;
}

/** Plain data. */
export interface BarrierTrackerState {
  /** channels whose input goes on. */
  open: number;
  /** the newest checkpoint that was seen. */
  latest: number;
  /** ascending. */
  tracked: TrackedCheckpoint[];
}

export function barrierTracker(channels: number): BarrierTrackerState {
  return { open: channels, latest: 0, tracked: [] };
}

/** A barrier of `checkpoint` came out of `channel` at `now`. Effects: END_ALIGNMENT and START_SNAPSHOT. */
export function onTrackedBarrier(
  state: BarrierTrackerState,
  channel: number,
  checkpoint: number,
  now: number,
  outbox: Outbox,
): void {
  let entry = state.tracked.find(({ id }) => id === checkpoint);
  if (entry === undefined) {
    // What comes late is of a checkpoint that was taken, dropped or given up.
    if (checkpoint <= state.latest) return;
    entry = begin(state, channel, checkpoint, now, false);
  } else entry.arrived.push(channel);
  completeIfAll(state, entry, now, outbox);
}

/** The input of `channel` has ended: it counts as having delivered every barrier, unless there are no checkpoints once tasks
 *  have finished: then what is tracked is given up. Effects: END_ALIGNMENT and START_SNAPSHOT, or DECLINE. */
export function onTrackedEndOfPartition(
  state: BarrierTrackerState,
  channel: number,
  now: number,
  outbox: Outbox,
  allowFinished = true,
): void {
  state.open--;
  if (!allowFinished) {
    for (const { id, isAborted } of state.tracked)
      if (!isAborted) outbox.add(DECLINE, id, CHECKPOINT_DECLINED_INPUT_END_OF_STREAM);
    state.tracked = [];
    return;
  }
  const waiting = state.tracked.filter(({ arrived }) => !arrived.includes(channel));
  for (const entry of waiting) entry.target--;
  // The latest that is complete takes the older ones with it.
  const complete = waiting.findLast(({ arrived, target }) => arrived.length >= target);
  if (complete !== undefined) completeIfAll(state, complete, now, outbox);
}

function completeIfAll(
  state: BarrierTrackerState,
  entry: TrackedCheckpoint,
  now: number,
  outbox: Outbox,
): void {
  const { id: checkpoint, arrived, target, isAborted } = entry;
  if (arrived.length < target) return;
  state.tracked = state.tracked.filter(({ id }) => id > checkpoint);
  if (isAborted) return;
  const alignment = now - entry.firstArrivalAt;
  outbox.add(END_ALIGNMENT, checkpoint, alignment);
  outbox.add(START_SNAPSHOT, checkpoint, alignment);
}

/** A CancelCheckpointMarker came out of `channel`; it stands for that channel's barrier. Effects: DECLINE. */
export function onTrackedCancellation(
  state: BarrierTrackerState,
  channel: number,
  checkpoint: number,
  now: number,
  outbox: Outbox,
): void {
  let entry = state.tracked.find(({ id }) => id === checkpoint);
  if (entry === undefined) {
    if (checkpoint <= state.latest) return;
    entry = begin(state, channel, checkpoint, now, true);
    outbox.add(DECLINE, checkpoint, CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER);
  } else {
    entry.arrived.push(channel);
    if (!entry.isAborted) outbox.add(DECLINE, checkpoint, CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER);
    entry.isAborted = true;
  }
  if (entry.arrived.length >= entry.target) state.tracked = state.tracked.filter(({ id }) => id > checkpoint);
}

function begin(
  state: BarrierTrackerState,
  channel: number,
  checkpoint: number,
  now: number,
  isAborted: boolean,
): TrackedCheckpoint {
  const entry = { id: checkpoint, arrived: [channel], target: state.open, firstArrivalAt: now, isAborted };
  state.latest = checkpoint;
  state.tracked.push(entry);
  if (state.tracked.length > MOST_TRACKED) state.tracked.shift();
  return entry;
}
