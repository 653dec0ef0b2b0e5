/** Models: the event-time watermark of a source subtask: bounded out-of-orderness per split, idle splits left out, the least
 *    of the others emitted periodically.
 *  Source: flink BoundedOutOfOrdernessWatermarks, WatermarksWithIdleness, WatermarkOutputMultiplexer,
 *    CombinedWatermarkStatus, ProgressiveTimestampsAndWatermarks, SourceOperator, SourceReaderBase (2.1); FLINK-35886.
 *  Leaves out: watermark alignment between splits, watermarks carried by records. */

import type { Outbox } from "../records/index.ts";

/** Plain data of one split. */
export interface SplitWatermark {
  /** largest timestamp so far, ms of event time; -Infinity before the first record. */
  maxTimestamp: number;
  /** it has emitted since the last look. */
  isActive: boolean;
  /** since the first look that found nothing, ns of time in which the task was not held up; -1: the last one found
   *  something. */
  inactiveSince: number;
  idle: boolean;
  /** it is read up to its end, and says nothing any more. */
  finished: boolean;
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

/** A subtask that has no splits has an output all the same, which never has a record: without an idle time-out it holds the
 *  watermark up for ever. */
export function sourceWatermarks(
  splits: number,
  outOfOrderness: number,
  idleTimeout: number,
): SourceWatermarks {
  return {
    outOfOrderness,
    idleTimeout,
    splits: Array.from({ length: Math.max(1, splits) }, () => ({
      maxTimestamp: Number.NEGATIVE_INFINITY,
      isActive: false,
      inactiveSince: -1,
      idle: false,
      finished: false,
    })),
    emitted: Number.NEGATIVE_INFINITY,
    idle: false,
  };
}

/** Records of `split` were emitted, the latest of event time `timestamp` (ms). An idle split is active again with the next
 *  periodic emission. */
export function onEmitted(state: SourceWatermarks, split: number, timestamp: number): void {
  const one = state.splits[split]!;
  if (timestamp > one.maxTimestamp) one.maxTimestamp = timestamp;
  one.isActive = true;
}

/** `split` is read up to its end: it holds nothing up any more.
 *  Source: SourceReaderBase.finishCurrentFetch, ReaderOutput.releaseOutputForSplit. */
export function onSplitFinished(state: SourceWatermarks, split: number): void {
  state.splits[split]!.finished = true;
}

/** pipeline.auto-watermark-interval is over. `activeTime` ns: while the task is back-pressured it stands still, so that
 *  waiting doesn't count as idleness. Effects: EMIT_WATERMARK(ms), EMIT_IDLE, EMIT_ACTIVE. */
export function onPeriodicEmit(state: SourceWatermarks, activeTime: number, outbox: Outbox): void {
  let least = Number.POSITIVE_INFINITY;
  if (state.splits.every(({ finished }) => finished)) return;
  for (const split of state.splits) {
    if (split.finished) continue;
    checkIfIdle(split, activeTime, state.idleTimeout);
    if (!split.idle) least = Math.min(least, split.maxTimestamp - state.outOfOrderness - 1);
  }
  if (least === Number.POSITIVE_INFINITY) {
    if (!state.idle) outbox.add(EMIT_IDLE);
    state.idle = true;
    return;
  }
  // A source says that it is active again when its watermark goes on, not before.
  if (least <= state.emitted) return;
  if (state.idle) outbox.add(EMIT_ACTIVE);
  state.idle = false;
  state.emitted = least;
  outbox.add(EMIT_WATERMARK, least);
}

/** The time-out runs from the first look that finds nothing, and looks come with the periodic emissions.
 *  Source: WatermarksWithIdleness.IdlenessTimer. */
function checkIfIdle(split: SplitWatermark, activeTime: number, idleTimeout: number): void {
  if (split.isActive) {
    split.isActive = false;
    split.inactiveSince = -1;
    split.idle = false;
  } else if (split.inactiveSince < 0) split.inactiveSince = activeTime;
  else split.idle = activeTime - split.inactiveSince > idleTimeout;
}
