import { barChart, known, mean, pick } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

export const experiment = defineExperiment({
  question: "My job reads what another exactly-once job writes: do the delays add?",
  pipeline: "../pipelines/chain.yaml",
  factors: {
    interval: { key: "execution.checkpointing.interval", values: ["10 s"] },
  },
  // The phases between the jobs' checkpoints are drawn once a run.
  repetitions: 40,
  duration: "3 min",
  metrics: ["latency_p50_ms", "latency_mean_ms", "latency_p99_ms"],
  charts: [
    barChart({
      name: "hops",
      by: "reader",
      metrics: [
        { metric: "latency_mean_ms", title: "mean latency" },
        { metric: "latency_p99_ms", title: "p99 latency, mean of the runs" },
      ],
      title: "latency",
      shown: "each job with its own checkpoints every 10 s, 40 runs with other phases",
      lawTitle: "law: each hop adds half an interval and its commit to the mean",
      laws: (results) => {
        const hop = mean(results, { reader: "after-one-job" }, "latency_mean_ms");
        return pick(results, {}).map(({ reader }, i) => ({
          by: reader,
          metric: "latency_mean_ms" as const,
          ms: hop * (i + 1),
        }));
      },
      finding: (results) => {
        const [one, two, three] = ["after-one-job", "after-two-jobs", "after-three-jobs"].map((reader) =>
          known(results, { reader }, "latency_mean_ms"),
        );
        return `Yes, they add: a record takes ${one} on average behind one job, ${two} behind two and ${three} behind three`;
      },
    }),
  ],
});
