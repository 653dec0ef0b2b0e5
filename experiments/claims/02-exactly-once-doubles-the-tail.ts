import { formatMs, formatTimes, lineChart, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const INTERVALS = [1000, 10_000, 60_000];
const READERS = { fraud: "read_uncommitted", billing: "read_committed" };

export const claim: Claim = defineClaim({
  number: "ii",
  advice: "Exactly-once can double the tail latency unless it is tuned",
  judge: ({ mean, ratio }) => {
    const p99 = (reader: string, guarantee: string, interval: number) =>
      mean({ reader, guarantee, interval }, "latency_p99_ms");
    const price = (reader: string, interval: number) =>
      ratio(
        [[{ reader, guarantee: "exactly-once", interval }, "latency_p99_ms"]],
        [[{ reader, guarantee: "at-least-once", interval }, "latency_p99_ms"]],
      );
    const all = Object.keys(READERS).flatMap((reader) =>
      INTERVALS.map((interval) => price(reader, interval).mean),
    );
    const times = (reader: string, interval: number) => formatTimes(price(reader, interval));
    // What a reader of transactions waits beyond the interval: no interval takes that away.
    const floor = p99("billing", "exactly-once", 1000) - 0.99 * 1000;
    const twice = 2 * p99("billing", "at-least-once", 1000);
    return {
      verdict: all.every((one) => one > 1.5 && one < 3)
        ? "true"
        : all.every((one) => one < 1.1)
          ? "false"
          : "depends",
      why:
        `p99 is ${times("fraud", 10_000)} for a read_uncommitted reader and ${times("billing", 10_000)} for a read_committed one ` +
        `with an interval of 10 s, and ${times("billing", 60_000)} with 60 s: who reads and the interval decide, two is nobody's figure`,
      flips:
        floor < twice
          ? `read_committed pays × 2 with an interval of ${formatMs((twice - floor) / 0.99)}, read_uncommitted hardly anything from 10 s on`
          : `read_uncommitted hardly pays from an interval of 10 s on; read_committed at no interval as little as × 2, for pre-commit to commit ` +
            `alone takes ${formatMs(floor)} here, and all of at-least-once ${formatMs(twice / 2)}`,
    };
  },
  onYours: [
    "npx sluice run PIPELINE --each-guarantee",
    "npx sluice run PIPELINE --each-guarantee --set execution.checkpointing.interval='1 s'",
  ],
});

const line = (label: string, reader: string, guarantee: string) =>
  ({ label, metric: "latency_p99_ms", where: { reader, guarantee } }) as const;

export const experiment = defineExperiment({
  question: "Does exactly-once double the tail latency?",
  pipeline: "../../pipelines/orders.yaml",
  factors: {
    guarantee: { key: "sink.delivery-guarantee", values: ["at-least-once", "exactly-once"] },
    interval: { key: "execution.checkpointing.interval", values: ["1 s", "3 s", "10 s", "60 s"] },
  },
  repetitions: 3,
  duration: "max(1 min, 4 * interval)",
  metrics: ["latency_p50_ms", "latency_p99_ms"],
  charts: [
    lineChart({
      name: "p99",
      x: { factor: "interval", title: "execution.checkpointing.interval" },
      y: { metric: "latency_p99_ms", title: "p99 latency" },
      series: [
        line("exactly-once, read_committed", "billing", "exactly-once"),
        line("exactly-once, read_uncommitted", "fraud", "exactly-once"),
        line("at-least-once, either", "billing", "at-least-once"),
      ],
      seriesTitle: "sink and reader",
      shown: "from a record's creation to its reader; 10,000 records/s, state on S3; both axes logarithmic",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
