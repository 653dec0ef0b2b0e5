import { mixSeed } from "../engine/index.ts";
import type {
  CheckpointMetrics,
  FailoverObserver,
  FlinkObserver,
  TaskStateSnapshot,
} from "../flink/index.ts";
import { CheckpointRecord, type TrackedVertex } from "./checkpoint-record.ts";
import type {
  CheckpointConfigInfo,
  CheckpointGauges,
  CheckpointingStatistics,
  JobCheckpointStatistics,
  RestoredCheckpointStatistics,
} from "./checkpoint-statistics.ts";
import { ALWAYS_ZERO, SummaryOfValues } from "./stats-summary.ts";

/** A job as its statistics need it. */
export interface TrackedJob {
  readonly name: string;
  /** In the order in which subtasks are numbered through: as many numbers for each as its parallelism ever is, where that isn't
   *  always the same. */
  readonly vertices: readonly {
    readonly name: string;
    readonly parallelism: number;
    readonly numbers?: number;
  }[];
  /** `web.checkpoints.history` */
  readonly history: number;
  /** `execution.checkpointing.num-retained` */
  readonly retained: number;
  readonly config: CheckpointConfigInfo;
  /** Where checkpoints are written; undefined: the JobManager keeps them. */
  readonly directory: string | undefined;
}

const IN_MEMORY = "<checkpoint-not-externally-addressable>";

/** 32 hexadecimal digits that stand for a name, as Flink's ids of jobs and vertices have. */
function hexId(name: string): string {
  return mixSeed("id", name);
}

class JobTracker {
  readonly id: string;
  readonly #job: TrackedJob;
  #vertices: readonly TrackedVertex[];
  /** Oldest first, those in progress included. */
  readonly #history: CheckpointRecord[] = [];
  readonly #inProgress = new Map<number, CheckpointRecord>();
  readonly #retained: CheckpointRecord[] = [];
  readonly #summaries = {
    checkpointed: new SummaryOfValues(),
    state: new SummaryOfValues(),
    duration: new SummaryOfValues(),
    processed: new SummaryOfValues(),
    persisted: new SummaryOfValues(),
  };
  #total = 0;
  #completed = 0;
  #failed = 0;
  /** The one that completed last, be it a savepoint: the gauges are of it. */
  #last: CheckpointRecord | undefined;
  #latestCompleted: CheckpointRecord | undefined;
  #latestSavepoint: CheckpointRecord | undefined;
  #latestFailed: CheckpointRecord | undefined;
  /** Taken, and never dropped. */
  readonly #savepoints: CheckpointRecord[] = [];
  #restored = 0;
  #latestRestored: RestoredCheckpointStatistics | undefined;
  #metadataBytes = -1;

  constructor(job: TrackedJob) {
    this.#job = job;
    this.id = hexId(job.name);
    this.#vertices = job.vertices.map(({ name, parallelism, numbers = parallelism }) => ({
      id: hexId(`${job.name} ${name}`),
      parallelism,
      numbers,
    }));
  }

  rescaled(parallelisms: readonly number[]): void {
    this.#vertices = this.#vertices.map((vertex, i) => ({ ...vertex, parallelism: parallelisms[i]! }));
  }

  triggered(id: number, type: string, at: number): void {
    this.#total++;
    const record = new CheckpointRecord(id, type, this.#vertices, at);
    this.#inProgress.set(id, record);
    this.#history.push(record);
    if (this.#history.length > this.#job.history) this.#history.shift();
  }

  triggerFailed(): void {
    this.#total++;
    this.#failed++;
  }

  acknowledged(
    id: number,
    subtask: number,
    metrics: CheckpointMetrics,
    snapshot: TaskStateSnapshot,
    at: number,
  ): void {
    this.#inProgress.get(id)?.acknowledge(subtask, metrics, snapshot, at);
  }

  completed(id: number, metadataBytes: number): void {
    const record = this.#inProgress.get(id)!;
    this.#inProgress.delete(id);
    record.complete(this.#pathOf(record));
    this.#completed++;
    this.#last = record;
    this.#metadataBytes = metadataBytes;
    if (record.isSavepoint) {
      this.#latestSavepoint = record;
      this.#savepoints.push(record);
    } else {
      this.#latestCompleted = record;
      this.#retained.push(record);
      if (this.#retained.length > this.#job.retained) this.#retained.shift()!.isDiscarded = true;
    }
    const statistics = record.statistics();
    const { checkpointed, state, duration, processed, persisted } = this.#summaries;
    checkpointed.add(statistics.checkpointed_size);
    state.add(statistics.state_size);
    duration.add(statistics.end_to_end_duration);
    processed.add(statistics.processed_data);
    persisted.add(statistics.persisted_data);
  }

  failed(id: number, message: string, at: number): void {
    const record = this.#inProgress.get(id)!;
    this.#inProgress.delete(id);
    record.fail(message, at);
    this.#failed++;
    this.#latestFailed = record;
  }

  restored(id: number, at: number): void {
    const record = [...this.#retained, ...this.#savepoints].find((one) => one.id === id);
    if (record === undefined) return;
    this.#restored++;
    this.#latestRestored = {
      id,
      restore_timestamp: Math.floor(at / 1e6),
      is_savepoint: record.isSavepoint,
      external_path: this.#pathOf(record),
    };
  }

  statistics(): JobCheckpointStatistics {
    const newestFirst = this.#history.toReversed();
    return {
      jobId: this.id,
      config: this.#job.config,
      checkpoints: this.#checkpoints(newestFirst),
      gauges: this.#gauges(),
      details: newestFirst.map((record) => record.details()),
      subtasks: Object.fromEntries(newestFirst.map((record) => [record.id, record.subtasks()])),
    };
  }

  #checkpoints(history: readonly CheckpointRecord[]): CheckpointingStatistics {
    const { checkpointed, state, duration, processed, persisted } = this.#summaries;
    return {
      counts: {
        restored: this.#restored,
        total: this.#total,
        in_progress: this.#inProgress.size,
        completed: this.#completed,
        failed: this.#failed,
      },
      summary: {
        checkpointed_size: checkpointed.summary(),
        state_size: state.summary(),
        end_to_end_duration: duration.summary(),
        alignment_buffered: ALWAYS_ZERO,
        processed_data: processed.summary(),
        persisted_data: persisted.summary(),
      },
      latest: {
        completed: this.#latestCompleted?.statistics() ?? null,
        savepoint: this.#latestSavepoint?.statistics() ?? null,
        failed: this.#latestFailed?.statistics() ?? null,
        restored: this.#latestRestored ?? null,
      },
      history: history.map((record) => record.statistics()),
    };
  }

  #gauges(): CheckpointGauges {
    const last = this.#last?.statistics();
    return {
      totalNumberOfCheckpoints: this.#total,
      numberOfInProgressCheckpoints: this.#inProgress.size,
      numberOfCompletedCheckpoints: this.#completed,
      numberOfFailedCheckpoints: this.#failed,
      lastCheckpointDuration: last?.end_to_end_duration ?? -1,
      lastCheckpointSize: last?.checkpointed_size ?? -1,
      lastCheckpointFullSize: last?.state_size ?? -1,
      lastCheckpointMetadataSize: this.#metadataBytes,
      lastCheckpointProcessedData: last?.processed_data ?? -1,
      lastCheckpointPersistedData: last?.persisted_data ?? -1,
      lastCheckpointExternalPath: last?.external_path ?? "n/a",
      lastCompletedCheckpointId: last?.id ?? -1,
      lastCheckpointCompletedTimestamp: last?.latest_ack_timestamp ?? -1,
      lastCheckpointRestoreTimestamp: this.#latestRestored?.restore_timestamp ?? -1,
    };
  }

  #pathOf(record: CheckpointRecord): string {
    const { directory } = this.#job;
    if (directory === undefined) return IN_MEMORY;
    const folder = record.isSavepoint ? `savepoint-${this.id.slice(0, 6)}-${record.id}` : `chk-${record.id}`;
    return `${directory}/${this.id}/${folder}`;
  }
}

/** Checkpoint statistics of every job, as Flink's REST API and its metrics tell them. Keeps as many checkpoints as the
 *  history has, and of the others only their part of the summary.
 *  Source: flink DefaultCheckpointStatsTracker, CheckpointStatsHistory, CompletedCheckpointStatsSummary (Flink 2.1). */
export class CheckpointStatsTracker
  implements
    Pick<
      FlinkObserver,
      | "checkpointTriggered"
      | "checkpointTriggerFailed"
      | "checkpointAcknowledged"
      | "checkpointCompleted"
      | "checkpointAborted"
    >,
    Pick<FailoverObserver, "jobRestored">
{
  readonly #jobs: readonly JobTracker[];

  constructor(jobs: readonly TrackedJob[]) {
    this.#jobs = jobs.map((job) => new JobTracker(job));
  }

  jobRescaled(job: number, parallelisms: readonly number[]): void {
    this.#jobs[job]!.rescaled(parallelisms);
  }

  checkpointTriggered(job: number, checkpoint: number, at: number, type: string): void {
    this.#jobs[job]!.triggered(checkpoint, type, at);
  }

  checkpointTriggerFailed(job: number): void {
    this.#jobs[job]!.triggerFailed();
  }

  checkpointAcknowledged(
    job: number,
    subtask: number,
    checkpoint: number,
    metrics: CheckpointMetrics,
    snapshot: TaskStateSnapshot,
    at: number,
  ): void {
    this.#jobs[job]!.acknowledged(checkpoint, subtask, metrics, snapshot, at);
  }

  checkpointCompleted(
    job: number,
    checkpoint: number,
    _triggeredAt: number,
    _latestAckAt: number,
    _at: number,
    metadataBytes: number,
  ): void {
    this.#jobs[job]!.completed(checkpoint, metadataBytes);
  }

  checkpointAborted(job: number, checkpoint: number, _reason: string, at: number, message: string): void {
    this.#jobs[job]!.failed(checkpoint, message, at);
  }

  /** @param checkpoint 0: the job begins with none. */
  jobRestored(job: number, checkpoint: number, at: number): void {
    this.#jobs[job]!.restored(checkpoint, at);
  }

  statistics(job: number): JobCheckpointStatistics {
    return this.#jobs[job]!.statistics();
  }
}
