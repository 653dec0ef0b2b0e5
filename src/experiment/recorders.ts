import { PipelineChecks, type SeenOffsets } from "../checks/index.ts";
import { OrderFingerprint } from "../engine/index.ts";
import {
  CheckpointRecorder,
  CheckpointSizes,
  CheckpointStatsTracker,
  type JobCheckpointSizes,
  type JobCheckpoints,
  LatencyRecorder,
  type RampHistogram,
  RecoveryRecorder,
  UpsertView,
  type UpsertViewFigures,
} from "../metrics/index.ts";
import {
  failureReasons,
  jobVertices,
  type Lineage,
  type Pipeline,
  type PipelineObserver,
  type World,
} from "../pipeline/index.ts";
import { checkedPipeline } from "./checked-pipeline.ts";
import { checkpointConfig } from "./checkpoint-config.ts";
import type {
  CheckpointResult,
  LatencySummary,
  OffsetStretch,
  ReaderResult,
  RunResult,
  UpsertViewResult,
} from "./run-result.ts";

const SECOND = 1e9;
/** Stretches of offsets that a result names. */
const MOST_STRETCHES = 200;

/** ns. */
export interface MeasuredTime {
  readonly from: number;
  readonly until: number;
}

/** Everything that listens to one run, and what it heard as a result: latencies, checkpoints, checks, and a fingerprint of
 *  the outcomes (checkpoints, cuts and commits with their times). */
export class Recorders {
  readonly fingerprint = new OrderFingerprint();
  readonly recovery: RecoveryRecorder;
  readonly #pipeline: Pipeline;
  readonly #from: number;
  readonly #until: number;
  readonly #checkpoints: CheckpointRecorder;
  readonly #sizes: CheckpointSizes;
  readonly #statistics: CheckpointStatsTracker;
  /** Why and when, ns, each job would have failed. */
  readonly #jobFailures: { readonly reason: string; readonly at: number }[][];
  #latency: LatencyRecorder | undefined;
  #checks: PipelineChecks | undefined;
  #upserts: UpsertView | undefined;

  /** @param from ns. @param until ns: records created in between are measured. @param checkpoints as well, of those triggered
   *    in between. */
  constructor(pipeline: Pipeline, from: number, until: number, checkpoints: MeasuredTime = { from, until }) {
    this.#pipeline = pipeline;
    this.#from = from;
    this.#until = until;
    this.#checkpoints = new CheckpointRecorder(pipeline.jobs.length, checkpoints.from, checkpoints.until);
    this.#sizes = new CheckpointSizes(pipeline.jobs.length, checkpoints.from, checkpoints.until);
    this.#statistics = new CheckpointStatsTracker(
      pipeline.jobs.map((job) => ({
        name: job.name,
        vertices: jobVertices(job),
        config: checkpointConfig(job),
        history: pipeline.flink.checkpointHistory,
        retained: job.checkpointing.retained,
        directory: job.checkpointing.storage === "filesystem" ? job.checkpointing.directory : undefined,
      })),
    );
    this.#jobFailures = pipeline.jobs.map(() => []);
    this.recovery = new RecoveryRecorder(
      pipeline.jobs.length,
      failureReasons,
      pipeline.kafka.topics.map(({ name }) => name),
    );
  }

  attach(lineage: Lineage): PipelineObserver {
    const { readers } = this.#pipeline;
    const latency = new LatencyRecorder(readers.length, lineage, this.#from, this.#until);
    const checks = new PipelineChecks(checkedPipeline(this.#pipeline), lineage);
    const upserts = new UpsertView(readers.length, lineage);
    const isView = readers.map(({ deduplicate }) => deduplicate !== "none");
    this.#upserts = upserts;
    const checkpoints = this.#checkpoints;
    const sizes = this.#sizes;
    const statistics = this.#statistics;
    const fingerprint = this.fingerprint;
    this.#latency = latency;
    this.#checks = checks;
    const recovery = this.recovery;
    const savepoints = new Set<string>();
    return {
      jobStatusChanged: (job, status, at) => {
        recovery.jobStatusChanged(job, status, at);
        checks.jobStatusChanged(job, status);
      },
      jobFailed: (job, subtask, reason, at) => recovery.jobFailed(job, subtask, reason, at),
      jobRestored: (job, checkpoint, at) => {
        recovery.jobRestored(job, checkpoint, at);
        fingerprint.add(at, 7, checkpoint, job);
      },
      executionRunning: () => {},
      allRunning: (job, at) => recovery.allRunning(job, at),
      taskManagerEnded: (taskManager, at) => recovery.taskManagerEnded(taskManager, at),
      taskManagerFrozen: (taskManager, until, at) => recovery.taskManagerFrozen(taskManager, until, at),
      taskManagerRegistered: (taskManager, at) => recovery.taskManagerRegistered(taskManager, at),
      jobManagerEnded: (isRecoverable, at) => {
        checks.jobManagerEnded();
        recovery.jobManagerEnded(isRecoverable, at);
      },
      jobManagerLeads: (at) => recovery.jobManagerLeads(at),
      taskManagerDisconnected: (taskManager, at) => recovery.taskManagerDisconnected(taskManager, at),
      taskManagerLost: (job, taskManager, at) => recovery.taskManagerLost(job, taskManager, at),
      faultInjected: (fault, at, until) => recovery.faultInjected(fault, at, until),
      brokerEnded: (broker, thawsAt, at) => recovery.brokerEnded(broker, thawsAt, at),
      brokerFenced: (broker, elected, leaderless, at) =>
        recovery.brokerFenced(broker, elected, leaderless, at),
      brokerRegistered: (broker, at) => recovery.brokerRegistered(broker, at),
      leadersElected: (topic, partitions, at) => recovery.leadersElected(topic, partitions, at),
      brokerInSync: (broker, at) => recovery.brokerInSync(broker, at),
      recordsLost: (topic, partition, records, reason, at) => {
        recovery.recordsLost(topic, partition, records, reason, at);
        checks.recordsLost(topic, partition, records, reason);
        fingerprint.add(at, 8, records, partition);
      },
      recordsRepeated: (topic, partition, records, at) => {
        checks.recordsRepeated(topic, partition, records);
        fingerprint.add(at, 9, records, partition);
      },
      delivered: (reader, origin, route, from, to, first, last, transaction, partition) => {
        latency.delivered(reader, origin, route, from, to, first, last);
        if (isView[reader]) upserts.delivered(reader, origin, route, from, to, first, last);
        checks.delivered(reader, origin, route, from, to, first, last, transaction, partition);
      },
      appended: (topic, origin, route, from, to, first, last, transaction, partition) =>
        checks.appended(topic, origin, route, from, to, first, last, transaction, partition),
      producerInitialised: (id, producerId, producerEpoch, at) =>
        checks.producerInitialised(id, producerId, producerEpoch, at),
      endTxnTaken: (id, producerId, producerEpoch, commit, transaction, at) =>
        checks.endTxnTaken(id, producerId, producerEpoch, commit, transaction, at),
      markerWritten: (topic, partition, transaction, commit, at) =>
        checks.markerWritten(topic, partition, transaction, commit, at),
      transactionBegan: (transaction, writer, at) => checks.transactionBegan(transaction, writer, at),
      transactionPrepared: (transaction, at) => {
        checks.transactionPrepared(transaction, at);
        fingerprint.add(at, 1, transaction, 0);
      },
      transactionCompleted: (transaction, at) => {
        checks.transactionCompleted(transaction, at);
        fingerprint.add(at, 2, transaction, 0);
      },
      transactionAborted: (transaction, at) => {
        checks.transactionAborted(transaction, at);
        fingerprint.add(at, 7, transaction, 0);
      },
      checkpointTriggered: (job, checkpoint, at, type) => {
        if (type !== "CHECKPOINT") savepoints.add(`${job} ${checkpoint}`);
        checkpoints.checkpointTriggered(job, checkpoint, at);
        statistics.checkpointTriggered(job, checkpoint, at, type);
        fingerprint.add(at, 3, checkpoint, 0);
      },
      checkpointTriggerFailed: (job) => statistics.checkpointTriggerFailed(job),
      checkpointAcknowledged: (job, subtask, checkpoint, metrics, snapshot, at) => {
        sizes.checkpointAcknowledged(job, subtask, checkpoint, metrics, snapshot);
        statistics.checkpointAcknowledged(job, subtask, checkpoint, metrics, snapshot, at);
        checks.checkpointAcknowledged(job, subtask, checkpoint, metrics, snapshot, at);
      },
      checkpointsFailedJob: (job, reason, at) => {
        this.#jobFailures[job]!.push({ reason, at });
      },
      snapshotStarted: (job, subtask, checkpoint) => checks.snapshotStarted(job, subtask, checkpoint),
      stateRestored: (job, subtask, task, checkpoint) => checks.stateRestored(job, subtask, task, checkpoint),
      applied: (job, subtask, task, origin, route, from, to) =>
        checks.applied(job, subtask, task, origin, route, from, to),
      snapshotCompleted: () => {},
      checkpointCompleted: (job, checkpoint, triggeredAt, latestAckAt, at, metadataBytes) => {
        statistics.checkpointCompleted(job, checkpoint, triggeredAt, latestAckAt, at, metadataBytes);
        if (savepoints.delete(`${job} ${checkpoint}`)) recovery.savepointCompleted(job, checkpoint, at);
        checkpoints.checkpointCompleted(job, checkpoint, triggeredAt, latestAckAt);
        sizes.checkpointCompleted(job, checkpoint, triggeredAt);
        checks.checkpointCompleted(job, checkpoint, triggeredAt, latestAckAt, at);
        fingerprint.add(at, 4, checkpoint, 0);
      },
      checkpointAborted: (job, checkpoint, reason, at, message) => {
        if (COUNTED_REASONS.has(reason)) recovery.checkpointFailed(job, checkpoint, reason, at);
        checkpoints.checkpointAborted(job);
        sizes.checkpointAborted(job, checkpoint);
        statistics.checkpointAborted(job, checkpoint, reason, at, message);
        fingerprint.add(at, 5, checkpoint, 0);
      },
      offsetInSnapshot: (job, checkpoint, origin, offset) => {
        checks.offsetInSnapshot(job, checkpoint, origin, offset);
        fingerprint.add(offset, 6, checkpoint, origin);
      },
      offsetsCommitted: () => {},
      written: (job, writer, topic, transaction, records, first) =>
        checks.written(job, writer, topic, transaction, records, first),
      unsentDropped: (job, writer, topic, records) => checks.unsentDropped(job, writer, topic, records),
      preCommitted: (job, writer, checkpoint, transaction, at) =>
        checks.preCommitted(job, writer, checkpoint, transaction, at),
      commitSent: () => {},
      committableDropped: (job, writer, checkpoint, transaction, error, at) =>
        checks.committableDropped(job, writer, checkpoint, transaction, error, at),
      sinkFailed: (job, writer, error, at) => checks.sinkFailed(job, writer, error, at),
    };
  }

  get latencies(): readonly RampHistogram[] {
    return this.#latency!.histograms;
  }

  get jobCheckpoints(): readonly JobCheckpoints[] {
    return this.#checkpoints.jobs;
  }

  get checkpointSizes(): readonly JobCheckpointSizes[] {
    return this.#sizes.jobs;
  }

  allVisible(world: World): boolean {
    return this.#pipeline.readers.every(
      ({ topic }, reader) =>
        this.#checks!.ledger.visible(reader) + this.#gone(topic) >= this.#created(world, reader),
    );
  }

  #created(world: World, reader: number): number {
    return world.expected(this.#pipeline.readers[reader]!.topic);
  }

  readers(world: World): ReaderResult[] {
    const { ledger } = this.#checks!;
    return this.#pipeline.readers.map((reader, i) => {
      const latency = summarise(this.#latency!.histograms[i]!);
      const created = this.#created(world, i);
      const visible = ledger.visible(i);
      const unseen = created - visible;
      const isWaiting = this.#stoppedBefore(reader.topic).length > 0;
      return {
        reader: reader.name,
        topic: reader.topic,
        isolationLevel: reader.consumer.isolationLevel,
        latency,
        recordsIn: created,
        recordsVisible: visible,
        recordsLost: isWaiting ? 0 : unseen,
        recordsWaiting: isWaiting ? unseen : 0,
        losses: this.#stretches(ledger.losses(i, world.routesOf(reader.topic))),
        duplicates: this.#stretches(ledger.duplicates(i, world.routesOf(reader.topic))),
        recordsDuplicated: reader.deduplicate === "by-key" ? 0 : ledger.duplicated(i),
        upsertView: reader.deduplicate === "none" ? null : upsertResult(this.#upserts!.readers[i]!),
        slo: this.#slo(i),
      };
    });
  }

  /** The jobs on the way to a topic that were not running at the end. */
  #stoppedBefore(topic: string): string[] {
    return this.#pipeline.jobs.flatMap(({ name, sinks, source }, i) => {
      if (sinks.every((sink) => sink.topic !== topic)) return [];
      return [...this.#stoppedBefore(source.topic), ...(this.recovery.isRunning(i) ? [] : [name])];
    });
  }

  #stretches(offsets: readonly SeenOffsets[]): OffsetStretch[] {
    return offsets.slice(0, MOST_STRETCHES).map((one) => {
      const { originPartition, route, first, last, records, times } = one;
      const { topic, partition } = this.#checks!.pipeline.origins[originPartition]!;
      return { topic, partition, way: route, firstOffset: first, lastOffset: last, records, times };
    });
  }

  #slo(reader: number): ReaderResult["slo"] {
    const { slo } = this.#pipeline.readers[reader]!;
    if (slo === undefined) return null;
    const histogram = this.#latency!.histograms[reader]!;
    const measured = histogram.count > 0 ? histogram.quantiles([slo.quantile])[0]! : null;
    return {
      quantile: slo.quantile,
      boundMs: slo.bound / 1e6,
      measuredMs: measured === null ? null : measured / 1e6,
      met: measured !== null && measured <= slo.bound,
    };
  }

  checkpoints(): CheckpointResult[] {
    return this.#pipeline.jobs.map((job, i) => {
      const { triggered, completed, failed, durations } = this.#checkpoints.jobs[i]!;
      const statistics = this.#statistics.statistics(i);
      return { job: job.name, triggered, completed, failed, durationMs: summarise(durations), statistics };
    });
  }

  recoveryOf(): RunResult["recovery"] {
    const { jobs } = this.#pipeline;
    return {
      jobs: jobs.map(({ name }, i) => {
        const { restarts, outages, status } = this.recovery.jobs[i]!;
        return {
          job: name,
          restarts,
          status,
          isRunning: this.recovery.isRunning(i),
          outagesMs: outages.map((one) =>
            one.runningAt === Number.POSITIVE_INFINITY ? null : (one.runningAt - one.crashedAt) / 1e6,
          ),
        };
      }),
      recordsGone: this.#pipeline.kafka.topics.flatMap(({ name: topic }, i) => {
        const records = this.recovery.recordsGone[i]!;
        return records > 0 ? [{ topic, records }] : [];
      }),
      timeline: this.recovery.timeline.map(({ at, job, what }) => ({
        atMs: at / 1e6,
        job: jobs[job]?.name ?? null,
        what,
      })),
    };
  }

  /** Records that a reader of `topic` may miss since brokers lost them, there or on the way there. */
  #gone(topic: string): number {
    const { topics } = this.#pipeline.kafka;
    return this.#pathTo(topic).reduce((sum, name) => {
      return sum + this.recovery.recordsGone[topics.findIndex((one) => one.name === name)]!;
    }, 0);
  }

  /** A topic and those that its records have come through. */
  #pathTo(topic: string): readonly string[] {
    const before = this.#pipeline.jobs.filter(({ sinks }) => sinks.some((sink) => sink.topic === topic));
    return [topic, ...before.flatMap(({ source }) => this.#pathTo(source.topic))];
  }

  checks(world: World): RunResult["checks"] {
    this.#pipeline.jobs.forEach((_, job) => {
      if (!this.recovery.isRunning(job)) this.#checks!.jobEnded(job);
    });
    const failed = this.#pipeline.jobs.flatMap(({ name, checkpointing }, i) => {
      // A checkpoint that a fault has hit fails within its time-out, and so many more as are tolerated.
      const memory = checkpointing.timeout * (1 + checkpointing.tolerableFailedCheckpoints);
      const [first, ...others] = this.#jobFailures[i]!.filter(
        ({ at }) => !this.recovery.isDisturbed(at, memory),
      );
      if (first === undefined) return [];
      return [
        `job ${name}: fails at ${first.at / SECOND} s, after ${first.reason}${FAILURE_HINTS[first.reason] ?? ""} with ` +
          `execution.checkpointing.tolerable-failed-checkpoints ${checkpointing.tolerableFailedCheckpoints}, ` +
          `and ${others.length} times more`,
      ];
    });
    return [
      ...this.#checks!.findings((topic) => world.routesOf(topic), this.allVisible(world), world.sim.now),
      { name: "CheckpointFailuresTolerated", violations: failed, permitted: [] },
    ];
  }
}

function summarise(histogram: RampHistogram): LatencySummary {
  const { count } = histogram;
  if (count === 0) {
    const none = { minMs: null, meanMs: null, maxMs: null };
    return { count, ...none, p10Ms: null, p25Ms: null, p50Ms: null, p75Ms: null, p90Ms: null, p99Ms: null };
  }
  const [p10, p25, p50, p75, p90, p99] = histogram.quantiles([0.1, 0.25, 0.5, 0.75, 0.9, 0.99]);
  return {
    count,
    minMs: histogram.min / 1e6,
    meanMs: histogram.mean / 1e6,
    p10Ms: p10! / 1e6,
    p25Ms: p25! / 1e6,
    p50Ms: p50! / 1e6,
    p75Ms: p75! / 1e6,
    p90Ms: p90! / 1e6,
    p99Ms: p99! / 1e6,
    maxMs: histogram.max / 1e6,
  };
}

function upsertResult({ twice, late, setbacks, deepest, longest }: UpsertViewFigures): UpsertViewResult {
  return { twice, late, setbacks, deepestMs: deepest / 1e6, longestMs: longest / 1e6 };
}

/** Why checkpoints fail of themselves, and not since their job has failed or a later one was faster. */
const COUNTED_REASONS: ReadonlySet<string> = new Set([
  "CHECKPOINT_ASYNC_EXCEPTION",
  "CHECKPOINT_DECLINED",
  "CHECKPOINT_EXPIRED",
  "FINALIZE_CHECKPOINT_FAILURE",
  "IO_EXCEPTION",
]);

/** What the models know of a reason that Flink's name leaves open. */
const FAILURE_HINTS: Readonly<Record<string, string>> = {
  CHECKPOINT_ASYNC_EXCEPTION:
    " (the state of a subtask doesn't fit into its acknowledgement: at most 5 MiB with " +
    "execution.checkpointing.storage jobmanager, and pekko.framesize)",
};
