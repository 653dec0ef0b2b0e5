import { known, lineChart, pick } from "../src/charts/index.ts";
import { defineExperiment, logSpaced } from "../src/experiment/index.ts";

export const experiment = defineExperiment({
  question: "What if a checkpoint takes longer than the interval?",
  pipeline: "../pipelines/orders.yaml",
  set: { "sink.delivery-guarantee": "exactly-once", "jobs.enrich.operators.join.state": "0 b/key" },
  factors: {
    snapshot: { key: "snapshot.async", values: ["1 s", "5 s", "15 s"] },
    interval: { key: "execution.checkpointing.interval", values: logSpaced("1 s", "60 s", 6) },
  },
  repetitions: 3,
  duration: "max(2 min, 12 * interval, 20 * snapshot)",
  metrics: ["checkpoint_period_mean_ms", "checkpoint_duration_mean_ms", "latency_p99_ms"],
  charts: [
    lineChart({
      name: "period",
      where: { reader: "billing" },
      x: { factor: "interval", title: "execution.checkpointing.interval" },
      y: { metric: "checkpoint_period_mean_ms", title: "time between two triggers" },
      series: "snapshot",
      seriesTitle: "asynchronous part of a snapshot",
      shown: "what is asked for against what is got; grey: as asked for; both axes logarithmic",
      laws: (results) =>
        pick(results, { reader: "billing", snapshot: 1000 }).map(({ factors }) => ({
          law: "as asked for",
          x: Number(factors["interval"]),
          y: Number(factors["interval"]),
        })),
      finding: (results) => {
        const where = { reader: "billing", snapshot: 15_000, interval: 1000 };
        const period = known(results, where, "checkpoint_period_mean_ms");
        const duration = known(results, where, "checkpoint_duration_mean_ms");
        const p99 = known(results, where, "latency_p99_ms");
        return (
          `The checkpoint sets the pace: one of ${duration} comes every ${period} when 1 s is asked for, ` +
          `and p99 is ${p99}`
        );
      },
    }),
  ],
});
