/** Models: what each subtask of a sink gets of a checkpoint that was taken at another parallelism.
 *  Source: flink RoundRobinOperatorStateRepartitioner, SinkWriterStateHandler, CommitterOperator (states are lists, Flink 2.1).
 *  Leaves out: nothing of the above. */

import { evenShare } from "../flink/index.ts";
import type { KafkaSinkState } from "./kafka-sink.ts";

/** What a subtask of `parallelism` gets of the states of a sink's subtasks in a checkpoint: each writer state and each committer's
 *  collection is an element of a list that is shared out evenly. */
export function rescaledSinkState(
  checkpoint: number,
  old: readonly KafkaSinkState[],
  subtask: number,
  parallelism: number,
): KafkaSinkState {
  const writers = evenShare(
    old.flatMap((state) => state.writers),
    subtask,
    parallelism,
  );
  const committables = evenShare(
    old.map((state) => state.committables),
    subtask,
    parallelism,
  );
  return {
    checkpoint,
    writers,
    // Collected by checkpoint, whoever they were of.
    committables: committables.flat().toSorted((a, b) => a.checkpoint - b.checkpoint),
  };
}
