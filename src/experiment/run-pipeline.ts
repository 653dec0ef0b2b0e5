import type { StopReason } from "../engine/index.ts";
import {
  type JobCheckpointSizes,
  type JobCheckpoints,
  latencyMarkerHistogram,
  type RampHistogram,
  type RecoveryRecorder,
} from "../metrics/index.ts";
import {
  assemble,
  jobVertices,
  type Lineage,
  type Phases,
  type Pipeline,
  type PipelineObserver,
  type World,
} from "../pipeline/index.ts";
import { checkpointsPerHour } from "./checkpoints-per-hour.ts";
import { combineObservers } from "./combine-observers.ts";
import { type MeasuredTime, Recorders } from "./recorders.ts";
import { RunChecks } from "./run-checks.ts";
import type { RunResult, SourceLagResult, TransactionsResult, VertexResult } from "./run-result.ts";

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
  /** ns; records created and checkpoints triggered inside are measured. Default: from the warm-up's end to the load's. */
  readonly window?: MeasuredTime;
  /** Where checkpoints are measured over another time than records. */
  readonly checkpointWindow?: MeasuredTime;
  /** Phases that are stated instead of drawn. */
  readonly phases?: Phases;
  /** Looks at the world under load again and again, ns apart. */
  readonly sample?: { readonly every: number; readonly take: (world: World, now: number) => void };
  /** Further listeners, made once the origins are known; `from` ns: the measured window's beginning. */
  readonly observe?: (lineage: Lineage, from: number) => readonly Partial<PipelineObserver>[];
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
  /** Triggers and durations of each job's checkpoints. */
  readonly checkpoints: readonly JobCheckpoints[];
  /** Bytes of each job's checkpoints. */
  readonly checkpointSizes: readonly JobCheckpointSizes[];
  readonly recovery: RecoveryRecorder;
}

/** As runPipeline, and keeps the histograms. */
export function measurePipeline(pipeline: Pipeline, options: RunOptions): Measurement {
  const { seed, duration } = options;
  const window = options.window ?? { from: warmUpOf(pipeline, duration), until: duration };
  const recorders = new Recorders(pipeline, window.from, window.until, options.checkpointWindow);
  const polls = options.polls ?? "lazy";
  const spans = polls === "eager" ? "one-record" : (options.spans ?? "curves");
  const phases = options.phases ?? {};
  const triggers = (): number => recorders.jobCheckpoints.reduce((sum, job) => sum + job.triggered, 0);
  let before: { readonly ids: number; readonly triggers: number } | undefined;
  const firstMeasured: Partial<PipelineObserver> = {
    checkpointTriggered: (_job, _checkpoint, at) => {
      if (before !== undefined || at < window.from) return;
      before = { ids: world.transactions.newTransactionalIds, triggers: triggers() - 1 };
    },
  };
  const world = assemble(pipeline, { seed, loadEnd: duration, spans, polls, phases }, (lineage) =>
    combineObservers(recorders.attach(lineage), [
      firstMeasured,
      ...(options.observe?.(lineage, window.from) ?? []),
    ]),
  );
  const underLoad = runUnderLoad(world, duration, options.sample);
  const eventsUnderLoad = world.sim.executed;
  const tasks = tasksOf(world, pipeline);
  const latencyMarkers = markersOf(world, pipeline);
  const lags = lagsOf(world, pipeline);
  const { puts, bytes: putBytes, deletes } = world.storage();
  const triggered = triggers();
  const stopReason = drain(world, pipeline, recorders.checks, underLoad);
  const windows = recorders.windows();
  const idsPerCheckpoint =
    before === undefined
      ? 0
      : (world.transactions.newTransactionalIds - before.ids) / (triggers() - before.triggers);
  const result: RunResult = {
    pipeline: pipeline.name,
    seed,
    deliveryGuarantees: Object.fromEntries(
      pipeline.jobs.map(({ name, sinks }) => [
        name,
        [...new Set(sinks.map((sink) => sink.deliveryGuarantee))].join(", "),
      ]),
    ),
    simulatedSeconds: duration / SECOND,
    warmUpSeconds: window.from / SECOND,
    spans,
    polls,
    stopReason,
    events: world.sim.executed,
    eventsPerSimulatedSecond: eventsUnderLoad / (duration / SECOND),
    outcomeFingerprint: recorders.fingerprint.digest(),
    readers: recorders.readers(world),
    checkpoints: recorders.checkpoints(),
    transactions: transactionsOf(world, 24 * idsPerCheckpoint * checkpointsPerHour(recorders.jobCheckpoints)),
    storage: { checkpoints: triggered, puts, putBytes, deletes },
    tasks,
    ...(windows.length > 0 && { windows }),
    latencyMarkers,
    sources: lagsOf(world, pipeline).map(({ consumerGroupLag }, job) => ({
      ...lags[job]!,
      consumerGroupLagDrained: consumerGroupLag,
    })),
    recovery: recorders.recoveryOf(),
    checks: recorders.checks.findings(world),
    config: pipeline,
  };
  return {
    result,
    latencies: recorders.latencies,
    checkpoints: recorders.jobCheckpoints,
    checkpointSizes: recorders.checkpointSizes,
    recovery: recorders.checks.recovery,
  };
}

/** What the checks say of a run, and why it ended. */
export type Verdict = Pick<RunResult, "checks" | "stopReason">;

/** The verdict of runPipeline, for less: nothing is measured. `duration`: ns of load. */
export function judgePipeline(
  pipeline: Pipeline,
  { seed, duration }: Pick<RunOptions, "seed" | "duration">,
): Verdict {
  const checks = new RunChecks(pipeline);
  const options = { seed, loadEnd: duration, spans: "curves", polls: "lazy", phases: {} } as const;
  const world = assemble(pipeline, options, (lineage) => checks.attach(lineage));
  const stopReason = drain(world, pipeline, checks, world.run(duration));
  return { checks: checks.findings(world), stopReason };
}

/** Runs on until the readers have seen everything, and bounded jobs have ended. @returns why the run has ended. */
function drain(
  world: World,
  pipeline: Pipeline,
  checks: RunChecks,
  underLoad: StopReason,
): RunResult["stopReason"] {
  const bound = world.sim.now + drainTime(pipeline);
  const quiet = quietTime(pipeline);
  let stopped = underLoad;
  let seenAllAt: number = world.sim.now;
  while (stopped.kind === "reached-end" && world.sim.now < bound) {
    if (!checks.allVisible(world) || world.awaitsFinish()) seenAllAt = world.sim.now + SECOND / 10;
    else if (world.sim.now - seenAllAt >= quiet) break;
    stopped = world.run(Math.min(bound, world.sim.now + SECOND / 10));
  }
  // Where every job has ended for good, nothing happens any more.
  return stopped.kind === "no-more-events" ? "reached-end" : stopped.kind;
}

function runUnderLoad(world: World, duration: number, sample: RunOptions["sample"]): StopReason {
  if (sample === undefined) return world.run(duration);
  for (let at = sample.every; at < duration; at += sample.every) {
    // Not the world's run, which settles curves: records that are cut otherwise aren't delivered at the same times.
    const stopped = world.sim.run(at);
    if (stopped.kind === "no-more-events") break;
    if (stopped.kind !== "reached-end") return stopped;
    sample.take(world, at);
  }
  const stopped = world.run(duration);
  if (duration % sample.every === 0) sample.take(world, duration);
  return stopped;
}

/** A tenth of the load, and at least two checkpoint intervals where there is room for them. */
function warmUpOf(pipeline: Pipeline, duration: number): number {
  const intervals = pipeline.jobs.map((job) => job.checkpointing.interval ?? 0);
  return Math.min(duration / 2, Math.max(duration * WARM_UP_SHARE, 2 * Math.max(0, ...intervals)));
}

/** How long nothing more may come before everything has come, ns. Which windows will yet be fired behind another job's sink, only
 *  that they are tells: what it wrote is committed, read, and looked at. */
function quietTime({ jobs }: Pipeline): number {
  const isChained = jobs.some(
    ({ source }) =>
      source.watermarks !== undefined &&
      jobs.some(({ sinks }) => sinks.some(({ topic }) => topic === source.topic)),
  );
  if (!isChained) return 0;
  return 2 * SECOND + 2 * Math.max(...jobs.map(({ checkpointing }) => checkpointing.interval ?? 0));
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

function tasksOf(world: World, { jobs }: Pipeline): readonly VertexResult[] {
  return jobs.flatMap((job, number) => {
    const metrics = world.taskMetrics(number);
    return jobVertices(job).map(({ name }, i) => ({ job: job.name, vertex: name, subtasks: metrics[i]! }));
  });
}

function markersOf(world: World, { jobs }: Pipeline): RunResult["latencyMarkers"] {
  return jobs.map(({ name, latencyTracking }, number) => ({
    job: name,
    histograms:
      latencyTracking.interval === 0
        ? "off"
        : world.latencyMarkers(number).map((one) => latencyMarkerHistogram(one.name, one.samples)),
  }));
}

function lagsOf(
  world: World,
  { jobs }: Pipeline,
): readonly Omit<SourceLagResult, "consumerGroupLagDrained">[] {
  return jobs.map(({ name, source }, number) => {
    const subtasks = world.sourceLags(number);
    const lags = subtasks.flatMap((lag) => (lag === null ? [] : [lag]));
    const groups = lags.map(({ consumerGroupLag }) => consumerGroupLag);
    return {
      job: name,
      topic: source.topic,
      pendingRecords: lags.reduce((sum, { reader }) => sum + reader.pendingRecords, 0),
      subtasks: subtasks.map((lag) => lag?.reader ?? null),
      consumerGroupLag: groups.includes(null) ? null : groups.reduce<number>((sum, lag) => sum + lag!, 0),
    };
  });
}

function transactionsOf({ transactions }: World, idsPerDay: number): TransactionsResult {
  const { initProducerId, newTransactionalIds, findCoordinator, addPartitions, endTxn } = transactions;
  const { concurrentTransactions, markerRequests, stateLogWrites, committed, aborted, timedOut } =
    transactions;
  return {
    initProducerId,
    newTransactionalIds,
    newTransactionalIdsPerDay: Math.round(idsPerDay),
    findCoordinator,
    addPartitionsToTxn: addPartitions,
    endTxn,
    concurrentTransactions,
    writeTxnMarkers: markerRequests,
    stateLogWrites,
    committed,
    aborted,
    timedOut,
  };
}
