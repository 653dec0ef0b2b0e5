import { quantile } from "../stats/index.ts";
import { hasFault, whyNotSimulated } from "./case-faults.ts";
import { type FidelityRow, type Figure, judge, type Kind } from "./fidelity-row.ts";
import type { MeasuredIsolation, ReferenceCase } from "./reference-case.ts";
import { ISOLATIONS, type IsolationName, type SimulatedCase, type SimulatedPhases } from "./simulate-case.ts";
import {
  ALIGNMENT_DATA_SHARE,
  ALIGNMENT_RECORDS_A_CHANNEL,
  CHECKPOINT_DURATION,
  CHECKPOINTED_SIZE,
  COLD_LATENCY,
  CRASH_LATENCY_PERCENT,
  DUPLICATES,
  EXACT,
  FIRST_COMPLETED_MS,
  OUTPUT_GAP_MS,
  RESTART_TO_RUNNING_MS,
  RESTARTS,
  SATURATED_LATENCY,
  SATURATED_POINTS,
  steadyLatency,
  type Tolerance,
  TRIGGER_GAP,
} from "./tolerance.ts";

const COLD_BELOW_S = 200;
const LARGE_STATE_BYTES = 50e6;
/** bytes of a record between two tasks: value (100 and its length, 4), length, tag and timestamp (13). */
const RECORD_BYTES = 117;
const NOTHING_OF_IT = "nothing of the kind happened";
const NO_FIGURE = "the model has no such figure yet";
const QUANTILES = [
  ["p10", 0.1],
  ["p25", 0.25],
  ["p50", 0.5],
  ["p75", 0.75],
  ["p90", 0.9],
  ["p99", 0.99],
] as const;

/** Every figure of a case beside what was simulated: one simulation where the case states its phases, several over the
 *  phases where it doesn't. */
export function compareCase(
  reference: ReferenceCase,
  { runs, whyNot }: Pick<SimulatedPhases, "runs" | "whyNot">,
): FidelityRow[] {
  const rows = [
    ...latencyRows(reference, runs),
    ...checkpointRows(reference, runs),
    ...deliveryRows(reference, runs),
    ...crashRows(reference, runs),
  ];
  return whyNot === undefined ? rows : rows.map((row) => ({ ...row, note: whyNot }));
}

/** A run before its fault is steady; whatever covers the fault needs it simulated. */
function throughFault<T>(reference: ReferenceCase, values: readonly T[]): readonly (T | undefined)[] {
  return whyNotSimulated(reference) === undefined ? values : values.map(() => undefined);
}

function latencyKind({ input }: ReferenceCase): Kind {
  if (isSaturated(input) || (input.job.stateBytes ?? 0) * (input.job.keys ?? 10_000) >= LARGE_STATE_BYTES)
    return "saturated or large-state latency";
  return (input.cluster_age_s ?? Number.POSITIVE_INFINITY) < COLD_BELOW_S ? "cold latency" : "steady latency";
}

/** Whether some subtask is asked to wait longer for its records than there is time. */
function isSaturated({ rate, job }: ReferenceCase["input"]): boolean {
  const perSubtask = rate / (job.parallelism ?? 2);
  return (perSubtask * Math.max(job.spinNanos ?? 0, job.skewNanos ?? 0)) / 1e9 >= 1;
}

function latencyTolerance(kind: Kind, measured: number): Tolerance {
  if (kind === "cold latency") return COLD_LATENCY;
  return kind === "steady latency" ? steadyLatency(measured) : SATURATED_LATENCY;
}

function latencyRows(reference: ReferenceCase, simulated: readonly SimulatedCase[]): FidelityRow[] {
  const kind = latencyKind(reference);
  return ISOLATIONS.flatMap((name) => {
    const latency = reference.measured[name]?.steady_latency_ms;
    if (latency === undefined) return [];
    const row = (figure: string, measured: number | undefined, q: number | undefined): FidelityRow[] => {
      if (measured === undefined) return [];
      const judged = judge(
        reference.name,
        {
          figure: `${name} ${figure}`,
          kind,
          unit: "ms",
          measured,
          tolerance: latencyTolerance(kind, measured),
          between:
            kind === "saturated or large-state latency" && q !== undefined ? around(latency, q) : undefined,
        },
        simulated.map(({ isolations }) => {
          const found = isolations[name].latency;
          return q === undefined ? found?.mean : found?.quantile(q);
        }),
        "no record was delivered in the window",
      );
      return [judged];
    };
    return [
      ...row("mean", latency.mean, undefined),
      ...QUANTILES.flatMap(([figure, q]) => row(figure, latency[figure], q)),
    ];
  });
}

/** The measured quantiles two points below and above q. */
function around(
  { cdf_percent: cdf }: NonNullable<MeasuredIsolation["steady_latency_ms"]>,
  q: number,
): readonly [number, number] | undefined {
  if (cdf === undefined || cdf.length < 2) return undefined;
  const at = (share: number): number =>
    cdf[Math.min(cdf.length - 1, Math.max(0, Math.round(share * 100)))] ?? Number.NaN;
  return [at(q - SATURATED_POINTS), at(q + SATURATED_POINTS)];
}

function checkpointRows(reference: ReferenceCase, simulated: readonly SimulatedCase[]): FidelityRow[] {
  const measured = reference.measured.checkpoints;
  if (measured === undefined) return [];
  const rows: FidelityRow[] = [];
  const add = (
    measuredValue: number | undefined,
    figure: Omit<Figure, "measured">,
    read: (one: SimulatedCase) => number | undefined,
  ): void => {
    if (measuredValue === undefined) return;
    const values = throughFault(reference, simulated.map(read));
    const whyNot = whyNotSimulated(reference) ?? NO_FIGURE;
    rows.push(judge(reference.name, { ...figure, measured: measuredValue }, values, whyNot));
  };
  const duration = measured.duration_ms?.p50;
  add(
    duration,
    {
      figure: "checkpoint duration p50",
      kind: "checkpoint duration",
      unit: "ms",
      tolerance: CHECKPOINT_DURATION,
    },
    (one) => one.checkpointDurationP50,
  );
  const gap = measured.trigger_gap_ms?.p50;
  const longer = duration !== undefined && gap !== undefined && duration >= intervalMs(reference);
  const gapTolerance = longer ? CHECKPOINT_DURATION : TRIGGER_GAP;
  add(
    gap,
    { figure: "trigger gap p50", kind: "trigger gap", unit: "ms", tolerance: gapTolerance },
    (one) => one.triggerGapP50,
  );
  add(
    measured.checkpointed_size_bytes_p50,
    { figure: "checkpointed size p50", kind: "checkpointed size", unit: "B", tolerance: CHECKPOINTED_SIZE },
    (one) => one.checkpointedSizeP50,
  );
  const channels = (reference.input.job.parallelism ?? 2) ** 2;
  const tolerance = {
    relative: ALIGNMENT_DATA_SHARE,
    absolute: ALIGNMENT_RECORDS_A_CHANNEL * channels * RECORD_BYTES,
  };
  add(
    measured.processed_data_p50,
    { figure: "processed during alignment p50", kind: "alignment data", unit: "B", tolerance },
    (one) => one.processedDataP50,
  );
  add(
    measured.persisted_data_p50,
    { figure: "persisted in-flight data p50", kind: "alignment data", unit: "B", tolerance },
    (one) => one.persistedDataP50,
  );
  return rows;
}

/** ms between two triggers, as the coordinator counts them. */
function intervalMs({ input }: ReferenceCase): number {
  const keys = ["execution.checkpointing.interval", "execution.checkpointing.min-pause"];
  return Math.max(...keys.map((key) => millisecondsOf(input.conf[key] ?? "0 ms")));
}

function millisecondsOf(text: string): number {
  const [, amount = "0", unit = "ms"] = /^(\d+)\s*(ms|s|min|h)?$/.exec(text.trim()) ?? [];
  const scale = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 }[unit] ?? 1;
  return Number(amount) * scale;
}

function deliveryRows(reference: ReferenceCase, simulated: readonly SimulatedCase[]): FidelityRow[] {
  const kind = "duplicates and loss";
  return ISOLATIONS.flatMap((name) => {
    const measured = reference.measured[name];
    if (measured === undefined) return [];
    const row = (figure: string, value: number, tolerance: Tolerance, read: (one: SimulatedCase) => number) =>
      judge(
        reference.name,
        { figure: `${name} ${figure}`, kind, unit: "records", measured: value, tolerance },
        throughFault(reference, simulated.map(read)),
        whyNotSimulated(reference) ?? NO_FIGURE,
      );
    const duplicates = measured.duplicates === 0 ? EXACT : DUPLICATES;
    const lost = measured.lost === 0 ? EXACT : DUPLICATES;
    return [
      row("duplicates", measured.duplicates, duplicates, (one) => one.isolations[name].duplicates),
      row("lost", measured.lost, lost, (one) => one.isolations[name].lost),
    ];
  });
}

/** What happens around a crash. */
function crashRows(reference: ReferenceCase, simulated: readonly SimulatedCase[]): FidelityRow[] {
  const { fault, measured } = reference;
  if (fault === undefined || !hasFault(reference)) return [];
  const rows: FidelityRow[] = [];
  const add = (
    figure: string,
    value: number | undefined,
    unit: Figure["unit"],
    tolerance: Tolerance,
    read: (one: SimulatedCase) => number | undefined,
  ): void => {
    if (value === undefined) return;
    const about = { figure, kind: "crash", unit, measured: value, tolerance } as const;
    const values = throughFault(reference, simulated.map(read));
    rows.push(judge(reference.name, about, values, whyNotSimulated(reference) ?? NOTHING_OF_IT));
  };
  add("restarts", fault.restores, "count", RESTARTS, ({ recovery }) => recovery?.restarts);
  add(
    "last restart to running",
    lastRestartToRunning(fault.timeline_ms ?? []),
    "ms",
    RESTART_TO_RUNNING_MS,
    ({ recovery }) => recovery?.lastRestartToRunning,
  );
  add(
    "first completed checkpoint after",
    sum(fault.first_completed_trigger_after_ms, fault.first_completed_duration_ms),
    "ms",
    FIRST_COMPLETED_MS,
    ({ recovery }) => recovery?.firstCompletedAfter,
  );
  for (const name of ISOLATIONS) {
    const gap = measured[name]?.largest_output_gap?.length_s;
    add(
      `${name} largest output gap`,
      gap === undefined ? undefined : gap * 1000,
      "ms",
      OUTPUT_GAP_MS,
      ({ isolations }) => isolations[name].largestGap,
    );
    add(
      `${name} p50 by creation second, median error`,
      measured[name]?.latency_by_creation_second === undefined ? undefined : 0,
      "%",
      CRASH_LATENCY_PERCENT,
      ({ isolations }) => medianErrorOfSeconds(measured[name], isolations[name]),
    );
  }
  return rows;
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

/** %; how far the simulated p50 of each creation second is off, at the median over the seconds that were measured. A second
 *  of which nothing arrives is wholly off. */
function medianErrorOfSeconds(
  measured: MeasuredIsolation | undefined,
  simulated: SimulatedCase["isolations"][IsolationName],
): number | undefined {
  const errors = (measured?.latency_by_creation_second ?? []).map(({ s, p50 }) => {
    const median = simulated.medianOfSecond(s);
    return median === undefined ? 100 : (Math.abs(median - p50) / p50) * 100;
  });
  return errors.length === 0
    ? undefined
    : quantile(
        errors.toSorted((a, b) => a - b),
        0.5,
      );
}

/** ms from the last change to RUNNING until the last subtask runs. */
function lastRestartToRunning(timeline: readonly (readonly [number, string])[]): number | undefined {
  const last = (pattern: RegExp): number | undefined =>
    timeline.findLast(([, what]) => pattern.test(what))?.[0];
  const restarted = last(/^job RESTARTING to RUNNING/);
  const running = last(/subtask running/);
  if (restarted === undefined || running === undefined || running < restarted) return undefined;
  return running - restarted;
}
