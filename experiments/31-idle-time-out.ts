import { barChart, formatMs, known, pick } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

export const experiment = defineExperiment({
  question: "How long may a partition be silent before windows go on without it?",
  pipeline: "../pipelines/windows.yaml",
  set: {
    // No checkpoint waits for the broker that is out of reach, so that nothing but the watermark does.
    "execution.checkpointing.interval": "50 s",
    "faults.cut": "cut taskmanagers <-> broker-1 at 66 s for 10 s",
  },
  factors: {
    idle: { key: "scan.watermark.idle-timeout", values: ["2 s", "5 s", "10 s", "15 s", "30 s"] },
  },
  repetitions: 8,
  duration: "2 min",
  metrics: ["records_late", "records_lost", "latency_max_ms", "latency_p50_ms"],
  charts: [
    barChart({
      name: "late-records",
      where: { reader: "dashboard" },
      by: "idle",
      byTitle: "scan.watermark.idle-timeout",
      metrics: [{ metric: "records_late", title: "clicks dropped as late" }],
      title: "clicks dropped as late",
      shown:
        "4000 clicks/s, counts of 10 s, a broker with two of four partitions out of the job's reach for 10 s and TCP's back-off",
      finding: (results) => {
        const points = pick(results, { reader: "dashboard" }).map(({ factors, metrics }) => ({
          idle: Number(factors["idle"]),
          late: metrics.records_late.mean,
        }));
        const at = (idle: number) => ({ reader: "dashboard", idle });
        const tooShort = points.findLast(({ late }) => late > 0)?.idle;
        const enough = points.find(({ late }) => late === 0)?.idle;
        const dropped =
          tooShort === undefined
            ? "nothing is dropped"
            : `with ${formatMs(tooShort)} ${known(results, at(tooShort), "records_late")} clicks are dropped under exactly-once, and nothing fails`;
        return enough === undefined
          ? `Longer than any of these: ${dropped}`
          : `Longer than it may be out of reach: ${dropped}; with ${formatMs(enough)} none, and counts are up to ${known(results, at(enough), "latency_max_ms")} old`;
      },
    }),
  ],
});
