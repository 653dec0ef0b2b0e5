import { barChart, formatKnownShare, known, ratio } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

export const experiment = defineExperiment({
  question: "How much of recovery is failure detection?",
  pipeline: "../pipelines/orders.yaml",
  set: { "flink.resource-provider": "standalone" },
  factors: {
    death: {
      levels: {
        "process killed": { "faults.death": "kill taskmanager-1 at 23 s repair 2 s" },
        "node vanishes": { "faults.death": "lose taskmanager-1 at 23 s repair 2 s" },
      },
    },
    heartbeat: { key: "heartbeat.interval", values: ["1 s", "2 s", "5 s", "10 s"] },
  },
  points: [
    { death: "process killed", heartbeat: "1 s" },
    { death: "process killed", heartbeat: "2 s" },
    { death: "process killed", heartbeat: "5 s" },
    { death: "process killed", heartbeat: "10 s" },
    { death: "node vanishes", heartbeat: "1 s" },
    { death: "node vanishes", heartbeat: "10 s" },
  ],
  repetitions: 8,
  duration: "60 s",
  metrics: ["detection_ms", "recovery_ms", "restarts", "latency_max_ms"],
  charts: [
    barChart({
      name: "recovery",
      where: { reader: "billing" },
      by: ["death", "heartbeat"],
      byTitle: "death, heartbeat.interval",
      metrics: [
        { metric: "detection_ms", title: "until it is declared lost" },
        { metric: "recovery_ms", title: "until every task runs" },
      ],
      title: "time since the death of a TaskManager",
      shown:
        "standalone cluster, heartbeat.timeout 50 s, a new process registers after 2 s, restarts back off exponentially",
      finding: (results) => {
        const at = (death: string, heartbeat: number) => ({ reader: "billing", death, heartbeat });
        const share = (death: string, heartbeat: number) =>
          ratio(results, [[at(death, heartbeat), "detection_ms"]], [[at(death, heartbeat), "recovery_ms"]]);
        const part = (death: string, heartbeat: number) =>
          `${formatKnownShare(share(death, heartbeat))} of ${known(results, at(death, heartbeat), "recovery_ms")}`;
        return (
          `Detection takes ${part("process killed", 10_000)} after a kill with heartbeats every 10 s, ${part("process killed", 1000)} ` +
          `with every 1 s; after a node vanished ${part("node vanishes", 10_000)} and ${part("node vanishes", 1000)}`
        );
      },
    }),
  ],
});
