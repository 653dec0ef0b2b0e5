import { lineChart, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const at = (reader: string, snapshot: number) => ({ reader, snapshot });

export const claim: Claim = defineClaim({
  number: "viii",
  advice: "When the duration of checkpoints falls, the tail latency falls with it",
  judge: ({ mean, text }) => {
    /** What p99 loses for each second that a checkpoint loses. */
    const slope = (reader: string, from: number, to: number) =>
      (mean(at(reader, from), "latency_p99_ms") - mean(at(reader, to), "latency_p99_ms")) /
      (mean(at(reader, from), "checkpoint_duration_mean_ms") -
        mean(at(reader, to), "checkpoint_duration_mean_ms"));
    const slopes = ["billing", "fraud"].flatMap((reader) => [
      slope(reader, 10_000, 6000),
      slope(reader, 3000, 100),
    ]);
    const [beyond, within, , uncommitted] = slopes as [number, number, number, number];
    return {
      verdict: slopes.every((one) => one > 0.8)
        ? "true"
        : slopes.every((one) => one < 0.1)
          ? "false"
          : "depends",
      why:
        `a second less takes ${within.toPrecision(2)} s off p99 of read_committed (${beyond.toPrecision(2)} s while checkpoints last longer than ` +
        `the interval), from a base of ${text(at("billing", 100), "latency_p99_ms")}; off read_uncommitted ${Math.abs(uncommitted) < 0.01 ? "nothing" : `${uncommitted.toFixed(2)} s`}`,
      flips:
        "for read_uncommitted and at-least-once only the synchronous part and the alignment count, which an asynchronous upload isn't part of",
    };
  },
  onYours: [
    "npx sluice run PIPELINE --set snapshot.async='10 s'",
    "npx sluice run PIPELINE --set snapshot.async='100 ms'",
  ],
});

const line = (label: string, reader: string, metric: "latency_p99_ms" | "checkpoint_duration_mean_ms") => ({
  label,
  metric,
  where: { reader },
});

export const experiment = defineExperiment({
  question: "Does the tail latency fall with the duration of checkpoints?",
  pipeline: "../../pipelines/orders.yaml",
  set: { "jobs.enrich.operators.join.state": "0 b/key", "execution.checkpointing.interval": "5 s" },
  factors: { snapshot: { key: "snapshot.async", values: ["100 ms", "1 s", "3 s", "6 s", "10 s"] } },
  repetitions: 3,
  duration: "max(1 min, 10 * snapshot)",
  metrics: ["checkpoint_duration_mean_ms", "latency_p99_ms"],
  charts: [
    lineChart({
      name: "p99",
      x: { factor: "snapshot", title: "asynchronous part of a snapshot" },
      y: { metric: "latency_p99_ms", title: "time" },
      series: [
        line("p99 of read_committed", "billing", "latency_p99_ms"),
        line("duration of a checkpoint", "billing", "checkpoint_duration_mean_ms"),
        line("p99 of read_uncommitted", "fraud", "latency_p99_ms"),
      ],
      seriesTitle: "exactly-once sink",
      shown: "a checkpoint every 5 s, the join half busy; both axes logarithmic",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
