import { barChart, formatKnownShare, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const SETUPS = ["one broker", "three brokers"];
const [NEVER, LEAST, ONCE] = ["no checkpoint", "at-least-once", "exactly-once"];
const at = (brokers: string, sink: string) => ({ reader: "fraud", brokers, sink });

export const claim: Claim = defineClaim({
  number: "xiv",
  advice: "End-to-end latency rises after each checkpoint",
  judge: ({ ratio, text }) => {
    /** The checkpoints' mark on the tail: the records of 0.1 s every 10 s are the slowest per cent. */
    const rise = (brokers: string, sink: string) =>
      ratio([[at(brokers, sink), "latency_p99_9_ms"]], [[at(brokers, NEVER), "latency_p99_9_ms"]]);
    const rises = SETUPS.flatMap((brokers) => [rise(brokers, LEAST).mean - 1, rise(brokers, ONCE).mean - 1]);
    const share = (brokers: string, sink: string) => {
      const { mean, halfWidth } = rise(brokers, sink);
      return formatKnownShare({ mean: Math.max(0, mean - 1), halfWidth });
    };
    return {
      verdict: rises.every((one) => one > 0.1)
        ? "true"
        : rises.some((one) => one > 0.1)
          ? "depends"
          : "false",
      why:
        `behind three brokers exactly-once lifts p99.9 of what is written from ${text(at("three brokers", NEVER), "latency_p99_9_ms")} to ` +
        `${text(at("three brokers", ONCE), "latency_p99_9_ms")}, while the sink starts its next transaction; at-least-once lifts it by ` +
        `${share("three brokers", LEAST)}, and behind one broker exactly-once by ${share("one broker", ONCE)}`,
      flips:
        "with more than one broker the next transactional id's coordinator has to be found, which costs a retry back-off (retry.backoff.ms, 100 ms) a checkpoint; " +
        "what a read_committed reader sees rises from one commit to the next anyway",
    };
  },
  onYours: [
    "npx sluice run PIPELINE --each-guarantee",
    "npx sluice run PIPELINE --set jobs.enrich.sinks[0].properties.retry.backoff.ms=20",
  ],
});

export const experiment = defineExperiment({
  question: "Does end-to-end latency rise after each checkpoint?",
  pipeline: "../../pipelines/orders.yaml",
  factors: {
    brokers: {
      levels: {
        "one broker": {
          "kafka.brokers": 1,
          "kafka.config.min.insync.replicas": 1,
          "kafka.topics.orders.replication.factor": 1,
          "kafka.topics.enriched.replication.factor": 1,
          "kafka.config.transaction.state.log.replication.factor": 1,
        },
        "three brokers": {},
      },
    },
    sink: {
      levels: {
        [NEVER]: { "sink.delivery-guarantee": "at-least-once", "execution.checkpointing.interval": "1 h" },
        [LEAST]: { "sink.delivery-guarantee": "at-least-once" },
        [ONCE]: { "sink.delivery-guarantee": "exactly-once" },
      },
    },
  },
  repetitions: 3,
  duration: "90 s",
  warmUp: "20 s",
  metrics: ["latency_p50_ms", "latency_p99_ms", "latency_p99_9_ms", "latency_max_ms"],
  charts: [
    barChart({
      name: "tail",
      where: { reader: "fraud" },
      by: ["brokers", "sink"],
      metrics: [
        { metric: "latency_p50_ms", title: "p50" },
        { metric: "latency_p99_9_ms", title: "p99.9" },
      ],
      title: "latency of the read_uncommitted reader",
      shown: "10,000 records/s, a checkpoint every 10 s",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
