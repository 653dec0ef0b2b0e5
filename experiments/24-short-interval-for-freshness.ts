import { formatMs, known, lineChart, mean, pick } from "../src/charts/index.ts";
import { defineExperiment, logSpaced, type Metric } from "../src/experiment/index.ts";

export const experiment = defineExperiment({
  question: "What does a short interval, taken for freshness, cost in files and transactions?",
  pipeline: "../pipelines/orders.yaml",
  set: { "sink.delivery-guarantee": "exactly-once" },
  factors: {
    naming: { key: "sink.transaction-naming-strategy", values: ["incrementing", "pooling"] },
    interval: { key: "execution.checkpointing.interval", values: logSpaced("1 s", "1 min", 6) },
  },
  repetitions: 3,
  duration: "max(2 min, 12 * interval)",
  metrics: ["latency_p99_ms", "storage_puts_per_h", "storage_bytes_per_h", "transactional_ids_per_day"],
  charts: [
    lineChart({
      name: "files-and-transactions",
      x: { factor: "interval", title: "execution.checkpointing.interval" },
      y: { metric: "storage_puts_per_h", title: "how many" },
      series: [
        {
          label: "transactional ids a day",
          metric: "transactional_ids_per_day",
          where: { reader: "billing", naming: "incrementing" },
        },
        {
          label: "PUTs an hour",
          metric: "storage_puts_per_h",
          where: { reader: "billing", naming: "incrementing" },
        },
      ],
      seriesTitle: "",
      shown: "exactly-once sink with four subtasks, transaction naming INCREMENTING; both axes logarithmic",
      finding: (results) => {
        const at = (interval: number, metric: Metric, naming = "incrementing") =>
          known(results, { reader: "billing", naming, interval }, metric);
        const pooled = mean(
          results,
          { reader: "billing", naming: "pooling", interval: 1000 },
          "transactional_ids_per_day",
        );
        const intervals = pick(results, { reader: "billing", naming: "incrementing" }).map(({ factors }) =>
          Number(factors["interval"]),
        );
        const [shortest, longest] = [Math.min(...intervals), Math.max(...intervals)];
        const remedy = pooled === 0 ? "; POOLING makes no new ids" : "";
        return (
          `Fresh within ${at(shortest, "latency_p99_ms")} instead of ${at(longest, "latency_p99_ms")}, an interval of ` +
          `${formatMs(shortest)} makes ${at(shortest, "storage_puts_per_h")} PUTs an hour instead of ${at(longest, "storage_puts_per_h")}, ` +
          `and ${at(shortest, "transactional_ids_per_day")} transactional ids a day${remedy}`
        );
      },
    }),
  ],
});
