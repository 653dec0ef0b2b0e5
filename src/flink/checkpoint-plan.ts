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

/** @returns undefined: not all required tasks are running. */
export function checkpointPlan(
  tasks: readonly PlannedTask[],
  allowFinished: boolean,
): CheckpointPlan | undefined {
  const finished = tasks.filter(({ state }) => state === "FINISHED");
  if (finished.length > 0 && !allowFinished) return undefined;
  const running = tasks.filter(({ state }) => state === "RUNNING");
  if (running.length + finished.length < tasks.length) return undefined;
  const isRunning = new Set(running.map(({ number }) => number));
  const numbers = [...isRunning];
  return {
    trigger: running
      .filter(({ inputs }) => !inputs.some((input) => isRunning.has(input)))
      .map(({ number }) => number),
    waitFor: numbers,
    commitTo: numbers,
    finished: finished.map(({ number }) => number),
  };
}
