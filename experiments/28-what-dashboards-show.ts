import { barChart, known } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

export const experiment = defineExperiment({
  question: "Does my dashboard show what a read_committed reader waits?",
  pipeline: "../pipelines/orders.yaml",
  set: { "sink.delivery-guarantee": "exactly-once", "metrics.latency.interval": "1 s" },
  factors: {
    interval: { key: "execution.checkpointing.interval", values: ["1 s", "10 s", "30 s"] },
  },
  repetitions: 3,
  duration: "max(2 min, 8 * interval)",
  metrics: ["latency_p99_ms", "latency_append_p99_ms", "latency_marker_p99_ms"],
  charts: [
    barChart({
      name: "three-latencies",
      where: { reader: "billing" },
      by: "interval",
      byTitle: "checkpoint interval",
      metrics: [
        { metric: "latency_p99_ms", title: "until billing gets it (read_committed)" },
        { metric: "latency_append_p99_ms", title: "until LogAppendTime" },
        { metric: "latency_marker_p99_ms", title: "of a latency marker, source to sink" },
      ],
      title: "p99 latency",
      shown: "exactly-once, 10,000 records/s, a latency marker of each source subtask every second",
      finding: (results) => {
        const [seen, appended, marked] = (
          ["latency_p99_ms", "latency_append_p99_ms", "latency_marker_p99_ms"] as const
        ).map((metric) => known(results, { reader: "billing", interval: 30_000 }, metric));
        return (
          `No: with a checkpoint every 30 s billing waits ${seen} at p99, ` +
          `while LogAppendTime shows ${appended} and latency markers show ${marked}`
        );
      },
    }),
  ],
});
