import { formatMs, lineChart, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const [SHORT, LONG] = [200, 8000];
const SETUPS = [
  "at-least-once, half busy",
  "at-least-once, 95 % busy",
  "exactly-once, half busy",
  "exactly-once, 95 % busy",
];
const at = (setup: string, interval: number) => ({ reader: "fraud", setup, interval });

export const claim: Claim = defineClaim({
  number: "xvi",
  advice: "Short intervals form a feedback loop that throttles the throughput",
  judge: ({ mean, text }) => {
    const slows = SETUPS.map(
      (setup) => mean(at(setup, SHORT), "latency_p99_ms") > 3 * mean(at(setup, LONG), "latency_p99_ms"),
    );
    const p99 = (setup: string, interval: number) => text(at(setup, interval), "latency_p99_ms");
    const [least, , half, busy] = SETUPS as [string, string, string, string];
    const period = text(at(busy, SHORT), "checkpoint_period_mean_ms");
    return {
      verdict: slows.every(Boolean) ? "true" : slows.some(Boolean) ? "depends" : "false",
      why:
        `with ${formatMs(SHORT)} instead of ${formatMs(LONG)} read_uncommitted p99 is ${p99(least, SHORT)} instead of ${p99(least, LONG)} (at-least-once), ` +
        `${p99(half, SHORT)} instead of ${p99(half, LONG)} (exactly-once), and only at 95 % busy ${p99(busy, SHORT)} instead of ${p99(busy, LONG)}`,
      flips:
        `where the stops take the headroom: exactly-once behind several brokers stops a sink some 0.1 s a checkpoint. The loop brakes itself: a slower ` +
        `checkpoint delays the next one (every ${period} instead of ${formatMs(SHORT)}), and execution.checkpointing.min-pause does so by rule`,
    };
  },
  onYours: ["npx sluice run PIPELINE --each-guarantee --set execution.checkpointing.interval='200 ms'"],
});

const busy = { "jobs.enrich.operators.join.service-time": "0.38 ms" };

export const experiment = defineExperiment({
  question: "Do short intervals throttle the throughput?",
  pipeline: "../../pipelines/orders.yaml",
  set: { "producers.shop.skew": "cycle" },
  factors: {
    setup: {
      levels: {
        "at-least-once, half busy": { "sink.delivery-guarantee": "at-least-once" },
        "at-least-once, 95 % busy": { "sink.delivery-guarantee": "at-least-once", ...busy },
        "exactly-once, half busy": {},
        "exactly-once, 95 % busy": busy,
      },
    },
    interval: { key: "execution.checkpointing.interval", values: ["200 ms", "500 ms", "2 s", "8 s"] },
  },
  repetitions: 3,
  duration: "40 s",
  warmUp: "10 s",
  metrics: ["latency_p99_ms", "checkpoint_period_mean_ms", "checkpoint_duration_mean_ms"],
  charts: [
    lineChart({
      name: "p99",
      where: { reader: "fraud" },
      x: { factor: "interval", title: "execution.checkpointing.interval" },
      y: { metric: "latency_p99_ms", title: "p99 latency of the read_uncommitted reader" },
      series: "setup",
      seriesTitle: "sink and load",
      shown:
        "three brokers, 200 MB of state on S3; where records can't be kept up with, latency grows with time; both axes logarithmic",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
