/** How far a simulated figure may be from the measured one: a share of the measured one or an absolute distance,
 *  whichever is greater. */
export interface Tolerance {
  /** of the measured figure, 0.1 is 10 %. */
  readonly relative: number;
  /** in the figure's own unit. */
  readonly absolute: number;
}

export function isWithin(measured: number, simulated: number, { relative, absolute }: Tolerance): boolean {
  const distance = Math.abs(simulated - measured);
  // What is printed with two decimals isn't judged finer.
  return distance <= Math.max(Math.abs(measured) * relative, absolute) + 1e-9;
}

/** Measured below 20 ms is judged by 1.5 ms, since 6 ms would accept anything. */
const SHORT_MS = 20;

/** A latency of a warm cluster, ms. */
export function steadyLatency(measuredMs: number): Tolerance {
  return { relative: 0.1, absolute: measuredMs < SHORT_MS ? 1.5 : 6 };
}

/** A latency of a cluster whose processes are young. */
export const COLD_LATENCY: Tolerance = { relative: 0.15, absolute: 40 };
/** A latency under saturation or with large state; or else between the measured quantiles two points away. */
export const SATURATED_LATENCY: Tolerance = { relative: 0.15, absolute: 15 };
export const SATURATED_POINTS = 0.02;

export const CHECKPOINT_DURATION: Tolerance = { relative: 0.3, absolute: 15 };
/** While checkpoints are shorter than their interval. */
export const TRIGGER_GAP: Tolerance = { relative: 0.02, absolute: 0 };
/** bytes */
export const CHECKPOINTED_SIZE: Tolerance = { relative: 0.15, absolute: 20_000 };
/** bytes; plus five records a channel. */
export const ALIGNMENT_DATA_SHARE = 0.25;
export const ALIGNMENT_RECORDS_A_CHANNEL = 5;
export const DUPLICATES: Tolerance = { relative: 0.1, absolute: 60 };
export const EXACT: Tolerance = { relative: 0, absolute: 0 };
export const RESTARTS: Tolerance = { relative: 0, absolute: 1 };
export const RESTART_TO_RUNNING_MS: Tolerance = { relative: 0.2, absolute: 500 };
export const FIRST_COMPLETED_MS: Tolerance = { relative: 0.1, absolute: 1000 };
export const OUTPUT_GAP_MS: Tolerance = { relative: 0.1, absolute: 500 };
/** of the median error of p50 latency by creation second, %. */
export const CRASH_LATENCY_PERCENT: Tolerance = { relative: 0, absolute: 10 };
