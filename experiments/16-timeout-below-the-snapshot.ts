import { known, mean, outcomeMatrix } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

export const experiment = defineExperiment({
  question: "Interval 5 min, time-out 3 min, and a long snapshot: what fails?",
  pipeline: "../pipelines/orders.yaml",
  set: {
    "sink.delivery-guarantee": "exactly-once",
    "producers.shop.rate": "1000/s",
    "jobs.enrich.operators.join.state": "0 b/key",
    "execution.checkpointing.interval": "5 min",
    "execution.checkpointing.timeout": "3 min",
  },
  factors: {
    tolerated: { key: "execution.checkpointing.tolerable-failed-checkpoints", values: [0, 3] },
    snapshot: { key: "snapshot.async", values: ["1 min", "2 min", "170 s", "190 s"] },
  },
  expected: ["check failed"],
  repetitions: 2,
  duration: "26 min",
  metrics: ["checkpoints_completed", "checkpoints_failed", "restarts", "latency_p99_ms"],
  charts: [
    outcomeMatrix({
      name: "fails",
      where: { reader: "billing" },
      x: { factor: "snapshot", title: "asynchronous part of a snapshot" },
      y: { factor: "tolerated", title: "tolerable-failed-checkpoints" },
      ran: ({ metrics: { checkpoints_completed: completed, restarts } }) => ({
        text: restarts.mean === 0 ? "no restart" : `${restarts.mean} restarts`,
        isFine: restarts.mean === 0 && completed.mean > 0,
      }),
      shown: "26 minutes of an exactly-once job; execution.checkpointing.interval 5 min, timeout 3 min",
      finding: (results) => {
        const at = (tolerated: number, snapshot: number) => ({ reader: "billing", tolerated, snapshot });
        const [none, some] = [0, 3].map((tolerated) => known(results, at(tolerated, 190_000), "restarts"));
        const completed = mean(results, at(0, 190_000), "checkpoints_completed");
        return (
          `Everything, as soon as a snapshot takes longer than the time-out: ${completed === 0 ? "no" : completed} checkpoint ` +
          `completes, the job restarts ${none} times in 26 min (${some} if 3 failures are tolerated), and read_committed readers get nothing`
        );
      },
    }),
  ],
});
