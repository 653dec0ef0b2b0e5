import { barChart, known } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

const DEBLOATING = { "taskmanager.network.memory.buffer-debloat.enabled": "true" };
const UNALIGNED = { "execution.checkpointing.unaligned.enabled": "true" };
const HOT = "one subtask overloaded";
const AT = { reader: "billing", load: HOT };

export const experiment = defineExperiment({
  question: "Is buffer debloating enough, or does it take unaligned checkpoints?",
  pipeline: "../pipelines/slow-join.yaml",
  factors: {
    load: {
      levels: { "half busy": {}, [HOT]: { "jobs.enrich.operators.join.slow-subtask": "0: 14.4 ms" } },
    },
    remedy: {
      levels: {
        none: {},
        debloating: DEBLOATING,
        unaligned: UNALIGNED,
        both: { ...DEBLOATING, ...UNALIGNED },
      },
    },
  },
  repetitions: 3,
  duration: "4 min",
  metrics: ["checkpoint_duration_mean_ms", "latency_p50_ms", "in_flight_mean_bytes"],
  charts: [
    barChart({
      name: "remedies",
      where: { reader: "fraud" },
      by: ["load", "remedy"],
      metrics: [
        { metric: "checkpoint_duration_mean_ms", title: "duration of a checkpoint, mean" },
        { metric: "latency_p50_ms", title: "p50 latency of fraud, read_uncommitted" },
      ],
      title: "time",
      shown:
        "300 records/s, a checkpoint every 10 s; the overloaded subtask needs 8 % more time than there is",
      finding: (results) => {
        const lasts = (remedy: string) => known(results, { ...AT, remedy }, "checkpoint_duration_mean_ms");
        const others = (remedy: string) =>
          known(results, { ...AT, reader: "fraud", remedy }, "latency_p50_ms");
        return (
          `Debloating takes checkpoints from ${lasts("none")} to ${lasts("debloating")}, unaligned to ${lasts("unaligned")}; ` +
          `but with small buffers one slow subtask delays all: p50 of read_uncommitted from ${others("none")} to ${others("debloating")}`
        );
      },
    }),
  ],
});
