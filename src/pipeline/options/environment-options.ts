import { physicalDuration } from "../values/duration.ts";
import { bandwidth } from "../values/rate.ts";
import { choice } from "../values/word.ts";
import { type DefaultByPreset, options } from "./option.ts";

/** Named sets of numbers for the physical world. */
export const PRESETS = ["kubernetes-s3", "laptop"] as const;

const SEND =
  "part of 0.32 ms, the median from send to acknowledgement measured on a two-core host, Kafka 4.1.0 on loopback";
const SNAPSHOT = "measured on a two-core host, Flink 2.1.1 with checkpoints on a local disk";

type Figure = readonly [value: string, source: string];

function presets(kubernetesS3: Figure, laptop: Figure): DefaultByPreset {
  const named = { "kubernetes-s3": kubernetesS3, laptop } satisfies Record<(typeof PRESETS)[number], Figure>;
  return {
    presets: Object.fromEntries(
      Object.entries(named).map(([name, [value, source]]) => [name, { value, source }]),
    ),
  };
}

const duration = physicalDuration();

/** Keys of `environment:`. */
export const environmentOptions = options({
  scope: "environment",
  source: "the preset",
  modelled: {
    preset: [
      choice(PRESETS),
      "kubernetes-s3",
      "Set of numbers that the other keys of environment override.",
      { source: "Sluice" },
    ],
    "broker.round-trip": [
      duration,
      presets(
        [
          "0.7 ms",
          "0.3 ms within a zone and 0.9 ms across, a third of the brokers being near (published cloud measurements)",
        ],
        ["0.1 ms", SEND],
      ),
      "Client to broker and back, an otherwise empty request.",
    ],
    "broker.replication-round-trip": [
      duration,
      presets(
        ["0.9 ms", "brokers in three zones, 0.8 to 1.1 ms across zones (published cloud measurements)"],
        ["0.1 ms", SEND],
      ),
      "Broker to broker and back.",
    ],
    "broker.append": [
      duration,
      presets(
        ["0.1 ms", "estimate: a page-cache write takes 0.05 to 0.2 ms, Kafka doesn't fsync on the path"],
        ["0.05 ms", SEND],
      ),
      "One append to the page cache, at the leader or at a follower.",
    ],
    "broker.request-handling": [
      duration,
      presets(["0.05 ms", "estimate for a small request"], ["0.05 ms", SEND]),
      "Time a request occupies its connection at the broker, without append and replication.",
    ],
    "client.wakeup": [
      duration,
      presets(["0.12 ms", `as on the laptop: ${SEND}`], ["0.12 ms", SEND]),
      "A client thread waking up for a response: poll of a consumer, Sender of a producer.",
    ],
    "flink.rpc": [
      duration,
      presets(
        ["2.5 ms", `estimate: as on the laptop and half a round trip across zones`],
        ["2 ms", `trigger to first barrier took 2 to 4 ms, ${SNAPSHOT}`],
      ),
      "One way, JobManager to TaskManager or back, with its queueing.",
    ],
    "taskmanager.network-latency": [
      duration,
      presets(
        ["0.35 ms", "half of broker.round-trip: TaskManagers spread over three zones alike"],
        ["0.05 ms", "estimate: half a round trip on loopback"],
      ),
      "One way between two TaskManagers.",
    ],
    "source.emission": [
      duration,
      presets(
        ["2 us", "estimate: a source task emits some 500,000 small records a second"],
        ["2 us", "estimate: a source task emits some 500,000 small records a second"],
      ),
      "Task-thread time to deserialise and emit one record.",
    ],
    "snapshot.sync": [
      duration,
      presets(["1 ms", `0 to 1 ms ${SNAPSHOT}`], ["0.5 ms", `0 to 1 ms ${SNAPSHOT}`]),
      "Synchronous part of a subtask's snapshot, without what the sink adds.",
    ],
    "snapshot.async": [
      duration,
      presets(
        ["2 ms", `as on the laptop: 2 to 5 ms for half a megabyte ${SNAPSHOT}`],
        ["1 ms", `2 to 5 ms for half a megabyte ${SNAPSHOT}, storage aside`],
      ),
      "Asynchronous part of a subtask's snapshot, without the upload of its state.",
    ],
    "storage.latency": [
      duration,
      presets(
        ["100 ms", "S3 Standard: 100 to 200 ms for a small object (AWS documentation)"],
        ["1 ms", `2 to 5 ms for half a megabyte ${SNAPSHOT}, snapshot aside`],
      ),
      "One object or file written to checkpoint storage, without its bytes.",
    ],
    "storage.bandwidth": [
      bandwidth(),
      presets(
        ["85 mb/s", "S3, one connection: 85 to 90 MB/s (AWS whitepaper)"],
        ["650 mb/s", `99 MB more state made a checkpoint of two subtasks 73 ms longer, ${SNAPSHOT}`],
      ),
      "Bytes a second that one stream writes to checkpoint storage.",
    ],
    "timer.oversleep": [
      duration,
      presets(
        ["1 ms", "estimate for a sleeping thread on a busy host"],
        ["1 ms", "estimate for a sleeping thread on a busy host"],
      ),
      "Largest lateness of the thread that flushes network buffers; each sleep is late by a uniform draw of it.",
    ],
  },
  known: {
    "taskmanager.start": [
      physicalDuration({ max: 86_400_000_000_000 }),
      presets(
        ["25 s", "estimate: schedule a pod, start a JVM, register"],
        ["2 s", "1.7 to 2.1 s measured on a two-core host, Flink 2.1.1"],
      ),
      "Time until a replacement TaskManager has registered.",
    ],
  },
});
