import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parsePipeline } from "../pipeline/index.ts";
import type { Point } from "./expand-points.ts";
import { type PointRun, runPoint } from "./point-run.ts";

const FILE = "pipelines/small.yaml";
const TEXT = readFileSync(FILE, "utf8");

function run(series: number | undefined, assignments: readonly string[], seconds = 30): PointRun {
  const point: Point = {
    number: 0,
    factors: {},
    assignments,
    duration: seconds * 1e9,
    warmUp: undefined,
    series,
    seed: 1,
  };
  return runPoint(point, 0, (sets) => parsePipeline(TEXT, FILE, sets));
}

const measured = ({ series }: PointRun, subject: string, measure: string) =>
  series.filter((one) => one.subject === subject && one.measure === measure);

const OPERATOR = "job/count -> out: Writer -> out: Committer[0]";

test("who looks changes nothing, and only who asks gets anything", () => {
  const crash = ["faults.crash=kill taskmanager-1 at 12 s"];
  const [with100, with1000, without] = [run(1e8, crash), run(1e9, crash), run(undefined, crash)];
  expect(without.series).toEqual([]);
  expect(with100.series.length).toBeGreaterThan(1000);
  for (const one of [with100, with1000]) expect({ ...one, series: [] }).toEqual(without);
});

describe("of tasks", () => {
  test("the busy share of a slot is the records' service time in it", () => {
    const busy = measured(run(1e9, ["jobs.job.operators.count.service-time=4 ms"]), OPERATOR, "busy_share");
    expect(busy.map(({ fromMs }) => fromMs)).toEqual(Array.from({ length: 30 }, (_, i) => 1000 * i));
    // 100 records/s of 4 ms, and some ms of checkpoints; buffers of a tenth of a second.
    for (const { value } of busy.slice(1)) expect(Math.abs(value - 0.42)).toBeLessThan(0.06);
  });

  test("an overloaded task is busy, its source back-pressured, and the buffers between them full", () => {
    const overloaded = ["jobs.job.operators.count.service-time=20 ms", "producers.load.record=4 kb"];
    const result = run(1e9, [...overloaded, "execution.checkpointing.interval=20 s"], 60);
    const late = (subject: string, measure: string): number[] =>
      measured(result, subject, measure)
        .slice(40)
        .map(({ value }) => value);
    for (const value of late(OPERATOR, "busy_share")) expect(value).toBeGreaterThan(0.99);
    for (const value of late("job/Source: in[0]", "back_pressured_share")) expect(value).toBeGreaterThan(0.9);
    // One slot holds both, so the channel is local: 2 s + 8 segments for s = 1 subpartition, one of them being filled.
    const queued = late("job/Source: in[0]", "output_queue_buffers");
    expect(Math.max(...queued)).toBe(9);
    for (const value of late(OPERATOR, "input_queue_buffers")) expect(value).toBe(0);
  });
});

test("a crash: latency rises by the outage, and its phases follow each other", () => {
  const result = run(1e9, ["faults.crash=kill taskmanager-1 at 12.5 s"], 40);
  const phases = result.timeline.filter(({ checkpoint }) => checkpoint === 0);
  const [noticed, restart, restore, catchUp] = ["until noticed", "restart", "restore", "catch-up"].map(
    (phase) => phases.find((one) => one.phase === phase)!,
  );
  expect(phases.map(({ participant }) => participant)).toEqual(["job", "job", "job", "committed"]);
  expect(noticed!.fromMs).toBe(12_500);
  expect(restart!.fromMs).toBe(noticed!.toMs);
  expect(restore!.fromMs).toBe(restart!.toMs);
  expect(catchUp!.fromMs).toBe(restore!.toMs);
  const highest = measured(result, "committed", "latency_max_ms").reduce((a, b) =>
    a.value > b.value ? a : b,
  );
  // The oldest record that the last checkpoint before the crash had not committed waits for the first one after it.
  expect(highest.fromMs).toBeGreaterThanOrEqual(11_000);
  expect(highest.fromMs).toBeLessThanOrEqual(12_000);
  expect(highest.value).toBeGreaterThan(restore!.toMs - 12_500);
  expect(highest.value).toBeLessThan(restore!.toMs - 12_500 + 2500);
});
