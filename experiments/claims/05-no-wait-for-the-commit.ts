import { barChart, formatMs, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const at = (guarantee: string) => ({ reader: "billing", guarantee });

export const claim: Claim = defineClaim({
  number: "v",
  advice:
    "At-least-once is faster because Flink then doesn't wait for the commit of the transactions before it acknowledges a checkpoint",
  judge: ({ mean, text }) => {
    const [once, least] = ["exactly-once", "at-least-once"] as const;
    const early = mean(at(once), "prepared_before_completion");
    const faster = mean(at(once), "latency_p99_ms") / mean(at(least), "latency_p99_ms");
    const more =
      mean(at(once), "checkpoint_duration_mean_ms") - mean(at(least), "checkpoint_duration_mean_ms");
    return {
      // Were the commit before the acknowledgement, PrepareCommit would be written before the checkpoint has completed.
      verdict: early > 0 ? "true" : faster > 1.5 ? "depends" : "false",
      ...(early === 0 && faster > 1.5 ? { shade: "misleading" as const } : {}),
      why:
        `no checkpoint waits for a commit with exactly-once either: PrepareCommit follows ${text(at(once), "completion_to_prepare_commit_mean_ms")} ` +
        `after completion; faster is what read_committed sees, p99 ${text(at(least), "latency_p99_ms")} instead of ${text(at(once), "latency_p99_ms")}`,
      flips:
        `what exactly-once adds to a checkpoint are ${formatMs(more)} to start the next transaction; ` +
        "for read_uncommitted readers the two are nearly alike",
    };
  },
  onYours: ["npx sluice run PIPELINE --each-guarantee"],
});

export const experiment = defineExperiment({
  question: "Does a checkpoint wait for the commit of its transactions?",
  pipeline: "../../pipelines/orders.yaml",
  factors: {
    guarantee: { key: "sink.delivery-guarantee", values: ["at-least-once", "exactly-once"] },
  },
  repetitions: 5,
  duration: "2 min",
  metrics: ["checkpoint_duration_mean_ms", "completion_to_prepare_commit_mean_ms", "latency_p99_ms"],
  charts: [
    barChart({
      name: "commit-after-completion",
      where: { reader: "billing" },
      by: "guarantee",
      byTitle: "sink.delivery-guarantee",
      metrics: [
        { metric: "checkpoint_duration_mean_ms", title: "trigger to last acknowledgement" },
        { metric: "completion_to_prepare_commit_mean_ms", title: "completion to PrepareCommit" },
        { metric: "end_txn_to_complete_commit_mean_ms", title: "EndTxn to CompleteCommit" },
      ],
      title: "time",
      shown: "means over the checkpoints of 2 min, interval 10 s, three brokers",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
