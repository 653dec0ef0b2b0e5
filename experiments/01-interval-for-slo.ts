import { latencyAgainstInterval, tradeOffFront } from "../src/charts/index.ts";
import { defineExperiment, logSpaced } from "../src/experiment/index.ts";

export const experiment = defineExperiment({
  question: "Which checkpoint interval for my SLO?",
  pipeline: "../pipelines/orders.yaml",
  factors: {
    guarantee: { key: "sink.delivery-guarantee", values: ["at-least-once", "exactly-once"] },
    interval: { key: "execution.checkpointing.interval", values: logSpaced("1 s", "60 s", 7) },
  },
  repetitions: 5,
  duration: "max(2 min, 12 * interval)",
  metrics: ["latency_p50_ms", "latency_p99_ms", "checkpoint_duration_mean_ms"],
  charts: [
    latencyAgainstInterval({ reader: "billing", sloMs: 15_000 }),
    tradeOffFront({
      where: { reader: "billing" },
      interval: "interval",
      guarantee: "guarantee",
      sloMs: 15_000,
    }),
  ],
});
