import { expect, test } from "vitest";
import { VisibleGaps } from "./visible-gaps.ts";

test("the longest time without a record lies between the runs of all partitions, in whatever order they are told", () => {
  const gaps = new VisibleGaps(3);
  gaps.delivered(0, 0, 0, 0, 10, 0, 1000);
  gaps.delivered(0, 0, 0, 10, 20, 5000, 5100);
  // The other partition's, told later, fills most of it; a repeated record arrives too.
  gaps.delivered(0, 1, 0, 0, 10, 1500, 2000);
  gaps.delivered(0, 1, 0, 0, 1, 2600, 2600);
  expect(gaps.largest(0)).toEqual({ from: 2600, length: 2400 });
  gaps.delivered(1, 0, 0, 0, 10, 0, 9000);
  gaps.delivered(1, 1, 0, 0, 10, 2000, 3000);
  expect([gaps.largest(1), gaps.largest(2)]).toEqual([undefined, undefined]);
});
