import type { EnvironmentPreset } from "./environment-preset.ts";

const SEND =
  "part of 0.32 ms, the median from send to acknowledgement measured on a two-core host, Kafka 4.1.0 on loopback";
const SNAPSHOT = "measured on a two-core host, Flink 2.1.1 with checkpoints on a local disk";

const COLD =
  "checkpoints took 2.8 times as long at an age of 100 s, as long as ever at 300 s, and 14 ms longer in the half minute after a TaskManager was replaced, measured on a two-core host, Flink 2.1.1";

export const laptop: EnvironmentPreset = {
  name: "laptop",
  describes: "Everything on one machine: loopback, checkpoints on the local disk.",
  figures: {
    "broker.round-trip": ["0.1 ms", SEND],
    "broker.replication-round-trip": ["0.1 ms", SEND],
    "broker.append": ["0.05 ms", SEND],
    "broker.request-handling": ["0.05 ms", SEND],
    "broker.bandwidth": ["2000 mb/s", "estimate for one connection over loopback"],
    "client.wakeup": ["0.12 ms", SEND],
    "flink.rpc": ["2 ms", `trigger to first barrier took 2 to 4 ms, ${SNAPSHOT}`],
    "taskmanager.network-latency": ["0.05 ms", "estimate: half a round trip on loopback"],
    "source.emission": ["2 us", "estimate: a source task emits some 500,000 small records a second"],
    "snapshot.sync": ["0.5 ms", `0 to 1 ms ${SNAPSHOT}`],
    "snapshot.async": ["1 ms", `2 to 5 ms for half a megabyte ${SNAPSHOT}, storage aside`],
    "snapshot.first": [
      "0.25 s",
      "the first checkpoint after a TaskManager was replaced took 0.25 s longer than before, measured on a two-core host, Flink 2.1.1",
    ],
    "snapshot.sync-per-key": [
      "2 ns",
      "estimate: one reference of a hash table copied, most of them out of cache",
    ],
    "rocksdb.flush-bandwidth": [
      "200 mb/s",
      "estimate: one core sorts, writes and checksums a memtable to a local SSD",
    ],
    "storage.latency-p99": [
      "1 ms",
      "as the median: what varies on one disk was below the resolution of 1 ms",
    ],
    "storage.shared-bandwidth": [
      "1300 mb/s",
      "two streams at a time had 650 MB/s each, in the same measurement",
    ],
    "storage.shared-by": ["cluster", "all processes write to one disk"],
    "storage.create-folder": ["0.05 ms", "estimate: mkdir on a local disk"],
    "storage.latency": ["1 ms", `2 to 5 ms for half a megabyte ${SNAPSHOT}, snapshot aside`],
    "storage.bandwidth": [
      "650 mb/s",
      `99 MB more state made a checkpoint of two subtasks 73 ms longer, ${SNAPSHOT}`,
    ],
    "timer.oversleep": ["1 ms", "estimate for a sleeping thread on a busy host"],
    "timer.park-overshoot": [
      "0.1 ms",
      "0.08 to 0.12 ms measured, LockSupport.parkNanos of Java 17 on a two-core Linux host",
    ],
    "taskmanager.start": ["2 s", "1.7 to 2.1 s measured on a two-core host, Flink 2.1.1"],
    "host.cores": ["8", "estimate for a laptop"],
    "host.shared-by": ["cluster", "all processes run on one machine"],
    "jvm.start-up-cores": [
      "1.9",
      "a Java 17 process that starts took 1.75 to 2 s of all its threads a second of its main thread",
    ],
    "jvm.warm-up-time": ["50 s", COLD],
    "jobmanager.cold-excess": ["29", COLD],
    "taskmanager.cold-excess": ["5.5", COLD],
    "taskmanager.settling": [
      "1 s",
      "a Java 17 process compiled on for 0.3 to 0.8 s a second of its start, and that took 2 s",
    ],
    "cluster.age": ["1 d", "estimate: a cluster that is in use is warm"],
    "taskmanager.connection-loss": ["100 ms", "50 to 170 ms measured on a two-core host, Flink 2.1.1"],
    "taskmanager.watch": ["1 s", "estimate: nobody watches processes on a laptop; as on Kubernetes"],
    "taskmanager.termination": ["30 s", "estimate: nobody ends processes on a laptop; as on Kubernetes"],
    "task.deployment": [
      "0.3 s",
      "0.1 to 0.5 s from RUNNING to the last running subtask after an exception, measured on a two-core host, Flink 2.1.1",
    ],
    "task.first-deployment": [
      "1.1 s",
      "0.8 to 1.4 s in a fresh process, measured on a two-core host, Flink 2.1.1",
    ],
    "task.cancellation": [
      "20 ms",
      "estimate: restarts followed failures by the restart delay and some 10 ms, measured on a two-core host, Flink 2.1.1",
    ],
    "jobmanager.start": ["5 s", "estimate: start a JVM, gain leadership, recover the job"],
    "broker.start": ["5 s", "estimate: start a JVM, register, catch up"],
    "broker.transaction-log": ["0 b", "a fresh cluster"],
    "broker.transaction-load-bandwidth": [
      "100 mb/s",
      "estimate: a record of 200 B is read from the page cache and parsed in 2 us",
    ],
  },
};
