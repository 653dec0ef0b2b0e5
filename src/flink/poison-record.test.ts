import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { ConstantOrigin, LaneTable, Lineage, SpanList } from "../records/index.ts";
import { PoisonRecord } from "./poison-record.ts";

/** Two partitions, whose records may all go one way, and the ways to each of two subtasks. */
function world() {
  const lineage = new Lineage();
  const origin = new ConstantOrigin(2, { numerator: 1000, denominator: 1 }, 100e9);
  const first = lineage.addOrigin(origin, LaneTable.of(2, 100, { kind: "cycle" }, 128, 1));
  return { lineage, first, all: lineage.everyKey(first) };
}

function list(interleaved: boolean, ...rows: readonly (readonly [number, number, number, number])[]) {
  const spans = new SpanList(false);
  spans.interleaved = interleaved;
  for (const row of rows) spans.push(...row);
  return spans;
}

test("is found behind those that are served before it, in the span of its partition", () => {
  const { lineage, first, all } = world();
  const poison = new PoisonRecord(lineage, first + 1, 120, 1);
  const before: [number, number, number, number] = [first, all.id, 100, 150];
  expect(poison.indexIn(list(false, before, [first + 1, all.id, 100, 150]))).toBe(70);
  expect(poison.indexIn(list(false, before, [first + 1, all.id, 121, 150]))).toBe(-1);
  expect(poison.indexIn(list(false, before, [first + 1, all.id, 100, 120]))).toBe(-1);
  expect(poison.indexIn(list(false, before))).toBe(-1);
});

test("strikes so many times, and then does no harm", () => {
  const { lineage, first, all } = world();
  const poison = new PoisonRecord(lineage, first, 3, 2);
  const spans = list(false, [first, all.id, 0, 5]);
  expect(poison.indexIn(spans)).toBe(3);
  poison.strike();
  expect(poison.indexIn(spans)).toBe(3);
  poison.strike();
  expect(poison.indexIn(spans)).toBe(-1);
});

property.prop([
  fc.integer({ min: 1, max: 60 }),
  fc.integer({ min: 1, max: 60 }),
  fc.boolean(),
  fc.nat({ max: 59 }),
])(
  "what is cut off before it holds all before it, and neither it nor anything behind it",
  (a, b, mixed, at) => {
    const { lineage, first, all } = world();
    const offset = at % b;
    const spans = list(mixed, [first, all.id, 0, a], [first + 1, all.id, 0, b]);
    const index = new PoisonRecord(lineage, first + 1, offset, 1).indexIn(spans);
    const front = new SpanList(false);
    spans.moveFront(index, front);
    const served = front.rows().reduce((sum, [partition, , , to]) => (partition === first + 1 ? to : sum), 0);
    expect(served).toBe(offset);
  },
);
