/** Models: the event-time watermark of a source subtask: bounded out-of-orderness per split, idle splits left out, the least
 *    of the others emitted periodically.
 *  Source: flink BoundedOutOfOrdernessWatermarks, WatermarksWithIdleness, WatermarkOutputMultiplexer,
 *    CombinedWatermarkStatus, SourceOperator (2.1); FLINK-35886.
 *  Leaves out: watermark alignment between splits, watermarks carried by records. */

import type { Outbox } from "../records/index.ts";

/** Plain data of one split. */
export interface SplitWatermark {
  /** largest timestamp so far, ms of event time; -Infinity before the first record. */
  maxTimestamp: number;
  /** when its last record was emitted, ns of time in which the task was not held up. */
  activeAt: number;
  idle: boolean;
}

/** Plain data of one source subtask. */
export interface SourceWatermarks {
  /** ms */
  readonly outOfOrderness: number;
  /** ns; infinite: splits are never idle. */
  readonly idleTimeout: number;
  readonly splits: SplitWatermark[];
  /** emitted last, ms; -Infinity: none. */
  emitted: number;
  idle: boolean;
}

/** Effects of a step. */
export const EMIT_WATERMARK = 1;
export const EMIT_IDLE = 2;
export const EMIT_ACTIVE = 3;

/** @param activeTime ns of time in which the task was not held up, now. */
export function sourceWatermarks(
  splits: number,
  outOfOrderness: number,
  idleTimeout: number,
  activeTime: number,
): SourceWatermarks {
  return {
    outOfOrderness,
    idleTimeout,
    splits: Array.from({ length: splits }, () => ({
      maxTimestamp: Number.NEGATIVE_INFINITY,
      activeAt: activeTime,
      idle: false,
    })),
    emitted: Number.NEGATIVE_INFINITY,
    idle: false,
  };
}

/** Records of `split` were emitted, the latest of event time `timestamp` (ms). An idle split is active again with the next
 *  periodic emission. */
export function onEmitted(
  state: SourceWatermarks,
  split: number,
  timestamp: number,
  activeTime: number,
): void {
  const one = state.splits[split]!;
  if (timestamp > one.maxTimestamp) one.maxTimestamp = timestamp;
  one.activeAt = activeTime;
  one.idle = false;
}

/** pipeline.auto-watermark-interval is over. `activeTime` ns: while the task is back-pressured or blocked it stands still, so
 *  that waiting doesn't count as idleness. Effects: EMIT_WATERMARK(ms), EMIT_IDLE, EMIT_ACTIVE. */
export function onPeriodicEmit(state: SourceWatermarks, activeTime: number, outbox: Outbox): void {
  let least = Number.POSITIVE_INFINITY;
  for (const split of state.splits) {
    if (activeTime - split.activeAt >= state.idleTimeout) split.idle = true;
    if (!split.idle) least = Math.min(least, split.maxTimestamp - state.outOfOrderness - 1);
  }
  const idle = least === Number.POSITIVE_INFINITY;
  if (idle !== state.idle) {
    state.idle = idle;
    outbox.add(idle ? EMIT_IDLE : EMIT_ACTIVE);
  }
  if (idle || least <= state.emitted) return;
  state.emitted = least;
  outbox.add(EMIT_WATERMARK, least);
}
