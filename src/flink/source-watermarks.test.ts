import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  EMIT_ACTIVE,
  EMIT_IDLE,
  EMIT_WATERMARK,
  onEmitted,
  onPeriodicEmit,
  onSplitFinished,
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
    const state = sourceWatermarks(2, 100, Number.POSITIVE_INFINITY);
    onEmitted(state, 0, 5000);
    expect(emit(state, 0)).toEqual([]); // the other split has said nothing
    onEmitted(state, 1, 4000);
    expect(emit(state, 0)).toEqual([[EMIT_WATERMARK, 3899]]);
  });

  test("is emitted only when it has advanced, and never goes back", () => {
    const state = sourceWatermarks(1, 0, Number.POSITIVE_INFINITY);
    onEmitted(state, 0, 1000);
    expect(emit(state, 0)).toEqual([[EMIT_WATERMARK, 999]]);
    onEmitted(state, 0, 900); // out of order
    expect(emit(state, 0)).toEqual([]);
    onEmitted(state, 0, 1001);
    expect(emit(state, 0)).toEqual([[EMIT_WATERMARK, 1000]]);
  });

  test("waits for a quiet split for ever without an idle time-out", () => {
    const state = sourceWatermarks(2, 0, Number.POSITIVE_INFINITY);
    onEmitted(state, 0, 1000);
    expect(emit(state, 1e6 * SECOND)).toEqual([]);
  });
});

describe("a split that is read up to its end", () => {
  test("holds up no watermark any more, and the others' go on", () => {
    const state = sourceWatermarks(2, 0, Number.POSITIVE_INFINITY);
    onEmitted(state, 0, 1000);
    onEmitted(state, 1, 5000);
    expect(emit(state, 0)).toEqual([[EMIT_WATERMARK, 999]]);
    onSplitFinished(state, 0);
    expect(emit(state, 0)).toEqual([[EMIT_WATERMARK, 4999]]);
  });

  test("as the last one makes no source idle: it emits nothing more of its own", () => {
    const state = sourceWatermarks(2, 0, SECOND);
    onEmitted(state, 0, 1000);
    onSplitFinished(state, 0);
    onSplitFinished(state, 1);
    for (const at of [0, 2, 4]) expect(emit(state, at * SECOND)).toEqual([]);
    expect(state.idle).toBe(false);
  });
});

describe("idleness", () => {
  /** Looks every second of active time from `from` up to `to`. @returns what the last one asks for. */
  function look(state: SourceWatermarks, from: number, to: number): readonly (readonly [number, number])[] {
    let last: readonly (readonly [number, number])[] = [];
    for (let second = from; second <= to; second++) last = emit(state, second * SECOND);
    return last;
  }

  test("leaves a quiet split out, and takes it in again with its next record", () => {
    const state = sourceWatermarks(2, 0, 10 * SECOND);
    // The time-out runs from the first look that finds nothing, and must be exceeded.
    for (let second = 1; second <= 11; second++) {
      onEmitted(state, 0, 1000);
      expect(emit(state, second * SECOND)).toEqual([]);
    }
    onEmitted(state, 0, 1000);
    expect(emit(state, 12 * SECOND)).toEqual([[EMIT_WATERMARK, 999]]);
    onEmitted(state, 1, 500);
    onEmitted(state, 0, 2000);
    expect(emit(state, 13 * SECOND)).toEqual([]); // held back by split 1, and it doesn't go back
    onEmitted(state, 1, 1800);
    expect(emit(state, 14 * SECOND)).toEqual([[EMIT_WATERMARK, 1799]]);
  });

  test("of all splits is told once, and its end with the next watermark", () => {
    const state = sourceWatermarks(2, 0, 10 * SECOND);
    onEmitted(state, 0, 1000);
    onEmitted(state, 1, 1000);
    expect(emit(state, 0)).toEqual([[EMIT_WATERMARK, 999]]);
    expect(look(state, 1, 11)).toEqual([]);
    expect(look(state, 12, 12)).toEqual([[EMIT_IDLE, 0]]);
    expect(look(state, 13, 20)).toEqual([]);
    onEmitted(state, 1, 900); // no progress: nothing is said
    expect(look(state, 21, 21)).toEqual([]);
    onEmitted(state, 1, 3000);
    expect(look(state, 22, 22)).toEqual([
      [EMIT_ACTIVE, 0],
      [EMIT_WATERMARK, 2999],
    ]);
  });

  test("doesn't count the time in which the task was held up", () => {
    const state = sourceWatermarks(1, 0, 10 * SECOND);
    onEmitted(state, 0, 1000);
    emit(state, 0);
    expect(look(state, 1, 5)).toEqual([]);
    // A minute has passed, all of it back-pressured.
    expect(emit(state, 5 * SECOND)).toEqual([]);
    expect(look(state, 6, 11)).toEqual([]);
    expect(look(state, 12, 12)).toEqual([[EMIT_IDLE, 0]]);
  });

  test("a source without splits holds the watermark up until its time-out, and for ever without one", () => {
    const forEver = sourceWatermarks(0, 0, Number.POSITIVE_INFINITY);
    expect(look(forEver, 1, 1000)).toEqual([]);
    expect(forEver.idle).toBe(false);
    const timed = sourceWatermarks(0, 0, 10 * SECOND);
    expect(look(timed, 1, 11)).toEqual([]);
    expect(look(timed, 12, 12)).toEqual([[EMIT_IDLE, 0]]);
  });
});
