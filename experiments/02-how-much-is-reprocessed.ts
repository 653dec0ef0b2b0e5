import { formatTimes, known, lineChart, pick, ratio } from "../src/charts/index.ts";
import { defineExperiment, logSpaced } from "../src/experiment/index.ts";

const RATE = 10_000;
const WORST = "just before the next checkpoint completes";

export const experiment = defineExperiment({
  question: "How much is reprocessed when a task fails just before the next checkpoint?",
  pipeline: "../pipelines/orders.yaml",
  set: { "sink.delivery-guarantee": "at-least-once" },
  factors: {
    interval: { key: "execution.checkpointing.interval", values: logSpaced("2 s", "32 s", 5) },
    failure: {
      levels: {
        [WORST]: { "faults.failure": "fail enrich/join[0] when snapshot acknowledged of checkpoint 4" },
        "just after one completed": {
          "faults.failure": "fail enrich/join[0] when checkpoint 4 completed",
        },
      },
    },
  },
  repetitions: 5,
  duration: "5 * interval + 20 s",
  metrics: ["records_duplicated", "restored_checkpoint_age_ms", "outage_ms"],
  charts: [
    lineChart({
      name: "reprocessed",
      where: { reader: "fraud" },
      x: { factor: "interval", title: "execution.checkpointing.interval" },
      y: { metric: "records_duplicated", title: "records that a reader sees again" },
      series: "failure",
      seriesTitle: "a task fails",
      shown:
        "at-least-once sink, 10,000 records/s; grey: rate × age of the restored checkpoint at the failure",
      laws: (results) =>
        pick(results, { reader: "fraud" }).map(({ factors, metrics }) => ({
          law: factors["failure"] === WORST ? "rate × age" : "",
          x: Number(factors["interval"]),
          y: (RATE * metrics.restored_checkpoint_age_ms.mean) / 1000,
        })),
      finding: (results) => {
        const point = { reader: "fraud", failure: WORST, interval: 32_000 };
        const perMs = ratio(
          results,
          [[point, "records_duplicated"]],
          [[point, "restored_checkpoint_age_ms"]],
        );
        const ofRate = { mean: (1000 * perMs.mean) / RATE, halfWidth: (1000 * perMs.halfWidth) / RATE };
        return (
          `What came since the last completed checkpoint (${formatTimes(ofRate).slice(2)} × rate × its age): ` +
          `${known(results, point, "records_duplicated")} records with an interval of 32 s, ` +
          `${known(results, { ...point, interval: 2000 }, "records_duplicated")} with 2 s`
        );
      },
    }),
  ],
});
