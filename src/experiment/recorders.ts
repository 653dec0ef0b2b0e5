import type { SeenOffsets } from "../checks/index.ts";
import { OrderFingerprint } from "../engine/index.ts";
import {
  CatchUp,
  CheckpointRecorder,
  CheckpointSizes,
  CheckpointStatsTracker,
  type JobCheckpointSizes,
  type JobCheckpoints,
  LatencyMarkerRecorder,
  LatencyRecorder,
  type RampHistogram,
  type TrackedJob,
  UpsertView,
  type UpsertViewFigures,
  VisibleGaps,
  WindowRecorder,
} from "../metrics/index.ts";
import {
  haveWindows,
  type JobSpec,
  jobVertices,
  type Lineage,
  type Pipeline,
  type PipelineObserver,
  sinkWriterName,
  type World,
  widestJob,
} from "../pipeline/index.ts";
import { checkpointConfig } from "./checkpoint-config.ts";
import { RunChecks } from "./run-checks.ts";
import type {
  CheckpointResult,
  LatencySummary,
  OffsetStretch,
  ReaderResult,
  RunResult,
  UpsertViewResult,
  WindowsResult,
} from "./run-result.ts";

/** Stretches of offsets that a result names. */
const MOST_STRETCHES = 200;

/** ns. */
export interface MeasuredTime {
  readonly from: number;
  readonly until: number;
}

/** Everything that listens to one run, and what it heard as a result: the checks, latencies, checkpoints, and a fingerprint of
 *  the outcomes (checkpoints, cuts and commits with their times). */
export class Recorders {
  readonly fingerprint = new OrderFingerprint();
  readonly checks: RunChecks;
  readonly #pipeline: Pipeline;
  readonly #from: number;
  readonly #until: number;
  readonly #checkpoints: CheckpointRecorder;
  readonly #sizes: CheckpointSizes;
  readonly #statistics: CheckpointStatsTracker;
  readonly #windows: WindowRecorder;
  /** What readers notice of faults; undefined: there are none. */
  #aftermath: { readonly catchUp: CatchUp; readonly gaps: VisibleGaps } | undefined;
  #latency: LatencyRecorder | undefined;
  /** Creation to append, by topic. */
  #appends: LatencyRecorder | undefined;
  readonly #markers: LatencyMarkerRecorder;
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
        vertices: trackedVertices(job, pipeline),
        config: checkpointConfig(job),
        history: pipeline.flink.checkpointHistory,
        retained: job.checkpointing.retained,
        directory: job.checkpointing.storage === "filesystem" ? job.checkpointing.directory : undefined,
      })),
    );
    this.checks = new RunChecks(pipeline);
    this.#windows = new WindowRecorder(pipeline.jobs.length);
    this.#markers = new LatencyMarkerRecorder(
      pipeline.kafka.topics.length,
      pipeline.jobs.flatMap(({ sinks }, job) =>
        sinks.map(({ topic }) => ({
          job,
          operator: sinkWriterName(topic),
          topic: this.#topicNumber(topic),
        })),
      ),
      from,
      until,
    );
  }

  attach(lineage: Lineage): PipelineObserver {
    const { readers, kafka } = this.#pipeline;
    const appends = new LatencyRecorder(kafka.topics.length, lineage, this.#from, this.#until);
    const isRead = kafka.topics.map(({ name }) => readers.some(({ topic }) => topic === name));
    const markers = this.#markers;
    this.#appends = appends;
    const latency = new LatencyRecorder(readers.length, lineage, this.#from, this.#until);
    const upserts = new UpsertView(readers.length, lineage);
    const isView = readers.map(({ deduplicate }) => deduplicate !== "none");
    this.#upserts = upserts;
    const checkpoints = this.#checkpoints;
    const sizes = this.#sizes;
    const statistics = this.#statistics;
    const windows = this.#windows;
    const fingerprint = this.fingerprint;
    this.#latency = latency;
    const aftermath =
      this.#pipeline.faults.length === 0
        ? undefined
        : { catchUp: new CatchUp(readers.length, lineage), gaps: new VisibleGaps(readers.length) };
    this.#aftermath = aftermath;
    const { recovery } = this.checks;
    const checks = this.checks.attach(lineage);
    const savepoints = new Set<string>();
    return {
      ...checks,
      faultInjected: (fault, at, until) => {
        checks.faultInjected(fault, at, until);
        aftermath?.catchUp.faultInjected();
      },
      jobRestored: (job, checkpoint, at) => {
        checks.jobRestored(job, checkpoint, at);
        statistics.jobRestored(job, checkpoint, at);
        fingerprint.add(at, 7, checkpoint, job);
      },
      jobRescaled: (job, parallelisms, at) => {
        checks.jobRescaled(job, parallelisms, at);
        statistics.jobRescaled(job, parallelisms);
      },
      recordsLost: (topic, partition, records, reason, at) => {
        checks.recordsLost(topic, partition, records, reason, at);
        fingerprint.add(at, 8, records, partition);
      },
      recordsRepeated: (topic, partition, records, at) => {
        checks.recordsRepeated(topic, partition, records, at);
        fingerprint.add(at, 9, records, partition);
      },
      delivered: (reader, origin, route, from, to, first, last, transaction, partition) => {
        latency.delivered(reader, origin, route, from, to, first, last);
        if (isView[reader]) upserts.delivered(reader, origin, route, from, to, first, last);
        checks.delivered(reader, origin, route, from, to, first, last, transaction, partition);
        if (aftermath === undefined) return;
        aftermath.catchUp.delivered(reader, origin, route, from, to, first, last);
        aftermath.gaps.delivered(reader, origin, route, from, to, first, last);
      },
      appended: (topic, origin, route, from, to, first, last, transaction, partition) => {
        if (isRead[topic]) appends.delivered(topic, origin, route, from, to, first, last);
        checks.appended(topic, origin, route, from, to, first, last, transaction, partition);
      },
      latencyReported: (job, operator, subtask, markedTime, at) =>
        markers.latencyReported(job, operator, subtask, markedTime, at),
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
        checks.checkpointTriggered(job, checkpoint, at, type);
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
      checkpointCompleted: (job, checkpoint, triggeredAt, latestAckAt, at, metadataBytes) => {
        statistics.checkpointCompleted(job, checkpoint, triggeredAt, latestAckAt, at, metadataBytes);
        if (savepoints.delete(`${job} ${checkpoint}`)) recovery.savepointCompleted(job, checkpoint, at);
        checkpoints.checkpointCompleted(job, checkpoint, triggeredAt, latestAckAt);
        sizes.checkpointCompleted(job, checkpoint, triggeredAt);
        checks.checkpointCompleted(job, checkpoint, triggeredAt, latestAckAt, at, metadataBytes);
        fingerprint.add(at, 4, checkpoint, 0);
      },
      checkpointAborted: (job, checkpoint, reason, at, message) => {
        if (COUNTED_REASONS.has(reason)) recovery.checkpointFailed(job, checkpoint, reason, at);
        checkpoints.checkpointAborted(job);
        sizes.checkpointAborted(job, checkpoint);
        statistics.checkpointAborted(job, checkpoint, reason, at, message);
        fingerprint.add(at, 5, checkpoint, 0);
      },
      windowFired: (job, subtask, task, window, results) => {
        windows.windowFired(job, subtask, task, window, results);
        checks.windowFired(job, subtask, task, window, results);
      },
      lateRecordsDropped: (job, subtask, records) => {
        windows.lateRecordsDropped(job, subtask, records);
        checks.lateRecordsDropped(job, subtask, records);
      },
      windowsLeftOpen: (job, subtask, records) => windows.windowsLeftOpen(job, subtask, records),
      offsetInSnapshot: (job, checkpoint, origin, offset) => {
        checks.offsetInSnapshot(job, checkpoint, origin, offset);
        fingerprint.add(offset, 6, checkpoint, origin);
      },
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

  /** Of jobs that have windows. */
  windows(): WindowsResult[] {
    return this.#pipeline.jobs.flatMap((job, i) => {
      if (!haveWindows(job).includes(true)) return [];
      const { fired, records, results, late, leftOpen } = this.#windows.jobs[i]!;
      const counts = { job: job.name, fired, recordsFired: records, results, lateRecordsDropped: late };
      if (job.source.bounded === undefined) return [counts];
      return [{ ...counts, recordsLeftOpen: [...leftOpen.values()].reduce((sum, one) => sum + one, 0) }];
    });
  }

  #created(world: World, reader: number): number {
    return world.expected(this.#pipeline.readers[reader]!.topic);
  }

  readers(world: World): ReaderResult[] {
    const { ledger } = this.checks;
    return this.#pipeline.readers.map((reader, i) => {
      const latency = summarise(this.#latency!.histograms[i]!);
      const topic = this.#topicNumber(reader.topic);
      const created = this.#created(world, i);
      const visible = ledger.visible(i);
      const unseen = created - visible;
      const isWaiting = this.#stoppedBefore(reader.topic).length > 0;
      return {
        reader: reader.name,
        topic: reader.topic,
        isolationLevel: reader.consumer.isolationLevel,
        latency,
        latencyByLogAppendTime: summarise(this.#appends!.histograms[topic]!),
        latencyByMarker: this.#isMarked(reader.topic) ? summarise(this.#markers.histograms[topic]!) : "off",
        recordsIn: created,
        recordsVisible: visible,
        recordsLost: isWaiting ? 0 : unseen,
        recordsWaiting: isWaiting ? unseen : 0,
        losses: this.#stretches(
          ledger.losses(i, world.routesOf(reader.topic), (origin) => world.endOf(reader.topic, origin)),
        ),
        duplicates: this.#stretches(ledger.duplicates(i, world.routesOf(reader.topic))),
        recordsDuplicated: reader.deduplicate === "by-key" ? 0 : ledger.duplicated(i),
        upsertView: reader.deduplicate === "none" ? null : upsertResult(this.#upserts!.readers[i]!),
        slo: this.#slo(i),
      };
    });
  }

  #topicNumber(name: string): number {
    return this.#pipeline.kafka.topics.findIndex((topic) => topic.name === name);
  }

  /** Whether a job that writes a topic has latency markers. */
  #isMarked(topic: string): boolean {
    return this.#pipeline.jobs.some(
      ({ latencyTracking, sinks }) =>
        latencyTracking.interval > 0 && sinks.some((sink) => sink.topic === topic),
    );
  }

  /** The jobs on the way to a topic that were not running at the end. */
  #stoppedBefore(topic: string): string[] {
    return this.#pipeline.jobs.flatMap(({ name, sinks, source }, i) => {
      if (sinks.every((sink) => sink.topic !== topic)) return [];
      return [...this.#stoppedBefore(source.topic), ...(this.checks.recovery.isRunning(i) ? [] : [name])];
    });
  }

  #stretches(offsets: readonly SeenOffsets[]): OffsetStretch[] {
    return offsets.slice(0, MOST_STRETCHES).map((one) => {
      const { originPartition, route, first, last, records, times } = one;
      const { topic, partition } = this.checks.checked.origins[originPartition]!;
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

  #stalls(): RunResult["recovery"]["readers"] {
    const { firstFaultAt } = this.checks.recovery;
    if (this.#aftermath === undefined || Number.isNaN(firstFaultAt)) return [];
    const { catchUp, gaps } = this.#aftermath;
    return this.#pipeline.readers.map(({ name: reader }, i) => {
      const stall = gaps.largest(i, firstFaultAt);
      return {
        reader,
        stallMs: stall === undefined ? null : stall.length / 1e6,
        stallFromMs: stall === undefined ? null : stall.from / 1e6,
        caughtUpAtMs: milliseconds(catchUp.until(i)),
      };
    });
  }

  recoveryOf(): RunResult["recovery"] {
    const { jobs } = this.#pipeline;
    return {
      jobs: jobs.map(({ name }, i) => {
        const { restarts, outages, status } = this.checks.recovery.jobs[i]!;
        return {
          job: name,
          restarts,
          status,
          isRunning: this.checks.recovery.isRunning(i),
          outagesMs: outages.map(({ crashedAt, runningAt }) => milliseconds(runningAt - crashedAt)),
          outages: outages.map(({ crashedAt, failedAt, resetAt, runningAt, checkpoint }) => ({
            crashedAtMs: crashedAt / 1e6,
            noticedMs: milliseconds(failedAt - crashedAt),
            restartMs: milliseconds(resetAt - failedAt),
            restoreMs: milliseconds(runningAt - resetAt),
            checkpoint,
          })),
        };
      }),
      readers: this.#stalls(),
      recordsGone: this.#pipeline.kafka.topics.flatMap(({ name: topic }, i) => {
        const records = this.checks.recovery.recordsGone[i]!;
        return records > 0 ? [{ topic, records }] : [];
      }),
      timeline: this.checks.recovery.timeline.map(({ at, job, what }) => ({
        atMs: at / 1e6,
        job: jobs[job]?.name ?? null,
        what,
      })),
    };
  }
}

/** null: it has no end. */
function milliseconds(duration: number): number | null {
  return Number.isFinite(duration) ? duration / 1e6 : null;
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

function trackedVertices(job: JobSpec, { faults }: Pipeline): TrackedJob["vertices"] {
  const widest = jobVertices(widestJob(job, faults));
  return jobVertices(job).map((vertex, i) => ({ ...vertex, numbers: widest[i]!.parallelism }));
}
