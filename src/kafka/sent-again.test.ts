import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { sentAgain } from "./sent-again.ts";

test("without idempotence all that was in flight is appended, the last batch first", () => {
  expect(sentAgain(40, 100, 5, false)).toEqual([
    [80, 100],
    [60, 80],
    [40, 60],
    [20, 40],
    [0, 20],
  ]);
});

test("with idempotence only what the new leader lacks, in order", () => {
  expect(sentAgain(40, 100, 5, true)).toEqual([
    [40, 60],
    [60, 80],
    [80, 100],
  ]);
  expect(sentAgain(100, 100, 5, true)).toEqual([]);
});

test("with one request in flight only that one, as what is behind it was not sent", () => {
  expect(sentAgain(40, 100, 1, false)).toEqual([[0, 40]]);
  expect(sentAgain(40, 100, 1, true)).toEqual([]);
  expect(sentAgain(0, 100, 1, true)).toEqual([[0, 100]]);
});

const inFlight = fc
  .tuple(fc.nat({ max: 300 }), fc.nat({ max: 300 }), fc.integer({ min: 1, max: 5 }))
  .map(([kept, more, most]) => [kept, kept + more, most] as const);

property.prop([inFlight])(
  "whatever the leader has: with idempotence each record is there once, in order; without, what it has is there twice",
  ([kept, sent, most]) => {
    const records = (pieces: readonly (readonly [number, number])[]): number[] =>
      pieces.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i));
    const all = records([[0, sent]]);
    const behind = most === 1 && kept > 0 ? kept : sent;
    expect([...all.slice(0, kept), ...records(sentAgain(kept, sent, most, true))]).toEqual(
      all.slice(0, Math.max(kept, behind)),
    );
    const again = records(sentAgain(kept, sent, most, false));
    expect(again.toSorted((a, b) => a - b)).toEqual(all.slice(0, behind));
  },
);
