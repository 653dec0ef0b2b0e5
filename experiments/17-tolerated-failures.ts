import { barChart, formatKnownShare, known, only, pick, share } from "../src/charts/index.ts";
import { defineExperiment, type PointSummary } from "../src/experiment/index.ts";

const RUN_MS = 30 * 60_000;
const failing = (summary: PointSummary) => share(summary, "checkpoints_failed", "checkpoints_completed");

export const experiment = defineExperiment({
  question: "How many failed checkpoints should be tolerated?",
  pipeline: "../pipelines/orders.yaml",
  set: {
    "sink.delivery-guarantee": "exactly-once",
    "producers.shop.rate": "1000/s",
    "storage.latency": "500 ms",
    "storage.latency-p99": "5 s",
    "execution.checkpointing.timeout": "3 s",
  },
  factors: {
    tolerated: { key: "execution.checkpointing.tolerable-failed-checkpoints", values: [0, 1, 2, 3] },
  },
  expected: ["check failed"],
  repetitions: 5,
  duration: "30 min",
  metrics: ["restarts", "outage_ms", "checkpoints_completed", "checkpoints_failed", "latency_p99_ms"],
  charts: [
    barChart({
      name: "restarts",
      where: { reader: "billing" },
      by: "tolerated",
      byTitle: "tolerable-failed-checkpoints",
      metrics: [{ metric: "restarts", title: "restarts" }],
      title: "restarts in 30 min",
      shown:
        "a slow object store: requests of 0.5 s, one in a hundred over 5 s, and a checkpoint time-out of 3 s",
      lawTitle: "law: k + 1 failures in a row, N p^(k+1) (1 − p) / (1 − p^(k+1)) times",
      laws: (results) =>
        pick(results, { reader: "billing" }).map((summary) => {
          const k = Number(summary.factors["tolerated"]);
          const { checkpoints_failed: failed, checkpoints_completed: completed } = summary.metrics;
          const p = failing(summary).mean;
          const times = ((failed.mean + completed.mean) * p ** (k + 1) * (1 - p)) / (1 - p ** (k + 1));
          return { by: String(k), metric: "restarts", ms: times };
        }),
      finding: (results) => {
        const at = (tolerated: number) => ({ reader: "billing", tolerated });
        const { mean, halfWidth } = only(results, at(0)).metrics.outage_ms;
        const down = { mean: mean / RUN_MS, halfWidth: halfWidth / RUN_MS };
        return (
          `As many as it takes to outlast what passes: with ${formatKnownShare(failing(only(results, at(3))))} of the checkpoints timing out the job restarts ` +
          `${known(results, at(0), "restarts")} times if none is tolerated (down for ${formatKnownShare(down)} of the time), ${known(results, at(2), "restarts")} times with 2`
        );
      },
    }),
  ],
});
