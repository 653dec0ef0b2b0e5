import { barChart, formatMs, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const WRITE = 1000;
const [BELOW, ABOVE] = [500, 3000];
const at = (load: string, timeout: number) => ({ reader: "fraud", load, timeout });

export const claim: Claim = defineClaim({
  number: "ix",
  advice: "The checkpoint timeout has to be longer than the longest expected write of a snapshot",
  judge: ({ mean, text }) => {
    const failed = (load: string, timeout: number) => mean(at(load, timeout), "checkpoints_failed");
    const isNecessary =
      mean(at("half busy", BELOW), "checkpoints_completed") === 0 && failed("half busy", BELOW) > 0;
    const isEnough = failed("half busy", ABOVE) + failed("one subtask overloaded", ABOVE) === 0;
    const overloaded = at("one subtask overloaded", ABOVE);
    return {
      verdict: !isNecessary ? "false" : isEnough ? "true" : "depends",
      ...(isNecessary && !isEnough ? { shade: "incomplete" as const } : {}),
      why:
        `below the write of ${formatMs(WRITE)} nothing completes; but at three times it ${text(overloaded, "checkpoints_failed")} checkpoints expire ` +
        `beside ${text(overloaded, "checkpoints_completed")} that complete once a subtask is overloaded, for the barrier's way through the queues counts as well`,
      flips: `with unaligned checkpoints, whose barriers overtake, ${text(at("overloaded, unaligned", ABOVE), "checkpoints_failed")} expire under the same load`,
    };
  },
  onYours: [
    "npx sluice run PIPELINE --set execution.checkpointing.timeout='3 s' --set execution.checkpointing.tolerable-failed-checkpoints=100",
  ],
});

const overloaded = { "jobs.enrich.operators.join.slow-subtask": "0: 0.45 ms" };

export const experiment = defineExperiment({
  question: "Is a checkpoint timeout above the longest write of a snapshot enough?",
  pipeline: "../../pipelines/orders.yaml",
  set: {
    "jobs.enrich.operators.join.state": "0 b/key",
    "execution.checkpointing.interval": "2 s",
    "snapshot.async": "1 s",
    // By default the first that expires fails the job.
    "execution.checkpointing.tolerable-failed-checkpoints": 100,
  },
  factors: {
    load: {
      levels: {
        "half busy": {},
        "one subtask overloaded": overloaded,
        "overloaded, unaligned": { ...overloaded, "execution.checkpointing.unaligned.enabled": "true" },
      },
    },
    timeout: { key: "execution.checkpointing.timeout", values: ["500 ms", "3 s"] },
  },
  // A time-out that nothing meets shows nothing to read_committed.
  expected: ["check failed"],
  repetitions: 3,
  duration: "40 s",
  metrics: ["checkpoints_completed", "checkpoints_failed", "checkpoint_duration_mean_ms"],
  charts: [
    barChart({
      name: "expired",
      where: { reader: "fraud" },
      by: ["load", "timeout"],
      byTitle: "load, execution.checkpointing.timeout",
      metrics: [
        { metric: "checkpoints_completed", title: "completed" },
        { metric: "checkpoints_failed", title: "expired" },
      ],
      title: "checkpoints",
      shown: "a snapshot takes 1 s to write; a checkpoint every 2 s for 40 s",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
