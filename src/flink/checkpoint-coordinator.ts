/** Models: the checkpoint coordinator's decisions: the periodic scheduler, the queue of requests, the stages of a trigger,
 *    pending checkpoints, acknowledgement and decline, completion, subsumption, time-out, retention, and when failed
 *    checkpoints fail the job. What takes time is an effect, and its end an input.
 *  Source: flink CheckpointCoordinator, PendingCheckpoint, CheckpointCoordinatorConfiguration (Flink 2.2, and 2.3 for the
 *    initial delay).
 *  Leaves out: master hooks; the id counter and the pointers of a highly available store (they take no time); what the
 *    coordinator asks of the scheduler when the restored state doesn't fit. */

import { invariant } from "../engine/index.ts";
import type { Outbox } from "../records/index.ts";
import {
  type CheckpointFailureCounter,
  checkpointFailureCounter,
  countFailure,
  countSuccess,
} from "./checkpoint-failure-counter.ts";
import {
  CHECKPOINT_COORDINATOR_SHUTDOWN,
  CHECKPOINT_COORDINATOR_SUSPEND,
  CHECKPOINT_EXPIRED,
  CHECKPOINT_SUBSUMED,
  FINALIZE_CHECKPOINT_FAILURE,
  IO_EXCEPTION,
  MINIMUM_TIME_BETWEEN_CHECKPOINTS,
  NOT_ALL_REQUIRED_TASKS_RUNNING,
  PERIODIC_SCHEDULER_SHUTDOWN,
  TOO_MANY_CHECKPOINT_REQUESTS,
  TRIGGER_CHECKPOINT_FAILURE,
} from "./checkpoint-failure-reason.ts";
import type { CheckpointPlan } from "./checkpoint-plan.ts";
import {
  type CheckpointProperties,
  isSavepoint,
  isSynchronous,
  PERIODIC_CHECKPOINT,
} from "./checkpoint-properties.ts";
import { type CheckpointRequest, chooseRequest, enqueue } from "./checkpoint-request-decider.ts";
import {
  addCheckpoint,
  type CompletedCheckpoint,
  type CompletedCheckpointStore,
  completedCheckpointStore,
  latestCheckpoint,
} from "./completed-checkpoint-store.ts";
import type { TaskStateSnapshot } from "./task-state-snapshot.ts";

/** Durations in ns. */
export interface CheckpointCoordinatorSettings {
  /** max(interval, min-pause); infinite: no periodic checkpoints. */
  readonly baseInterval: number;
  /** The same while a source reports a backlog. */
  readonly intervalDuringBacklog: number;
  readonly minPause: number;
  readonly maxConcurrent: number;
  readonly timeout: number;
  /** `execution.checkpointing.tolerable-failed-checkpoints` */
  readonly tolerableFailures: number;
  /** `execution.checkpointing.num-retained` */
  readonly retained: number;
  /** Whether every start of the scheduler draws a delay (up to Flink 2.2), or the first only (2.3). */
  readonly delaysEveryStart: boolean;
  /** Operator coordinators that take part: the enumerators of the sources. */
  readonly operatorCoordinators: number;
}

/** Where a trigger stands: each stage waits for the input of its name. */
export type TriggerStage = "plan" | "id" | "location" | "operator-coordinators" | "requests";

export interface Trigger {
  readonly request: CheckpointRequest;
  /** ns; the time in the barriers and in the statistics. */
  readonly at: number;
  stage: TriggerStage;
  plan: CheckpointPlan | undefined;
  /** 0: none drawn yet. */
  id: number;
}

export interface PendingCheckpoint {
  readonly id: number;
  readonly request: number;
  readonly properties: CheckpointProperties;
  readonly plan: CheckpointPlan;
  readonly triggeredAt: number;
  /** numbers of tasks that have not acknowledged. */
  readonly missing: Set<number>;
  missingCoordinators: number;
  latestAckAt: number;
  /** by number of the task. */
  readonly states: Map<number, TaskStateSnapshot>;
}

/** Plain data; times in ns. `nextTriggerAt` is the planned time of the periodic timer, infinite when it is off. */
export interface CheckpointCoordinatorState {
  nextId: number;
  nextRequest: number;
  isScheduling: boolean;
  isShutDown: boolean;
  schedulerStarts: number;
  nextTriggerAt: number;
  /** sources that report a backlog. */
  backlogs: number;
  readonly queue: CheckpointRequest[];
  trigger: Trigger | undefined;
  readonly pending: PendingCheckpoint[];
  /** id whose `_metadata` is being written, 0: none. Until that is done the coordinator's lock is held: nothing else ends. */
  finalizing: number;
  cleaning: number;
  lastCompletionAt: number;
  readonly failures: CheckpointFailureCounter;
  readonly store: CompletedCheckpointStore;
  /** The latest completed savepoint; a failover doesn't restore it. */
  savepoint: CompletedCheckpoint | undefined;
}

/** Effects. */
/** (time): the timer fires then, and at no other time. */
export const ARM_TIMER = 1;
export const CANCEL_TIMER = 2;
/** (request): then onPlan. */
export const COMPUTE_PLAN = 3;
/** then onIdDrawn. */
export const DRAW_ID = 4;
/** (id, time) */
export const ARM_TIMEOUT = 5;
/** (id): then onLocationInitialized. */
export const INITIALIZE_LOCATION = 6;
/** (id): then onOperatorCoordinatorSnapshot, once for each. */
export const SNAPSHOT_OPERATOR_COORDINATORS = 7;
/** (id): to the tasks that the plan triggers; then onRequestsSent. */
export const SEND_TRIGGER_REQUESTS = 8;
/** (id): write `_metadata` and the pointer; then onFinalized or onFinalizeFailed. */
export const FINALIZE = 9;
/** (id): the checkpoint is complete and in the store, if it isn't a savepoint. */
export const COMPLETED = 10;
/** (id, last subsumed id or 0): to the tasks that the plan commits to, then to the operator coordinators. */
export const NOTIFY_COMPLETE = 11;
/** (id, reason): the checkpoint has failed; its tasks are told, with the id of the latest completed one. */
export const ABORT = 12;
/** (request, reason): it ended before it had an id. */
export const REQUEST_FAILED = 13;
/** (id): its files are deleted; then onCleaned. */
export const CLEAN = 14;
/** (reason): too many checkpoints have failed. */
export const FAIL_JOB = 15;
/** (reason): a trigger failed before there was a pending checkpoint: counted, without a place in the history. */
export const FAILED_WITHOUT_PENDING = 16;

const MILLISECOND = 1e6;

export function checkpointCoordinator(): CheckpointCoordinatorState {
  return {
    nextId: 1,
    nextRequest: 1,
    isScheduling: false,
    isShutDown: false,
    schedulerStarts: 0,
    nextTriggerAt: Number.POSITIVE_INFINITY,
    backlogs: 0,
    queue: [],
    trigger: undefined,
    pending: [],
    finalizing: 0,
    cleaning: 0,
    lastCompletionAt: Number.NEGATIVE_INFINITY,
    failures: checkpointFailureCounter(),
    store: completedCheckpointStore(),
    savepoint: undefined,
  };
}

/** One call's arguments that every input shares. */
export interface CoordinatorStep {
  readonly state: CheckpointCoordinatorState;
  readonly settings: CheckpointCoordinatorSettings;
  readonly outbox: Outbox;
}

// ---- the periodic scheduler

/** The job is RUNNING. The first trigger comes after whole milliseconds drawn from [min-pause, interval], both included.
 *  @param uniform drawn from [0, 1). @param firstTriggerAt ns of the clock, where it is stated instead. */
export function onSchedulerStart(
  step: CoordinatorStep,
  now: number,
  uniform: number,
  firstTriggerAt?: number,
): void {
  const { state, settings, outbox } = step;
  invariant(!state.isShutDown, "a coordinator that was shut down is not started");
  if (state.isScheduling) onSchedulerStop(step, now);
  state.isScheduling = true;
  const first = state.schedulerStarts++ === 0;
  const interval = currentInterval(step);
  if (interval === Number.POSITIVE_INFINITY) return;
  const pause = Math.floor(settings.minPause / MILLISECOND);
  const span = Math.floor(settings.baseInterval / MILLISECOND) - pause;
  const drawn = first || settings.delaysEveryStart ? Math.floor(uniform * (span + 1)) : 0;
  armTimer(state, firstTriggerAt ?? now + (pause + drawn) * MILLISECOND, outbox);
}

/** The job is no longer RUNNING: nothing waits and nothing is pending any more. */
export function onSchedulerStop(step: CoordinatorStep, now: number): void {
  const { state, outbox } = step;
  state.isScheduling = false;
  state.nextTriggerAt = Number.POSITIVE_INFINITY;
  outbox.add(CANCEL_TIMER);
  abortEverything(step, CHECKPOINT_COORDINATOR_SUSPEND, now);
}

/** The job has ended. */
export function onShutdown(step: CoordinatorStep, now: number): void {
  const { state, outbox } = step;
  if (state.isShutDown) return;
  state.isShutDown = true;
  state.isScheduling = false;
  state.nextTriggerAt = Number.POSITIVE_INFINITY;
  outbox.add(CANCEL_TIMER);
  abortEverything(step, CHECKPOINT_COORDINATOR_SHUTDOWN, now);
}

/** The periodic timer fired. The next firing is armed first, at a fixed rate; a late timer catches up at once. */
export function onTimer(step: CoordinatorStep, now: number): void {
  const { state, outbox } = step;
  if (!state.isScheduling) return;
  const interval = currentInterval(step);
  state.nextTriggerAt += interval;
  if (interval !== Number.POSITIVE_INFINITY) outbox.add(ARM_TIMER, Math.max(now, state.nextTriggerAt));
  submit(step, PERIODIC_CHECKPOINT, true, now);
}

/** A source's enumerator reports a backlog, or its end. A trigger that is planned for later than an interval from now comes
 *  after an interval. */
export function onBacklog(step: CoordinatorStep, isProcessingBacklog: boolean, now: number): void {
  const { state, outbox } = step;
  state.backlogs += isProcessingBacklog ? 1 : -1;
  invariant(state.backlogs >= 0, "a backlog ends once");
  const interval = currentInterval(step);
  if (!state.isScheduling || interval === Number.POSITIVE_INFINITY) return;
  if (now + interval < state.nextTriggerAt) armTimer(state, now + interval, outbox);
}

function currentInterval({ state, settings }: CoordinatorStep): number {
  return state.backlogs > 0 ? settings.intervalDuringBacklog : settings.baseInterval;
}

function armTimer(state: CheckpointCoordinatorState, at: number, outbox: Outbox): void {
  state.nextTriggerAt = at;
  outbox.add(ARM_TIMER, at);
}

// ---- requests

/** A checkpoint or savepoint that somebody asked for. @returns the request's number. */
export function onRequest(step: CoordinatorStep, properties: CheckpointProperties, now: number): number {
  return submit(step, properties, false, now);
}

function submit(
  step: CoordinatorStep,
  properties: CheckpointProperties,
  periodic: boolean,
  now: number,
): number {
  const { state, outbox } = step;
  const number = state.nextRequest++;
  const rejected = enqueue(state.queue, { number, properties, periodic, at: now });
  if (rejected) outbox.add(REQUEST_FAILED, rejected.number, TOO_MANY_CHECKPOINT_REQUESTS);
  if (rejected?.number !== number) choose(step, now);
  return number;
}

function choose(step: CoordinatorStep, now: number): void {
  const { state, settings, outbox } = step;
  const choice = chooseRequest(state.queue, {
    now,
    isTriggering: state.trigger !== undefined,
    pending: state.pending.length,
    cleaning: state.cleaning,
    maxConcurrent: settings.maxConcurrent,
    lastCompletionAt: state.lastCompletionAt,
    minPause: settings.minPause,
  });
  if (choice.kind === "none") return;
  if (choice.kind === "too-early") {
    outbox.add(REQUEST_FAILED, choice.request.number, MINIMUM_TIME_BETWEEN_CHECKPOINTS);
    armTimer(state, choice.earliest, outbox);
    return;
  }
  const { request } = choice;
  state.trigger = { request, at: now, stage: "plan", plan: undefined, id: 0 };
  const refused = refusal(state, request);
  if (refused !== 0) failTrigger(step, refused, now);
  else outbox.add(COMPUTE_PLAN, request.number);
}

/** Why no checkpoint may start at all; 0: it may. */
function refusal(state: CheckpointCoordinatorState, request: CheckpointRequest): number {
  if (state.isShutDown) return CHECKPOINT_COORDINATOR_SHUTDOWN;
  return request.periodic && !state.isScheduling ? PERIODIC_SCHEDULER_SHUTDOWN : 0;
}

// ---- the stages of a trigger

/** @param plan undefined: not all required tasks are running. */
export function onPlan(step: CoordinatorStep, plan: CheckpointPlan | undefined, now: number): void {
  const trigger = atStage(step.state, "plan");
  if (plan === undefined) {
    failTrigger(step, NOT_ALL_REQUIRED_TASKS_RUNNING, now);
    return;
  }
  trigger.plan = plan;
  trigger.stage = "id";
  step.outbox.add(DRAW_ID);
}

/** The checkpoint gets its id, becomes pending, and its time-out runs. */
export function onIdDrawn(step: CoordinatorStep, now: number): void {
  const { state, settings, outbox } = step;
  const trigger = atStage(state, "id");
  trigger.id = state.nextId++;
  const refused = refusal(state, trigger.request);
  if (refused !== 0) {
    failTrigger(step, refused, now);
    return;
  }
  const { id, request, at } = trigger;
  const plan = trigger.plan!;
  state.pending.push({
    id,
    request: request.number,
    properties: request.properties,
    plan,
    triggeredAt: at,
    missing: new Set(plan.waitFor),
    missingCoordinators: settings.operatorCoordinators,
    latestAckAt: at,
    states: new Map(),
  });
  trigger.stage = "location";
  outbox.add(ARM_TIMEOUT, id, now + settings.timeout);
  outbox.add(INITIALIZE_LOCATION, id);
}

/** The folder of the checkpoint exists; or it could not be made. */
export function onLocationInitialized(step: CoordinatorStep, isInitialized: boolean, now: number): void {
  const { state, settings, outbox } = step;
  const trigger = atStage(state, "location");
  if (!isInitialized) failTrigger(step, IO_EXCEPTION, now);
  else if (find(state, trigger.id) === undefined) endTrigger(step, now);
  else {
    trigger.stage = "operator-coordinators";
    if (settings.operatorCoordinators === 0) sendRequests(step, trigger);
    else outbox.add(SNAPSHOT_OPERATOR_COORDINATORS, trigger.id);
  }
}

/** An operator coordinator has taken its snapshot; with the last one the requests go to the tasks. */
export function onOperatorCoordinatorSnapshot(step: CoordinatorStep, isTaken: boolean, now: number): void {
  const trigger = atStage(step.state, "operator-coordinators");
  const pending = find(step.state, trigger.id);
  if (pending === undefined) endTrigger(step, now);
  else if (!isTaken) failTrigger(step, TRIGGER_CHECKPOINT_FAILURE, now);
  else if (--pending.missingCoordinators === 0) sendRequests(step, trigger);
}

function sendRequests({ outbox }: CoordinatorStep, trigger: Trigger): void {
  trigger.stage = "requests";
  outbox.add(SEND_TRIGGER_REQUESTS, trigger.id);
}

/** The requests to the tasks are sent, or one of them could not be. */
export function onRequestsSent(step: CoordinatorStep, areSent: boolean, now: number): void {
  const { state, outbox } = step;
  atStage(state, "requests");
  if (!areSent) {
    failTrigger(step, TRIGGER_CHECKPOINT_FAILURE, now);
    return;
  }
  finalizeNext(state, outbox);
  endTrigger(step, now);
}

function atStage(state: CheckpointCoordinatorState, stage: TriggerStage): Trigger {
  const { trigger } = state;
  invariant(trigger?.stage === stage, "a stage of a trigger ends while the trigger is in it");
  return trigger;
}

function failTrigger(step: CoordinatorStep, reason: number, now: number): void {
  const { state, outbox } = step;
  const { id, request } = state.trigger!;
  const pending = findOpen(state, id);
  if (pending) abort(step, pending, reason, false, now, false);
  else if (id === 0 || state.trigger!.stage === "id") {
    outbox.add(REQUEST_FAILED, request.number, reason);
    outbox.add(FAILED_WITHOUT_PENDING, reason);
    count(step, { id: 0, properties: request.properties, byTask: false }, reason);
  }
  endTrigger(step, now);
}

function endTrigger(step: CoordinatorStep, now: number): void {
  step.state.trigger = undefined;
  choose(step, now);
}

// ---- pending checkpoints

export type AcknowledgeResult = "SUCCESS" | "DUPLICATE" | "UNKNOWN" | "DISCARDED";

/** A task's acknowledgement has arrived. What it holds is deleted unless it is accepted or a duplicate.
 *  @param task its number, which a later attempt of the same subtask doesn't share. */
export function onAcknowledge(
  step: CoordinatorStep,
  id: number,
  task: number,
  snapshot: TaskStateSnapshot,
  now: number,
): AcknowledgeResult {
  const pending = find(step.state, id);
  if (pending === undefined) return "DISCARDED";
  if (!pending.missing.delete(task)) return pending.states.has(task) ? "DUPLICATE" : "UNKNOWN";
  pending.states.set(task, snapshot);
  pending.latestAckAt = now;
  finalizeNext(step.state, step.outbox);
  return "SUCCESS";
}

/** One after the other: the coordinator's lock is held until the checkpoint is in the store. */
function finalizeNext(state: CheckpointCoordinatorState, outbox: Outbox): void {
  if (state.finalizing !== 0) return;
  const next = state.pending.find((one) => one.missing.size === 0 && one.missingCoordinators === 0);
  if (next === undefined) return;
  state.finalizing = next.id;
  outbox.add(FINALIZE, next.id);
}

/** Pending and not about to complete. */
function findOpen(state: CheckpointCoordinatorState, id: number): PendingCheckpoint | undefined {
  return state.finalizing === id ? undefined : find(state, id);
}

/** A task could not take the snapshot, for the given reason. */
export function onDecline(step: CoordinatorStep, id: number, reason: number, now: number): void {
  const pending = findOpen(step.state, id);
  if (pending) abort(step, pending, reason, true, now);
}

/** The time-out of a checkpoint fired; nothing happens when it is no longer pending. */
export function onTimeout(step: CoordinatorStep, id: number, now: number): void {
  const pending = findOpen(step.state, id);
  if (pending) abort(step, pending, CHECKPOINT_EXPIRED, false, now);
}

/** Tasks of the job have failed or are restarted: whatever is pending cannot complete. */
export function onFailover(step: CoordinatorStep, reason: number, now: number): void {
  abortOpen(step, reason, now);
  choose(step, now);
}

/** `_metadata` could not be written. */
export function onFinalizeFailed(step: CoordinatorStep, now: number): void {
  const { state, outbox } = step;
  const pending = find(state, state.finalizing);
  invariant(pending !== undefined, "only a checkpoint that is being finalized fails in it");
  state.finalizing = 0;
  abort(step, pending, FINALIZE_CHECKPOINT_FAILURE, false, now);
  finalizeNext(state, outbox);
}

/** `_metadata` and the pointer to it are written: the checkpoint is complete, and from now on it is what a failover
 *  restores, unless it is a savepoint.
 *  @param subtaskOf the number in its job of a task. @param metadataBytes of `_metadata`. */
export function onFinalized(
  step: CoordinatorStep,
  subtaskOf: (task: number) => number,
  metadataBytes: number,
  now: number,
): void {
  const { state, settings, outbox } = step;
  const pending = find(state, state.finalizing);
  invariant(pending !== undefined, "only a checkpoint that is being finalized completes");
  state.finalizing = 0;
  const { id, properties, triggeredAt, latestAckAt, states, plan } = pending;
  const savepoint = isSavepoint(properties);
  let lastSubsumed = 0;
  const bySubtask = new Map<number, TaskStateSnapshot>();
  for (const [task, snapshot] of states) bySubtask.set(subtaskOf(task), snapshot);
  const completed = {
    id,
    properties,
    triggeredAt,
    latestAckAt,
    completedAt: now,
    metadataBytes,
    states: bySubtask,
    finished: plan.finished.map(subtaskOf),
  };
  if (savepoint) state.savepoint = completed;
  else {
    for (const dropped of addCheckpoint(state.store, completed, settings.retained)) {
      lastSubsumed = dropped.id;
      clean(state, dropped.id, outbox);
    }
  }
  countSuccess(state.failures, id);
  outbox.add(COMPLETED, id);
  remove(state, id);
  state.lastCompletionAt = now;
  if (!savepoint || isSynchronous(properties)) {
    for (const older of state.pending.filter((one) => one.id < id && !isSavepoint(one.properties))) {
      abort(step, older, CHECKPOINT_SUBSUMED, false, now, false);
    }
    outbox.add(NOTIFY_COMPLETE, id, lastSubsumed);
  }
  finalizeNext(state, outbox);
  choose(step, now);
}

/** The files of an ended checkpoint are deleted. */
export function onCleaned(step: CoordinatorStep, now: number): void {
  step.state.cleaning--;
  invariant(step.state.cleaning >= 0, "an ended checkpoint is cleaned once");
  choose(step, now);
}

/** Every task has handed on everything: a checkpoint starts at once, for the tasks to finish with.
 *  Source: flink SchedulerBase.notifyEndOfData, VertexEndOfDataListener. */
export function onEndOfData(step: CoordinatorStep, now: number): void {
  if (step.state.isScheduling) submit(step, PERIODIC_CHECKPOINT, false, now);
}

function find(state: CheckpointCoordinatorState, id: number): PendingCheckpoint | undefined {
  return state.pending.find((checkpoint) => checkpoint.id === id);
}

function remove(state: CheckpointCoordinatorState, id: number): void {
  const { pending } = state;
  // Most often it is the only one: `splice` is a call.
  if (pending.length === 1 && pending[0]!.id === id) pending.pop();
  else {
    pending.splice(
      pending.findIndex((checkpoint) => checkpoint.id === id),
      1,
    );
  }
}

function clean(state: CheckpointCoordinatorState, id: number, outbox: Outbox): void {
  state.cleaning++;
  outbox.add(CLEAN, id);
}

/** @param choosing whether the next request may start at once. */
function abort(
  step: CoordinatorStep,
  pending: PendingCheckpoint,
  reason: number,
  byTask: boolean,
  now: number,
  choosing = true,
): void {
  const { state, outbox } = step;
  const { id, properties } = pending;
  remove(state, id);
  outbox.add(ABORT, id, reason);
  count(step, { id, properties, byTask }, reason);
  clean(state, id, outbox);
  if (choosing) choose(step, now);
}

function abortEverything(step: CoordinatorStep, reason: number, now: number): void {
  const { state, outbox } = step;
  for (const { number } of state.queue.splice(0)) outbox.add(REQUEST_FAILED, number, reason);
  abortOpen(step, reason, now);
}

function abortOpen(step: CoordinatorStep, reason: number, now: number): void {
  for (const pending of [...step.state.pending]) {
    if (pending.id !== step.state.finalizing) abort(step, pending, reason, false, now, false);
  }
}

interface Failed {
  readonly id: number;
  readonly properties: CheckpointProperties;
  readonly byTask: boolean;
}

function count({ state, settings, outbox }: CoordinatorStep, failed: Failed, reason: number): void {
  const { id, properties, byTask } = failed;
  const kind = { id, byTask, isSavepoint: isSavepoint(properties), isSynchronous: isSynchronous(properties) };
  if (countFailure(state.failures, settings.tolerableFailures, kind, reason)) outbox.add(FAIL_JOB, reason);
}

/** Id of the newest checkpoint in the store; 0: none. */
export function latestCompletedId(state: CheckpointCoordinatorState): number {
  return latestCheckpoint(state.store)?.id ?? 0;
}
