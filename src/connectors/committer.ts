/** Models: a Sink V2 committer as a protocol over plain data: committables by checkpoint, committed in ascending order when
 *    a checkpoint completes or is restored, one after the other, with retries, and dropped when that is known to be
 *    hopeless.
 *  Source: flink CommitterOperator, CheckpointCommittableManagerImpl.commit, CommitRequestImpl, SinkOptions (2.1; the
 *    asynchronous retry: 1.20.0).
 *  Leaves out: summaries (a subtask's committer gets the committables of its own writer only), a global committer,
 *    pre- and post-commit topologies. */

import { invariant } from "../engine/index.ts";
import type { Outbox } from "../records/index.ts";

/** What a committer learns about one commit request. `success`: nothing was signalled. */
export type CommitOutcome =
  | "success"
  | "signalAlreadyCommitted"
  | "retryLater"
  | "signalFailedWithKnownReason"
  | "signalFailedWithUnknownReason";

export interface CommitRequest<C> {
  readonly ticket: number;
  readonly checkpoint: number;
  readonly committable: C;
  /** times it was tried since its checkpoint's turn began. */
  attempts: number;
}

/** Sink metrics of Flink. */
export interface CommitterCounters {
  totalCommittables: number;
  successfulCommittables: number;
  alreadyCommittedCommittables: number;
  failedCommittables: number;
  retriedCommittables: number;
}

/** Plain data. */
export interface CommitterState<C> {
  /** What is not yet committed, by checkpoint and then in the order of arrival. */
  readonly requests: CommitRequest<C>[];
  readonly counters: CommitterCounters;
  /** Checkpoints up to this one may be committed. */
  completed: number;
  /** Ticket of the request that is under way; 0: none. */
  committing: number;
  /** The checkpoint whose turn it is, and how often its requests have been gone through. */
  turn: number;
  pass: number;
  /** Requests of checkpoints up to this one wait for the retry timer; 0: none. */
  waitsUpTo: number;
  lastTicket: number;
  failed: boolean;
}

export interface CommitterSettings {
  /** sink.committer.retries */
  readonly retries: number;
  /** ns between two tries of the asynchronous retry without limit (Flink before 1.20.1); 0: retries follow at once. */
  readonly retryDelay: number;
}

/** Effects. COMMIT(ticket): commit it, and tell the outcome. */
export const COMMIT = 1;
/** DONE: nothing more to do now; the task goes on. */
export const DONE = 2;
/** FAIL_TASK(ticket): the task fails; what is left is committed after its restore. */
export const FAIL_TASK = 3;
/** RETRY_AFTER(ns): call onRetryTimer then. */
export const RETRY_AFTER = 4;

export function committer<C>(): CommitterState<C> {
  return {
    requests: [],
    counters: {
      totalCommittables: 0,
      successfulCommittables: 0,
      alreadyCommittedCommittables: 0,
      failedCommittables: 0,
      retriedCommittables: 0,
    },
    completed: 0,
    committing: 0,
    turn: 0,
    pass: 0,
    waitsUpTo: 0,
    lastTicket: 0,
    failed: false,
  };
}

/** The writer emitted `committable` ahead of the barrier of `checkpoint`. */
export function addCommittable<C>(state: CommitterState<C>, checkpoint: number, committable: C): void {
  const last = state.requests.at(-1);
  invariant(
    last === undefined || last.checkpoint <= checkpoint,
    "committables come in the order of checkpoints",
  );
  state.requests.push({ ticket: ++state.lastTicket, checkpoint, committable, attempts: 0 });
  state.counters.totalCommittables++;
}

/** `checkpoint` has completed: it and all before it are committed. Effects: COMMIT(ticket) or DONE. */
export function onCheckpointComplete<C>(
  state: CommitterState<C>,
  checkpoint: number,
  settings: CommitterSettings,
  outbox: Outbox,
): void {
  if (checkpoint > state.completed) state.completed = checkpoint;
  if (state.committing === 0) advance(state, settings, outbox);
}

/** The request under way has an outcome. Effects: COMMIT(ticket), DONE, FAIL_TASK(ticket) or RETRY_AFTER(ns). */
export function onCommitted<C>(
  state: CommitterState<C>,
  outcome: CommitOutcome,
  settings: CommitterSettings,
  outbox: Outbox,
): void {
  const at = state.requests.findIndex((request) => request.ticket === state.committing);
  invariant(at >= 0, "only a request under way has an outcome");
  const request = state.requests[at]!;
  const { counters } = state;
  state.committing = 0;
  if (outcome === "signalFailedWithUnknownReason") {
    state.failed = true;
    outbox.add(FAIL_TASK, request.ticket);
    return;
  }
  request.attempts++;
  if (outcome === "retryLater") counters.retriedCommittables++;
  else {
    state.requests.splice(at, 1);
    if (outcome === "success") counters.successfulCommittables++;
    else if (outcome === "signalAlreadyCommitted") counters.alreadyCommittedCommittables++;
    else counters.failedCommittables++;
  }
  advance(state, settings, outbox);
}

/** The retry timer of the asynchronous retry has fired. */
export function onRetryTimer<C>(state: CommitterState<C>, settings: CommitterSettings, outbox: Outbox): void {
  state.waitsUpTo = 0;
  state.turn = 0;
  if (state.committing === 0) advance(state, settings, outbox);
}

/** What a snapshot keeps: all that is not yet committed. */
export function committablesOf<C>(
  state: CommitterState<C>,
): { readonly checkpoint: number; readonly committable: C }[] {
  return state.requests.map(({ checkpoint, committable }) => ({ checkpoint, committable }));
}

function advance<C>(state: CommitterState<C>, settings: CommitterSettings, outbox: Outbox): void {
  for (;;) {
    const first = state.requests.find(({ checkpoint }) => checkpoint > state.waitsUpTo);
    if (first === undefined || first.checkpoint > state.completed) {
      outbox.add(DONE);
      return;
    }
    if (first.checkpoint !== state.turn) {
      state.turn = first.checkpoint;
      state.pass = 0;
      for (const request of state.requests) request.attempts = 0;
    }
    const next = state.requests.find(
      ({ checkpoint, attempts }) => checkpoint === state.turn && attempts <= state.pass,
    );
    if (next !== undefined) {
      state.committing = next.ticket;
      outbox.add(COMMIT, next.ticket);
      return;
    }
    if (settings.retryDelay > 0) {
      if (state.waitsUpTo === 0) outbox.add(RETRY_AFTER, settings.retryDelay);
      state.waitsUpTo = state.turn;
    } else if (state.pass >= settings.retries) {
      state.failed = true;
      outbox.add(FAIL_TASK, first.ticket);
      return;
    } else state.pass++;
  }
}
