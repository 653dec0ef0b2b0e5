import { formatMs, known, mean, outcomeMatrix, pick } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

const REPAIRS = ["2 s", "20 s", "60 s"];
const CRASH = "kill taskmanager-1 when checkpoint completed of checkpoint 3 repair";
const INTERVAL = 10_000;

export const experiment = defineExperiment({
  question: "How long must transaction.timeout.ms be, so that a slow restart loses nothing?",
  pipeline: "../pipelines/orders.yaml",
  set: {
    "sink.delivery-guarantee": "exactly-once",
    "flink.resource-provider": "standalone",
    "heartbeat.interval": "1 s",
  },
  factors: {
    repair: {
      levels: Object.fromEntries(REPAIRS.map((repair) => [repair, { "faults.crash": `${CRASH} ${repair}` }])),
    },
    timeout: { key: "properties.transaction.timeout.ms", values: ["15 s", "30 s", "1 min", "90 s", "2 min"] },
  },
  expected: ["check failed"],
  repetitions: 3,
  duration: "150 s",
  metrics: ["records_lost", "outage_ms", "transactions_open_ms"],
  charts: [
    outcomeMatrix({
      name: "lost",
      where: { reader: "billing" },
      x: { factor: "timeout", title: "transaction.timeout.ms of the sink" },
      y: { factor: "repair", title: "new TaskManager after" },
      ran: ({ metrics: { records_lost: lost } }) =>
        lost.mean === 0
          ? { text: "none lost", isFine: true }
          : { text: `${Math.round(lost.mean).toLocaleString("en")} lost`, isFine: false },
      shown:
        "exactly-once, a checkpoint every 10 s; a TaskManager is killed when one has completed, before its sink has committed: the restored job commits late, or too late",
      finding: (results) => {
        const slow = pick(results, { reader: "billing", repair: "60 s" });
        const enough = slow.find(({ metrics }) => metrics.records_lost.mean === 0)?.factors["timeout"];
        const at = { reader: "billing", repair: "60 s", timeout: 120_000 };
        const needed = INTERVAL + mean(results, at, "outage_ms");
        return (
          `Longer than the interval, the checkpoint and the outage together: when the job is back after ` +
          `${known(results, at, "outage_ms")} that is over ${formatMs(needed)}, and ${formatMs(Number(enough))} loses nothing`
        );
      },
    }),
  ],
});
