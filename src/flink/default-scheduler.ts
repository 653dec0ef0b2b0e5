/** Models: what the JobMaster does about a failure: JobStatus, the executions of all subtasks, failover regions, restart
 *    delay and cancellation side by side, slots, deployment, the end of the job.
 *  Source: flink DefaultScheduler, ExecutionFailureHandler, RestartPipelinedRegionFailoverStrategy, Execution,
 *    ExecutionVertexVersioner (Flink 2.1).
 *  Leaves out: the adaptive scheduler, batch scheduling, speculative execution, partial failure of a bulk of slots. */

import { invariant } from "../engine/index.ts";
import type { Outbox } from "../records/index.ts";
import type { RestartDecision } from "./restart-strategy.ts";

export type JobStatus =
  | "CREATED"
  | "RUNNING"
  | "RESTARTING"
  | "FAILING"
  | "FAILED"
  | "CANCELLING"
  | "CANCELED"
  | "FINISHED";

export type ExecutionState =
  | "CREATED"
  | "SCHEDULED"
  | "DEPLOYING"
  | "INITIALIZING"
  | "RUNNING"
  | "FINISHED"
  | "CANCELING"
  | "CANCELED"
  | "FAILED";

const VALID_SUCCESSORS: Readonly<Record<ExecutionState, readonly ExecutionState[]>> = {
  CREATED: ["SCHEDULED", "CANCELED", "FAILED"],
  SCHEDULED: ["DEPLOYING", "CANCELED", "FAILED"],
  DEPLOYING: ["INITIALIZING", "CANCELING", "FAILED"],
  INITIALIZING: ["RUNNING", "CANCELING", "FAILED"],
  RUNNING: ["FINISHED", "CANCELING", "FAILED"],
  CANCELING: ["CANCELED", "FAILED"],
  FINISHED: [],
  CANCELED: [],
  FAILED: [],
};

export function isLegalExecutionTransition(from: ExecutionState, to: ExecutionState): boolean {
  return VALID_SUCCESSORS[from].includes(to);
}

const VALID_STATUSES: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  CREATED: ["RUNNING"],
  RUNNING: ["RESTARTING", "FAILING", "CANCELLING", "FINISHED"],
  RESTARTING: ["RUNNING", "FAILING", "CANCELLING"],
  FAILING: ["FAILED"],
  CANCELLING: ["CANCELED"],
  FAILED: [],
  CANCELED: [],
  FINISHED: [],
};

export function isLegalJobTransition(from: JobStatus, to: JobStatus): boolean {
  return VALID_STATUSES[from].includes(to);
}

/** One subtask's current attempt. */
export interface Execution {
  state: ExecutionState;
  /** 0 for the first deployment. */
  attempt: number;
}

/** Subtasks that wait to be restarted together. */
export interface PendingRestart {
  readonly id: number;
  subtasks: number[];
  isDelayOver: boolean;
}

/** Plain data. Subtasks are numbered through, as the checkpoint coordinator counts them. */
export interface DefaultSchedulerState {
  status: JobStatus;
  /** per subtask: the number of its pipelined region. */
  readonly regionOf: readonly number[];
  readonly executions: Execution[];
  restarts: PendingRestart[];
  nextRestart: number;
  numRestarts: number;
}

/** Effects. SET_STATUS: the status has changed (read it from the state). STOP_CHECKPOINTS, START_CHECKPOINTS: the periodic
 *  scheduler follows the status. CANCEL(subtask, attempt). ARM_RESTART(id, delay): call onRestartDelayOver after
 *  so many ns. RESTORE(everything): what is SCHEDULED was reset, assign it the state of the latest completed
 *  checkpoint; 1: all subtasks, with the operator coordinators. REQUEST_SLOTS: ask for slots, then call onSlots.
 *  DEPLOY(subtask, attempt). */
export const SET_STATUS = 1;
export const STOP_CHECKPOINTS = 2;
export const START_CHECKPOINTS = 3;
export const CANCEL = 4;
export const ARM_RESTART = 5;
export const RESTORE = 6;
export const REQUEST_SLOTS = 7;
export const DEPLOY = 8;

export function defaultScheduler(regionOf: readonly number[]): DefaultSchedulerState {
  return {
    status: "CREATED",
    regionOf,
    executions: regionOf.map(() => ({ state: "CREATED", attempt: 0 })),
    restarts: [],
    nextRestart: 0,
    numRestarts: 0,
  };
}

/** The job is started: its status is RUNNING from now on, though no task runs yet. */
export function onStart(state: DefaultSchedulerState, outbox: Outbox): void {
  setStatus(state, "RUNNING", outbox);
  outbox.add(START_CHECKPOINTS);
  const all = state.executions.map((_, subtask) => subtask);
  for (const subtask of all) setExecution(state, subtask, "SCHEDULED");
  outbox.add(RESTORE, 1);
  outbox.add(REQUEST_SLOTS);
}

/** All slots were assigned: what is SCHEDULED is deployed. */
export function onSlots(state: DefaultSchedulerState, outbox: Outbox): void {
  state.executions.forEach((execution, subtask) => {
    if (execution.state !== "SCHEDULED") return;
    setExecution(state, subtask, "DEPLOYING");
    outbox.add(DEPLOY, subtask, execution.attempt);
  });
}

/** A TaskManager reports an attempt to be INITIALIZING or RUNNING. Reports of older attempts are ignored. */
export function onExecutionState(
  state: DefaultSchedulerState,
  subtask: number,
  attempt: number,
  reported: "INITIALIZING" | "RUNNING",
): void {
  const execution = current(state, subtask, attempt);
  // A report that crosses a cancellation on its way changes nothing.
  if (execution === undefined || !isLegalExecutionTransition(execution.state, reported)) return;
  execution.state = reported;
}

/** A task has ended by itself; when all have, the job is FINISHED. */
export function onFinished(
  state: DefaultSchedulerState,
  subtask: number,
  attempt: number,
  outbox: Outbox,
): void {
  const execution = current(state, subtask, attempt);
  if (execution === undefined || execution.state !== "RUNNING") return;
  execution.state = "FINISHED";
  if (state.status === "RUNNING" && state.executions.every((one) => one.state === "FINISHED")) {
    outbox.add(STOP_CHECKPOINTS);
    setStatus(state, "FINISHED", outbox);
  }
}

/** Whether a report of this failure would be news: the attempt is the current one and not ending already. */
export function isNewFailure(state: DefaultSchedulerState, subtask: number, attempt: number): boolean {
  const execution = current(state, subtask, attempt);
  return execution !== undefined && !isOver(execution.state) && execution.state !== "CANCELING";
}

/** An attempt has failed. The caller has seen isNewFailure, and asked the restart strategy. */
export function onTaskFailed(
  state: DefaultSchedulerState,
  subtask: number,
  decision: RestartDecision,
  outbox: Outbox,
): void {
  setExecution(state, subtask, "FAILED");
  const region = state.regionOf[subtask]!;
  fail(state, (other) => state.regionOf[other] === region, decision, outbox);
}

/** The job fails as a whole, as on too many failed checkpoints: every region restarts. */
export function onGlobalFailure(
  state: DefaultSchedulerState,
  decision: RestartDecision,
  outbox: Outbox,
): void {
  fail(state, () => true, decision, outbox);
}

/** A cancellation is over: acknowledged by the task, or given up since nobody answers. */
export function onCanceled(
  state: DefaultSchedulerState,
  subtask: number,
  attempt: number,
  outbox: Outbox,
): void {
  const execution = current(state, subtask, attempt);
  if (execution === undefined || execution.state !== "CANCELING") return;
  execution.state = "CANCELED";
  if (state.status === "FAILING" || state.status === "CANCELLING") endWhenAllAreOver(state, outbox);
  else restartWhatIsReady(state, outbox);
}

export function onRestartDelayOver(state: DefaultSchedulerState, id: number, outbox: Outbox): void {
  const restart = state.restarts.find((one) => one.id === id);
  if (restart === undefined) return;
  restart.isDelayOver = true;
  restartWhatIsReady(state, outbox);
}

/** The user cancels the job. */
export function onCancelJob(state: DefaultSchedulerState, outbox: Outbox): void {
  if (state.status !== "RUNNING" && state.status !== "RESTARTING") return;
  end(state, "CANCELLING", outbox);
}

// ---- steps

function fail(
  state: DefaultSchedulerState,
  isAffected: (subtask: number) => boolean,
  { canRestart, delay, isNewAttempt }: RestartDecision,
  outbox: Outbox,
): void {
  if (state.status === "FAILING" || state.status === "CANCELLING") {
    endWhenAllAreOver(state, outbox);
    return;
  }
  invariant(
    state.status === "RUNNING" || state.status === "RESTARTING",
    "only a job that runs or restarts can fail",
  );
  if (!canRestart) {
    end(state, "FAILING", outbox);
    return;
  }
  const subtasks = state.executions.flatMap((_, subtask) => (isAffected(subtask) ? [subtask] : []));
  if (isNewAttempt) state.numRestarts++;
  // A newer failure owns its subtasks: what waited for an older restart doesn't any more.
  for (const restart of state.restarts)
    restart.subtasks = restart.subtasks.filter((subtask) => !isAffected(subtask));
  state.restarts = state.restarts.filter((restart) => restart.subtasks.length > 0);
  const id = state.nextRestart++;
  state.restarts.push({ id, subtasks, isDelayOver: false });
  if (state.status === "RUNNING") {
    outbox.add(STOP_CHECKPOINTS);
    setStatus(state, "RESTARTING", outbox);
  }
  for (const subtask of subtasks) cancel(state, subtask, outbox);
  outbox.add(ARM_RESTART, id, delay);
}

function cancel(state: DefaultSchedulerState, subtask: number, outbox: Outbox): void {
  const execution = state.executions[subtask]!;
  switch (execution.state) {
    case "CREATED":
    case "SCHEDULED":
      execution.state = "CANCELED";
      return;
    case "DEPLOYING":
    case "INITIALIZING":
    case "RUNNING":
      execution.state = "CANCELING";
      outbox.add(CANCEL, subtask, execution.attempt);
      return;
    default:
      return;
  }
}

function restartWhatIsReady(state: DefaultSchedulerState, outbox: Outbox): void {
  const isReady = ({ subtasks, isDelayOver }: PendingRestart): boolean =>
    isDelayOver && subtasks.every((subtask) => isOver(state.executions[subtask]!.state));
  const ready = state.restarts.filter(isReady);
  if (ready.length === 0) return;
  state.restarts = state.restarts.filter((restart) => !ready.includes(restart));
  for (const { subtasks } of ready) {
    for (const subtask of subtasks) {
      const { attempt } = state.executions[subtask]!;
      state.executions[subtask] = { state: "SCHEDULED", attempt: attempt + 1 };
    }
    if (state.restarts.length === 0 && state.status === "RESTARTING") {
      setStatus(state, "RUNNING", outbox);
      outbox.add(START_CHECKPOINTS);
    }
    outbox.add(RESTORE, subtasks.length === state.executions.length ? 1 : 0);
    outbox.add(REQUEST_SLOTS);
  }
}

/** The job ends for good: everything is cancelled, and nothing restarts. */
function end(state: DefaultSchedulerState, status: "FAILING" | "CANCELLING", outbox: Outbox): void {
  state.restarts = [];
  if (state.status === "RUNNING") outbox.add(STOP_CHECKPOINTS);
  setStatus(state, status, outbox);
  state.executions.forEach((_, subtask) => {
    cancel(state, subtask, outbox);
  });
  endWhenAllAreOver(state, outbox);
}

function endWhenAllAreOver(state: DefaultSchedulerState, outbox: Outbox): void {
  if (!state.executions.every((execution) => isOver(execution.state))) return;
  setStatus(state, state.status === "FAILING" ? "FAILED" : "CANCELED", outbox);
}

function isOver(state: ExecutionState): boolean {
  return state === "FINISHED" || state === "CANCELED" || state === "FAILED";
}

function current(state: DefaultSchedulerState, subtask: number, attempt: number): Execution | undefined {
  const execution = state.executions[subtask];
  return execution?.attempt === attempt ? execution : undefined;
}

function setExecution(state: DefaultSchedulerState, subtask: number, to: ExecutionState): void {
  const execution = state.executions[subtask]!;
  invariant(
    isLegalExecutionTransition(execution.state, to),
    `an execution can't go from ${execution.state} to ${to}`,
  );
  execution.state = to;
}

function setStatus(state: DefaultSchedulerState, to: JobStatus, outbox: Outbox): void {
  invariant(isLegalJobTransition(state.status, to), `a job can't go from ${state.status} to ${to}`);
  state.status = to;
  outbox.add(SET_STATUS);
}

/** The pipelined regions of a job: subtasks that are connected by any exchange share one.
 *  @param edges pairs of subtasks with a channel between them. @returns the region of each subtask, numbered from 0. */
export function pipelinedRegions(
  subtasks: number,
  edges: Iterable<readonly [from: number, to: number]>,
): number[] {
  const parent = Array.from({ length: subtasks }, (_, i) => i);
  const root = (i: number): number => {
    let top = i;
    while (parent[top] !== top) top = parent[top]!;
    return top;
  };
  for (const [from, to] of edges) parent[Math.max(root(from), root(to))] = Math.min(root(from), root(to));
  const numbers = new Map<number, number>();
  return parent.map((_, i) => {
    const top = root(i);
    if (!numbers.has(top)) numbers.set(top, numbers.size);
    return numbers.get(top)!;
  });
}
