import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  OUTPUT_ACTIVE,
  OUTPUT_IDLE,
  OUTPUT_WATERMARK,
  onActive,
  onIdle,
  onWatermark,
  type WatermarkValve,
  watermarkValve,
} from "./watermark-valve.ts";

type Effects = readonly (readonly [number, number])[];

function effects(step: (outbox: Outbox) => void): Effects {
  const outbox = new Outbox();
  step(outbox);
  return Array.from({ length: outbox.length }, (_, i) => [outbox.effects[i]!, outbox.a[i]!] as const);
}

const watermark = (valve: WatermarkValve, channel: number, value: number) =>
  effects((outbox) => onWatermark(valve, channel, value, outbox));
const idle = (valve: WatermarkValve, channel: number) => effects((outbox) => onIdle(valve, channel, outbox));
const active = (valve: WatermarkValve, channel: number) =>
  effects((outbox) => onActive(valve, channel, outbox));

describe("the watermark behind several channels", () => {
  test("is the least of them, once each has one, and only advances", () => {
    const valve = watermarkValve(3);
    expect(watermark(valve, 0, 10)).toEqual([]);
    expect(watermark(valve, 1, 12)).toEqual([]);
    expect(watermark(valve, 2, 8)).toEqual([[OUTPUT_WATERMARK, 8]]);
    expect(watermark(valve, 2, 7)).toEqual([]);
    expect(watermark(valve, 2, 11)).toEqual([[OUTPUT_WATERMARK, 10]]);
  });

  test("is not held back by an idle channel", () => {
    const valve = watermarkValve(2);
    watermark(valve, 0, 10);
    expect(idle(valve, 1)).toEqual([[OUTPUT_WATERMARK, 10]]);
    expect(idle(valve, 1)).toEqual([]);
    expect(watermark(valve, 0, 20)).toEqual([[OUTPUT_WATERMARK, 20]]);
  });

  test("a channel that is active again counts once it has caught up", () => {
    const valve = watermarkValve(2);
    watermark(valve, 0, 10);
    watermark(valve, 1, 5);
    idle(valve, 1);
    watermark(valve, 0, 20);
    expect(active(valve, 1)).toEqual([]);
    expect(watermark(valve, 1, 15)).toEqual([]);
    expect(watermark(valve, 0, 30)).toEqual([[OUTPUT_WATERMARK, 30]]); // 1 is still behind
    expect(watermark(valve, 1, 30)).toEqual([]);
    expect(watermark(valve, 0, 40)).toEqual([]); // and now it counts
    expect(watermark(valve, 1, 35)).toEqual([[OUTPUT_WATERMARK, 35]]);
  });

  test("goes to the highest when the last channel that held it back falls idle", () => {
    const valve = watermarkValve(2);
    watermark(valve, 0, 10);
    watermark(valve, 1, 30);
    idle(valve, 1);
    expect(idle(valve, 0)).toEqual([
      [OUTPUT_WATERMARK, 30],
      [OUTPUT_IDLE, 0],
    ]);
    expect(watermark(valve, 0, 50)).toEqual([]);
    expect(active(valve, 0)).toEqual([[OUTPUT_ACTIVE, 0]]);
    expect(active(valve, 0)).toEqual([]);
    expect(watermark(valve, 0, 50)).toEqual([[OUTPUT_WATERMARK, 50]]);
  });
});

property.prop([
  fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.nat({ max: 100 })), { maxLength: 60 }),
])("never goes back, and without idleness is the least of all", (steps) => {
  const valve = watermarkValve(3);
  const highest = [-1, -1, -1];
  let neverIdle = true;
  for (const [kind, channel, value] of steps) {
    const before = valve.output;
    if (kind === 0) {
      watermark(valve, channel, value);
      highest[channel] = Math.max(highest[channel]!, value);
    } else if (kind === 1) {
      idle(valve, channel);
      neverIdle = false;
    } else active(valve, channel);
    expect(valve.output).toBeGreaterThanOrEqual(before);
    if (neverIdle && !highest.includes(-1)) expect(valve.output).toBe(Math.min(...highest));
  }
});
