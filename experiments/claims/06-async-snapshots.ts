import { barChart, formatKnownShare, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const [NONE, ASYNC, SYNC] = ["short", "asynchronous part 3 s", "synchronous part 300 ms"];
const at = (part: string) => ({ reader: "fraud", part });

export const claim: Claim = defineClaim({
  number: "vi",
  advice: "Asynchronous snapshots let the task go on processing",
  judge: ({ ratio, text }) => {
    const { mean: grows, halfWidth } = ratio([[at(ASYNC), "latency_p99_ms"]], [[at(NONE), "latency_p99_ms"]]);
    const [slow, quick] = [text(at(ASYNC), "latency_p99_ms"), text(at(NONE), "latency_p99_ms")];
    return {
      verdict: grows < 1.1 ? "true" : grows > 2 ? "false" : "depends",
      why:
        `an asynchronous part of 3 s instead of 2 ms changes p99 of the read_uncommitted reader by ${formatKnownShare({ mean: Math.abs(grows - 1), halfWidth })}: ` +
        (slow === quick ? `${slow} with either` : `${slow} instead of ${quick}`),
      flips:
        `only the asynchronous part: a synchronous part of 300 ms makes p99 ${text(at(SYNC), "latency_p99_ms")}, ` +
        `and a read_committed reader waits for all of it`,
    };
  },
  onYours: [
    "npx sluice run PIPELINE --set snapshot.async='3 s'",
    "npx sluice run PIPELINE --set snapshot.sync='300 ms'",
  ],
});

export const experiment = defineExperiment({
  question: "Does a task go on processing while a snapshot is written?",
  pipeline: "../../pipelines/orders.yaml",
  set: { "jobs.enrich.operators.join.state": "0 b/key", "execution.checkpointing.interval": "5 s" },
  factors: {
    part: {
      levels: {
        [NONE]: { "snapshot.sync": "1 ms", "snapshot.async": "2 ms" },
        [ASYNC]: { "snapshot.sync": "1 ms", "snapshot.async": "3 s" },
        [SYNC]: { "snapshot.sync": "300 ms", "snapshot.async": "2 ms" },
      },
    },
  },
  repetitions: 5,
  duration: "1 min",
  metrics: ["latency_p99_ms", "latency_max_ms", "checkpoint_duration_mean_ms"],
  charts: [
    barChart({
      name: "p99",
      where: { reader: "fraud" },
      by: "part",
      byTitle: "snapshot of a subtask",
      metrics: [{ metric: "latency_p99_ms", title: "p99 latency of read_uncommitted" }],
      title: "p99 latency of the read_uncommitted reader",
      shown: "a checkpoint every 5 s, the join half busy; short: 1 ms synchronous, 2 ms asynchronous",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
