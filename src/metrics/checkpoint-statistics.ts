/** Checkpoint statistics with the field names, units and shapes of Flink's REST API: times are milliseconds of the virtual
 *  clock, durations milliseconds, sizes bytes, all rounded down.
 *  Source: flink CheckpointingStatistics, CheckpointStatistics, TaskCheckpointStatisticsWithSubtaskDetails,
 *  SubtaskCheckpointStatistics, StatsSummaryDto, CheckpointConfigInfo (Flink 2.1). */

/** `NaN` is what Jackson writes for a quantile of nothing. */
export interface StatsSummary {
  readonly min: number;
  readonly max: number;
  readonly avg: number;
  readonly p50: number | "NaN";
  readonly p90: number | "NaN";
  readonly p95: number | "NaN";
  readonly p99: number | "NaN";
  readonly p999: number | "NaN";
}

export interface TaskCheckpointStatistics {
  readonly id: number;
  readonly status: "COMPLETED" | "IN_PROGRESS" | "FAILED";
  readonly latest_ack_timestamp: number;
  readonly checkpointed_size: number;
  readonly state_size: number;
  readonly end_to_end_duration: number;
  /** Always 0, kept by Flink for compatibility. */
  readonly alignment_buffered: 0;
  readonly processed_data: number;
  readonly persisted_data: number;
  readonly num_subtasks: number;
  readonly num_acknowledged_subtasks: number;
}

export interface CheckpointStatistics extends TaskCheckpointStatistics {
  readonly className: "completed" | "in_progress" | "failed";
  readonly is_savepoint: boolean;
  readonly savepointFormat: string | null;
  readonly trigger_timestamp: number;
  readonly checkpoint_type: string;
  /** By id of the vertex; empty in the history. */
  readonly tasks: Readonly<Record<string, TaskCheckpointStatistics>>;
  /** Of completed ones. */
  readonly external_path?: string;
  readonly discarded?: boolean;
  /** Of failed ones. */
  readonly failure_timestamp?: number;
  readonly failure_message?: string;
}

export interface CompletedSubtaskStatistics {
  readonly className: "completed";
  readonly index: number;
  readonly status: "completed";
  readonly ack_timestamp: number;
  readonly end_to_end_duration: number;
  readonly checkpointed_size: number;
  readonly state_size: number;
  readonly checkpoint: { readonly sync: number; readonly async: number };
  readonly alignment: {
    readonly buffered: 0;
    readonly processed: number;
    readonly persisted: number;
    readonly duration: number;
  };
  readonly start_delay: number;
  readonly unaligned_checkpoint: boolean;
  readonly aborted: boolean;
}

export interface PendingSubtaskStatistics {
  readonly className: "pending";
  readonly index: number;
  readonly status: "pending_or_failed";
}

export interface VertexCheckpointStatistics extends TaskCheckpointStatistics {
  readonly summary: {
    readonly checkpointed_size: StatsSummary;
    readonly state_size: StatsSummary;
    readonly end_to_end_duration: StatsSummary;
    readonly checkpoint_duration: { readonly sync: StatsSummary; readonly async: StatsSummary };
    readonly alignment: {
      readonly buffered: StatsSummary;
      readonly processed: StatsSummary;
      readonly persisted: StatsSummary;
      readonly duration: StatsSummary;
    };
    readonly start_delay: StatsSummary;
  };
  readonly subtasks: readonly (CompletedSubtaskStatistics | PendingSubtaskStatistics)[];
}

export interface RestoredCheckpointStatistics {
  readonly id: number;
  readonly restore_timestamp: number;
  readonly is_savepoint: boolean;
  readonly external_path: string;
}

/** `GET /jobs/:jobid/checkpoints` */
export interface CheckpointingStatistics {
  readonly counts: {
    readonly restored: number;
    readonly total: number;
    readonly in_progress: number;
    readonly completed: number;
    readonly failed: number;
  };
  readonly summary: {
    readonly checkpointed_size: StatsSummary;
    readonly state_size: StatsSummary;
    readonly end_to_end_duration: StatsSummary;
    readonly alignment_buffered: StatsSummary;
    readonly processed_data: StatsSummary;
    readonly persisted_data: StatsSummary;
  };
  readonly latest: {
    readonly completed: CheckpointStatistics | null;
    readonly savepoint: CheckpointStatistics | null;
    readonly failed: CheckpointStatistics | null;
    readonly restored: RestoredCheckpointStatistics | null;
  };
  /** Newest first. */
  readonly history: readonly CheckpointStatistics[];
}

/** Flink's gauges of a job; -1 when there was nothing yet. */
export interface CheckpointGauges {
  readonly totalNumberOfCheckpoints: number;
  readonly numberOfInProgressCheckpoints: number;
  readonly numberOfCompletedCheckpoints: number;
  readonly numberOfFailedCheckpoints: number;
  readonly lastCheckpointDuration: number;
  readonly lastCheckpointSize: number;
  readonly lastCheckpointFullSize: number;
  readonly lastCheckpointMetadataSize: number;
  readonly lastCheckpointProcessedData: number;
  readonly lastCheckpointPersistedData: number;
  readonly lastCheckpointExternalPath: string;
  readonly lastCompletedCheckpointId: number;
  readonly lastCheckpointCompletedTimestamp: number;
  readonly lastCheckpointRestoreTimestamp: number;
}

/** `GET /jobs/:jobid/checkpoints/config`; times in ms, backend and storage by the names of Flink's classes. */
export interface CheckpointConfigInfo {
  readonly mode: "exactly_once" | "at_least_once";
  readonly interval: number;
  readonly timeout: number;
  readonly min_pause: number;
  readonly max_concurrent: number;
  readonly externalization: { readonly enabled: boolean; readonly delete_on_cancellation: boolean };
  readonly state_backend: string;
  readonly checkpoint_storage: string;
  readonly unaligned_checkpoints: boolean;
  readonly tolerable_failed_checkpoints: number;
  readonly aligned_checkpoint_timeout: number;
  readonly checkpoints_after_tasks_finish: boolean;
  readonly state_changelog_enabled: boolean;
  readonly changelog_periodic_materialization_interval: number;
  readonly changelog_storage: string;
}

/** All that Flink's REST API tells about the checkpoints of one job. */
export interface JobCheckpointStatistics {
  /** 32 hexadecimal digits. */
  readonly jobId: string;
  readonly config: CheckpointConfigInfo;
  readonly checkpoints: CheckpointingStatistics;
  readonly gauges: CheckpointGauges;
  /** The checkpoints of the history with their tasks, newest first: `/checkpoints/details/:checkpointid`. */
  readonly details: readonly CheckpointStatistics[];
  /** The same by vertex with all subtasks, by checkpoint id and vertex id: `/details/:checkpointid/subtasks/:vertexid`. */
  readonly subtasks: Readonly<Record<string, Readonly<Record<string, VertexCheckpointStatistics>>>>;
}
