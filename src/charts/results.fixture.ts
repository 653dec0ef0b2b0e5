import { METRICS, type Metric, type PointSummary, type SweepResults } from "../experiment/index.ts";
import { meanWithConfidence } from "../stats/index.ts";

const INTERVALS = [1000, 10_000, 60_000];
const GUARANTEES = ["at-least-once", "exactly-once"];

/** Round numbers in the shape of a sweep over guarantee and interval: exactly-once takes an interval and 800 ms at p99,
 *  at-least-once 120 ms; three repetitions that differ by a percent. */
export const RESULTS: SweepResults = {
  experiment: "fixture",
  question: "What if?",
  factors: [
    { factor: "guarantee", column: "guarantee", type: "text" },
    { factor: "interval", column: "interval_ms", type: "number" },
  ],
  summaries: GUARANTEES.flatMap((guarantee, g) =>
    INTERVALS.map((interval, i) => summaryOf(INTERVALS.length * g + i, guarantee, interval)),
  ),
  failures: [{ point: 9, factors: { guarantee: "none", interval: 1000 }, reason: "refused" }],
  histograms: GUARANTEES.flatMap((_, g) =>
    [1, 2, 3, 4].map((step) => ({
      point: INTERVALS.length * g,
      reader: "billing",
      fromMs: (g === 0 ? 25 : 250) * (step - 1),
      toMs: (g === 0 ? 25 : 250) * step,
      records: [500, 400, 99, 1][step - 1]!,
    })),
  ),
  timeline: [...timelineOf(INTERVALS.length, 20_000), ...failureOf(INTERVALS.length, 30_000)],
  series: seriesOf(INTERVALS.length),
};

function summaryOf(point: number, guarantee: string, interval: number): PointSummary {
  const p99 = guarantee === "exactly-once" ? 0.99 * interval + 800 : 120;
  const known: Partial<Record<Metric, number>> = {
    latency_mean_ms: p99 / 2,
    latency_p50_ms: p99 / 2,
    latency_p99_ms: p99,
    checkpoint_period_mean_ms: interval,
    checkpoint_duration_mean_ms: 700,
    precommit_to_commit_mean_ms: 780,
    records_in: 300_000,
    records_duplicated: guarantee === "exactly-once" ? 0 : 10 * interval,
    records_lost: guarantee === "exactly-once" ? interval : 0,
    noticed_ms: 100,
    restart_ms: 2 * interval,
    restore_ms: 1900,
    catch_up_ms: 3 * interval,
    in_flight_mean_bytes: 800 * interval,
  };
  const values = (metric: Metric): number[] => {
    const value = known[metric];
    return value === undefined ? [] : [0.99 * value, value, 1.01 * value];
  };
  return {
    point,
    factors: { guarantee, interval },
    reader: "billing",
    topic: "enriched",
    isolationLevel: "read_committed",
    deliveryGuarantee: guarantee,
    simulatedS: 300,
    repetitions: 3,
    seeds: ["1", "2", "3"],
    metrics: byMetric((metric) => meanWithConfidence(values(metric), 0.95)),
    values: byMetric(values),
    sloMet: null,
  };
}

function timelineOf(point: number, at: number): SweepResults["timeline"] {
  const row = (participant: string, phase: string, from: number, to: number) => ({
    point,
    job: "enrich",
    checkpoint: 3,
    participant,
    phase,
    fromMs: at + from,
    toMs: at + to,
  });
  return [
    row("coordinator", "waiting for acknowledgements", 0, 700),
    row("coordinator", "completing", 700, 800),
    row("source 0", "start delay", 0, 2),
    row("source 0", "alignment", 2, 2),
    row("source 0", "snapshot", 2, 5),
    row("sink 0", "start delay", 0, 10),
    row("sink 0", "alignment", 10, 30),
    row("sink 0", "pre-committed", 40, 40),
    row("sink 0", "snapshot", 30, 698),
    row("sink 0", "commit decided", 806, 806),
    row("sink 0", "commit", 803, 820),
  ];
}

/** A crash: 100 ms until it is noticed, 2 s of restart, 1 s of restore and 5 s of catching up. */
function failureOf(point: number, at: number): SweepResults["timeline"] {
  const row = (participant: string, phase: string, from: number, to: number) => ({
    point,
    job: "enrich",
    checkpoint: 0,
    participant,
    phase,
    fromMs: at + from,
    toMs: at + to,
  });
  return [
    row("job", "until noticed", 0, 100),
    row("job", "restart", 100, 2100),
    row("job", "restore", 2100, 3100),
    row("billing", "catch-up", 3100, 8100),
  ];
}

/** A value every 5 s for a minute; no task from 30 to 40 s. */
function seriesOf(point: number): SweepResults["series"] {
  const times = Array.from({ length: 12 }, (_, i) => 5000 * i);
  const row = (subject: string, measure: string, fromMs: number, value: number) => ({
    point,
    subject,
    measure,
    fromMs,
    value,
  });
  return times.flatMap((time) => {
    // Both get 500 a slot; billing gets 1,000 more every 15 s, and nothing else.
    const step = time / 5000;
    const delivered = [
      row("fraud", "delivered_records", time, 500),
      row("billing", "delivered_records", time, step % 3 === 2 ? 1500 : 0),
    ];
    const latency = row("billing", "latency_mean_ms", time, time === 30_000 ? 8000 : 800);
    if (time >= 30_000 && time < 40_000) return [latency, ...delivered];
    const isFull = time >= 40_000;
    return [
      latency,
      ...delivered,
      ...[0, 1].flatMap((subtask) => [
        row(`enrich/Source: orders[${subtask}]`, "busy_share", time, 0.01),
        row(`enrich/Source: orders[${subtask}]`, "back_pressured_share", time, isFull ? 0.9 : 0),
        row(`enrich/Source: orders[${subtask}]`, "input_queue_buffers", time, 0),
        row(`enrich/Source: orders[${subtask}]`, "output_queue_buffers", time, isFull ? 10 : 1),
        row(`enrich/join -> enriched: Writer[${subtask}]`, "busy_share", time, isFull ? 1 : 0.7),
        row(`enrich/join -> enriched: Writer[${subtask}]`, "back_pressured_share", time, 0),
        row(`enrich/join -> enriched: Writer[${subtask}]`, "input_queue_buffers", time, isFull ? 12 : 2),
        row(`enrich/join -> enriched: Writer[${subtask}]`, "output_queue_buffers", time, 0),
      ]),
    ];
  });
}

function byMetric<Value>(of: (metric: Metric) => Value): Readonly<Record<Metric, Value>> {
  return Object.fromEntries(METRICS.map((metric) => [metric, of(metric)])) as Record<Metric, Value>;
}
