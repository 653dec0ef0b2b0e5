import { type Measurement, measurePipeline } from "../experiment/index.ts";
import { LatencyByCreation, VisibleGaps } from "../metrics/index.ts";
import {
  ConfigError,
  type Lineage,
  type Phases,
  type Pipeline,
  type PipelineObserver,
} from "../pipeline/index.ts";
import { faultAt, hasFault, heartbeatsOf } from "./case-faults.ts";
import { loadOf, phasesOf, reportedJob } from "./case-pipeline.ts";
import type { ReferenceCase } from "./reference-case.ts";
import { type CasePlace, type ResolvedCase, resolveCase } from "./resolve-case.ts";

/** Latency of one isolation level, ms. */
export interface SimulatedLatency {
  readonly mean: number;
  /** at 0 <= q <= 1. */
  readonly quantile: (q: number) => number;
}

export interface SimulatedIsolation {
  readonly latency: SimulatedLatency | undefined;
  readonly duplicates: number;
  readonly lost: number;
  /** ms; the longest time without a record, undefined without a fault. */
  readonly largestGap: number | undefined;
  /** ms; p50 of what was created in second `s` of the load, from creation to its first arrival. */
  readonly medianOfSecond: (s: number) => number | undefined;
}

/** What a fault did to the reported job; undefined where it did nothing of the kind. */
export interface SimulatedRecovery {
  readonly restarts: number;
  /** ms */
  readonly lastRestartToRunning: number | undefined;
  /** ms from the fault until every task runs for good. */
  readonly allRunningAfter: number | undefined;
  /** ms from the fault until the first checkpoint that was triggered after it had its last acknowledgement. */
  readonly firstCompletedAfter: number | undefined;
}

/** What the simulator says about the settings of a case; undefined where it has nothing to say. */
export interface SimulatedCase {
  readonly isolations: Readonly<Record<IsolationName, SimulatedIsolation>>;
  readonly checkpointDurationP50: number | undefined;
  readonly triggerGapP50: number | undefined;
  /** bytes of a whole checkpoint: state written, data processed while aligning, data persisted with unaligned barriers. */
  readonly checkpointedSizeP50: number | undefined;
  readonly processedDataP50: number | undefined;
  readonly persistedDataP50: number | undefined;
  /** undefined: nothing fails. */
  readonly recovery: SimulatedRecovery | undefined;
}

/** What came of a case. */
export interface SimulatedPhases {
  /** One a phase; none where the case can't be simulated. */
  readonly runs: readonly SimulatedCase[];
  /** Why there are none. */
  readonly whyNot: string | undefined;
  /** What is predicted otherwise than the case says, and what its pipeline's file would be told. */
  readonly notes: readonly string[];
}

export type IsolationName = "read_committed" | "read_uncommitted";
export const ISOLATIONS = ["read_committed", "read_uncommitted"] as const;

export interface CaseSettings {
  readonly seed: string;
  readonly environment: CasePlace;
  /** ns added to every stated or drawn first trigger; for the range over phases. */
  readonly phase?: number;
  /** Of the brokers' sweep for timed-out transactions, 0 to 1, where the case doesn't state it; without it drawn. */
  readonly sweepPhase?: number;
}

const SECOND = 1e9;
const MILLISECOND = 1e6;

/** How many draws stand for all phases that a case doesn't state: those of the buffer flushers, and those of the
 *  brokers' sweep and of the checkpoints where it doesn't state them either. */
const PHASES = 10;

/** Simulates a case from its settings: from the phases it states, and over those it doesn't. */
export function simulateOverPhases(reference: ReferenceCase, settings: CaseSettings): SimulatedPhases {
  let resolved: ResolvedCase;
  try {
    resolved = resolveCase(reference, settings.environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const whyNot = error.issues[0]!.message;
    return { runs: [], whyNot, notes: error.issues.map(({ message }) => message) };
  }
  const { pipeline, notes } = resolved;
  const interval = checkpointInterval(pipeline.jobs[reportedJob(reference)]!.checkpointing);
  const { first_trigger_at_ms: first, hop_trigger_phase_ms: hops } = reference.phases;
  const isStated = interval === undefined || first !== undefined || hops !== undefined;
  const runs = Array.from({ length: PHASES }, (_, i) =>
    simulateCase(reference, {
      ...settings,
      seed: `${settings.seed} ${i}`,
      sweepPhase: i / PHASES,
      ...(isStated ? {} : { phase: Math.floor((i * interval) / PHASES) }),
    }),
  );
  return { runs, whyNot: undefined, notes };
}

/** Simulates a case from its settings and the phases it states. Its faults happen when they did. */
export function simulateCase(reference: ReferenceCase, settings: CaseSettings): SimulatedCase {
  const { pipeline } = resolveCase(reference, settings.environment, settings.sweepPhase);
  const intervals = pipeline.jobs.map(({ checkpointing }) => checkpointInterval(checkpointing));
  const { measured } = reference;
  const window = (measured.read_committed ?? measured.read_uncommitted)?.steady_latency_ms;
  const job = reportedJob(reference);
  const failsAt = faultAt(reference);
  const from = (window?.from_s ?? reference.input.warm ?? 0) * SECOND;
  const around = new AroundFault(job, failsAt ?? Number.POSITIVE_INFINITY);
  const measurement = measurePipeline(pipeline, {
    seed: settings.seed,
    duration: loadOf(reference),
    window: {
      from,
      until: (window?.to_s ?? reference.input.seconds) * SECOND,
    },
    // A run with a fault was measured for latency before it, for checkpoints until its end.
    checkpointWindow: {
      from,
      until: hasFault(reference) ? loadOf(reference) : (window?.to_s ?? reference.input.seconds) * SECOND,
    },
    phases: {
      ...phasesFor(reference, intervals, settings.phase),
      ...heartbeatPhases(reference, pipeline),
    },
    ...(failsAt === undefined ? {} : { observe: (lineage) => around.attach(lineage) }),
  });
  const { result, latencies, checkpoints, checkpointSizes } = measurement;
  const isolation = (i: number): SimulatedIsolation => {
    const histogram = latencies[i]!;
    const reader = result.readers[i]!;
    return {
      latency:
        histogram.count === 0
          ? undefined
          : {
              mean: histogram.mean / MILLISECOND,
              quantile: (q) => histogram.quantiles([q])[0]! / MILLISECOND,
            },
      duplicates: reader.recordsDuplicated,
      lost: reader.recordsLost,
      largestGap: millisecondsOf(around.gaps.largest(i)?.length),
      medianOfSecond: (s) => {
        const second = around.latencies?.histogram(i, s);
        return second && millisecondsOf(medianOf(second));
      },
    };
  };
  const gaps = checkpoints[job]!.triggerGaps;
  const sizes = checkpointSizes[job]!;
  return {
    isolations: { read_committed: isolation(0), read_uncommitted: isolation(1) },
    checkpointDurationP50: result.checkpoints[job]?.durationMs.p50Ms ?? undefined,
    triggerGapP50: millisecondsOf(medianOf(gaps)),
    checkpointedSizeP50: medianOf(sizes.checkpointed),
    processedDataP50: medianOf(sizes.processed),
    persistedDataP50: medianOf(sizes.persisted),
    recovery: failsAt === undefined ? undefined : recoveryOf(result.recovery, job, failsAt, around),
  };
}

/** Listens to what a fault does to the readers and the checkpoints of a job. */
class AroundFault {
  readonly gaps = new VisibleGaps(ISOLATIONS.length);
  latencies: LatencyByCreation | undefined;
  /** ns */
  firstCompletedAt: number | undefined;
  readonly #job: number;
  readonly #failsAt: number;

  constructor(job: number, failsAt: number) {
    this.#job = job;
    this.#failsAt = failsAt;
  }

  attach(lineage: Lineage): readonly Partial<PipelineObserver>[] {
    this.latencies = new LatencyByCreation(ISOLATIONS.length, lineage, SECOND);
    return [
      this.gaps,
      this.latencies,
      {
        checkpointCompleted: (job, _checkpoint, triggeredAt, latestAckAt) => {
          if (job === this.#job && triggeredAt > this.#failsAt) this.firstCompletedAt ??= latestAckAt;
        },
      },
    ];
  }
}

function recoveryOf(
  { jobs, timeline }: Measurement["result"]["recovery"],
  number: number,
  failsAt: number,
  { firstCompletedAt }: AroundFault,
): SimulatedRecovery {
  const { job, restarts } = jobs[number]!;
  const last = (what: string): number | undefined =>
    timeline.findLast((event) => event.job === job && event.what === what)?.atMs;
  const restarted = last("RUNNING");
  const running = last("every task runs");
  const runs = restarted !== undefined && running !== undefined && running >= restarted;
  return {
    restarts,
    lastRestartToRunning: runs ? running - restarted : undefined,
    allRunningAfter: runs ? running - failsAt / MILLISECOND : undefined,
    firstCompletedAfter: firstCompletedAt && (firstCompletedAt - failsAt) / MILLISECOND,
  };
}

function heartbeatPhases(reference: ReferenceCase, pipeline: Pipeline): Phases {
  const heartbeats = heartbeatsOf(reference, pipeline);
  return heartbeats === undefined ? {} : { heartbeats };
}

/** undefined: nothing was measured. */
function medianOf(histogram: Measurement["latencies"][number]): number | undefined {
  return histogram.count === 0 ? undefined : histogram.quantiles([0.5])[0];
}

function millisecondsOf(time: number | undefined): number | undefined {
  return time === undefined ? undefined : time / MILLISECOND;
}

/** ns between two triggers; undefined: checkpointing is off. */
function checkpointInterval({
  interval,
  minPause,
}: Pipeline["jobs"][number]["checkpointing"]): number | undefined {
  return interval === undefined ? undefined : Math.max(interval, minPause);
}

function phasesFor(
  reference: ReferenceCase,
  intervals: readonly (number | undefined)[],
  phase: number | undefined,
): Phases {
  const known = intervals.map((interval) => interval ?? 0);
  if (intervals.every((interval) => interval === undefined)) return {};
  if (phase === undefined) return phasesOf(reference, known);
  const shifted: ReferenceCase = { ...reference, phases: { first_trigger_at_ms: phase / MILLISECOND } };
  return phasesOf(shifted, known);
}
