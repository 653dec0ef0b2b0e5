import { known, recoverySplit } from "../src/charts/index.ts";
import { defineExperiment, type Metric } from "../src/experiment/index.ts";

const WHEN = "when checkpoint triggered of checkpoint 3 plus 5 s";
const THROWN = "a task throws";
const KILLED = "a process is killed, another starts";
const LOST = "a node is lost, heartbeat.timeout 50 s";

export const experiment = defineExperiment({
  question: "What does recovery consist of after an exception, a killed process, a lost node?",
  pipeline: "../pipelines/orders.yaml",
  set: { "producers.shop.skew": "cycle" },
  factors: {
    failure: {
      levels: {
        [THROWN]: { "faults.failure": `fail enrich/join[0] ${WHEN}` },
        [KILLED]: { "faults.failure": `kill taskmanager-1 ${WHEN}` },
        "a node is lost, heartbeat.timeout 10 s": {
          "faults.failure": `lose taskmanager-1 ${WHEN}`,
          "heartbeat.timeout": "10 s",
          "heartbeat.interval": "2 s",
        },
        [LOST]: { "faults.failure": `lose taskmanager-1 ${WHEN}` },
      },
    },
  },
  repetitions: 5,
  duration: "3 min",
  metrics: ["noticed_ms", "restart_ms", "restore_ms", "catch_up_ms", "outage_ms"],
  charts: [
    recoverySplit({
      where: { reader: "fraud" },
      by: "failure",
      shown:
        "half busy, heartbeats every 10 s unless said otherwise; until the reader fraud gets nothing late any more",
      finding: (results) => {
        const of = (failure: string, metric: Metric) => known(results, { reader: "fraud", failure }, metric);
        return (
          `Down for ${of(THROWN, "outage_ms")} after an exception, ${of(KILLED, "outage_ms")} after a kill ` +
          `(${of(KILLED, "restart_ms")} until another process is there), ${of(LOST, "outage_ms")} after the loss of a node ` +
          `(${of(LOST, "noticed_ms")} until it is noticed)`
        );
      },
    }),
  ],
});
