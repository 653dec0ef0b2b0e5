import { barChart, known } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

export const experiment = defineExperiment({
  question: "What could I save with CheckpointingMode AT_LEAST_ONCE, which doesn't align?",
  pipeline: "../pipelines/orders.yaml",
  set: { "sink.delivery-guarantee": "exactly-once", "producers.shop.skew": "cycle" },
  factors: {
    load: {
      levels: {
        "half busy": { "jobs.enrich.operators.join.service-time": "0.2 ms" },
        "80 % busy": { "jobs.enrich.operators.join.service-time": "0.32 ms" },
        "95 % busy": { "jobs.enrich.operators.join.service-time": "0.38 ms" },
      },
    },
  },
  repetitions: 5,
  duration: "5 min",
  metrics: ["alignment_mean_ms", "alignment_max_ms", "latency_p99_ms"],
  charts: [
    barChart({
      name: "alignment",
      where: { reader: "fraud" },
      by: "load",
      metrics: [
        { metric: "alignment_mean_ms", title: "alignment of a barrier, mean" },
        { metric: "alignment_max_ms", title: "longest alignment" },
        { metric: "latency_p99_ms", title: "p99 latency of fraud, read_uncommitted" },
      ],
      title: "time",
      shown:
        "by how busy the join is; keys evenly spread. Not aligning saves the alignment at most, once a checkpoint",
      finding: (results) => {
        const of = (load: string, metric: "alignment_mean_ms" | "alignment_max_ms" | "latency_p99_ms") =>
          known(results, { reader: "fraud", load }, metric);
        return (
          `Little, as long as nothing is overloaded: once every 10 s a barrier waits ${of("95 % busy", "alignment_max_ms")} ` +
          `at most, beside a p99 of ${of("95 % busy", "latency_p99_ms")}`
        );
      },
    }),
  ],
});
