import { DeliveryLedger, VisibilityAfterCompletion } from "../checks/index.ts";
import { CheckpointRecorder, LatencyRecorder, type RampHistogram } from "../metrics/index.ts";
import {
  assemble,
  type Lineage,
  type Pipeline,
  type PipelineObserver,
  type World,
} from "../pipeline/index.ts";
import { OutcomeFingerprint } from "./outcome-fingerprint.ts";
import type { CheckpointResult, LatencySummary, ReaderResult, RunResult } from "./run-result.ts";

export interface RunOptions {
  /** What all randomness is derived from. */
  readonly seed: string;
  /** ns of load; the run goes on until everything is drained. */
  readonly duration: number;
  /** Default `curves`; `one-record` is the slow reference in which every record is its own span and event. */
  readonly spans?: "curves" | "one-record";
  /** Default `lazy`; `eager` is the slow reference in which every poll, batch and request is an event, one record at a
   *  time. */
  readonly polls?: "lazy" | "eager";
}

const SECOND = 1e9;
/** The part of the load's time that is not measured. */
const WARM_UP_SHARE = 0.1;

/** Runs one pipeline from an empty start until its load is over and drained.
 *  @throws InvariantError on a bug of ours; a failed check is in the result. */
export function runPipeline(pipeline: Pipeline, options: RunOptions): RunResult {
  return measurePipeline(pipeline, options).result;
}

/** A run with the latencies behind its summary. */
export interface Measurement {
  readonly result: RunResult;
  /** Latency of each reader of the pipeline, ns. */
  readonly latencies: readonly RampHistogram[];
}

/** As runPipeline, and keeps the histograms. */
export function measurePipeline(pipeline: Pipeline, options: RunOptions): Measurement {
  const { seed, duration } = options;
  const warmUp = warmUpOf(pipeline, duration);
  const recorders = new Recorders(pipeline, warmUp, duration);
  const polls = options.polls ?? "lazy";
  const spans = polls === "eager" ? "one-record" : (options.spans ?? "curves");
  const world = assemble(pipeline, { seed, loadEnd: duration, spans, polls }, (lineage) =>
    recorders.attach(lineage),
  );
  let stopped = world.run(duration);
  const eventsUnderLoad = world.sim.executed;
  const drainBound = duration + drainTime(pipeline);
  while (stopped.kind === "reached-end" && world.sim.now < drainBound && !recorders.allVisible(world)) {
    stopped = world.run(Math.min(drainBound, world.sim.now + SECOND / 10));
  }
  const result: RunResult = {
    pipeline: pipeline.name,
    seed,
    deliveryGuarantees: Object.fromEntries(
      pipeline.jobs.map((job) => [job.name, job.sink.deliveryGuarantee]),
    ),
    simulatedSeconds: duration / SECOND,
    warmUpSeconds: warmUp / SECOND,
    stopReason: stopped.kind,
    events: world.sim.executed,
    eventsPerSimulatedSecond: eventsUnderLoad / (duration / SECOND),
    outcomeFingerprint: recorders.fingerprint.digest(),
    readers: recorders.readers(world),
    checkpoints: recorders.checkpoints(),
    checks: recorders.checks(world),
    config: pipeline,
  };
  return { result, latencies: recorders.latencies };
}

/** A tenth of the load, and at least two checkpoint intervals where there is room for them. */
function warmUpOf(pipeline: Pipeline, duration: number): number {
  const intervals = pipeline.jobs.map((job) => job.checkpointing.interval ?? 0);
  return Math.min(duration / 2, Math.max(duration * WARM_UP_SHARE, 2 * Math.max(0, ...intervals)));
}

/** How long after the load's end records may still become visible, ns. */
function drainTime(pipeline: Pipeline): number {
  let bound = 60 * SECOND;
  for (const job of pipeline.jobs) {
    const { interval, minPause, timeout } = job.checkpointing;
    if (interval !== undefined) bound += 3 * Math.max(interval, minPause) + Math.min(timeout, 600 * SECOND);
  }
  return bound;
}

class Recorders {
  readonly fingerprint = new OutcomeFingerprint();
  readonly #pipeline: Pipeline;
  readonly #warmUp: number;
  readonly #loadEnd: number;
  readonly #checkpoints: CheckpointRecorder;
  readonly #visibility: VisibilityAfterCompletion;
  #latency: LatencyRecorder | undefined;
  #ledger: DeliveryLedger | undefined;

  constructor(pipeline: Pipeline, warmUp: number, loadEnd: number) {
    this.#pipeline = pipeline;
    this.#warmUp = warmUp;
    this.#loadEnd = loadEnd;
    this.#checkpoints = new CheckpointRecorder(pipeline.jobs.length, warmUp);
    const committed = pipeline.readers.flatMap((reader, i) =>
      reader.consumer.isolationLevel === "read_committed" ? [i] : [],
    );
    this.#visibility = new VisibilityAfterCompletion(new Set(committed), pipeline.jobs.length);
  }

  attach(lineage: Lineage): PipelineObserver {
    const { readers } = this.#pipeline;
    const latency = new LatencyRecorder(readers.length, lineage, this.#warmUp, this.#loadEnd);
    const ledger = new DeliveryLedger(readers.length, lineage);
    const visibility = this.#visibility;
    const checkpoints = this.#checkpoints;
    const fingerprint = this.fingerprint;
    this.#latency = latency;
    this.#ledger = ledger;
    return {
      delivered: (reader, origin, route, from, to, first, last, transaction) => {
        latency.delivered(reader, origin, route, from, to, first, last);
        ledger.delivered(reader, origin, route, from, to);
        visibility.delivered(reader, origin, route, from, to, first, last, transaction);
      },
      transactionBegan: () => {},
      transactionPrepared: (transaction, at) => fingerprint.add(1, transaction, at),
      transactionCompleted: (transaction, at) => fingerprint.add(2, transaction, at),
      checkpointTriggered: (job, checkpoint, at) => {
        checkpoints.checkpointTriggered(job, checkpoint, at);
        fingerprint.add(3, checkpoint, at);
      },
      snapshotStarted: () => {},
      snapshotCompleted: () => {},
      checkpointCompleted: (job, checkpoint, triggeredAt, latestAckAt, at) => {
        checkpoints.checkpointCompleted(job, checkpoint, triggeredAt, latestAckAt);
        visibility.checkpointCompleted(job, checkpoint, triggeredAt, latestAckAt, at);
        fingerprint.add(4, checkpoint, at);
      },
      checkpointAborted: (job, checkpoint, _reason, at) => {
        checkpoints.checkpointAborted(job);
        fingerprint.add(5, checkpoint, at);
      },
      offsetInSnapshot: (_job, checkpoint, origin, offset) =>
        fingerprint.add(6 + 8 * origin, checkpoint, offset),
      offsetsCommitted: () => {},
      preCommitted: (job, writer, checkpoint, transaction) =>
        visibility.preCommitted(job, writer, checkpoint, transaction),
      commitSent: () => {},
    };
  }

  get latencies(): readonly RampHistogram[] {
    return this.#latency!.histograms;
  }

  allVisible(world: World): boolean {
    return this.#pipeline.readers.every(
      (_, reader) => this.#ledger!.visible(reader) >= this.#created(world, reader),
    );
  }

  #created(world: World, reader: number): number {
    return world
      .originsOf(this.#pipeline.readers[reader]!.topic)
      .reduce((sum, origin) => sum + world.created(origin), 0);
  }

  readers(world: World): ReaderResult[] {
    const ledger = this.#ledger!;
    return this.#pipeline.readers.map((reader, i) => {
      const latency = summarise(this.#latency!.histograms[i]!);
      const created = this.#created(world, i);
      const visible = ledger.visible(i);
      return {
        reader: reader.name,
        topic: reader.topic,
        isolationLevel: reader.consumer.isolationLevel,
        latency,
        recordsIn: created,
        recordsVisible: visible,
        recordsLost: created - visible,
        recordsDuplicated: ledger.duplicated(i),
        slo: this.#slo(i),
      };
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
      return { job: job.name, triggered, completed, failed, durationMs: summarise(durations) };
    });
  }

  checks(world: World): RunResult["checks"] {
    const conservation: string[] = [];
    this.#pipeline.readers.forEach((reader, i) => {
      const created = this.#created(world, i);
      const visible = this.#ledger!.visible(i);
      if (visible !== created)
        conservation.push(`reader ${reader.name} saw ${visible} of ${created} records`);
      conservation.push(...this.#ledger!.violations(i, reader.name));
    });
    const failed = this.#pipeline.jobs.flatMap(({ name, checkpointing }, i) => {
      const count = this.#checkpoints.jobs[i]!.failed;
      if (count === 0) return [];
      const timeout = `${checkpointing.timeout / 1e6} ms`;
      return [
        `job ${name}: ${count} checkpoints expired after execution.checkpointing.timeout (${timeout}); ` +
          "Flink would fail the job, and what follows from that is not modelled",
      ];
    });
    return [
      { name: "RecordConservation", violations: conservation },
      { name: "EveryCheckpointCompletes", violations: failed },
      { name: "NoVisibilityBeforeCompletion", violations: this.#visibility.violations },
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
