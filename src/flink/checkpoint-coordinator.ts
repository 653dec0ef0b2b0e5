/** Models: the checkpoint coordinator's decisions: the periodic timer, the queue of requests, which request may start,
 *    pending checkpoints, acknowledgements, completion, subsumption, time-out.
 *  Source: flink CheckpointCoordinator, CheckpointRequestDecider, PendingCheckpoint (Flink 2.1).
 *  Leaves out: savepoints, declined checkpoints, the tolerable-failure counter, files being cleaned, interval during
 *    backlog, operator coordinators (the enumerator's snapshot takes no time), finished tasks. */

import { invariant } from "../engine/index.ts";
import type { Outbox } from "../records/index.ts";

/** All ns. */
export interface CheckpointCoordinatorSettings {
  /** max(interval, min-pause) */
  readonly baseInterval: number;
  readonly minPause: number;
  readonly maxConcurrent: number;
  readonly timeout: number;
  /** subtasks that must acknowledge. */
  readonly subtasks: number;
}

export interface PendingCheckpoint {
  readonly id: number;
  readonly triggeredAt: number;
  missing: number;
  latestAckAt: number;
}

/** Plain data; `nextTriggerAt` is the planned time of the periodic timer. */
export interface CheckpointCoordinatorState {
  nextId: number;
  nextTriggerAt: number;
  queued: number;
  isTriggering: boolean;
  lastCompletionAt: number;
  pending: PendingCheckpoint[];
}

/** Effects. ARM_TIMER(time); START(id): draw id, then triggered() when the requests to the sources are sent;
 *  ARM_TIMEOUT(id, time); FINALIZE(id): write _metadata, then finalized(); NOTIFY_COMPLETE(id); ABORT(id, reason). */
export const ARM_TIMER = 1;
export const START = 2;
export const ARM_TIMEOUT = 3;
export const FINALIZE = 4;
export const NOTIFY_COMPLETE = 5;
export const ABORT = 6;

/** Reasons of ABORT, as Flink names them. */
export const CHECKPOINT_EXPIRED = 1;
export const CHECKPOINT_SUBSUMED = 2;
export const ABORT_REASONS = ["", "CHECKPOINT_EXPIRED", "CHECKPOINT_SUBSUMED"] as const;

const MOST_QUEUED = 1000;

/** @param firstTriggerAt ns; Flink draws it uniformly from [min-pause, base interval] after the start. */
export function checkpointCoordinator(firstTriggerAt: number): CheckpointCoordinatorState {
  return {
    nextId: 1,
    nextTriggerAt: firstTriggerAt,
    queued: 0,
    isTriggering: false,
    lastCompletionAt: Number.NEGATIVE_INFINITY,
    pending: [],
  };
}

/** The periodic timer fired. The next firing is armed first, at a fixed rate; a late timer catches up at once. */
export function onTimer(
  state: CheckpointCoordinatorState,
  settings: CheckpointCoordinatorSettings,
  now: number,
  outbox: Outbox,
): void {
  state.nextTriggerAt += settings.baseInterval;
  outbox.add(ARM_TIMER, Math.max(now, state.nextTriggerAt));
  if (state.queued < MOST_QUEUED) state.queued++;
  choose(state, settings, now, outbox);
}

/** The trigger requests of the checkpoint that was started have been sent. */
export function onTriggered(
  state: CheckpointCoordinatorState,
  settings: CheckpointCoordinatorSettings,
  now: number,
  outbox: Outbox,
): void {
  state.isTriggering = false;
  choose(state, settings, now, outbox);
}

/** A subtask's acknowledgement has arrived. Late ones, of checkpoints no longer pending, are ignored. */
export function onAcknowledge(
  state: CheckpointCoordinatorState,
  id: number,
  now: number,
  outbox: Outbox,
): void {
  const pending = state.pending.find((checkpoint) => checkpoint.id === id);
  if (pending === undefined) return;
  invariant(pending.missing > 0, "a subtask acknowledges a checkpoint once");
  pending.missing--;
  pending.latestAckAt = now;
  if (pending.missing === 0) outbox.add(FINALIZE, id);
}

/** `_metadata` is written and the checkpoint is in the store: it is complete. */
export function onFinalized(
  state: CheckpointCoordinatorState,
  settings: CheckpointCoordinatorSettings,
  id: number,
  now: number,
  outbox: Outbox,
): void {
  if (!state.pending.some((checkpoint) => checkpoint.id === id)) return;
  for (const checkpoint of state.pending) {
    if (checkpoint.id < id) outbox.add(ABORT, checkpoint.id, CHECKPOINT_SUBSUMED);
  }
  state.pending = state.pending.filter((checkpoint) => checkpoint.id > id);
  state.lastCompletionAt = now;
  outbox.add(NOTIFY_COMPLETE, id);
  choose(state, settings, now, outbox);
}

/** The time-out of a checkpoint fired; nothing happens when it is no longer pending. */
export function onTimeout(
  state: CheckpointCoordinatorState,
  settings: CheckpointCoordinatorSettings,
  id: number,
  now: number,
  outbox: Outbox,
): void {
  if (!state.pending.some((checkpoint) => checkpoint.id === id)) return;
  state.pending = state.pending.filter((checkpoint) => checkpoint.id !== id);
  outbox.add(ABORT, id, CHECKPOINT_EXPIRED);
  choose(state, settings, now, outbox);
}

/** CheckpointRequestDecider.chooseRequestToExecute for periodic requests. */
function choose(
  state: CheckpointCoordinatorState,
  settings: CheckpointCoordinatorSettings,
  now: number,
  outbox: Outbox,
): void {
  if (state.isTriggering || state.queued === 0) return;
  if (state.pending.length >= settings.maxConcurrent) return;
  state.queued--;
  const earliest = state.lastCompletionAt + settings.minPause;
  if (earliest > now) {
    state.nextTriggerAt = earliest;
    outbox.add(ARM_TIMER, earliest);
    return;
  }
  const id = state.nextId++;
  state.isTriggering = true;
  state.pending.push({ id, triggeredAt: now, missing: settings.subtasks, latestAckAt: now });
  outbox.add(START, id);
  outbox.add(ARM_TIMEOUT, id, now + settings.timeout);
}
