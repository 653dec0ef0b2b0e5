import { known, lineChart } from "../src/charts/index.ts";
import { defineExperiment, logSpaced } from "../src/experiment/index.ts";

export const experiment = defineExperiment({
  question: "Min-pause or interval?",
  pipeline: "../pipelines/orders.yaml",
  set: {
    "sink.delivery-guarantee": "exactly-once",
    "jobs.enrich.operators.join.state": "0 b/key",
    "execution.checkpointing.interval": "10 s",
  },
  factors: {
    pace: {
      levels: {
        "interval 10 s": {},
        "interval 10 s, min-pause 10 s": { "execution.checkpointing.min-pause": "10 s" },
      },
    },
    snapshot: { key: "snapshot.async", values: logSpaced("250 ms", "30 s", 7) },
  },
  repetitions: 3,
  duration: "max(5 min, 15 * snapshot)",
  metrics: ["checkpoint_period_mean_ms", "checkpoint_duration_mean_ms", "latency_p99_ms"],
  charts: [
    lineChart({
      name: "p99",
      where: { reader: "billing" },
      x: { factor: "snapshot", title: "asynchronous part of a snapshot" },
      y: { metric: "latency_p99_ms", title: "p99 latency of billing" },
      series: "pace",
      seriesTitle: "execution.checkpointing",
      shown: "read_committed reader billing, exactly-once sink; both axes logarithmic",
      finding: (results) => {
        const p99 = (pace: string, snapshot: number) =>
          known(results, { reader: "billing", pace, snapshot }, "latency_p99_ms");
        const paused = "interval 10 s, min-pause 10 s";
        return (
          "A min-pause adds the checkpoint's time to the period, an interval hides it until it is longer: " +
          `with snapshots of 6 s p99 is ${p99(paused, 6100)} instead of ${p99("interval 10 s", 6100)}`
        );
      },
    }),
  ],
});
