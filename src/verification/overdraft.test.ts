import { describe, expect, test } from "vitest";
import { runPipeline } from "../experiment/index.ts";
import { SECOND, scenario } from "./scenario.ts";

const FLINK_1_20 = ["versions.flink=1.20.4", "versions.flink-connector-kafka=3.4.0", "versions.kafka=3.9.0"];
const MAX_OVERDRAFT = "taskmanager.network.memory.max-overdraft-buffers-per-gate";
const SEGMENT = 32_768;

/** Sources with 50 records/s each in front of operators that take 50 ms for one. */
function overload(record: string, ...more: readonly string[]) {
  const { tasks, checks } = runPipeline(
    scenario(
      "producers.load.rate=100/s",
      `producers.load.record=${record}`,
      "jobs.job.operators.process.service-time=50 ms",
      ...more,
    ),
    { seed: "1", duration: 15 * SECOND },
  );
  expect(checks.filter(({ violations }) => violations.length > 0)).toEqual([]);
  return tasks.map(({ subtasks }) => subtasks.map((subtask) => subtask!));
}

/** ms/s of the sources, hard and soft together. */
function hardAndSoft(record: string, ...more: readonly string[]): readonly [hard: number, soft: number] {
  const [sources] = overload(record, ...more);
  const sum = (times: readonly number[]): number => times.reduce((all, one) => all + one, 0) / times.length;
  return [
    sum(sources!.map((source) => source.hardBackPressuredTimeMsPerSecond)),
    sum(sources!.map((source) => source.softBackPressuredTimeMsPerSecond)),
  ];
}

describe("a record that is larger than a segment", () => {
  test("takes as many buffers as it has bytes for", () => {
    const [sources] = overload("200 kB");
    for (const { numBuffersOut, numRecordsOut, numBytesOut } of sources!) {
      const bytes = numRecordsOut * (200 * 1024 + 17);
      // All but what is in the two segments being filled.
      expect(bytes - numBytesOut).toBeGreaterThanOrEqual(0);
      expect(bytes - numBytesOut).toBeLessThan(2 * SEGMENT);
      // A barrier finishes a segment before it is full: at most one of each channel a second.
      expect(numBuffersOut).toBeGreaterThanOrEqual(Math.floor(numBytesOut / SEGMENT));
      expect(numBuffersOut).toBeLessThanOrEqual(numBytesOut / SEGMENT + 2 * 15);
    }
  });

  test("so that less of them are under way than of small ones", () => {
    const underWay = (record: string): number => {
      const [sources, operators] = overload(record, "execution.checkpointing.interval=1 h");
      const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0);
      return (
        sum(sources!.map(({ numRecordsOut }) => numRecordsOut)) -
        sum(operators!.map(({ numRecordsIn }) => numRecordsIn))
      );
    };
    // Between each pair 10 segments of 32 KiB and, to another process, the receiver's 10; how full they are is chance.
    expect(underWay("30 kB")).toBeGreaterThan(20);
    expect(underWay("200 kB")).toBeLessThan(12);
    expect(underWay("200 kB")).toBeGreaterThan(4);
  });
});

describe("overdraft buffers", () => {
  test("let a task finish the record in hand: it is back-pressured softly", () => {
    for (const record of ["100 B", "100 kB", "600 kB"]) expect(hardAndSoft(record)[0]).toBe(0);
    expect(hardAndSoft("600 kB")[1]).toBeGreaterThan(900);
  });

  test("are 20 in Flink 2 and 5 before: a record that needs more of them blocks its task", () => {
    expect(hardAndSoft("900 kB")[0]).toBeGreaterThan(200);
    expect(hardAndSoft("200 kB")[0]).toBe(0);
    expect(hardAndSoft("200 kB", ...FLINK_1_20)[0]).toBeGreaterThan(20);
    expect(hardAndSoft("200 kB", ...FLINK_1_20, `${MAX_OVERDRAFT}=20`)[0]).toBe(0);
    const [hard, soft] = hardAndSoft("100 kB", ...FLINK_1_20, `${MAX_OVERDRAFT}=0`);
    expect(hard).toBeGreaterThan(soft);
  });

  test("without them small records never block: one segment is left as long as the output is available", () => {
    const [hard, soft] = hardAndSoft("20 kB", ...FLINK_1_20, `${MAX_OVERDRAFT}=0`);
    expect(hard).toBe(0);
    expect(soft).toBeGreaterThan(900);
  });

  test("a blocked task runs no mails: its part of a checkpoint begins late", () => {
    const delays = (record: string, overdraft: number): readonly number[] => {
      const [sources] = overload(record, ...FLINK_1_20, `${MAX_OVERDRAFT}=${overdraft}`);
      return sources!.map(({ checkpointStartDelayNanos }) => checkpointStartDelayNanos / 1e6);
    };
    expect(delays("900 kB", 100)).toEqual([0, 0]);
    expect(Math.max(...delays("900 kB", 5))).toBeGreaterThan(10);
  });
});
