import { expect, test } from "vitest";
import { SpanList } from "../records/index.ts";
import { UpsertBuffer } from "./upsert-buffer.ts";

/** What a buffer that is opened at 100 writes, and when. */
function buffer(maxRows: number, interval: number) {
  const written: (readonly [from: number, to: number, at: number])[] = [];
  const all = new UpsertBuffer({ maxRows, interval }, false, 100, (rows, first, last) => {
    expect(last).toBe(first);
    for (const [, , from, to] of rows.rows()) written.push([from, to, first]);
  });
  let next = 0;
  const add = (count: number, first: number, last: number): void => {
    const spans = new SpanList(false);
    spans.push(0, 0, next, next + count);
    next += count;
    all.add(spans, first, last);
    expect(spans.records).toBe(0);
  };
  return { all, add, written };
}

test("rows are written when so many are there, at the time of the last", () => {
  const { add, written, all } = buffer(4, 1000);
  add(10, 110, 200);
  expect(written).toEqual([
    [0, 4, 140],
    [4, 8, 180],
  ]);
  // The timer counts from the latest write.
  expect(all.nextFlushAt()).toBe(1180);
});

test("or when the interval since the last write has passed, whether or not a row comes then", () => {
  const { add, written, all } = buffer(1000, 50);
  add(11, 110, 210);
  expect(written).toEqual([
    [0, 5, 150],
    [5, 10, 200],
  ]);
  all.flushDue(251);
  expect(written.at(-1)).toEqual([10, 11, 250]);
  expect(all.nextFlushAt()).toBe(Number.POSITIVE_INFINITY);
  // Nothing was there at 300, 350 and 400.
  add(1, 430, 430);
  expect(all.nextFlushAt()).toBe(450);
});

test("or at a checkpoint, from which the timer counts anew", () => {
  const { add, written, all } = buffer(1000, 50);
  add(1, 110, 110);
  all.flush(120);
  expect(written).toEqual([[0, 1, 120]]);
  add(1, 130, 130);
  expect(all.nextFlushAt()).toBe(170);
});
