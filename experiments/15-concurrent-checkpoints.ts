import { barChart, known, mean } from "../src/charts/index.ts";
import { defineExperiment, type Metric } from "../src/experiment/index.ts";

export const experiment = defineExperiment({
  question: "Do concurrent checkpoints help?",
  pipeline: "../pipelines/orders.yaml",
  set: {
    "sink.delivery-guarantee": "exactly-once",
    "jobs.enrich.operators.join.state": "0 b/key",
    "execution.checkpointing.interval": "1 s",
    "snapshot.async": "5 s",
  },
  factors: {
    concurrent: { key: "execution.checkpointing.max-concurrent-checkpoints", values: [1, 2, 4] },
  },
  repetitions: 5,
  duration: "5 min",
  metrics: ["checkpoint_period_mean_ms", "checkpoint_duration_mean_ms", "latency_p50_ms", "latency_p99_ms"],
  charts: [
    barChart({
      name: "concurrent",
      where: { reader: "billing" },
      by: "concurrent",
      byTitle: "max-concurrent-checkpoints",
      metrics: [
        { metric: "latency_p99_ms", title: "p99 latency of billing" },
        { metric: "checkpoint_period_mean_ms", title: "time between two triggers" },
        { metric: "checkpoint_duration_mean_ms", title: "duration of a checkpoint" },
      ],
      title: "time",
      shown: "interval 1 s, snapshots of 5 s, exactly-once sink",
      finding: (results) => {
        const of = (concurrent: number, metric: Metric) =>
          known(results, { reader: "billing", concurrent }, metric);
        const p99 = [1, 4].map((concurrent) =>
          mean(results, { reader: "billing", concurrent }, "latency_p99_ms"),
        );
        const verdict =
          p99[1]! < p99[0]!
            ? "Yes, where snapshots are slow"
            : "No, a subtask's slow snapshots wait for each other";
        return (
          `${verdict}: with 4 at once instead of 1 a checkpoint takes ${of(4, "checkpoint_duration_mean_ms")} instead of ` +
          `${of(1, "checkpoint_duration_mean_ms")}, and p99 is ${of(4, "latency_p99_ms")} instead of ${of(1, "latency_p99_ms")}`
        );
      },
    }),
  ],
});
