/** Models: which tasks a checkpoint is triggered at, must acknowledge it, and are told of its end.
 *  Source: flink DefaultCheckpointPlanCalculator (Flink 2.2).
 *  Leaves out: tasks with a blocking output; operators that are finished in part. */

export type ExecutionState =
  | "CREATED"
  | "DEPLOYING"
  | "INITIALIZING"
  | "RUNNING"
  | "FINISHED"
  | "CANCELING"
  | "FAILED";

/** A task as the plan needs it: `inputs` are the numbers of the tasks that it reads from. */
export interface PlannedTask {
  readonly number: number;
  readonly state: ExecutionState;
  readonly inputs: readonly number[];
}

/** Numbers of tasks. */
export interface CheckpointPlan {
  readonly trigger: readonly number[];
  readonly waitFor: readonly number[];
  readonly commitTo: readonly number[];
  readonly finished: readonly number[];
}

const NONE: ReadonlySet<number> = new Set();

/** @returns undefined: not all required tasks are running. */
export function checkpointPlan(
  tasks: readonly PlannedTask[],
  allowFinished: boolean,
): CheckpointPlan | undefined {
  const finished: number[] = [];
  const running: number[] = [];
  for (const { state, number } of tasks) {
    if (state === "FINISHED" && allowFinished) finished.push(number);
    else if (state === "RUNNING") running.push(number);
    else return undefined;
  }
  const ended = finished.length === 0 ? NONE : new Set(finished);
  const trigger: number[] = [];
  for (const { state, number, inputs } of tasks) {
    if (state === "RUNNING" && inputs.every((input) => ended.has(input))) trigger.push(number);
  }
  return { trigger, waitFor: running, commitTo: running, finished };
}
