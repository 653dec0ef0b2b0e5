import { expect, test } from "vitest";
import { RandomStream } from "../engine/index.ts";
import { LatencyStats } from "./latency-stats.ts";

const MILLISECOND = 1e6;

function statsOf(sinks: readonly string[], historySize: number) {
  const reports: string[] = [];
  const stats = new LatencyStats(
    { interval: MILLISECOND, granularity: "single", historySize },
    { source: "source", operators: ["join"], sinks, subtask: 3 },
    new RandomStream("1", "markers"),
    (operator) => reports.push(operator),
  );
  return { stats, reports };
}

test("a latency marker is reported by every operator of a chain, and by one of its sinks", () => {
  const { stats, reports } = statsOf(["a: Writer", "b: Writer"], 128);
  for (let i = 0; i < 400; i++) stats.arrive({ sourceSubtask: 0, markedTime: 0 }, [], MILLISECOND);
  const count = (operator: string) => reports.filter((one) => one === operator).length;
  expect(count("join")).toBe(400);
  expect(count("a: Writer") + count("b: Writer")).toBe(400);
  // Binomial of n = 400, p = 1/2: four standard deviations are 40.
  expect(Math.abs(count("a: Writer") - 200)).toBeLessThan(40);
});

test("metrics.latency.history-size: the last samples are kept, in whole milliseconds of the clock", () => {
  const { stats } = statsOf([], 3);
  for (const [marked, at] of [
    [0, 5],
    [1.9, 2.1],
    [2.1, 2.9],
    [3, 13.99],
  ] as const)
    stats.arrive({ sourceSubtask: 0, markedTime: marked * MILLISECOND }, [], at * MILLISECOND);
  expect(stats.histograms).toEqual([
    { name: "latency.operator_id.join.operator_subtask_index.3.latency", samples: [10, 1, 0] },
  ]);
});
