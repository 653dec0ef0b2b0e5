import { type Measurement, measurePipeline } from "../experiment/index.ts";
import { type Phases, type Pipeline, resolvePipeline } from "../pipeline/index.ts";
import { loadOf, phasesOf, pipelineOf, reportedJob } from "./case-pipeline.ts";
import type { ReferenceCase } from "./reference-case.ts";

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
  /** What the pipeline's file would note: known, but not modelled. */
  readonly notes: readonly string[];
}

export type IsolationName = "read_committed" | "read_uncommitted";
export const ISOLATIONS = ["read_committed", "read_uncommitted"] as const;

export interface CaseSettings {
  readonly seed: string;
  /** Environment file by number of brokers, and its text. */
  readonly environment: { readonly path: string; readonly text: string };
  /** ns added to every stated or drawn first trigger; for the range over phases. */
  readonly phase?: number;
  /** Of the brokers' sweep for timed-out transactions, 0 to 1, where the case doesn't state it; without it drawn. */
  readonly sweepPhase?: number;
}

const SECOND = 1e9;
const MILLISECOND = 1e6;

/** Whether tasks measure what they take from their channels while they align, and what of it a snapshot keeps. They report 0
 *  so far, which is no prediction. */
const TASKS_MEASURE_ALIGNMENT = false as boolean;

/** How many draws stand for all phases that a case doesn't state: those of the buffer flushers, and those of the
 *  brokers' sweep and of the checkpoints where it doesn't state them either. */
const PHASES = 5;

/** Simulates a case from its settings: from the phases it states, and over those it doesn't. */
export function simulateOverPhases(reference: ReferenceCase, settings: CaseSettings): SimulatedCase[] {
  const { pipeline } = resolveCase(reference, settings);
  const interval = checkpointInterval(pipeline.jobs[reportedJob(reference)]!.checkpointing);
  const { first_trigger_at_ms: first, hop_trigger_phase_ms: hops } = reference.phases;
  const isStated = interval === undefined || first !== undefined || hops !== undefined;
  return Array.from({ length: PHASES }, (_, i) =>
    simulateCase(reference, {
      ...settings,
      seed: `${settings.seed} ${i}`,
      sweepPhase: i / PHASES,
      ...(isStated ? {} : { phase: Math.floor((i * interval) / PHASES) }),
    }),
  );
}

/** Simulates a case from its settings and the phases it states. The faults of a case are not injected. */
export function simulateCase(reference: ReferenceCase, settings: CaseSettings): SimulatedCase {
  const { pipeline, notes } = resolveCase(reference, settings);
  const intervals = pipeline.jobs.map(({ checkpointing }) => checkpointInterval(checkpointing));
  const { measured } = reference;
  const window = (measured.read_committed ?? measured.read_uncommitted)?.steady_latency_ms;
  const measurement = measurePipeline(pipeline, {
    seed: settings.seed,
    duration: loadOf(reference),
    window: {
      from: (window?.from_s ?? reference.input.warm ?? 0) * SECOND,
      until: (window?.to_s ?? reference.input.seconds) * SECOND,
    },
    phases: phasesFor(reference, intervals, settings.phase),
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
    };
  };
  const job = reportedJob(reference);
  const gaps = checkpoints[job]!.triggerGaps;
  const sizes = checkpointSizes[job]!;
  return {
    isolations: { read_committed: isolation(0), read_uncommitted: isolation(1) },
    checkpointDurationP50: result.checkpoints[job]?.durationMs.p50Ms ?? undefined,
    triggerGapP50: millisecondsOf(medianOf(gaps)),
    checkpointedSizeP50: medianOf(sizes.checkpointed),
    processedDataP50: TASKS_MEASURE_ALIGNMENT ? medianOf(sizes.processed) : undefined,
    persistedDataP50: TASKS_MEASURE_ALIGNMENT ? medianOf(sizes.persisted) : undefined,
    notes,
  };
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

function resolveCase(
  reference: ReferenceCase,
  { environment, sweepPhase }: CaseSettings,
): { readonly pipeline: Pipeline; readonly notes: readonly string[] } {
  const input = pipelineOf(reference, environment.path, sweepPhase);
  const { pipeline, warnings } = resolvePipeline(input, reference.name, [], () => environment.text);
  return { pipeline, notes: warnings.map(({ message }) => message) };
}
