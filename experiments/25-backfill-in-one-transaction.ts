import { barChart, known, mean } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

const ONE = 600_000;
const MANY = 20_000;

export const experiment = defineExperiment({
  question: "A backfill makes one huge transaction: will it time out, and is a larger interval worth it?",
  pipeline: "../pipelines/bounded.yaml",
  // 200,000 records, which two subtasks read in 80 s.
  set: { "jobs.backfill.operators.join.service-time": "0.8 ms" },
  factors: {
    interval: { key: "execution.checkpointing.interval", values: ["5 s", "20 s", "10 min"] },
    timeout: { key: "properties.transaction.timeout.ms", values: ["30 s", "15 min"] },
  },
  repetitions: 5,
  duration: "2 min",
  warmUp: "0 s",
  expected: ["check failed"],
  metrics: ["restarts", "latency_max_ms"],
  charts: [
    barChart({
      name: "restarts",
      where: { reader: "committed" },
      by: ["interval", "timeout"],
      byTitle: "interval, transaction.timeout.ms",
      metrics: [{ metric: "restarts", title: "restarts" }],
      title: "restarts of the backfill",
      shown: "exactly-once; 200,000 records that two subtasks read in 80 s",
      finding: (results) => {
        const at = (interval: number) => ({ reader: "committed", interval, timeout: 30_000 });
        const readUntil = (interval: number) =>
          known(results, { reader: "uncommitted", interval, timeout: 900_000 }, "latency_max_ms");
        const verdict =
          mean(results, at(ONE), "restarts") > 0
            ? `One transaction times out where 30 s are allowed, and takes ${known(results, at(ONE), "restarts")} restarts`
            : "One transaction doesn't time out, though 30 s are allowed";
        return (
          `${verdict}; a checkpoint every 20 s takes ${known(results, at(MANY), "restarts")}, and costs next to nothing: ` +
          `all is written within ${readUntil(MANY)} instead of ${readUntil(ONE)}`
        );
      },
    }),
  ],
});
