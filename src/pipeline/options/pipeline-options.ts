import { VERSION_PRESETS } from "../presets/version-presets.ts";
import { physicalDuration } from "../values/duration.ts";
import { fault } from "../values/fault.ts";
import { count, integer } from "../values/number.ts";
import { pauses } from "../values/pauses.ts";
import { rate } from "../values/rate.ts";
import { serviceTime, subtaskServiceTime } from "../values/service-time.ts";
import { share } from "../values/share.ts";
import { physicalSize, stateSize } from "../values/size.ts";
import { skew } from "../values/skew.ts";
import { objective } from "../values/slo.ts";
import { version } from "../values/version.ts";
import { watermarkStrategy } from "../values/watermark-strategy.ts";
import { window } from "../values/window.ts";
import { choice, flag, name, text } from "../values/word.ts";
import { CONNECTORS, knowsConnector, knowsFlink, knowsKafka } from "../versions.ts";
import { options, REQUIRED } from "./option.ts";

const TRIPLES = VERSION_PRESETS.map((preset) => preset.name) as [string, ...string[]];

const topic = name("the name of a topic", "orders");
const record = physicalSize({ min: 1, max: 1024 ** 3 });

/** Keys at the root of a file beside its sections. */
export const rootOptions = options({
  scope: "pipeline",
  source: "Sluice",
  modelled: {
    name: [
      name("the name of the pipeline", "orders"),
      undefined,
      "Name of the pipeline; without it the file's.",
    ],
  },
});

/** Keys of `versions:`. */
export const versionOptions = options({
  scope: "pipeline",
  source: "Sluice: the releases its defaults were read from",
  modelled: {
    preset: [
      choice(TRIPLES),
      TRIPLES[0],
      "Releases that belong together; the keys beside it override it.",
      { source: "Sluice" },
    ],
    flink: [
      version('a Flink release such as "2.1.1": 1.20 or 2.0 to 2.3', "2.1.1", knowsFlink),
      VERSION_PRESETS[0].flink[0],
      "Release of Flink; chooses the defaults of its options.",
    ],
    "flink-connector-kafka": [
      version(`a flink-connector-kafka release: one of ${CONNECTORS.join(", ")}`, "4.0.1", knowsConnector),
      { of: "flink", release: "2.0", before: "3.4.0", from: "4.0.1" },
      "Release of the connector; it brings the Kafka client, whose defaults hold for every client in the file.",
    ],
    kafka: [
      version('a Kafka release such as "4.1.0": 3.0 to 4.x', "4.1.0", knowsKafka),
      VERSION_PRESETS[0].kafka[0],
      "Release of the brokers.",
    ],
  },
});

/** Keys of `kafka:` beside its maps. */
export const clusterOptions = options({
  scope: "pipeline",
  source: "Sluice",
  modelled: {
    brokers: [integer({ min: 1, max: 1000 }), "1", "Number of brokers."],
    "transaction-sweep-phase": [
      physicalDuration(),
      undefined,
      "Time of the brokers' first look for timed-out transactions; without it drawn for each broker.",
    ],
  },
});

/** Keys of `flink:` beside its maps. */
export const sessionOptions = options({
  scope: "pipeline",
  source: "Sluice: as a resource provider such as Kubernetes starts them",
  modelled: {
    taskmanagers: [
      integer({ min: 1, max: 10_000 }),
      undefined,
      "Number of TaskManagers; without it as many as the jobs need slots.",
    ],
    "config-file": [
      text("the path of a Flink configuration file", "config.yaml"),
      undefined,
      "Flink's `config.yaml` as deployed; what stands under `flink.config` wins over it.",
    ],
    "resource-provider": [
      choice(["active", "standalone"]),
      "active",
      "Whether a lost TaskManager is noticed and replaced (native Kubernetes, YARN), or only by who started it.",
    ],
  },
});

/** Keys of a producer beside the client's options. */
export const workloadOptions = options({
  scope: "pipeline",
  source: "Sluice",
  modelled: {
    topic: [topic, REQUIRED, "Topic it writes."],
    rate: [rate(), REQUIRED, "Records in a time over all partitions."],
    record: [record, REQUIRED, "Size of a record."],
    arrivals: [
      choice(["constant", "poisson"]),
      "constant",
      "Whether records come evenly spaced or at random (a Poisson process).",
    ],
    pauses: [
      pauses(),
      "none",
      "Times in which it makes no record, from the run's beginning: 30 s for 10 s, once or every so often.",
    ],
    keys: [count({ min: 1, max: 1e9 }), "10000", "Number of distinct keys."],
    skew: [skew(), "cycle", "How keys are drawn: in turn, or by Zipf's law."],
  },
});

/** Keys of a job's source beside the connector's options. */
export const sourceKeys = options({
  scope: "pipeline",
  source: "Sluice",
  modelled: {
    topic: [topic, REQUIRED, "Topic it reads."],
    watermark: [
      watermarkStrategy(),
      undefined,
      "How it makes event-time watermarks, split by split; without it the job has no event time. Event time is when a record was created.",
      { source: "Flink 2.1 WatermarkStrategy" },
    ],
  },
});

/** Keys of an operator. */
export const operatorOptions = options({
  scope: "pipeline",
  source: "Sluice",
  modelled: {
    name: [name("the name of an operator", "join"), REQUIRED, "Name of the operator."],
    keyed: [flag(), "false", "Whether its records come to it by key; the same as partitioner: hash."],
    partitioner: [
      choice(["forward", "rebalance", "rescale", "hash", "broadcast"]),
      undefined,
      "How its records choose a subtask. Without it forward from an operator of the same parallelism, else rebalance.",
      { source: "Flink 2.1 StreamGraph.addEdge" },
    ],
    parallelism: [
      integer({ min: 1, max: 32_768 }),
      undefined,
      "Number of its subtasks; without it parallelism.default.",
    ],
    "service-time": [
      serviceTime(),
      "0.1 ms",
      "Task-thread time for one record: constant, exponential, gamma, or a parked wait.",
      { source: "a guess: parsing and a look-up in a local map; sluice review varies it" },
    ],
    "slow-subtask": [
      subtaskServiceTime(),
      undefined,
      "A subtask that takes another time for a record than the others: a slow machine, a slow shard of what it asks.",
    ],
    state: [stateSize(), "0 B/key", "Keyed state for each key; in a window, for each key and window."],
    window: [
      window(),
      undefined,
      "Event-time windows in which it keeps its records until the watermark has passed; it then hands on a result for each key.",
      { source: "Flink 2.1 TumblingEventTimeWindows; SQL's TUMBLE" },
    ],
    "result-time": [
      serviceTime(),
      undefined,
      "Task-thread time for one result of a window; without it service-time.",
    ],
  },
});

/** Keys of a job's sink beside the connector's options. */
export const sinkKeys = options({
  scope: "pipeline",
  source: "Sluice",
  modelled: {
    topic: [topic, REQUIRED, "Topic it writes."],
    record: [record, undefined, "Size of an output record; without it that of an input record."],
    from: [
      name("the name of an operator", "join"),
      undefined,
      "The operator whose records it writes; without it the last.",
    ],
    share: [share(), "1", "Which share of those records it writes, spread evenly."],
  },
});

/** Keys of a reader beside the client's options. */
export const readerOptions = options({
  scope: "pipeline",
  source: "Sluice",
  modelled: {
    topic: [topic, REQUIRED, "Topic it reads."],
    slo: [
      objective(),
      undefined,
      "Latency objective from a record's creation to its delivery; none: nothing is promised.",
    ],
    deduplicate: [
      choice(["none", "upsert", "by-key"]),
      "none",
      "What the reader does about repeats: upsert keeps the latest value of each key, so that a repeat sets it back; by-key drops what it has had. Either reports what comes twice, late, or going back in time.",
    ],
  },
});

/** What stands behind each name in `faults:`. */
export const faultOptions = options({
  scope: "pipeline",
  source: "Sluice",
  modelled: {
    "<fault>": [fault(), REQUIRED, "What happens to whom and when, in words or as a map of the same words."],
  },
});
