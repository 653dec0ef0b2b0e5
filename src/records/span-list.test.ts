import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { SpanList } from "./span-list.ts";

type Span = readonly [partition: number, route: number, from: number, to: number];

function listOf(interleaved: boolean, spans: readonly Span[], separate = false): SpanList {
  const list = new SpanList(separate);
  list.interleaved = interleaved;
  for (const span of spans) list.push(...span);
  return list;
}

function spansOf(list: SpanList): Span[] {
  return Array.from(
    { length: list.count },
    (_, i): Span => [list.partition[i]!, list.route[i]!, list.from[i]!, list.to[i]!],
  );
}

/** Every record, in the order of the list, which holds no empty span. */
function recordsOf(list: SpanList): string[] {
  for (const [, , from, to] of spansOf(list)) expect(to).toBeGreaterThan(from);
  return spansOf(list).flatMap(([partition, route, from, to]) =>
    Array.from({ length: to - from }, (_, k) => `${partition}/${route}/${from + k}`),
  );
}

/** Spans of different partitions and routes, and some that go on where the last of the same kind stopped. */
const spanLists: fc.Arbitrary<Span[]> = fc
  .array(
    fc.record({
      partition: fc.nat({ max: 2 }),
      route: fc.nat({ max: 2 }),
      gap: fc.nat({ max: 1 }),
      size: fc.nat({ max: 9 }),
    }),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((pieces) => {
    const next = new Map<string, number>();
    return pieces.map(({ partition, route, gap, size }): Span => {
      const key = `${partition}/${route}`;
      const from = (next.get(key) ?? 0) + gap * 5;
      next.set(key, from + size);
      return [partition, route, from, from + size];
    });
  });

describe("pushing", () => {
  test("joins a span that goes on where the last one stopped, and drops an empty one", () => {
    const list = listOf(false, [
      [0, 1, 5, 8],
      [0, 1, 8, 9],
      [0, 1, 9, 9],
      [0, 2, 9, 10],
      [1, 2, 10, 11],
      [0, 1, 9, 11],
    ]);
    expect(spansOf(list)).toEqual([
      [0, 1, 5, 9],
      [0, 2, 9, 10],
      [1, 2, 10, 11],
      [0, 1, 9, 11],
    ]);
    expect(list.records).toBe(8);
  });

  test("joins nothing in a list whose spans stay separate", () => {
    const spans: Span[] = [
      [0, 1, 5, 8],
      [0, 1, 8, 9],
    ];
    expect(spansOf(listOf(false, spans, true))).toEqual(spans);
  });

  test("keeps what it holds when it grows", () => {
    const spans = Array.from({ length: 100 }, (_, i): Span => [i % 3, i % 5, 10 * i, 10 * i + i + 1]);
    const list = listOf(false, spans);
    expect(spansOf(list)).toEqual(spans);
    expect(list.records).toBe(5050);
  });
});

describe("moving the front", () => {
  test("takes each span's share of an interleaved list", () => {
    const list = listOf(true, [
      [0, 0, 0, 60],
      [1, 0, 0, 30],
      [2, 0, 0, 10],
    ]);
    const into = new SpanList(false);
    list.moveFront(50, into);
    expect(spansOf(into)).toEqual([
      [0, 0, 0, 30],
      [1, 0, 0, 15],
      [2, 0, 0, 5],
    ]);
    expect(spansOf(list)).toEqual([
      [0, 0, 30, 60],
      [1, 0, 15, 30],
      [2, 0, 5, 10],
    ]);
    expect([into.interleaved, list.interleaved]).toEqual([true, true]);
  });

  test("takes the first records of a list in order, cutting at most one span", () => {
    const list = listOf(false, [
      [0, 0, 0, 60],
      [1, 0, 0, 30],
      [2, 0, 0, 10],
    ]);
    const into = new SpanList(false);
    list.moveFront(75, into);
    expect(spansOf(into)).toEqual([
      [0, 0, 0, 60],
      [1, 0, 0, 15],
    ]);
    expect(spansOf(list)).toEqual([
      [1, 0, 15, 30],
      [2, 0, 0, 10],
    ]);
    expect([into.interleaved, list.interleaved]).toEqual([false, false]);
    expect([into.records, list.records]).toEqual([75, 25]);
  });

  test("refuses to move more than there is", () => {
    const list = listOf(false, [[0, 0, 0, 3]]);
    expect(() => list.moveFront(4, new SpanList(false))).toThrow("a cut lies inside the list");
    expect(() => list.moveFront(-1, new SpanList(false))).toThrow("a cut lies inside the list");
  });

  property.prop([spanLists, fc.boolean(), fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 8 })])(
    "again and again hands every record on exactly once, in either mode",
    (spans, interleaved, cuts) => {
      const list = listOf(interleaved, spans);
      const before = recordsOf(list);
      const moved = new SpanList(false);
      for (const cut of cuts) {
        const wanted = Math.min(cut, list.records);
        const [there, here] = [moved.records, list.records];
        list.moveFront(wanted, moved);
        expect([moved.records, list.records]).toEqual([there + wanted, here - wanted]);
      }
      const [gone, left] = [recordsOf(moved), recordsOf(list)];
      expect([gone.length, left.length]).toEqual([moved.records, list.records]);
      expect([...gone, ...left].sort()).toEqual(before.toSorted());
    },
  );

  property.prop([spanLists, fc.nat()])("takes exactly the first records of a list in order", (spans, any) => {
    const list = listOf(false, spans);
    const before = recordsOf(list);
    const wanted = any % (before.length + 1);
    const moved = new SpanList(false);
    list.moveFront(wanted, moved);
    expect(recordsOf(moved)).toEqual(before.slice(0, wanted));
    expect(recordsOf(list)).toEqual(before.slice(wanted));
  });

  property.prop([spanLists, fc.nat()])(
    "takes the spans of an interleaved list in proportion, never more than half a record off in all",
    (pieces, any) => {
      const list = listOf(true, pieces);
      fc.pre(list.records > 0);
      const spans = spansOf(list);
      const all = list.records;
      const wanted = any % (all + 1);
      const moved = new SpanList(false);
      list.moveFront(wanted, moved);
      const left = new Set(recordsOf(list));
      let takenUpTo = 0;
      let before = 0;
      for (const [partition, route, from, to] of spans) {
        const isLeft = Array.from({ length: to - from }, (_, k) =>
          left.has(`${partition}/${route}/${from + k}`),
        );
        const taken = isLeft.indexOf(true) < 0 ? isLeft.length : isLeft.indexOf(true);
        // What is taken of a span is its beginning.
        expect(isLeft.lastIndexOf(false)).toBe(taken - 1);
        takenUpTo += taken;
        before += to - from;
        expect(Math.abs(takenUpTo - (wanted * before) / all)).toBeLessThanOrEqual(0.5);
      }
    },
  );
});

test("a span that goes on where another of interleaved ones stopped passes as one with it", () => {
  const parts: readonly Span[] = [
    [0, 0, 4, 7],
    [1, 0, 5, 9],
    [0, 0, 7, 10],
    [1, 1, 9, 10],
  ];
  expect(spansOf(listOf(true, parts))).toEqual([
    [0, 0, 4, 10],
    [1, 0, 5, 9],
    [1, 1, 9, 10],
  ]);
  expect(spansOf(listOf(false, parts))).toEqual(parts);
  expect(spansOf(listOf(true, parts, true))).toEqual(parts);
});

test("a list that becomes interleaved later is cut in the order of each way's ranks", () => {
  const list = listOf(false, [
    [0, 0, 0, 4],
    [1, 0, 0, 4],
    [0, 0, 4, 8],
  ]);
  list.interleaved = true;
  const into = new SpanList(false);
  list.moveFront(6, into);
  expect(spansOf(into)).toEqual([
    [0, 0, 0, 4],
    [1, 0, 0, 2],
  ]);
  expect(spansOf(list)).toEqual([
    [0, 0, 4, 8],
    [1, 0, 2, 4],
  ]);
});

test("spans that came one after the other are one each way when they pass together", () => {
  const list = new SpanList(false);
  list.push(0, 0, 14, 22);
  list.push(1, 0, 5, 9);
  list.push(0, 0, 22, 23);
  expect(list.rows().length).toBe(3);
  list.interleaved = true;
  expect(list.rows()).toEqual([
    [0, 0, 14, 23],
    [1, 0, 5, 9],
  ]);
});
