import { checkpointTimeline, known, latencyDistribution, protocolSequence } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

export const experiment = defineExperiment({
  question: "When do readers see results under exactly-once and under at-least-once?",
  pipeline: "../pipelines/orders.yaml",
  factors: {
    guarantee: { key: "sink.delivery-guarantee", values: ["exactly-once", "at-least-once"] },
  },
  repetitions: 10,
  duration: "5 min",
  metrics: ["latency_p50_ms", "latency_p90_ms", "latency_p99_ms", "latency_max_ms"],
  charts: [
    latencyDistribution({
      where: { reader: "billing" },
      series: "guarantee",
      seriesTitle: "sink.delivery-guarantee",
      shown: "read_committed reader billing, checkpoint interval 10 s; both axes logarithmic",
      finding: (results) => {
        const ms = (guarantee: string, metric: "latency_p50_ms" | "latency_p99_ms") =>
          known(results, { reader: "billing", guarantee }, metric);
        return (
          `Exactly-once shows billing half of its records after ${ms("exactly-once", "latency_p50_ms")} ` +
          `and p99 after ${ms("exactly-once", "latency_p99_ms")}; at-least-once after ` +
          `${ms("at-least-once", "latency_p50_ms")} and ${ms("at-least-once", "latency_p99_ms")}`
        );
      },
    }),
    checkpointTimeline({ where: { guarantee: "exactly-once" } }),
    protocolSequence({ where: { guarantee: "exactly-once" } }),
  ],
});
