import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { Lineage, SpanList } from "../records/index.ts";
import { Service } from "./service.ts";

test("what is left of a buffer can be stretched, the record in hand in proportion", () => {
  const spans = new SpanList(false);
  spans.push(0, 0, 0, 10);
  const service = new Service(new Lineage());
  service.begin(spans, 0, 1000);
  service.stretch(250, 4);
  // Half of the third record is left: 50 of 100, which become 200.
  expect([1, 2, 3, 9].map((record) => service.endOf(record))).toEqual([50, 450, 850, 3250]);
  expect([249, 250, 449, 450, 3249, 3250].map((now) => service.doneBy(now))).toEqual([2, 2, 2, 3, 9, 10]);
  expect(service.busyUntil).toBe(3250);
  service.stretch(850, 0.25);
  expect([service.endOf(4), service.busyUntil]).toEqual([950, 1450]);
});

property.prop([
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
  fc.boolean(),
  fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
])(
  "whoever cuts a buffer at one record cuts the same records, each once and in order",
  (sizes, interleaved, at) => {
    const spans = new SpanList(false);
    sizes.forEach((size, partition) => {
      spans.push(partition, 0, 100, 100 + size);
    });
    spans.interleaved = interleaved;
    const service = new Service(new Lineage());
    service.begin(spans, 0, 1000);
    const cuts = [0, ...at.map((one) => one % (spans.records + 1)).sort((a, b) => a - b), spans.records];
    const next = sizes.map(() => 100);
    for (let i = 1; i < cuts.length; i++) {
      const [from, to] = [cuts[i - 1]!, cuts[i]!];
      const run = new SpanList(false);
      service.copy(from, to, run);
      expect(run.records).toBe(to - from);
      for (const [partition, , first, end] of run.rows()) {
        expect(first).toBe(next[partition]);
        next[partition] = end;
      }
      // The same from the start as bit by bit.
      const whole = new SpanList(false);
      service.copy(0, to, whole);
      for (const [partition, , , end] of whole.rows()) expect(end).toBe(next[partition]);
    }
    expect(next).toEqual(sizes.map((size) => 100 + size));
  },
);
