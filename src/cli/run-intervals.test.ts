import { expect, test } from "vitest";
import { intervalsOf, renderIntervals } from "./run-intervals.ts";
import { readerResult, runResult } from "./run-result.fixture.ts";
import { PLAIN } from "./terminal.ts";

const run = (p99Ms: number | null, recordsLost: number) =>
  runResult("exactly-once", [readerResult({ p99Ms, recordsLost })]);

test("means over seeds have Student's interval, and counts are the largest", () => {
  const [billing] = intervalsOf([run(90, 3), run(100, 7), run(110, 0)]);
  expect(billing).toMatchObject({ reader: "billing", mostLost: 7, mostDuplicated: 0 });
  expect(billing!.p99Ms!.mean).toBe(100);
  // t(97.5 %, 2) = 4.302653, times 10 / sqrt(3).
  expect(billing!.p99Ms!.halfWidth).toBeCloseTo(24.841, 3);
  expect(billing!.p50Ms).toEqual({ mean: 50, halfWidth: 0 });
});

test("where a run has measured nothing there is no mean", () => {
  expect(intervalsOf([run(90, 0), run(null, 0)])[0]!.p99Ms).toBeNull();
});

test("the table has no more digits than are known, within 80 characters", () => {
  const slow = [run(20_000, 0), run(21_000, 12)];
  expect(renderIntervals([[run(95, 0), run(105, 0)], slow], PLAIN)).toMatchInlineSnapshot(`
    "mean of 2 seeds,       p50   p90         p99  most lost
    95 % intervals                               duplicated
    ───────────────────────────────────────────────────────
    exactly-once billing 50 ms 90 ms 100 ± 60 ms          0
    read_committed                                        0
    exactly-once billing 50 ms 90 ms    21 ± 6 s         12
    read_committed                                        0
    "
  `);
});
