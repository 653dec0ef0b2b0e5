import { duplicatesAndLosses, known, lineChart, pick } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

const FIXED = { "restart-strategy.type": "fixed-delay", "restart-strategy.fixed-delay.delay": "5 min" };

export const experiment = defineExperiment({
  question: "If the job dies and nobody restarts it: how long are readers blocked, and what is lost?",
  pipeline: "../pipelines/orders.yaml",
  set: { "faults.crash": "kill taskmanager-1 when checkpoint completed of checkpoint 3" },
  factors: {
    back: { levels: { never: { "restart-strategy.type": "none" }, "after 5 min": FIXED } },
    timeout: { key: "properties.transaction.timeout.ms", values: ["1 min", "2 min", "4 min", "8 min"] },
  },
  expected: ["check failed", "stopped"],
  repetitions: 3,
  duration: "9 min",
  metrics: ["transactions_open_ms", "records_lost", "outage_ms"],
  charts: [
    lineChart({
      name: "blocked",
      where: { reader: "billing" },
      x: { factor: "timeout", title: "transaction.timeout.ms of the sink" },
      y: { metric: "transactions_open_ms", title: "read_committed readers wait for the job's transactions" },
      series: "back",
      seriesTitle: "the job is back",
      shown:
        "a TaskManager is killed when a checkpoint has completed; brokers look for timed-out transactions every 10 s",
      laws: (results) =>
        pick(results, { reader: "billing", back: "never" }).map(({ factors }) => ({
          law: "time-out + 10 s",
          x: Number(factors["timeout"]),
          y: Number(factors["timeout"]) + 10_000,
        })),
      finding: (results) => {
        const blocked = (timeout: number) =>
          known(results, { reader: "billing", back: "never", timeout }, "transactions_open_ms");
        return `Readers of committed records are blocked until the transactions time out: for ${blocked(60_000)} with a time-out of 1 min, ${blocked(480_000)} with 8 min`;
      },
    }),
    duplicatesAndLosses({
      name: "lost",
      where: { reader: "billing", back: "after 5 min" },
      by: ["timeout"],
      byTitle: "transaction.timeout.ms",
      shown: "the same crash, and the job is restored after 5 min; reader billing, read_committed",
      finding: (results) => {
        const lost = (timeout: number) =>
          known(results, { reader: "billing", back: "after 5 min", timeout }, "records_lost");
        return `A job that comes back after its transactions have timed out loses what was left to commit: ${lost(240_000)} records with a time-out of 4 min, ${lost(480_000)} with 8 min`;
      },
    }),
  ],
});
