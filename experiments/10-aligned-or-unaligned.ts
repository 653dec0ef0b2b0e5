import { barChart, known } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

const UNALIGNED = { "execution.checkpointing.unaligned.enabled": "true" };
const TIMEOUT = "execution.checkpointing.aligned-checkpoint-timeout";
const HOT = "one subtask overloaded";

export const experiment = defineExperiment({
  question: "Aligned, unaligned, or aligned with a time-out?",
  pipeline: "../pipelines/slow-join.yaml",
  factors: {
    load: {
      levels: { "half busy": {}, [HOT]: { "jobs.enrich.operators.join.slow-subtask": "0: 14.4 ms" } },
    },
    mode: {
      levels: {
        aligned: {},
        "unaligned after 10 s": { ...UNALIGNED, [TIMEOUT]: "10 s" },
        "unaligned after 1 s": { ...UNALIGNED, [TIMEOUT]: "1 s" },
        unaligned: UNALIGNED,
      },
    },
  },
  repetitions: 3,
  duration: "4 min",
  metrics: ["checkpoint_duration_mean_ms", "latency_p50_ms", "latency_p99_ms", "in_flight_mean_bytes"],
  charts: [
    barChart({
      name: "modes",
      where: { reader: "billing" },
      by: ["load", "mode"],
      metrics: [
        { metric: "checkpoint_duration_mean_ms", title: "duration of a checkpoint, mean" },
        { metric: "latency_p50_ms", title: "p50 latency of billing, read_committed" },
      ],
      title: "time",
      shown:
        "300 records/s, a checkpoint every 10 s; the overloaded subtask needs 8 % more time than there is",
      finding: (results) => {
        const p50 = (mode: string) =>
          known(results, { reader: "billing", load: HOT, mode }, "latency_p50_ms");
        return (
          `Aligned with a time-out of a second: nothing changes while all is well, and with one subtask overloaded p50 is ` +
          `${p50("unaligned after 1 s")}, near the ${p50("unaligned")} of unaligned and far from the ${p50("aligned")} of aligned`
        );
      },
    }),
  ],
});
