import { formatKnownShare, lineChart, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const MANAGED = 60_000;
const at = (interval: number) => ({ reader: "billing", interval });

export const claim: Claim = defineClaim({
  number: "xv",
  advice: "In Confluent Cloud the brokers handle the two-phase commit themselves, with minimal latency",
  judge: ({ mean, ratio, text }) => {
    const part = ratio(
      [[at(MANAGED), "end_txn_to_complete_commit_mean_ms"]],
      [[at(MANAGED), "latency_mean_ms"]],
    );
    const inside = mean(at(MANAGED), "prepared_before_completion") > 0;
    return {
      verdict: inside && part.mean > 0.5 ? "true" : !inside && part.mean < 0.1 ? "false" : "depends",
      why:
        `the brokers' part takes ${text(at(MANAGED), "end_txn_to_complete_commit_mean_ms")}, ${formatKnownShare(part)} of what a read_committed ` +
        `reader waits with a commit a minute (mean ${text(at(MANAGED), "latency_mean_ms")}, p99 ${text(at(MANAGED), "latency_p99_ms")}); the first phase and its ` +
        "decision are Flink's checkpoint, no request to a broker",
      flips: `with the interval, not with the brokers: at 1 s p99 is ${text(at(1000), "latency_p99_ms")}, of which they take no more`,
    };
  },
  onYours: ["npx sluice run PIPELINE --set environment.preset=confluent-cloud"],
});

export const experiment = defineExperiment({
  question: "Do the brokers handle the two-phase commit, with minimal latency?",
  pipeline: "../../pipelines/orders.yaml",
  set: { "environment.preset": "confluent-cloud" },
  factors: {
    interval: { key: "execution.checkpointing.interval", values: ["1 s", "10 s", "60 s"] },
  },
  repetitions: 3,
  duration: "max(1 min, 4 * interval)",
  metrics: ["latency_mean_ms", "latency_p99_ms", "end_txn_to_complete_commit_mean_ms"],
  charts: [
    lineChart({
      name: "wait",
      x: { factor: "interval", title: "execution.checkpointing.interval" },
      y: { metric: "latency_mean_ms", title: "time" },
      series: [
        { label: "mean wait of read_committed", metric: "latency_mean_ms", where: { reader: "billing" } },
        {
          label: "the brokers' commit (EndTxn to CompleteCommit)",
          metric: "end_txn_to_complete_commit_mean_ms",
          where: { reader: "billing" },
        },
      ],
      seriesTitle: "exactly-once sink",
      shown: "environment confluent-cloud, which commits about every minute; both axes logarithmic",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
