/** Models: what a subtask's acknowledgement carries: handles of its keyed state, its operator state by value, sizes.
 *  Source: flink TaskStateSnapshot, OperatorSubtaskState, StateObject.getStateSize, getCheckpointedSize (Flink 2.2).
 *  Leaves out: the split by operators of a chain. */

import type { ChannelState } from "./alignment.ts";
import type { TumblingWindowsState } from "./tumbling-windows.ts";

/** A piece of keyed state. `inline`: in the acknowledgement and in `_metadata`; `exclusive`: a file of this checkpoint;
 *  `shared`: a file that later checkpoints may refer to, too. */
export interface StateHandle {
  /** tells files of the subtask apart; 0 for what is inline. */
  readonly file: number;
  readonly bytes: number;
  readonly scope: "inline" | "exclusive" | "shared";
}

/** Next offset to read of a split of the subtask's source. */
export interface SplitState {
  /** number of the origin partition that the split is; -1: another job writes it. */
  readonly partition: number;
  /** in its topic. */
  readonly topicPartition: number;
  readonly offset: number;
  /** In front of which its reading ends; undefined: it never does. */
  readonly stoppingOffset?: number;
}

/** What a committer has collected and not yet committed. */
export interface CommittableState {
  readonly checkpoint: number;
  readonly transaction: number;
}

/** Operator state of a subtask by value; it is small. */
export interface OperatorState {
  readonly splits: readonly SplitState[];
  readonly committables: readonly CommittableState[];
  /** What windows hold; it is keyed state, whose bytes the state backend counts. undefined: there are none. */
  readonly windows?: TumblingWindowsState;
  /** bytes it takes, serialised. */
  readonly bytes: number;
}

/** Plain data; sizes in bytes. */
export interface TaskStateSnapshot {
  readonly keyed: readonly StateHandle[];
  readonly operator: OperatorState;
  /** Records that the keyed state has seen; its size follows from them. */
  readonly keyedRecords: number;
  /** The same by numbers of parts that no parallelism of the job divides, each a route and an origin partition; undefined: the job
   *  keeps its parallelism. */
  readonly recordsByPart?: ReadonlyMap<number, number>;
  /** Records in flight that an unaligned checkpoint holds of the task's channels. */
  readonly channelState: readonly ChannelState[];
  readonly channelStateBytes: number;
  /** written for this checkpoint: `checkpointed_size`. */
  readonly checkpointedBytes: number;
  /** all that a restore needs: `state_size`. */
  readonly stateBytes: number;
}

export const NO_OPERATOR_STATE: OperatorState = { splits: [], committables: [], bytes: 0 };

/** Of a task without state. */
export const NO_STATE: TaskStateSnapshot = {
  keyed: [],
  operator: NO_OPERATOR_STATE,
  keyedRecords: 0,
  channelState: [],
  channelStateBytes: 0,
  checkpointedBytes: 0,
  stateBytes: 0,
};
