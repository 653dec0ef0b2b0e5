import { expect, test } from "vitest";
import { ConstantOrigin, LaneTable, Lineage } from "../records/index.ts";
import { LatencyByCreation } from "./latency-by-creation.ts";

test("each slot has what was created in it, from its creation to its first arrival", () => {
  const lineage = new Lineage();
  // One partition, a record a millisecond.
  lineage.addOrigin(
    new ConstantOrigin(1, { numerator: 1000, denominator: 1 }, 10e9),
    LaneTable.of(1, 8, { kind: "cycle" }, 4, 1),
  );
  const route = lineage.everyKey(0).id;
  const latencies = new LatencyByCreation(1, lineage, 10e6);
  // 0 to 14 ms at once at 30 ms; then from 5 ms on once more at 100 ms, with 5 new ones.
  latencies.delivered(0, 0, route, 0, 15, 30e6, 30e6);
  latencies.delivered(0, 0, route, 5, 20, 100e6, 100e6);
  const [first, second, third] = [0, 1, 2].map((slot) => latencies.histogram(0, slot));
  expect([first?.count, first?.min, first?.max]).toEqual([10, 21e6, 30e6]);
  // 10 to 14 ms waited for 20 to 16 ms, 15 to 19 ms for 85 to 81.
  expect([second?.count, second?.min, second?.max, second?.mean]).toEqual([10, 16e6, 85e6, 50.5e6]);
  expect(third).toBeUndefined();
});
