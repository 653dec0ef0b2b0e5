import { expect, test } from "vitest";
import { latencyMarkerHistogram } from "./latency-marker-histogram.ts";

test("a histogram of latency markers has what Flink's DescriptiveStatistics says of its samples", () => {
  // 4, 8, 15, 16, 23, 42: percentiles at p (n + 1) / 100, the standard deviation that of a sample.
  expect(latencyMarkerHistogram("latency", [15, 4, 42, 8, 23, 16])).toEqual({
    name: "latency",
    min: 4,
    max: 42,
    mean: 18,
    median: 15.5,
    stddev: Math.sqrt(910 / 5),
    p75: 27.75,
    p90: 42,
    p95: 42,
    p98: 42,
    p99: 42,
    p999: 42,
  });
});

test("of a single sample there is no spread", () => {
  expect(latencyMarkerHistogram("latency", [7])).toMatchObject({ min: 7, median: 7, stddev: 0, p999: 7 });
});
