import { lineChart, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";
import { explainKey } from "../../src/pipeline/index.ts";

const [SHORT, LONG] = [1000, 60_000];
const at = (interval: number, reader = "billing") => ({ reader, interval });

export const claim: Claim = defineClaim({
  number: "xix",
  advice: "`checkpointDuration` and latency markers (`taskManager.latency`) reveal the latency of the sink",
  judge: ({ mean, text }) => {
    const grows = (metric: "latency_p99_ms" | "checkpoint_duration_mean_ms", reader: string) =>
      mean(at(LONG, reader), metric) / mean(at(SHORT, reader), metric);
    const wanted = grows("latency_p99_ms", "billing");
    // A marker ends at the sink operator: at most what a read_uncommitted reader sees.
    const shown = [grows("checkpoint_duration_mean_ms", "billing"), grows("latency_p99_ms", "fraud")];
    const follow = shown.map((one) => one > wanted / 2);
    const predicted =
      0.99 * mean(at(LONG), "checkpoint_period_mean_ms") + mean(at(LONG), "precommit_to_commit_mean_ms");
    const off = explainKey("metrics.latency.interval");
    const isOff = off.kind === "key" && off.rows.every((row) => row.default.startsWith("0"));
    return {
      verdict: follow.every(Boolean) ? "true" : follow.some(Boolean) ? "depends" : "false",
      why:
        `from an interval of 1 s to one of 60 s p99 of read_committed goes from ${text(at(SHORT), "latency_p99_ms")} to ${text(at(LONG), "latency_p99_ms")}, ` +
        `while checkpoints last ${text(at(SHORT), "checkpoint_duration_mean_ms")} and ${text(at(LONG), "checkpoint_duration_mean_ms")}, and what ends at the sink ` +
        `takes ${text(at(LONG, "fraud"), "latency_p99_ms")} at most`,
      flips:
        `0.99 × the time between completed checkpoints + pre-commit to commit tells it (${(predicted / 1000).toFixed(1)} s here)` +
        (isOff
          ? "; latency markers are off by default (metrics.latency.interval 0) and never wait for a transaction"
          : ""),
    };
  },
  onYours: [
    "npx sluice run PIPELINE --set execution.checkpointing.interval='1 s'",
    "npx sluice explain metrics.latency.interval",
  ],
});

export const experiment = defineExperiment({
  question: "Do Flink's own metrics reveal the latency of the sink?",
  pipeline: "../../pipelines/orders.yaml",
  factors: {
    interval: { key: "execution.checkpointing.interval", values: ["1 s", "4 s", "16 s", "60 s"] },
  },
  repetitions: 3,
  duration: "max(1 min, 4 * interval)",
  metrics: ["latency_p99_ms", "checkpoint_duration_mean_ms", "precommit_to_commit_mean_ms"],
  charts: [
    lineChart({
      name: "what-is-shown",
      x: { factor: "interval", title: "execution.checkpointing.interval" },
      y: { metric: "latency_p99_ms", title: "time" },
      series: [
        { label: "p99 of read_committed", metric: "latency_p99_ms", where: { reader: "billing" } },
        {
          label: "duration of a checkpoint",
          metric: "checkpoint_duration_mean_ms",
          where: { reader: "billing" },
        },
        { label: "p99 up to the sink's append", metric: "latency_p99_ms", where: { reader: "fraud" } },
      ],
      seriesTitle: "what is, and what is shown",
      shown: "exactly-once sink; latency markers end before the append; both axes logarithmic",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
