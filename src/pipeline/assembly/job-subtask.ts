import type { KafkaSink } from "../../connectors/index.ts";
import type { Channel, RescaledState, TaskStateSnapshot } from "../../flink/index.ts";
import type { Topic } from "../../kafka/index.ts";

/** One subtask of a job, as it is deployed again and again. */
export interface JobSubtask {
  /** number of its vertex, and its number there. */
  readonly vertex: number;
  readonly index: number;
}

/** What an attempt of a subtask starts from. */
export interface RestoredSubtask {
  readonly checkpoint: number;
  readonly state: TaskStateSnapshot;
  /** Where the checkpoint was taken at another parallelism. */
  readonly rescaled?: RescaledState & { readonly insertedBytes: number };
}

/** One attempt of a subtask. */
export interface TaskAttempt {
  /** number of its task among all of the world. */
  readonly task: number;
  readonly taskManager: number;
  readonly inputs: Ends;
  readonly outputs: Ends;
  readonly sinks: readonly { readonly sink: KafkaSink; readonly topic: Topic }[];
}

/** A channel of the job: an input of a vertex, between two subtasks. */
export interface JobEdgeOfSubtasks {
  readonly vertex: number;
  readonly gate: number;
  readonly from: number;
  readonly to: number;
}

/** The channels of a subtask by edge. */
export type Ends = Channel[][];
