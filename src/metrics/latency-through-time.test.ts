import { expect, test } from "vitest";
import { ConstantOrigin, LaneTable, Lineage } from "../records/index.ts";
import { LatencyByCreation } from "./latency-by-creation.ts";
import { LatencyThroughTime } from "./latency-through-time.ts";

/** One partition, record n created at n ms. */
function lineageOfOne() {
  const lineage = new Lineage();
  lineage.addOrigin(
    new ConstantOrigin(1, { numerator: 1000, denominator: 1 }, 10e9),
    LaneTable.of(1, 8, { kind: "cycle" }, 4, 1),
  );
  return { lineage, route: lineage.everyKey(0).id };
}

test("each slot has what was created in it, from its creation to its first arrival", () => {
  const { lineage, route } = lineageOfOne();
  const latencies = new LatencyThroughTime(1, lineage, 10e6);
  // 0 to 14 ms at once at 30 ms; then from 5 ms on once more at 100 ms, with 5 new ones.
  latencies.delivered(0, 0, route, 0, 15, 30e6, 30e6);
  latencies.delivered(0, 0, route, 5, 20, 100e6, 100e6);
  expect(latencies.slots(0)).toEqual([
    { records: 10, sum: 255e6, max: 30e6 },
    // 10 to 14 ms waited for 20 to 16 ms, 15 to 19 ms for 85 to 81.
    { records: 10, sum: 505e6, max: 85e6 },
  ]);
});

test("means and longest times as the histograms have them", () => {
  const { lineage, route } = lineageOfOne();
  const light = new LatencyThroughTime(1, lineage, 7e6);
  const heavy = new LatencyByCreation(1, lineage, 7e6);
  for (const recorder of [light, heavy]) {
    recorder.delivered(0, 0, route, 3, 40, 45e6, 90e6);
    recorder.delivered(0, 0, route, 20, 60, 95e6, 120e6);
    recorder.delivered(0, 0, route, 60, 61, 130e6, 130e6);
  }
  light.slots(0).forEach(({ records, sum, max }, slot) => {
    const histogram = heavy.histogram(0, slot)!;
    expect([records, max]).toEqual([histogram.count, histogram.max]);
    expect(sum / records).toBeCloseTo(histogram.mean, 3);
  });
});
