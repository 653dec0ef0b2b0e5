import { expect, test } from "vitest";
import { renderReport } from "./run-report.ts";
import { readerResult, runResult } from "./run-result.fixture.ts";
import { PLAIN } from "./terminal.ts";

/** What the report says of windows. */
function linesOf(lateRecordsDropped: number, recordsLeftOpen?: number): readonly string[] {
  const counts = { job: "sum", fired: 2, recordsFired: 5065, results: 50, lateRecordsDropped };
  const windows = [recordsLeftOpen === undefined ? counts : { ...counts, recordsLeftOpen }];
  const run = { ...runResult("exactly-once", [readerResult({})]), windows };
  return renderReport(new Map([["exactly-once", [run]]]), 140, PLAIN)
    .split("\n")
    .filter((line) => line.startsWith("Job sum"));
}

test("the report tells of records that windows dropped, and of those that nobody fires", () => {
  expect(linesOf(0)).toEqual([]);
  expect(linesOf(0, 0)).toEqual([]);
  expect(linesOf(7, 5079)).toEqual([
    "Job sum dropped 7 records that came when their window had been fired; its windows hold 5,065.",
    "Job sum ended with 5,079 records in windows that nobody fires: its source was idle, and the last watermark of an idle source is not sent on.",
  ]);
});
