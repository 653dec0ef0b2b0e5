import { protocolSequence, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const at = { reader: "billing", guarantee: "exactly-once" };

export const claim: Claim = defineClaim({
  number: "xi",
  advice: "Kafka reports “prepared” on all partitions before Flink commits",
  judge: ({ mean, text }) => {
    const early = mean(at, "prepared_before_completion");
    const after = mean(at, "completion_to_prepare_commit_mean_ms");
    return {
      verdict: early > 0 ? (after > 0 ? "depends" : "true") : "false",
      why:
        `the brokers write PrepareCommit ${text(at, "completion_to_prepare_commit_mean_ms")} after the checkpoint has completed, as their ` +
        `answer to Flink's EndTxn, and ${early === 0 ? "never" : `${early} times`} before it: the votes are the subtasks' acknowledgements, after a flush`,
      flips:
        "at no setting: a transaction's state goes from Ongoing to PrepareCommit by EndTxn alone; KIP-939, which lets one stay prepared, has no vote either",
    };
  },
  onYours: ["npx sluice run PIPELINE --each-guarantee"],
});

export const experiment = defineExperiment({
  question: "Does Kafka report “prepared” before Flink commits?",
  pipeline: "../../pipelines/orders.yaml",
  factors: { guarantee: { key: "sink.delivery-guarantee", values: ["exactly-once"] } },
  repetitions: 3,
  duration: "2 min",
  metrics: ["completion_to_prepare_commit_mean_ms", "prepared_before_completion"],
  charts: [
    protocolSequence({
      where: { guarantee: "exactly-once" },
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
