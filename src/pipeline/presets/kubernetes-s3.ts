import type { EnvironmentPreset } from "./environment-preset.ts";

const ON_THE_LAPTOP = "as on the laptop, where it was measured on a two-core host";

export const kubernetesS3: EnvironmentPreset = {
  name: "kubernetes-s3",
  describes: "Kubernetes over three zones of a cloud region, checkpoints on S3.",
  figures: {
    "broker.round-trip": [
      "0.7 ms",
      "0.3 ms within a zone and 0.9 ms across, a third of the brokers being near (published cloud measurements)",
    ],
    "broker.replication-round-trip": [
      "0.9 ms",
      "brokers in three zones, 0.8 to 1.1 ms across zones (published cloud measurements)",
    ],
    "broker.append": [
      "0.1 ms",
      "estimate: a page-cache write takes 0.05 to 0.2 ms, Kafka doesn't fsync on the path",
    ],
    "broker.request-handling": ["0.05 ms", "estimate for a small request"],
    "broker.bandwidth": ["1000 mb/s", "estimate: a 10 Gbit/s interface that nobody else loads"],
    "client.wakeup": [
      "0.12 ms",
      `${ON_THE_LAPTOP}: part of 0.32 ms, the median from send to acknowledgement`,
    ],
    "flink.rpc": ["2.5 ms", "estimate: as on the laptop and half a round trip across zones"],
    "taskmanager.network-latency": [
      "0.35 ms",
      "half of broker.round-trip: TaskManagers spread over three zones alike",
    ],
    "source.emission": ["2 us", "estimate: a source task emits some 500,000 small records a second"],
    "snapshot.sync": ["1 ms", `${ON_THE_LAPTOP}: 0 to 1 ms`],
    "snapshot.async": ["2 ms", `${ON_THE_LAPTOP}: 2 to 5 ms for half a megabyte`],
    "snapshot.first": ["0.25 s", ON_THE_LAPTOP],
    "snapshot.sync-per-key": [
      "2 ns",
      "estimate: one reference of a hash table copied, most of them out of cache",
    ],
    "rocksdb.flush-bandwidth": [
      "200 mb/s",
      "estimate: one core sorts, writes and checksums a memtable to a local SSD",
    ],
    "storage.latency-p99": ["200 ms", "S3 Standard: 100 to 200 ms for a small object (AWS documentation)"],
    "storage.shared-bandwidth": ["1190 mb/s", "estimate: a node's network of 10 Gbit/s"],
    "storage.shared-by": [
      "taskmanager",
      "an object store scales out; what is shared is a TaskManager's network",
    ],
    "storage.create-folder": ["0 ms", "flink-s3-fs-presto: an object store has no folders"],
    "storage.latency": ["100 ms", "S3 Standard: 100 to 200 ms for a small object (AWS documentation)"],
    "storage.bandwidth": ["85 mb/s", "S3, one connection: 85 to 90 MB/s (AWS whitepaper)"],
    "timer.oversleep": ["1 ms", "estimate for a sleeping thread on a busy host"],
    "timer.park-overshoot": [
      "0.1 ms",
      "0.08 to 0.12 ms measured, LockSupport.parkNanos of Java 17 on a two-core Linux host",
    ],
    "taskmanager.start": ["25 s", "estimate: schedule a pod, start a JVM, register"],
    "host.cores": ["4", "estimate: the CPU limit of a TaskManager's pod"],
    "host.shared-by": ["taskmanager", "each process has a pod of its own"],
    "jvm.start-up-cores": [
      "1.9",
      "a Java 17 process that starts took 1.75 to 2 s of all its threads a second of its main thread",
    ],
    "jvm.warm-up-time": ["50 s", ON_THE_LAPTOP],
    "jobmanager.cold-excess": ["29", ON_THE_LAPTOP],
    "taskmanager.cold-excess": ["5.5", ON_THE_LAPTOP],
    "taskmanager.settling": ["1 s", ON_THE_LAPTOP],
    "cluster.age": ["1 d", "estimate: a cluster that is in use is warm"],
    "taskmanager.connection-loss": [
      "100 ms",
      "as on the laptop: 50 to 170 ms measured on a two-core host, Flink 2.1.1",
    ],
    "taskmanager.watch": ["1 s", "estimate: the kubelet reports an ended container within a second or two"],
    "taskmanager.termination": ["30 s", "Kubernetes: terminationGracePeriodSeconds of a pod, its default"],
    "task.deployment": ["0.3 s", "as on the laptop: 0.1 to 0.5 s measured on a two-core host, Flink 2.1.1"],
    "task.first-deployment": [
      "1.1 s",
      "as on the laptop: 0.8 to 1.4 s measured on a two-core host, Flink 2.1.1",
    ],
    "task.cancellation": ["50 ms", "estimate: a round trip, a close of the producers"],
    "jobmanager.start": ["25 s", "estimate: schedule a pod, start a JVM, gain leadership, recover the job"],
    "broker.start": ["30 s", "estimate: schedule a pod, attach its volume, start a JVM, register, catch up"],
    "broker.transaction-log": [
      "1 mb",
      "estimate: some thousand transitions of a cluster in use, since its last segment was cleaned",
    ],
    "broker.transaction-load-bandwidth": [
      "100 mb/s",
      "estimate: a record of 200 B is read from the page cache and parsed in 2 us",
    ],
  },
};
