import { formatMs, lineChart, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const at = (interval: number, backend = "hashmap") => ({ reader: "billing", backend, interval });
const [SHORT, LONG] = [2000, 32_000];

export const claim: Claim = defineClaim({
  number: "i",
  advice: "A longer checkpoint interval makes the window longer in which a checkpoint stops the job",
  judge: ({ mean, text }) => {
    const growth = (backend: string) =>
      mean(at(LONG, backend), "sync_max_ms") / mean(at(SHORT, backend), "sync_max_ms");
    const stop = (interval: number, backend = "hashmap") => text(at(interval, backend), "sync_max_ms");
    const p99 = (interval: number) => text(at(interval), "latency_p99_ms");
    const [own, files] = [growth("hashmap"), growth("rocksdb")];
    return {
      verdict: own < 1.1 ? "false" : own > 2 && files > 2 ? "true" : "depends",
      why:
        `the longest stop is ${stop(SHORT)} with an interval of ${formatMs(SHORT)} and ${stop(LONG)} with ${formatMs(LONG)}; ` +
        `what grows is the wait of read_committed readers, from ${p99(SHORT)} to ${p99(LONG)} at p99`,
      flips:
        files < 1.1
          ? "at no setting tried"
          : `state.backend.type: rocksdb writes what has changed since the last checkpoint (its memtable) during the stop: ` +
            `${stop(SHORT, "rocksdb")} become ${stop(LONG, "rocksdb")}, until the memtable is full`,
    };
  },
  onYours: [
    "npx sluice run PIPELINE --set execution.checkpointing.interval='2 s'",
    "npx sluice run PIPELINE --set execution.checkpointing.interval='32 s'",
  ],
});

export const experiment = defineExperiment({
  question: "Does a longer checkpoint interval stop the job for longer?",
  pipeline: "../../pipelines/orders.yaml",
  factors: {
    backend: { key: "state.backend.type", values: ["hashmap", "rocksdb"] },
    interval: { key: "execution.checkpointing.interval", values: ["2 s", "4 s", "8 s", "16 s", "32 s"] },
  },
  repetitions: 3,
  duration: "max(1 min, 6 * interval)",
  metrics: ["sync_max_ms", "alignment_max_ms", "latency_p99_ms"],
  charts: [
    lineChart({
      name: "stop",
      x: { factor: "interval", title: "execution.checkpointing.interval" },
      y: { metric: "sync_max_ms", title: "time" },
      series: [
        {
          label: "longest stop, hashmap",
          metric: "sync_max_ms",
          where: { reader: "billing", backend: "hashmap" },
        },
        {
          label: "longest stop, rocksdb",
          metric: "sync_max_ms",
          where: { reader: "billing", backend: "rocksdb" },
        },
        {
          label: "p99 of read_committed, hashmap",
          metric: "latency_p99_ms",
          where: { reader: "billing", backend: "hashmap" },
        },
      ],
      seriesTitle: "what a record may wait for",
      shown:
        "stop: synchronous part of a snapshot; 200 MB of keyed state on S3, exactly-once sink; both axes logarithmic",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
