import { barChart, formatMs, known, mean, pick } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

const SHARES = [0.5, 0.7, 0.8, 0.9];
const label = (share: number) => `${100 * share} % busy`;

export const experiment = defineExperiment({
  question: "How long does a job take to catch up after a restart, and how much headroom should I buy?",
  pipeline: "../pipelines/orders.yaml",
  set: {
    "sink.delivery-guarantee": "at-least-once",
    "producers.shop.skew": "cycle",
    "flink.resource-provider": "standalone",
    "heartbeat.interval": "1 s",
    "faults.crash": "kill taskmanager-1 when checkpoint triggered of checkpoint 3 plus 9 s repair 2 s",
  },
  factors: {
    load: {
      // A subtask gets 2,500 records/s.
      levels: Object.fromEntries(
        SHARES.map((share) => [
          label(share),
          { "jobs.enrich.operators.join.service-time": `${share / 2.5} ms` },
        ]),
      ),
    },
  },
  repetitions: 3,
  duration: "180 s",
  metrics: ["catch_up_ms", "recovery_ms", "restored_checkpoint_age_ms", "latency_max_ms"],
  charts: [
    barChart({
      name: "catch-up",
      where: { reader: "fraud" },
      by: "load",
      metrics: [{ metric: "catch_up_ms", title: "catch-up" }],
      title: "from every task running until nothing is late any more",
      shown: "a TaskManager is killed 9 s after a checkpoint's trigger, a new one registers after 2 s",
      lawTitle: "law: (age of the checkpoint + outage) × busy share / idle share",
      laws: (results) =>
        SHARES.map((share) => {
          const { metrics } = pick(results, { reader: "fraud", load: label(share) })[0]!;
          const behind = metrics.restored_checkpoint_age_ms.mean + metrics.recovery_ms.mean;
          return { by: label(share), metric: "catch_up_ms", ms: (behind * share) / (1 - share) };
        }),
      finding: (results) => {
        const catchUp = (load: string) => known(results, { reader: "fraud", load }, "catch_up_ms");
        const at = { reader: "fraud", load: "50 % busy" };
        const behind = mean(results, at, "restored_checkpoint_age_ms") + mean(results, at, "recovery_ms");
        return (
          `${formatMs(behind)} behind, a job that is half busy catches up in ${catchUp("50 % busy")}, ` +
          `at 80 % it takes ${catchUp("80 % busy")} and at 90 % ${catchUp("90 % busy")}`
        );
      },
    }),
  ],
});
