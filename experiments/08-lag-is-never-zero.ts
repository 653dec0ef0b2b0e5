import { formatCount, lagRows, readerLag } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

const LAG = {
  behind: "billing",
  ahead: "fraud",
  series: "guarantee",
  seriesTitle: "sink.delivery-guarantee",
  from: 60,
  until: 120,
};

export const experiment = defineExperiment({
  question: "Why is my read_committed lag never 0?",
  pipeline: "../pipelines/orders.yaml",
  factors: {
    guarantee: { key: "sink.delivery-guarantee", values: ["at-least-once", "exactly-once"] },
  },
  repetitions: 3,
  duration: "130 s",
  series: "250 ms",
  metrics: ["latency_mean_ms", "checkpoint_period_mean_ms", "checkpoint_duration_mean_ms"],
  charts: [
    readerLag({
      ...LAG,
      shown:
        "10,000 records/s, a checkpoint every 10 s; the end of the log counts what open transactions hold, which read_committed doesn't get",
      finding: (results) => {
        const lags = lagRows(results, LAG)
          .filter(({ series }) => series === "exactly-once")
          .map(({ lag }) => lag);
        const mean = lags.reduce((sum, lag) => sum + lag, 0) / lags.length;
        return (
          `What an open transaction holds is lag: behind an exactly-once sink billing is ${formatCount(Math.min(...lags))} to ` +
          `${formatCount(Math.max(...lags))} records behind though it keeps up, ${formatCount(mean)} on average`
        );
      },
    }),
  ],
});
