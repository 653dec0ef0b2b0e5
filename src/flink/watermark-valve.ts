/** Models: the event-time watermark of a task behind several channels: the least of those that are active and have caught
 *    up with what was put out before.
 *  Source: flink StatusWatermarkValve (2.1).
 *  Leaves out: several gates (an operator with two inputs has a valve for each). */

import type { Outbox } from "../records/index.ts";

/** Plain data of one channel; watermarks are ms of event time, -Infinity before the first. */
export interface ChannelWatermark {
  watermark: number;
  idle: boolean;
  /** counts for the least; not while idle, nor behind what was put out while it was. */
  aligned: boolean;
}

/** Plain data of one gate. */
export interface WatermarkValve {
  readonly channels: ChannelWatermark[];
  output: number;
  idle: boolean;
}

/** Effects of a step. */
export const OUTPUT_WATERMARK = 1;
export const OUTPUT_IDLE = 2;
export const OUTPUT_ACTIVE = 3;

export function watermarkValve(channels: number): WatermarkValve {
  return {
    channels: Array.from({ length: channels }, () => ({
      watermark: Number.NEGATIVE_INFINITY,
      idle: false,
      aligned: true,
    })),
    output: Number.NEGATIVE_INFINITY,
    idle: false,
  };
}

/** A watermark came out of `channel`, ms. Effects: OUTPUT_WATERMARK(ms). */
export function onWatermark(state: WatermarkValve, channel: number, watermark: number, outbox: Outbox): void {
  const one = state.channels[channel]!;
  if (state.idle || one.idle || watermark <= one.watermark) return;
  one.watermark = watermark;
  if (watermark >= state.output) one.aligned = true;
  outputLeast(state, outbox);
}

/** `channel` says that nothing will come for a while. Effects: OUTPUT_WATERMARK(ms), OUTPUT_IDLE. */
export function onIdle(state: WatermarkValve, channel: number, outbox: Outbox): void {
  const one = state.channels[channel]!;
  if (one.idle) return;
  one.idle = true;
  one.aligned = false;
  if (state.channels.some((other) => !other.idle)) {
    outputLeast(state, outbox);
    return;
  }
  // Nobody holds the watermark back any more: it goes on to the highest.
  if (one.watermark === state.output) {
    output(state, Math.max(...state.channels.map((other) => other.watermark)), outbox);
  }
  state.idle = true;
  outbox.add(OUTPUT_IDLE);
}

/** `channel` has something again. Effects: OUTPUT_ACTIVE. */
export function onActive(state: WatermarkValve, channel: number, outbox: Outbox): void {
  const one = state.channels[channel]!;
  if (!one.idle) return;
  one.idle = false;
  if (one.watermark >= state.output) one.aligned = true;
  if (!state.idle) return;
  state.idle = false;
  outbox.add(OUTPUT_ACTIVE);
}

function outputLeast(state: WatermarkValve, outbox: Outbox): void {
  let least = Number.POSITIVE_INFINITY;
  for (const { aligned, watermark } of state.channels) {
    if (aligned && watermark < least) least = watermark;
  }
  if (least !== Number.POSITIVE_INFINITY) output(state, least, outbox);
}

function output(state: WatermarkValve, watermark: number, outbox: Outbox): void {
  if (watermark <= state.output) return;
  state.output = watermark;
  outbox.add(OUTPUT_WATERMARK, watermark);
}
