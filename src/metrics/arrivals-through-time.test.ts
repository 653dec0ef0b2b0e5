import { expect, test } from "vitest";
import { ArrivalsThroughTime } from "./arrivals-through-time.ts";

test("records count in the slot in which they arrive, those of a run evenly", () => {
  const arrivals = new ArrivalsThroughTime(2, 10);
  // 5, 10, 15, 20, 25.
  arrivals.delivered(0, 0, 0, 100, 105, 5, 25);
  arrivals.delivered(0, 0, 0, 105, 106, 39, 39);
  arrivals.delivered(1, 0, 0, 0, 7, 20, 20);
  expect(arrivals.slots(0)).toEqual([1, 2, 2, 1]);
  expect(arrivals.slots(1)).toEqual([0, 0, 7]);
});
