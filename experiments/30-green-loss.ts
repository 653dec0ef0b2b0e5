import { barChart, known, lostEpoch } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

export const experiment = defineExperiment({
  question: "Can exactly-once lose records although nothing fails and every checkpoint completes?",
  pipeline: "../pipelines/green-loss.yaml",
  factors: {
    timeout: {
      key: "properties.transaction.timeout.ms",
      values: ["5 s", "10 s", "15 s", "20 s", "30 s"],
    },
  },
  expected: ["check failed"],
  repetitions: 5,
  duration: "30 min",
  metrics: ["records_in", "records_lost", "restarts", "checkpoints_failed", "checkpoints_completed"],
  charts: [
    barChart({
      name: "lost",
      where: { reader: "billing" },
      by: "timeout",
      byTitle: "properties.transaction.timeout.ms",
      metrics: [
        { metric: "records_lost", title: "records lost" },
        { metric: "restarts", title: "restarts of the job" },
        { metric: "checkpoints_failed", title: "failed checkpoints" },
      ],
      title: "in half an hour",
      shown:
        "bursts of 3 s with pauses of 44 s, a checkpoint every 20 s; Kafka looks for transactions that are open for too long " +
        "every 10 s",
      finding: (results) => {
        const of = (
          timeout: number,
          metric: "records_in" | "records_lost" | "checkpoints_failed" | "restarts",
        ) => known(results, { reader: "billing", timeout }, metric);
        return (
          `Yes: with a transaction time-out of 5 s ${of(5000, "records_lost")} of ${of(5000, "records_in")} records are gone, ` +
          `with ${of(5000, "checkpoints_failed")} failed checkpoints and ${of(5000, "restarts")} restarts; with 30 s ` +
          `${of(30_000, "records_lost")} are`
        );
      },
    }),
    lostEpoch({ where: { timeout: 5000 } }),
  ],
});
