import { backPressure, formatMs, known, latencyAroundCrash, mean } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

const FRAUD = { reader: "fraud" };

export const experiment = defineExperiment({
  question: "What do readers and tasks go through when a TaskManager dies?",
  pipeline: "../pipelines/orders.yaml",
  set: {
    "producers.shop.skew": "cycle",
    "jobs.enrich.operators.join.service-time": "0.28 ms",
    "flink.resource-provider": "standalone",
    "heartbeat.interval": "1 s",
  },
  factors: {
    crash: {
      key: "faults.crash",
      values: ["kill taskmanager-1 when checkpoint triggered of checkpoint 4 plus 9 s repair 5 s"],
    },
  },
  repetitions: 3,
  duration: "110 s",
  series: "500 ms",
  metrics: ["outage_ms", "catch_up_ms", "latency_max_ms", "records_duplicated"],
  charts: [
    latencyAroundCrash({
      where: {},
      reader: "fraud",
      before: 25,
      behind: 15,
      shown:
        "exactly-once, joins 70 % busy; what is created while the job is down waits for it, and for all that came before",
      finding: (results) => {
        const felt = mean(results, FRAUD, "recovery_ms") + mean(results, FRAUD, "catch_up_ms");
        return `The job is down for ${known(results, FRAUD, "outage_ms")}, and readers feel it for ${formatMs(felt)}`;
      },
    }),
    backPressure({
      where: FRAUD,
      shown: "the same crash; all subtasks, half a second a step",
      finding: ({ series, timeline }) => {
        const catchUp = timeline.find(
          ({ phase, participant }) => phase === "catch-up" && participant === "fraud",
        )!;
        const during = series.filter(
          ({ subject, measure, fromMs }) =>
            subject.includes("/join") &&
            measure === "busy_share" &&
            fromMs >= catchUp.fromMs &&
            fromMs < catchUp.toMs,
        );
        const busy = during.reduce((sum, { value }) => sum + value, 0) / during.length;
        return `Catching up the joins are ${Math.round(100 * busy)} % busy, their buffers full, and the sources stand still between two buffers`;
      },
    }),
  ],
});
