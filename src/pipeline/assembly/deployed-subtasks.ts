import { pipelinedRegions } from "../../flink/index.ts";
import type { JobEdgeOfSubtasks, JobSubtask } from "./job-subtask.ts";

/** The subtasks that a job has at its parallelism, as its JobMaster numbers them. */
export interface DeployedSubtasks {
  /** The subtask of each number at the JobMaster. */
  readonly subtasks: readonly number[];
  /** The number there of each subtask of the job at its widest; -1: it has none such. */
  readonly numberOf: readonly number[];
  /** By number. */
  readonly regionOf: readonly number[];
  readonly slotOf: readonly number[];
  /** By subtask: those that it reads, and those that read it. */
  readonly inputsOf: readonly (readonly number[])[];
  readonly outputsOf: readonly (readonly number[])[];
}

/** @param subtasks of the job at its widest. @param has whether it has a subtask now. */
export function deployedSubtasks(
  subtasks: readonly JobSubtask[],
  has: (subtask: number) => boolean,
  edges: readonly JobEdgeOfSubtasks[],
): DeployedSubtasks {
  const regions = pipelinedRegions(
    subtasks.length,
    edges.map(({ from, to }) => [from, to] as const),
  );
  const deployed = subtasks.flatMap((_, subtask) => (has(subtask) ? [subtask] : []));
  return {
    subtasks: deployed,
    numberOf: subtasks.map((_, subtask) => deployed.indexOf(subtask)),
    regionOf: deployed.map((subtask) => regions[subtask]!),
    slotOf: deployed.map((subtask) => subtasks[subtask]!.index),
    inputsOf: subtasks.map((_, subtask) => edges.filter(({ to }) => to === subtask).map(({ from }) => from)),
    outputsOf: subtasks.map((_, subtask) => edges.filter(({ from }) => from === subtask).map(({ to }) => to)),
  };
}
