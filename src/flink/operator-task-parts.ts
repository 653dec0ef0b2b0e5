import type { RandomStream } from "../engine/index.ts";
import type { Lineage } from "../records/index.ts";
import type { AlignmentSettings } from "./alignment.ts";
import type { BufferDebloatSettings } from "./buffer-debloater.ts";
import type { DivideRanks, SinkOfTask } from "./chained-sinks.ts";
import type { EndOfInputSettings } from "./end-of-input.ts";
import type { LatencyStats } from "./latency-stats.ts";
import type { BufferRecycler } from "./network-buffer.ts";
import type { PoisonRecord } from "./poison-record.ts";
import type { RankListener } from "./processed-records.ts";
import type { RecordWriterSettings } from "./record-writers.ts";
import type { SubtaskCheckpointCoordinator } from "./subtask-checkpoint-coordinator.ts";
import type { TaskEventTime } from "./task-event-time.ts";

/** Event kinds, payload a = number of the task; `flush`: b = record writer. */
export interface OperatorTaskKinds {
  readonly flush: number;
  readonly wake: number;
  readonly flushed: number;
  readonly syncDone: number;
  /** b = checkpoint: its barriers have been waited for long enough, at the input and in the output. */
  readonly alignmentTimeout: number;
  readonly outputTimeout: number;
  /** buffers are debloated. */
  readonly debloat: number;
  /** the sinks have flushed what was left at the end of the input. */
  readonly inputEnded: number;
}

export interface OperatorTaskSettings {
  readonly job: number;
  readonly subtask: number;
  readonly floatingBuffers: number;
  readonly buffersPerChannel: number;
  readonly writers: RecordWriterSettings;
  readonly alignment: AlignmentSettings;
  /** `execution.checkpointing.checkpoints-after-tasks-finish.enabled` */
  readonly checkpointsAfterTasksFinish: boolean;
  /** ns to write that many bytes of records in flight. */
  readonly channelStateWrite: (bytes: number) => number;
  /** ns after which a run of records is handed on at the latest; infinite when only readers look at the output. */
  readonly longestRun: number;
  /** one record at a time, each with its own event: the reference for spans. */
  readonly oneRecord: boolean;
  /** undefined: buffers are not debloated. */
  readonly debloat?: BufferDebloatSettings;
  /** records that the restored state has seen; 0 without one. */
  readonly restoredRecords: number;
}

/** Draws how long `records` records take together, ns. */
export type ServiceDraw = (records: number) => number;

/** What a task works with. */
export interface OperatorTaskParts {
  readonly service: ServiceDraw;
  readonly sinks: readonly SinkOfTask[];
  /** What sinks write of a route, where the job gets another parallelism. */
  readonly divide?: DivideRanks | undefined;
  readonly lineage: Lineage;
  readonly recycler: BufferRecycler;
  readonly checkpoints: SubtaskCheckpointCoordinator;
  /** one stream for each output edge's buffer flusher. */
  readonly flushers: readonly RandomStream[];
  /** Records at which an operator throws, and whom to tell when one does. */
  readonly poison: readonly PoisonRecord[];
  readonly onPoisoned: (record: PoisonRecord) => void;
  /** The job has ended with a savepoint that completed, or it failed and the task throws. */
  readonly onStopped: (isCompleted: boolean) => void;
  readonly endOfInput: EndOfInputSettings;
  /** undefined: no latency markers. */
  readonly latencyStats?: LatencyStats | undefined;
  /** Told of ranks [from, to) of a route of an origin partition once they are processed, and before the state is asked for that
   *  holds them; undefined: nobody listens. */
  readonly applied?: RankListener | undefined;
  /** undefined: the job has no event time. */
  readonly eventTime?: TaskEventTime | undefined;
}
