import { barChart, formatMs, known, mean } from "../src/charts/index.ts";
import { defineExperiment, type Metric } from "../src/experiment/index.ts";

const ALL = "all overloaded";

export const experiment = defineExperiment({
  question: "What do unaligned checkpoints cost in size and in recovery?",
  pipeline: "../pipelines/slow-join.yaml",
  set: { "faults.crash": "kill taskmanager-1 at 129 s repair 2 s" },
  factors: {
    load: {
      levels: {
        "half busy": {},
        "one subtask overloaded": { "jobs.enrich.operators.join.slow-subtask": "0: 14.4 ms" },
        [ALL]: { "jobs.enrich.operators.join.service-time": "14.4 ms" },
      },
    },
    mode: { levels: { aligned: {}, unaligned: { "execution.checkpointing.unaligned.enabled": "true" } } },
  },
  repetitions: 5,
  duration: "150 s",
  metrics: ["in_flight_mean_bytes", "restored_checkpoint_age_ms", "restore_ms"],
  charts: [
    barChart({
      name: "size",
      where: { reader: "billing" },
      by: ["load", "mode"],
      metrics: [{ metric: "in_flight_mean_bytes", title: "records in flight" }],
      title: "records in flight in a checkpoint",
      shown:
        "300 records/s of 400 B, four sources and four joins; what the network buffers hold is the most it can be",
      finding: (results) => {
        const bytes = (load: string) =>
          known(results, { reader: "billing", load, mode: "unaligned" }, "in_flight_mean_bytes");
        return `A checkpoint grows by what the buffers hold: ${bytes(ALL)} with all joins overloaded, ${bytes("half busy")} with none`;
      },
    }),
    barChart({
      name: "recovery",
      where: { reader: "billing" },
      by: ["load", "mode"],
      metrics: [
        { metric: "restored_checkpoint_age_ms", title: "age of the restored checkpoint at the crash" },
        { metric: "restore_ms", title: "from deployment until every task runs" },
      ],
      title: "time",
      shown:
        "a TaskManager is killed 129 s after the start; a checkpoint every 10 s. Reading records in flight back takes no time here",
      finding: (results) => {
        const gain = (metric: Metric) =>
          mean(results, { reader: "billing", load: ALL, mode: "aligned" }, metric) -
          mean(results, { reader: "billing", load: ALL, mode: "unaligned" }, metric);
        return `Under load the restored checkpoint is ${formatMs(gain("restored_checkpoint_age_ms"))} younger when unaligned, and ${Math.abs(gain("restore_ms")) < 100 ? "restored as fast" : `restored in ${formatMs(gain("restore_ms"))} less`}`;
      },
    }),
  ],
});
