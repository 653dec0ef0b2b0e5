import { formatKnownShare, formatTimes, lineChart, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const [SHORT, LONG] = [1000, 64_000];
const STATES = ["no state", "2 GB, full", "2 GB, incremental"];

export const claim: Claim = defineClaim({
  number: "iii",
  advice: "The overhead of checkpoints grows in proportion as their interval shrinks",
  judge: ({ ratio }) => {
    const duration = (state: string, interval: number) =>
      [{ reader: "billing", state, interval }, "checkpoint_duration_mean_ms"] as const;
    const period = (state: string, interval: number) =>
      [{ reader: "billing", state, interval }, "checkpoint_period_mean_ms"] as const;
    const growth = (state: string) =>
      ratio([duration(state, SHORT), period(state, LONG)], [period(state, SHORT), duration(state, LONG)]);
    const times = LONG / SHORT;
    const inProportion = STATES.map((state) => growth(state).mean > 0.8 * times);
    const text = (state: string) => formatTimes(growth(state));
    return {
      verdict: inProportion.every(Boolean) ? "true" : inProportion.some(Boolean) ? "depends" : "false",
      why:
        `${times} times as many checkpoints take ${text("no state")} the share of time while they are small, ${text("2 GB, incremental")} ` +
        `with 2 GB of incremental state (less to upload each) and ${text("2 GB, full")} with full snapshots, which fill all of it ` +
        `(${formatKnownShare(ratio([duration("2 GB, full", SHORT)], [period("2 GB, full", SHORT)]))})`,
      flips:
        "in proportion as long as a checkpoint's duration stays the same: not once it depends on what changed since the last one, " +
        "nor once it is as long as the interval",
    };
  },
  onYours: [
    "npx sluice run PIPELINE --set execution.checkpointing.interval='1 s' --json",
    "npx sluice run PIPELINE --set execution.checkpointing.interval='1 min' --json",
  ],
});

export const experiment = defineExperiment({
  question: "Does the overhead of checkpoints grow in proportion as the interval shrinks?",
  pipeline: "../../pipelines/orders.yaml",
  factors: {
    state: {
      levels: {
        "no state": { "jobs.enrich.operators.join.state": "0 b/key" },
        "2 GB, full": { "jobs.enrich.operators.join.state": "2 kb/key" },
        "2 GB, incremental": {
          "jobs.enrich.operators.join.state": "2 kb/key",
          "state.backend.type": "rocksdb",
          "execution.checkpointing.incremental": "true",
        },
      },
    },
    interval: { key: "execution.checkpointing.interval", values: ["1 s", "4 s", "16 s", "64 s"] },
  },
  repetitions: 3,
  duration: "max(1 min, 4 * interval)",
  warmUp: "max(20 s, interval)",
  metrics: ["checkpoint_duration_mean_ms", "checkpoint_period_mean_ms"],
  charts: [
    lineChart({
      name: "duration",
      where: { reader: "billing" },
      x: { factor: "interval", title: "execution.checkpointing.interval" },
      y: { metric: "checkpoint_duration_mean_ms", title: "duration of a checkpoint" },
      series: "state",
      seriesTitle: "keyed state, up to 1 million keys",
      shown:
        "overhead is duration by period: a level line is in proportion; grey: as long as the interval; both axes logarithmic",
      laws: () => [1000, 4000].map((x) => ({ law: "all of the time", x, y: x })),
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
