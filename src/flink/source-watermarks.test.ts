import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  EMIT_ACTIVE,
  EMIT_IDLE,
  EMIT_WATERMARK,
  onEmitted,
  onPeriodicEmit,
  type SourceWatermarks,
  sourceWatermarks,
} from "./source-watermarks.ts";

const SECOND = 1e9;

/** What a periodic emission asks for: [effect, watermark]. */
function emit(state: SourceWatermarks, activeTime: number): readonly (readonly [number, number])[] {
  const outbox = new Outbox();
  onPeriodicEmit(state, activeTime, outbox);
  return Array.from({ length: outbox.length }, (_, i) => [outbox.effects[i]!, outbox.a[i]!] as const);
}

describe("the watermark of a source subtask", () => {
  test("is the least of its splits' latest timestamps, less out-of-orderness and a millisecond", () => {
    const state = sourceWatermarks(2, 100, Number.POSITIVE_INFINITY, 0);
    onEmitted(state, 0, 5000, 0);
    expect(emit(state, 0)).toEqual([]); // the other split has said nothing
    onEmitted(state, 1, 4000, 0);
    expect(emit(state, 0)).toEqual([[EMIT_WATERMARK, 3899]]);
  });

  test("is emitted only when it has advanced, and never goes back", () => {
    const state = sourceWatermarks(1, 0, Number.POSITIVE_INFINITY, 0);
    onEmitted(state, 0, 1000, 0);
    expect(emit(state, 0)).toEqual([[EMIT_WATERMARK, 999]]);
    onEmitted(state, 0, 900, 0); // out of order
    expect(emit(state, 0)).toEqual([]);
    onEmitted(state, 0, 1001, 0);
    expect(emit(state, 0)).toEqual([[EMIT_WATERMARK, 1000]]);
  });

  test("waits for a quiet split for ever without an idle time-out", () => {
    const state = sourceWatermarks(2, 0, Number.POSITIVE_INFINITY, 0);
    onEmitted(state, 0, 1000, 0);
    expect(emit(state, 1e6 * SECOND)).toEqual([]);
  });
});

describe("idleness", () => {
  test("leaves a quiet split out, and takes it in again with its next record", () => {
    const state = sourceWatermarks(2, 0, 10 * SECOND, 0);
    onEmitted(state, 0, 1000, 9 * SECOND);
    expect(emit(state, 9.9 * SECOND)).toEqual([]);
    expect(emit(state, 10 * SECOND)).toEqual([[EMIT_WATERMARK, 999]]);
    onEmitted(state, 1, 500, 11 * SECOND);
    onEmitted(state, 0, 2000, 11 * SECOND);
    expect(emit(state, 11 * SECOND)).toEqual([]); // held back by split 1, and it doesn't go back
    onEmitted(state, 1, 1800, 12 * SECOND);
    expect(emit(state, 12 * SECOND)).toEqual([[EMIT_WATERMARK, 1799]]);
  });

  test("of all splits is told once, and so is its end", () => {
    const state = sourceWatermarks(2, 0, 10 * SECOND, 0);
    onEmitted(state, 0, 1000, 0);
    expect(emit(state, 10 * SECOND)).toEqual([[EMIT_IDLE, 0]]);
    expect(emit(state, 20 * SECOND)).toEqual([]);
    onEmitted(state, 1, 3000, 21 * SECOND);
    expect(emit(state, 21 * SECOND)).toEqual([
      [EMIT_ACTIVE, 0],
      [EMIT_WATERMARK, 2999],
    ]);
  });

  test("doesn't count the time in which the task was held up", () => {
    const state = sourceWatermarks(1, 0, 10 * SECOND, 0);
    onEmitted(state, 0, 1000, 0);
    emit(state, 0);
    // A minute has passed, 55 s of it blocked.
    expect(emit(state, 5 * SECOND)).toEqual([]);
    expect(emit(state, 10 * SECOND)).toEqual([[EMIT_IDLE, 0]]);
  });

  test("a source without splits is idle from the start", () => {
    expect(emit(sourceWatermarks(0, 0, Number.POSITIVE_INFINITY, 0), 0)).toEqual([[EMIT_IDLE, 0]]);
  });
});
