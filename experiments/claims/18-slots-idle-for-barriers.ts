import { barChart, formatKnownShare, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const LOADS = ["half busy", "95 % busy", "one subtask overloaded"];
const [ALIGNED, NOT] = ["EXACTLY_ONCE", "AT_LEAST_ONCE"];
const at = (load: string, mode: string) => ({ reader: "fraud", load, mode });

export const claim: Claim = defineClaim({
  number: "xviii",
  advice:
    "Without barriers to wait for, fewer slots are idle, so that parallelism can grow without more nodes",
  judge: ({ ratio, text }) => {
    /** Share of the time that the slowest subtask waits with some channel for a barrier: what could be gained at most. */
    const waits = (load: string) =>
      ratio([[at(load, ALIGNED), "alignment_max_ms"]], [[at(load, ALIGNED), "checkpoint_period_mean_ms"]]);
    const shares = LOADS.map(waits);
    const p99 = (mode: string) => text(at("95 % busy", mode), "latency_p99_ms");
    return {
      verdict: shares.every(({ mean }) => mean > 0.1)
        ? "true"
        : shares.every(({ mean }) => mean < 0.1)
          ? "false"
          : "depends",
      why:
        `the subtask that waits longest for barriers does so ${formatKnownShare(shares[0]!)} of the time when half busy, ${formatKnownShare(shares[1]!)} when 95 % busy and ` +
        `${formatKnownShare(shares[2]!)} beside an overloaded one: nothing to put another subtask on`,
      flips: `without waiting p99 at 95 % busy is ${p99(NOT)} instead of ${p99(ALIGNED)}; a subtask that waits has its other channels to work on; where waiting is long, a channel or key group is overloaded, and that is what to split`,
    };
  },
  onYours: ["npx sluice run PIPELINE --set execution.checkpointing.mode=AT_LEAST_ONCE"],
});

export const experiment = defineExperiment({
  question: "How long do slots wait for barriers?",
  pipeline: "../../pipelines/orders.yaml",
  set: { "producers.shop.skew": "cycle", "execution.checkpointing.interval": "5 s" },
  factors: {
    load: {
      levels: {
        "half busy": {},
        "95 % busy": { "jobs.enrich.operators.join.service-time": "0.38 ms" },
        "one subtask overloaded": { "jobs.enrich.operators.join.slow-subtask": "0: 0.45 ms" },
      },
    },
    mode: { key: "execution.checkpointing.mode", values: [ALIGNED, NOT] },
  },
  repetitions: 3,
  duration: "1 min",
  metrics: ["alignment_mean_ms", "alignment_max_ms", "checkpoint_period_mean_ms", "latency_p99_ms"],
  charts: [
    barChart({
      name: "waiting",
      where: { reader: "fraud", mode: ALIGNED },
      by: "load",
      metrics: [
        { metric: "alignment_max_ms", title: "longest wait for the barriers of a checkpoint" },
        { metric: "checkpoint_period_mean_ms", title: "time between two checkpoints" },
      ],
      title: "time",
      shown: "aligned checkpoints every 5 s, exactly-once sink",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
