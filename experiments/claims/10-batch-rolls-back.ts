import { barChart, formatCount, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const RATE = 10_000;
const [BEFORE, AFTER, EXPIRED] = ["before completion", "after completion", "checkpoints expire"];
const at = (reader: string, failure: string) => ({ reader, failure });

export const claim: Claim = defineClaim({
  number: "x",
  advice:
    "If any participant fails, the whole batch is rolled back and Flink has to replay the records that it has buffered",
  judge: ({ mean, text }) => {
    const aborted = (failure: string) =>
      mean(at("fraud", failure), "records_duplicated") - mean(at("billing", failure), "records_duplicated");
    /** Share of an interval's records that were sent again. */
    const share = (failure: string) => aborted(failure) / (RATE * 10);
    const isRolledBack = [BEFORE, AFTER, EXPIRED].map((failure) => share(failure) > 0.5);
    return {
      verdict: isRolledBack.every(Boolean) ? "true" : isRolledBack.some(Boolean) ? "depends" : "false",
      ...(isRolledBack[0] && !isRolledBack[1] ? { shade: "half true" as const } : {}),
      why:
        `a failure before completion has ${text(at("fraud", BEFORE), "records_duplicated")} records aborted and read again, from Kafka and no buffer; ` +
        `one behind it ${text(at("fraud", AFTER), "records_duplicated")}, for the batch is committed at the restore; a checkpoint that expires ${formatCount(aborted(EXPIRED))}, its batch goes with the next`,
      flips:
        "at the completion of the checkpoint: what fails before it is rolled back, what fails behind it is committed",
    };
  },
  onYours: [
    "npx sluice run PIPELINE --fault 'fail enrich when snapshot acknowledged of checkpoint 2'",
    "npx sluice run PIPELINE --fault 'fail enrich when checkpoint 2 completed'",
  ],
});

export const experiment = defineExperiment({
  question: "Is the whole batch rolled back and replayed if any participant fails?",
  pipeline: "../../pipelines/orders.yaml",
  set: { "jobs.enrich.operators.join.state": "0 b/key" },
  factors: {
    failure: {
      levels: {
        [BEFORE]: { "faults.failure": "fail enrich/join[0] when snapshot acknowledged of checkpoint 2" },
        [AFTER]: { "faults.failure": "fail enrich/join[0] when checkpoint 2 completed" },
        // Some last longer.
        [EXPIRED]: {
          "execution.checkpointing.timeout": "160 ms",
          "execution.checkpointing.tolerable-failed-checkpoints": 100,
        },
      },
    },
  },
  repetitions: 3,
  duration: "2 min",
  metrics: ["records_duplicated", "records_lost", "checkpoints_failed", "latency_p99_ms"],
  charts: [
    barChart({
      name: "sent-again",
      by: ["failure", "isolationLevel"],
      metrics: [{ metric: "records_duplicated", title: "records seen again" }],
      title: "records that a reader sees again",
      shown:
        "exactly-once sink, 10,000 records/s, a checkpoint every 10 s; what read_uncommitted sees again was aborted and sent anew",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
