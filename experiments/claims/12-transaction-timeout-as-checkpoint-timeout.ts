import { barChart, formatMs, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const CHECKPOINT_TIMEOUT = 20_000;
const TIMEOUTS = [CHECKPOINT_TIMEOUT, 40_000, 60_000, 600_000];
const at = (timeout: number) => ({ reader: "billing", timeout });

export const claim: Claim = defineClaim({
  number: "xii",
  advice: "transaction.timeout.ms should be the checkpoint timeout",
  judge: ({ mean, text }) => {
    const lost = (timeout: number) => mean(at(timeout), "records_lost");
    const safe = TIMEOUTS.filter((_, i) => TIMEOUTS.slice(i).every((timeout) => lost(timeout) === 0))[0];
    const restart = text(at(CHECKPOINT_TIMEOUT), "recovery_ms");
    return {
      verdict: lost(CHECKPOINT_TIMEOUT) > 0 ? "false" : safe === CHECKPOINT_TIMEOUT ? "true" : "depends",
      why:
        `with both at ${formatMs(CHECKPOINT_TIMEOUT)} a restart that takes ${restart} loses ${text(at(CHECKPOINT_TIMEOUT), "records_lost")} records ` +
        "of a completed checkpoint: the brokers have aborted its transactions before the job is back to commit them",
      flips:
        safe === undefined
          ? "at no value tried"
          : `none is lost from ${formatMs(safe)} on: it has to outlast interval, checkpoint and restart together, ` +
            "up to the brokers' transaction.max.timeout.ms",
    };
  },
  onYours: [
    "npx sluice run PIPELINE --set properties.transaction.timeout.ms='20 s' --fault 'kill taskmanager-1 when checkpoint 2 completed' --for '2 min'",
  ],
});

export const experiment = defineExperiment({
  question: "Should transaction.timeout.ms be the checkpoint timeout?",
  pipeline: "../../pipelines/orders.yaml",
  set: {
    "execution.checkpointing.timeout": "20 s",
    "faults.crash": "kill taskmanager-1 when checkpoint 2 completed",
  },
  factors: {
    timeout: {
      key: "properties.transaction.timeout.ms",
      values: ["20 s", "40 s", "60 s", "600 s"],
    },
  },
  // What is lost is the finding.
  expected: ["check failed"],
  repetitions: 5,
  duration: "90 s",
  metrics: ["records_lost", "recovery_ms", "latency_max_ms"],
  charts: [
    barChart({
      name: "lost",
      where: { reader: "billing" },
      by: "timeout",
      byTitle: "transaction.timeout.ms",
      metrics: [{ metric: "records_lost", title: "records lost" }],
      title: "records lost to the read_committed reader",
      shown:
        "checkpoint timeout 20 s, interval 10 s; a TaskManager dies when a checkpoint has completed, a new one starts in 25 s",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
