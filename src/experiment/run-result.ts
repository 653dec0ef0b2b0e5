import type { JobCheckpointStatistics, LatencyMarkerHistogram } from "../metrics/index.ts";
import type { Pipeline, SourceReaderMetrics, TaskMetrics } from "../pipeline/index.ts";

/** Quantiles and mean of a latency, milliseconds. All null when nothing was measured. */
export interface LatencySummary {
  readonly count: number;
  readonly minMs: number | null;
  readonly meanMs: number | null;
  readonly p10Ms: number | null;
  readonly p25Ms: number | null;
  readonly p50Ms: number | null;
  readonly p75Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

export interface ReaderResult {
  readonly reader: string;
  readonly topic: string;
  readonly isolationLevel: "read_uncommitted" | "read_committed";
  /** From the record's creation by the producer to its delivery to the reader, records created after the warm-up. */
  readonly latency: LatencySummary;
  /** The same records' creation to their append to the topic, as `message.timestamp.type: LogAppendTime` would tell it: readable or
   *  not, and again where they are appended again. */
  readonly latencyByLogAppendTime: LatencySummary;
  /** What Flink's latency markers tell, from a source's emission to the sink's writer, of those emitted after the warm-up; "off"
   *  with `metrics.latency.interval` 0. */
  readonly latencyByMarker: LatencySummary | "off";
  /** Over the whole run, drained: what the producers of the lineage created, and how often this reader saw it. */
  readonly recordsIn: number;
  readonly recordsVisible: number;
  /** Nothing counts as lost while it waits for a job that isn't running. */
  readonly recordsLost: number;
  /** Not seen because a job on the way was not restarted. */
  readonly recordsWaiting: number;
  readonly recordsDuplicated: number;
  /** Which of the source topic's records these are, exactly; the first stretches of offsets. */
  readonly losses: readonly OffsetStretch[];
  readonly duplicates: readonly OffsetStretch[];
  /** What it saw twice, late, or going back in time; null: the reader doesn't de-duplicate. */
  readonly upsertView: UpsertViewResult | null;
  /** null: the reader has no SLO. */
  readonly slo: {
    readonly quantile: number;
    readonly boundMs: number;
    readonly measuredMs: number | null;
    readonly met: boolean;
  } | null;
}

/** Records of one source partition that took one way through the jobs, from one offset to another. */
export interface OffsetStretch {
  readonly topic: string;
  readonly partition: number;
  /** Such as `key groups 0 to 127`: those of them that took this way. */
  readonly way: string;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly records: number;
  /** How often the reader saw each; 0: never. */
  readonly times: number;
}

export interface UpsertViewResult {
  /** Records that it had had before; `deduplicate: by-key` drops exactly these. */
  readonly twice: number;
  /** Records that came for the first time behind newer ones. */
  readonly late: number;
  /** How often a value went back in time, how far at most, and for how long at most. */
  readonly setbacks: number;
  readonly deepestMs: number;
  readonly longestMs: number;
}

/** What the coordinators of transactions were asked for, over the whole run. */
export interface TransactionsResult {
  readonly initProducerId: number;
  readonly newTransactionalIds: number;
  /** From what a checkpoint behind the warm-up takes and the time between two: what a start takes isn't taken every day. Each is
   *  kept for a week (transactional.id.expiration.ms). */
  readonly newTransactionalIdsPerDay: number;
  readonly findCoordinator: number;
  readonly addPartitionsToTxn: number;
  readonly endTxn: number;
  /** Answers that made somebody come back later. */
  readonly concurrentTransactions: number;
  readonly writeTxnMarkers: number;
  readonly stateLogWrites: number;
  readonly committed: number;
  readonly aborted: number;
  readonly timedOut: number;
}

/** What was asked of checkpoint storage under load. */
export interface StorageResult {
  /** Triggered meanwhile, of all jobs. */
  readonly checkpoints: number;
  readonly puts: number;
  /** Written by tasks and JobManager; what travels in acknowledgements counts once, in `_metadata`. */
  readonly putBytes: number;
  readonly deletes: number;
}

export interface CheckpointResult {
  readonly job: string;
  readonly triggered: number;
  readonly completed: number;
  readonly failed: number;
  /** Trigger to last acknowledgement, as Flink's `lastCheckpointDuration`; completed checkpoints. */
  readonly durationMs: LatencySummary;
  /** What Flink's REST API would tell, over the whole run. */
  readonly statistics: JobCheckpointStatistics;
}

/** A time in which a job was down, in its phases; null: that wasn't reached. */
export interface OutageResult {
  readonly crashedAtMs: number;
  /** Until the JobMaster heard of it. */
  readonly noticedMs: number | null;
  /** Back-off, cancellation, and the wait for slots. */
  readonly restartMs: number | null;
  /** Deployment, state, transactions: until every task ran. */
  readonly restoreMs: number | null;
  /** That was restored; 0: none. */
  readonly checkpoint: number;
}

/** What the faults of a run did to a reader; null: nothing, or nobody knows. */
export interface ReaderStall {
  readonly reader: string;
  /** The longest time without a record that ended behind the first fault, and since when. */
  readonly stallMs: number | null;
  readonly stallFromMs: number | null;
  /** When its last record came that took over a quarter longer than any before the first fault. */
  readonly caughtUpAtMs: number | null;
}

/** Sums over the source subtasks of a job, and what the metrics of each one's reader show. */
export interface SourceLagResult {
  readonly job: string;
  readonly topic: string;
  /** null: the subtask has no task. */
  readonly subtasks: readonly (SourceReaderMetrics | null)[];
  /** Flink's gauge: records that may be read and haven't been taken. */
  readonly pendingRecords: number;
  /** Offsets from the committed ones to the log's end, as kafka-consumer-groups gives them: behind a transactional topic never 0,
   *  since a marker takes an offset that nobody reads. null: nothing was committed. */
  readonly consumerGroupLag: number | null;
  readonly consumerGroupLagDrained: number | null;
}

/** What the windows of a job did, over the whole run and all attempts. */
export interface WindowsResult {
  readonly job: string;
  /** Windows of a subtask that were fired, the records in them, and their results, a result a key. */
  readonly fired: number;
  readonly recordsFired: number;
  readonly results: number;
  /** Flink's numLateRecordsDropped: they came when their window had been fired. */
  readonly lateRecordsDropped: number;
  /** Where the source is bounded: records in windows that were open when the input had ended, so that nothing fires them. */
  readonly recordsLeftOpen?: number;
}

/** What Flink's metrics of a vertex's tasks show at the end of the load. */
export interface VertexResult {
  readonly job: string;
  readonly vertex: string;
  /** By subtask, of its current attempt; null: it has none. */
  readonly subtasks: readonly (TaskMetrics | null)[];
}

/** What one run of one pipeline gave. Plain data: JSON.stringify(result) is the `--json` output of one run. */
export interface RunResult {
  readonly pipeline: string;
  readonly seed: string;
  /** As run: `none`, `at-least-once` or `exactly-once` per job; several where its sinks differ. */
  readonly deliveryGuarantees: Readonly<Record<string, string>>;
  readonly simulatedSeconds: number;
  readonly warmUpSeconds: number;
  /** How the data plane ran: `curves` and `lazy`, unless a slower reference was asked for. */
  readonly spans: "curves" | "one-record";
  readonly polls: "lazy" | "eager";
  readonly stopReason: string;
  readonly events: number;
  readonly eventsPerSimulatedSecond: number;
  /** Hash of the outcomes (cuts, checkpoints, commits, deliveries), 16 hex digits. */
  readonly outcomeFingerprint: string;
  readonly readers: readonly ReaderResult[];
  readonly checkpoints: readonly CheckpointResult[];
  readonly transactions: TransactionsResult;
  readonly storage: StorageResult;
  readonly tasks: readonly VertexResult[];
  /** Of jobs that have windows; not there without any. */
  readonly windows?: readonly WindowsResult[];
  /** The histograms that Flink keeps of latency markers, by job, as they are at the end of the load. */
  readonly latencyMarkers: readonly {
    readonly job: string;
    readonly histograms: readonly LatencyMarkerHistogram[] | "off";
  }[];
  /** How far behind each job's source subtasks are at the end of the load, and once everything is drained. */
  readonly sources: readonly SourceLagResult[];
  /** What failures did to each job, and when; empty without any. */
  readonly recovery: {
    readonly jobs: readonly {
      readonly job: string;
      readonly restarts: number;
      /** What it was last: Flink's JobStatus, or `gone` with a JobManager that nobody succeeds. */
      readonly status: string;
      /** Whether all its tasks ran at the end, or had ended by themselves after the last record. */
      readonly isRunning: boolean;
      /** From a crash until every task ran again; null: not again. */ readonly outagesMs: readonly (
        | number
        | null
      )[];
      readonly outages: readonly OutageResult[];
    }[];
    /** What each reader noticed of the faults; empty without any. */
    readonly readers: readonly ReaderStall[];
    /** Records that brokers lost, or that their producer gave up, in all partitions of a topic; topics that lost some. */
    readonly recordsGone: readonly { readonly topic: string; readonly records: number }[];
    readonly timeline: readonly {
      readonly atMs: number;
      readonly job: string | null;
      readonly what: string;
    }[];
  };
  /** Named checks; `violations` empty when it held. `permitted`: what would be one, had the guarantees and the faults not excused
   *  it. See docs/checks.md. */
  readonly checks: readonly {
    readonly name: string;
    readonly violations: readonly string[];
    readonly permitted: readonly string[];
  }[];
  readonly config: Pipeline;
}
