/** How a job's barriers behave. */

import { ALIGNED, AT_LEAST_ONCE, type BarrierKind, TIMEOUTABLE, UNALIGNED } from "./barrier-handler.ts";
import { type CheckpointProperties, isSavepoint } from "./checkpoint-properties.ts";

/** `execution.checkpointing.mode`, `.unaligned.enabled`, `.aligned-checkpoint-timeout`. */
export interface AlignmentSettings {
  readonly mode: "exactly-once" | "at-least-once";
  readonly unaligned: boolean;
  /** ns from the JobManager's trigger. */
  readonly alignedTimeout: number;
  /** Mails of barriers that overtake go before others (FLINK-35051, Flink 2.1). */
  readonly urgentMails: boolean;
}

/** What a source sends for a checkpoint.
 *  Source: flink CheckpointOptions.forConfig. */
export function barrierKindOf({ mode, unaligned, alignedTimeout }: AlignmentSettings): BarrierKind {
  if (mode === "at-least-once") return AT_LEAST_ONCE;
  if (!unaligned) return ALIGNED;
  return alignedTimeout > 0 ? TIMEOUTABLE : UNALIGNED;
}

/** The same for a checkpoint with these properties: a savepoint is never unaligned. */
export function barrierKindFor(alignment: AlignmentSettings, properties: CheckpointProperties): BarrierKind {
  return isSavepoint(properties) && alignment.mode === "exactly-once" ? ALIGNED : barrierKindOf(alignment);
}

/** Records in flight of one channel, as a snapshot holds them: plain data, [origin partition, route, first rank, end rank]
 *  each, in the order of the channel. */
export interface ChannelState {
  /** position among the task's channels of that side: the next attempt's channels have other numbers. */
  readonly channel: number;
  readonly side: "input" | "output";
  readonly spans: readonly (readonly [partition: number, route: number, from: number, to: number])[];
}
