import { percentile } from "../stats/index.ts";

/** A histogram of latency markers as Flink's REST API gives it, ms. */
export interface LatencyMarkerHistogram {
  /** Below the job's scope of a TaskManager, such as
   *  `latency.source_id.source.operator_id.join.operator_subtask_index.0.latency`. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly median: number;
  readonly stddev: number;
  readonly p75: number;
  readonly p90: number;
  readonly p95: number;
  readonly p98: number;
  readonly p99: number;
  readonly p999: number;
}

/** @param samples at least one, ms. Source: flink DescriptiveStatisticsHistogramStatistics, MetricStore. */
export function latencyMarkerHistogram(name: string, samples: readonly number[]): LatencyMarkerHistogram {
  const sorted = samples.toSorted((a, b) => a - b);
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    name,
    min: sorted[0]!,
    max: sorted.at(-1)!,
    mean,
    median: percentile(sorted, 50),
    stddev: sorted.length > 1 ? Math.sqrt(squares / (sorted.length - 1)) : 0,
    p75: percentile(sorted, 75),
    p90: percentile(sorted, 90),
    p95: percentile(sorted, 95),
    p98: percentile(sorted, 98),
    p99: percentile(sorted, 99),
    p999: percentile(sorted, 99.9),
  };
}
