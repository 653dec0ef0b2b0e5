import type { IsolationLevel } from "../kafka/index.ts";

/** What the checks know of a pipeline. Numbers are those by which observations name things. Durations in ns. */
export interface CheckedPipeline {
  readonly jobs: readonly CheckedJob[];
  readonly readers: readonly CheckedReader[];
  /** Topic and partition of each origin partition. */
  readonly origins: readonly TopicPartitionName[];
  /** Names of the topics, by number. */
  readonly topics: readonly string[];
  /** transaction.abort.timed.out.transaction.cleanup.interval.ms */
  readonly sweepInterval: number;
  /** What the fault plan does that a promise doesn't cover; beside these a failure of a job is told as it comes. */
  readonly planned: {
    /** Something is to fail. */
    readonly faults: boolean;
    /** A job is stopped or started by an operator: it may go on from an older state than the one it has committed last. */
    readonly olderState: boolean;
    /** A leader is elected that need not have everything. */
    readonly uncleanElection: boolean;
    /** Something happens to a broker or the network. */
    readonly brokers: boolean;
  };
}

export interface TopicPartitionName {
  readonly topic: string;
  readonly partition: number;
}

export interface CheckedJob {
  readonly name: string;
  /** execution.checkpointing.interval; undefined: no checkpoints. */
  readonly interval: number | undefined;
  readonly mode: "exactly-once" | "at-least-once";
  readonly unaligned: boolean;
  /** Its source ends. */
  readonly isBounded: boolean;
  /** `execution.checkpointing.checkpoints-after-tasks-finish.enabled` */
  readonly checkpointsAfterTasksFinish: boolean;
  /** It is to be stopped with a savepoint and drained. */
  readonly isDrained?: boolean;
  /** execution.checkpointing.max-concurrent-checkpoints; default 1. */
  readonly concurrentCheckpoints?: number;
  readonly source: { readonly topic: string; readonly isolationLevel: IsolationLevel };
  /** Whether producers outside the jobs write its source's topic. */
  readonly readsOrigins: boolean;
  readonly sinks: readonly CheckedSink[];
  /** Whether a watermark may go past a record: a split may be idle, or its records are not in the order in which they were made. */
  readonly mayBeLate?: boolean;
  /** Behind the source, in the order in which their subtasks are numbered through. */
  readonly sourceParallelism: number;
  readonly vertices: readonly CheckedVertex[];
  /** Each vertex has one input, hands on every record once, and has no windows: what one has processed the next has or will. */
  readonly isLine: boolean;
}

export interface CheckedVertex {
  readonly parallelism: number;
  /** Topics of its sinks that get all its records. */
  readonly writes: readonly string[];
  /** It hands on results of windows, not the records that it gets. */
  readonly hasWindows?: boolean;
}

export interface CheckedSink {
  readonly topic: string;
  readonly deliveryGuarantee: "none" | "at-least-once" | "exactly-once";
  /** properties.transaction.timeout.ms */
  readonly transactionTimeout: number;
  /** Most records that it writes for one that the source reads; infinite where windows make records of their own. */
  readonly copies: number;
  /** Records that take one way through the job get into one partition of the topic. */
  readonly keepsWays: boolean;
}

export interface CheckedReader {
  readonly name: string;
  readonly topic: string;
  readonly isolationLevel: IsolationLevel;
  /** It drops what it has had before. */
  readonly deduplicates: boolean;
}
