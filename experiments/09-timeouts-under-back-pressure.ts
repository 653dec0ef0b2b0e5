import { backPressure, barChart, known } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

const UNALIGNED = { "execution.checkpointing.unaligned.enabled": "true" };
const SERVICE = "jobs.enrich.operators.join.service-time";
const AS_IS = "as it is: time-out 15 s";

export const experiment = defineExperiment({
  question: "Checkpoints time out under back-pressure: why, and which remedy helps?",
  pipeline: "../pipelines/slow-join.yaml",
  set: {
    [SERVICE]: "20 ms",
    "execution.checkpointing.timeout": "15 s",
    "execution.checkpointing.tolerable-failed-checkpoints": "1000",
  },
  factors: {
    remedy: {
      levels: {
        [AS_IS]: {},
        "time-out 1 min": { "execution.checkpointing.timeout": "1 min" },
        "segments of 4 kb": { "taskmanager.memory.segment-size": "4 kb" },
        "unaligned after 5 s": { ...UNALIGNED, "execution.checkpointing.aligned-checkpoint-timeout": "5 s" },
        unaligned: UNALIGNED,
        "twice the capacity": { [SERVICE]: "10 ms" },
      },
    },
  },
  expected: ["check failed"],
  repetitions: 3,
  duration: "4 min",
  series: "2 s",
  metrics: ["checkpoint_duration_mean_ms", "checkpoints_completed", "checkpoints_failed", "latency_p50_ms"],
  charts: [
    barChart({
      name: "remedies",
      where: { reader: "billing" },
      by: "remedy",
      metrics: [
        { metric: "checkpoints_completed", title: "completed" },
        { metric: "checkpoints_failed", title: "timed out" },
      ],
      title: "checkpoints, until the backlog is worked off",
      shown:
        "300 records/s for joins that manage 200; all but the last remedy let the checkpoints pass, and the backlog grow",
      finding: (results) => {
        const took = (remedy: string) =>
          known(results, { reader: "billing", remedy }, "checkpoint_duration_mean_ms");
        return `Barriers wait behind full buffers; anything that lets them through helps: unaligned a checkpoint takes ${took("unaligned")}, with an eighth of the buffers ${took("segments of 4 kb")}, left to wait ${took("time-out 1 min")}`;
      },
    }),
    backPressure({
      where: { remedy: AS_IS },
      shown: "all subtasks; a segment of 32 kb holds 80 records, 1.6 s of a join's work",
      finding: (results) =>
        `Once the buffers are full the sources stand still, and ${known(results, { reader: "billing", remedy: AS_IS }, "checkpoints_failed")} of the checkpoints behind them time out`,
    }),
  ],
});
