/** Models: barriers in at-least-once mode: no channel is blocked; a checkpoint is taken when the last channel has
 *    delivered its barrier, and every older one is dropped.
 *  Source: flink CheckpointBarrierTracker (Flink 2.1).
 *  Leaves out: end of partition. */

import type { Outbox } from "../records/index.ts";
import { DECLINE, END_ALIGNMENT, START_SNAPSHOT } from "./barrier-handler.ts";
import { CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER } from "./checkpoint-failure-reason.ts";

/** Source: CheckpointBarrierTracker.MAX_CHECKPOINTS_TO_TRACK. */
const MOST_TRACKED = 50;

interface TrackedCheckpoint {
  readonly id: number;
  arrived: number;
  /** ns */
  readonly firstArrivalAt: number;
  isAborted: boolean;
}

/** Plain data. */
export interface BarrierTrackerState {
  readonly channels: number;
  /** the newest checkpoint that was seen. */
  latest: number;
  /** ascending. */
  tracked: TrackedCheckpoint[];
}

export function barrierTracker(channels: number): BarrierTrackerState {
  return { channels, latest: 0, tracked: [] };
}

/** A barrier of `checkpoint` came out of some channel at `now`. Effects: END_ALIGNMENT and START_SNAPSHOT. */
export function onTrackedBarrier(
  state: BarrierTrackerState,
  checkpoint: number,
  now: number,
  outbox: Outbox,
): void {
  const place = state.tracked.findIndex(({ id }) => id === checkpoint);
  let entry = state.tracked[place];
  if (entry === undefined) {
    // What comes late is of a checkpoint that was taken, dropped or given up.
    if (checkpoint <= state.latest) return;
    entry = begin(state, checkpoint, now, false);
  } else entry.arrived++;
  if (entry.arrived < state.channels) return;
  state.tracked = state.tracked.filter(({ id }) => id > checkpoint);
  if (entry.isAborted) return;
  const alignment = now - entry.firstArrivalAt;
  outbox.add(END_ALIGNMENT, checkpoint, alignment);
  outbox.add(START_SNAPSHOT, checkpoint, alignment);
}

/** A CancelCheckpointMarker came out of some channel; it stands for that channel's barrier. Effects: DECLINE. */
export function onTrackedCancellation(
  state: BarrierTrackerState,
  checkpoint: number,
  now: number,
  outbox: Outbox,
): void {
  let entry = state.tracked.find(({ id }) => id === checkpoint);
  if (entry === undefined) {
    if (checkpoint <= state.latest) return;
    entry = begin(state, checkpoint, now, true);
    outbox.add(DECLINE, checkpoint, CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER);
  } else {
    entry.arrived++;
    if (!entry.isAborted) outbox.add(DECLINE, checkpoint, CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER);
    entry.isAborted = true;
  }
  if (entry.arrived >= state.channels) state.tracked = state.tracked.filter(({ id }) => id > checkpoint);
}

function begin(
  state: BarrierTrackerState,
  checkpoint: number,
  now: number,
  isAborted: boolean,
): TrackedCheckpoint {
  const entry = { id: checkpoint, arrived: 1, firstArrivalAt: now, isAborted };
  state.latest = checkpoint;
  state.tracked.push(entry);
  if (state.tracked.length > MOST_TRACKED) state.tracked.shift();
  return entry;
}
