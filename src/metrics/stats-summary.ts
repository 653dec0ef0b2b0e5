import { percentile } from "../stats/index.ts";
import type { StatsSummary } from "./checkpoint-statistics.ts";

/** Source: flink StatsSummary: quantiles over the last values only. */
const WINDOW = 10_000;

/** Least, largest and mean of all whole numbers added, quantiles of the last 10,000. */
export class SummaryOfValues {
  #count = 0;
  #sum = 0;
  #min = 0;
  #max = 0;
  readonly #window: number[] = [];

  add(value: number): void {
    this.#min = this.#count === 0 ? value : Math.min(this.#min, value);
    this.#max = this.#count === 0 ? value : Math.max(this.#max, value);
    this.#window[this.#count % WINDOW] = value;
    this.#count++;
    this.#sum += value;
  }

  summary(): StatsSummary {
    const sorted = Float64Array.from(this.#window).sort();
    const at = (p: number): number | "NaN" => (sorted.length === 0 ? "NaN" : percentile(sorted, p));
    return {
      min: this.#min,
      max: this.#max,
      avg: this.#count === 0 ? 0 : Math.floor(this.#sum / this.#count),
      p50: at(50),
      p90: at(90),
      p95: at(95),
      p99: at(99),
      p999: at(99.9),
    };
  }
}

/** Flink keeps no quantiles over the subtasks of one checkpoint. */
export function summaryWithoutQuantiles(values: readonly number[]): StatsSummary {
  const sum = values.reduce((a, b) => a + b, 0);
  return {
    min: values.length === 0 ? 0 : Math.min(...values),
    max: values.length === 0 ? 0 : Math.max(...values),
    avg: values.length === 0 ? 0 : Math.floor(sum / values.length),
    p50: "NaN",
    p90: "NaN",
    p95: "NaN",
    p99: "NaN",
    p999: "NaN",
  };
}

/** Of what Flink no longer measures. */
export const ALWAYS_ZERO: StatsSummary = {
  min: 0,
  max: 0,
  avg: 0,
  p50: 0,
  p90: 0,
  p95: 0,
  p99: 0,
  p999: 0,
};
