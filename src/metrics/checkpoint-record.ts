import type { CheckpointMetrics, TaskStateSnapshot } from "../flink/index.ts";
import type {
  CheckpointStatistics,
  CompletedSubtaskStatistics,
  PendingSubtaskStatistics,
  TaskCheckpointStatistics,
  VertexCheckpointStatistics,
} from "./checkpoint-statistics.ts";
import { ALWAYS_ZERO, summaryWithoutQuantiles } from "./stats-summary.ts";

/** A vertex of the job graph as Flink's REST API names it. */
export interface TrackedVertex {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly parallelism: number;
  /** Numbers of subtasks that it takes: as many as its parallelism ever is. */
  readonly numbers: number;
}

const MILLISECOND = 1e6;

/** Whole milliseconds of a time or duration in ns, as Flink's clocks have them. */
function milliseconds(nanoseconds: number): number {
  return Math.floor(nanoseconds / MILLISECOND);
}

/** What is known of one checkpoint, and how Flink's REST API tells it. */
export class CheckpointRecord {
  readonly id: number;
  readonly type: string;
  readonly #vertices: readonly TrackedVertex[];
  /** ms */
  readonly #triggeredAt: number;
  readonly #subtasks: (CompletedSubtaskStatistics | undefined)[];
  /** Subtasks that are to acknowledge. */
  readonly #expected: number;
  #acknowledged = 0;
  #latestAckAt = -1;
  #status: TaskCheckpointStatistics["status"] = "IN_PROGRESS";
  #externalPath = "";
  #failedAt = -1;
  #failure = "";
  isDiscarded = false;

  constructor(id: number, type: string, vertices: readonly TrackedVertex[], triggeredAt: number) {
    this.id = id;
    this.type = type;
    this.#vertices = vertices;
    this.#triggeredAt = milliseconds(triggeredAt);
    this.#subtasks = Array.from({ length: vertices.reduce((sum, { numbers }) => sum + numbers, 0) });
    this.#expected = vertices.reduce((sum, { parallelism }) => sum + parallelism, 0);
  }

  get isSavepoint(): boolean {
    return this.type !== "CHECKPOINT";
  }

  acknowledge(subtask: number, metrics: CheckpointMetrics, snapshot: TaskStateSnapshot, at: number): void {
    const ack = milliseconds(at);
    this.#acknowledged++;
    this.#latestAckAt = ack;
    this.#subtasks[subtask] = {
      className: "completed",
      index: this.#indexOf(subtask),
      status: "completed",
      ack_timestamp: ack,
      end_to_end_duration: ack - this.#triggeredAt,
      checkpointed_size: snapshot.checkpointedBytes,
      state_size: snapshot.stateBytes,
      checkpoint: { sync: milliseconds(metrics.sync), async: milliseconds(metrics.async) },
      alignment: {
        buffered: 0,
        processed: metrics.processedBytes,
        persisted: metrics.persistedBytes,
        duration: milliseconds(metrics.alignment),
      },
      start_delay: milliseconds(metrics.startDelay),
      unaligned_checkpoint: metrics.persistedBytes > 0,
      aborted: false,
    };
  }

  complete(externalPath: string): void {
    this.#status = "COMPLETED";
    this.#externalPath = externalPath;
  }

  fail(message: string, at: number): void {
    this.#status = "FAILED";
    this.#failure = message;
    this.#failedAt = milliseconds(at);
  }

  /** As in the history: without its tasks. */
  statistics(): CheckpointStatistics {
    const all = this.#statisticsOf(0, this.#subtasks.length, this.#expected);
    const unaligned = all.persisted_data > 0;
    const shared = {
      ...all,
      latest_ack_timestamp: this.#latestAckAt,
      is_savepoint: this.isSavepoint,
      savepointFormat: this.isSavepoint ? "CANONICAL" : null,
      trigger_timestamp: this.#triggeredAt,
      checkpoint_type: unaligned && !this.isSavepoint ? "UNALIGNED_CHECKPOINT" : this.type,
      tasks: {},
    };
    if (this.#status === "COMPLETED") {
      const { isDiscarded: discarded } = this;
      return { className: "completed", ...shared, external_path: this.#externalPath, discarded };
    }
    if (this.#status === "IN_PROGRESS") return { className: "in_progress", ...shared };
    return {
      className: "failed",
      ...shared,
      end_to_end_duration: this.#failedAt - this.#triggeredAt,
      failure_timestamp: this.#failedAt,
      failure_message: this.#failure,
    };
  }

  details(): CheckpointStatistics {
    const tasks = this.#eachVertex((vertex, first) => [
      vertex.id,
      this.#statisticsOf(first, first + vertex.parallelism),
    ]);
    return { ...this.statistics(), tasks: Object.fromEntries(tasks) };
  }

  /** By id of the vertex. */
  subtasks(): Readonly<Record<string, VertexCheckpointStatistics>> {
    return Object.fromEntries(
      this.#eachVertex((vertex, first) => [vertex.id, this.#vertex(first, first + vertex.parallelism)]),
    );
  }

  #eachVertex<Result>(read: (vertex: TrackedVertex, firstSubtask: number) => Result): Result[] {
    let first = 0;
    return this.#vertices.map((vertex) => {
      const result = read(vertex, first);
      first += vertex.numbers;
      return result;
    });
  }

  #indexOf(subtask: number): number {
    let index = subtask;
    for (const { numbers } of this.#vertices) {
      if (index < numbers) break;
      index -= numbers;
    }
    return index;
  }

  #statisticsOf(first: number, end: number, subtasks = end - first): TaskCheckpointStatistics {
    const acknowledged = this.#acknowledgedIn(first, end);
    const sum = (read: (one: CompletedSubtaskStatistics) => number): number =>
      acknowledged.reduce((all, one) => all + read(one), 0);
    const latest = acknowledged.reduce((most, one) => Math.max(most, one.ack_timestamp), -1);
    return {
      id: this.id,
      status: this.#statusOf(acknowledged.length === subtasks),
      latest_ack_timestamp: latest,
      checkpointed_size: sum((one) => one.checkpointed_size),
      state_size: sum((one) => one.state_size),
      end_to_end_duration: latest < 0 ? -1 : latest - this.#triggeredAt,
      alignment_buffered: 0,
      processed_data: sum((one) => one.alignment.processed),
      persisted_data: sum((one) => one.alignment.persisted),
      num_subtasks: subtasks,
      num_acknowledged_subtasks: acknowledged.length,
    };
  }

  /** A vertex whose subtasks have all acknowledged has completed its part. */
  #statusOf(isAcknowledged: boolean): TaskCheckpointStatistics["status"] {
    const whole = this.#acknowledged === this.#expected;
    return isAcknowledged && !whole ? "COMPLETED" : this.#status;
  }

  #acknowledgedIn(first: number, end: number): CompletedSubtaskStatistics[] {
    return this.#subtasks.slice(first, end).filter((one) => one !== undefined);
  }

  #vertex(first: number, end: number): VertexCheckpointStatistics {
    const acknowledged = this.#acknowledgedIn(first, end);
    const over = (read: (one: CompletedSubtaskStatistics) => number) =>
      summaryWithoutQuantiles(acknowledged.map(read));
    return {
      ...this.#statisticsOf(first, end),
      summary: {
        checkpointed_size: over((one) => one.checkpointed_size),
        state_size: over((one) => one.state_size),
        end_to_end_duration: over((one) => one.end_to_end_duration),
        checkpoint_duration: {
          sync: over((one) => one.checkpoint.sync),
          async: over((one) => one.checkpoint.async),
        },
        alignment: {
          buffered: ALWAYS_ZERO,
          processed: over((one) => one.alignment.processed),
          persisted: over((one) => one.alignment.persisted),
          duration: over((one) => one.alignment.duration),
        },
        start_delay: over((one) => one.start_delay),
      },
      subtasks: Array.from(
        { length: end - first },
        (_, index): CompletedSubtaskStatistics | PendingSubtaskStatistics =>
          this.#subtasks[first + index] ?? { className: "pending", index, status: "pending_or_failed" },
      ),
    };
  }
}
