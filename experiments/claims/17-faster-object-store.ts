import { formatKnownShare, lineChart, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const [FAST, SLOW] = ["requests of 5 ms", "requests of 100 ms"];
const INTERVALS = [500, 2000, 10_000];
const at = (reader: string, store: string, interval: number) => ({ reader, store, interval });

export const claim: Claim = defineClaim({
  number: "xvii",
  advice: "A faster object store, such as accelerated S3, cuts the latency",
  judge: ({ ratio, text }) => {
    const cut = (reader: string, interval: number) => {
      const { mean, halfWidth } = ratio(
        [[at(reader, FAST, interval), "latency_p99_ms"]],
        [[at(reader, SLOW, interval), "latency_p99_ms"]],
      );
      return { mean: Math.max(0, 1 - mean), halfWidth };
    };
    const cuts = INTERVALS.flatMap((interval) => [
      cut("billing", interval).mean,
      cut("fraud", interval).mean,
    ]);
    const [most] = INTERVALS.map((interval) => cut("fraud", interval)).toSorted((a, b) => b.mean - a.mean);
    const p99 = (store: string, interval: number) => text(at("billing", store, interval), "latency_p99_ms");
    return {
      verdict: cuts.every((one) => one > 0.2)
        ? "true"
        : cuts.every((one) => one < 0.05)
          ? "false"
          : "depends",
      why:
        `requests of 5 instead of 100 ms cut p99 of read_committed by ${formatKnownShare(cut("billing", 10_000))} with an interval of 10 s ` +
        `(${p99(SLOW, 10_000)} to ${p99(FAST, 10_000)}) and by ${formatKnownShare(cut("billing", 500))} with 0.5 s; of read_uncommitted by ` +
        `${formatKnownShare(most!)}`,
      flips: "where the interval is as short as the checkpoint itself: then the store sets the pace",
    };
  },
  onYours: ["npx sluice run PIPELINE --set storage.latency='5 ms' --set storage.latency-p99='10 ms'"],
});

const line = (label: string, reader: string, store: string) =>
  ({ label, metric: "latency_p99_ms", where: { reader, store } }) as const;

export const experiment = defineExperiment({
  question: "Does a faster object store cut the latency?",
  pipeline: "../../pipelines/orders.yaml",
  factors: {
    store: {
      levels: {
        [SLOW]: {},
        [FAST]: { "storage.latency": "5 ms", "storage.latency-p99": "10 ms" },
      },
    },
    interval: { key: "execution.checkpointing.interval", values: ["500 ms", "2 s", "10 s"] },
  },
  repetitions: 3,
  duration: "max(40 s, 6 * interval)",
  warmUp: "10 s",
  metrics: ["latency_p99_ms", "checkpoint_duration_mean_ms"],
  charts: [
    lineChart({
      name: "p99",
      x: { factor: "interval", title: "execution.checkpointing.interval" },
      y: { metric: "latency_p99_ms", title: "p99 latency" },
      series: [
        line(`read_committed, ${SLOW}`, "billing", SLOW),
        line(`read_committed, ${FAST}`, "billing", FAST),
        line("read_uncommitted, either", "fraud", SLOW),
      ],
      seriesTitle: "reader and store",
      shown: "exactly-once sink, 200 MB of state; both axes logarithmic",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
