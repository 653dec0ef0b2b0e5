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
