import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import type { LogConsumer } from "./log-consumer.ts";
import { ReadableHistory } from "./readable-history.ts";

/** What a reader gets: [from, to, first, last]. */
function replayed(history: ReadableHistory, position: number, now: number): number[][] {
  const got: number[][] = [];
  const reader: LogConsumer = {
    isolationLevel: "read_committed",
    readable: (_partition, _origin, _route, from, to, first, last) => got.push([from, to, first, last]),
  };
  history.replay(position, now, reader);
  return got;
}

function historyOf(...runs: readonly (readonly [from: number, to: number, first: number, last: number])[]) {
  const history = new ReadableHistory(3, "read_committed", true);
  for (const [from, to, first, last] of runs) history.readable(3, 0, 0, from, to, first, last, 0);
  return history;
}

describe("a reader that goes back", () => {
  test("gets what it would have got, from its position on, and not before now", () => {
    const history = historyOf([0, 5, 100, 500], [9, 11, 300, 310], [5, 7, 900, 1000]);
    expect(history.end).toBe(9);
    expect(replayed(history, 2, 400)).toEqual([
      [2, 5, 400, 500],
      [9, 11, 400, 400],
      [5, 7, 900, 1000],
    ]);
    expect(replayed(history, 6, 0)).toEqual([
      [10, 11, 310, 310],
      [5, 7, 900, 1000],
    ]);
    expect(replayed(history, 9, 0)).toEqual([]);
  });

  test("can't go back behind what was forgotten", () => {
    const history = historyOf([0, 5, 1, 5], [5, 8, 6, 8]);
    history.forgetBefore(4);
    expect(history.start).toBe(0);
    history.forgetBefore(6);
    expect(history.start).toBe(5);
    expect(replayed(history, 6, 0)).toEqual([[6, 8, 7, 8]]);
    expect(() => replayed(history, 4, 0)).toThrow("a position that is still needed is kept");
    history.forgetBefore(8);
    expect(history.start).toBe(8);
    expect(replayed(history, 8, 0)).toEqual([]);
  });

  test("to which nobody goes back only counts", () => {
    const history = new ReadableHistory(0, "read_committed", false);
    for (let k = 0; k < 100; k++) history.readable(0, 0, 0, 7 * k, 7 * k + 7, k, k, 0);
    expect([history.start, history.end]).toEqual([700, 700]);
  });

  property.prop([
    fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 120 }),
    fc.integer({ min: 1, max: 30 }),
  ])("gets every record behind its position, whatever was forgotten before it", (sizes, behind) => {
    const history = new ReadableHistory(0, "read_committed", true);
    let end = 0;
    for (const size of sizes) {
      history.readable(0, 0, 0, end, end + size, end, end + size - 1, 0);
      end += size;
      const position = Math.max(0, end - behind);
      history.forgetBefore(position);
      const got = replayed(history, position, 0).flatMap(([from, to]) =>
        Array.from({ length: to! - from! }, (_, k) => from! + k),
      );
      expect(got).toEqual(Array.from({ length: end - position }, (_, k) => position + k));
    }
  });
});
