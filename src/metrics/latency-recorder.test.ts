import { expect, test } from "vitest";
import { ConstantOrigin, LaneTable, Lineage } from "../records/index.ts";
import { LatencyRecorder } from "./latency-recorder.ts";

/** One partition, a record a millisecond, one route for all. */
function lineageOfMilliseconds(): Lineage {
  const lineage = new Lineage();
  lineage.addOrigin(
    new ConstantOrigin(1, { numerator: 1000, denominator: 1 }, 10e9),
    LaneTable.of(1, 8, { kind: "cycle" }, 4, 1),
  );
  return lineage;
}

const ALL = (lineage: Lineage) => lineage.everyKey(0).id;

test("a latency runs from a record's creation to its delivery", () => {
  const lineage = lineageOfMilliseconds();
  const recorder = new LatencyRecorder(1, lineage, 0, 10e9);
  // Records 0 to 9, created at 0, 1, … 9 ms, delivered together at 20 ms.
  recorder.delivered(0, 0, ALL(lineage), 0, 10, 20e6, 20e6);
  const [histogram] = recorder.histograms;
  expect([histogram?.count, histogram?.min, histogram?.max, histogram?.mean]).toEqual([
    10, 11e6, 20e6, 15.5e6,
  ]);
});

test("only records created in the measured time count, to the record", () => {
  const lineage = lineageOfMilliseconds();
  const recorder = new LatencyRecorder(2, lineage, 3e6, 7e6);
  // Of records 0 to 9 those of 3, 4, 5 and 6 ms; delivered 1 ms apart from 100 ms on, each 100 ms old.
  recorder.delivered(0, 0, ALL(lineage), 0, 10, 100e6, 109e6);
  recorder.delivered(1, 0, ALL(lineage), 0, 3, 100e6, 102e6);
  recorder.delivered(1, 0, ALL(lineage), 7, 10, 100e6, 102e6);
  const [crossing, outside] = recorder.histograms;
  expect([crossing?.count, crossing?.min, crossing?.max]).toEqual([4, 100e6, 100e6]);
  expect(outside?.count).toBe(0);
});
