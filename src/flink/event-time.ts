/** What travels through channels beside records: an event-time watermark, ms, and whether the stream is idle. Source: flink
 *  Watermark, WatermarkStatus. */
export interface EventTimeElement {
  /** -Infinity: none. */
  readonly watermark: number;
  readonly status: StreamStatus;
}

/** UNCHANGED: nothing is said. */
export const UNCHANGED = 0;
export const IDLE_STREAM = 1;
export const ACTIVE_STREAM = 2;
export type StreamStatus = typeof UNCHANGED | typeof IDLE_STREAM | typeof ACTIVE_STREAM;

export const NO_WATERMARK = Number.NEGATIVE_INFINITY;
/** Nothing comes behind it. Source: flink Watermark.MAX_WATERMARK. */
export const MAX_WATERMARK = 2 ** 63;

/** Gauges of event time, with Flink's names, ms; null: not yet. */
export interface EventTimeMetrics {
  /** Of a task behind an exchange. */
  readonly currentInputWatermark?: number | null;
  readonly currentOutputWatermark: number | null;
  /** Of a source: how far its watermark is behind the clock. */
  readonly watermarkLag?: number | null;
  /** Of a window operator, since its attempt began. */
  readonly numLateRecordsDropped?: number;
}

export function known(watermark: number): number | null {
  return watermark === NO_WATERMARK ? null : watermark;
}
