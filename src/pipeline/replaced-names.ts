/** Names that Flink or its connector replaced, dropped or never had, and what to write instead.
 *  Source: the option declarations (`withDeprecatedKeys`) and release notes of Flink 1.20 to 2.2 and of
 *  flink-connector-kafka 3.4 to 5.0. */
export interface ReplacedName {
  /** As written; a name ending in `.*` stands for all below it. */
  readonly name: string;
  /** alias: Flink 2.x still reads it. gone: it doesn't. never: no release did. */
  readonly status: "alias" | "gone" | "never";
  /** Keys that an alias is read as; a trailing `.*` keeps the rest. */
  readonly current: readonly string[];
  /** What to write instead, as the end of "wanted …". */
  readonly answer: string;
}

function alias(name: string, ...current: string[]): ReplacedName {
  return { name, status: "alias", current, answer: current.join(" and ") };
}

function gone(name: string, answer: string): ReplacedName {
  return { name, status: "gone", current: [], answer };
}

function never(name: string, answer: string): ReplacedName {
  return { name, status: "never", current: [], answer };
}

const ALWAYS_ASYNCHRONOUS = "no such key: snapshots are always asynchronous";
const NEW_SINK =
  "the options sink.delivery-guarantee and sink.transactional-id-prefix of a sink (KafkaSink, DeliveryGuarantee)";

export const REPLACED_NAMES: readonly ReplacedName[] = [
  alias("state.backend", "state.backend.type"),
  never("state.checkpoints.async", ALWAYS_ASYNCHRONOUS),
  gone("state.backend.async", ALWAYS_ASYNCHRONOUS),
  alias("state.backend.incremental", "execution.checkpointing.incremental"),
  alias("state.checkpoint-storage", "execution.checkpointing.storage"),
  alias("state.checkpoints.dir", "execution.checkpointing.dir"),
  alias("state.backend.fs.checkpointdir", "execution.checkpointing.dir"),
  alias("state.savepoints.dir", "execution.checkpointing.savepoint-dir"),
  alias("savepoints.state.backend.fs.dir", "execution.checkpointing.savepoint-dir"),
  alias("state.checkpoints.num-retained", "execution.checkpointing.num-retained"),
  alias("state.checkpoints.create-subdir", "execution.checkpointing.create-subdir"),
  alias("state.checkpoint.cleaner.parallel-mode", "execution.checkpointing.cleaner.parallel-mode"),
  alias("state.storage.fs.memory-threshold", "execution.checkpointing.data-inline-threshold"),
  alias("state.backend.fs.memory-threshold", "execution.checkpointing.data-inline-threshold"),
  alias("state.storage.fs.write-buffer-size", "execution.checkpointing.write-buffer-size"),
  alias("state.backend.fs.write-buffer-size", "execution.checkpointing.write-buffer-size"),
  alias(
    "state.backend.local-recovery",
    "execution.state-recovery.from-local",
    "execution.checkpointing.local-backup.enabled",
  ),
  alias("taskmanager.state.local.root-dirs", "execution.checkpointing.local-backup.dirs"),
  alias("execution.checkpointing.unaligned", "execution.checkpointing.unaligned.enabled"),
  alias("execution.checkpointing.alignment-timeout", "execution.checkpointing.aligned-checkpoint-timeout"),
  alias(
    "execution.checkpointing.checkpoints-after-tasks-finish.enabled",
    "execution.checkpointing.checkpoints-after-tasks-finish",
  ),
  alias("execution.savepoint.path", "execution.state-recovery.path"),
  alias("execution.savepoint.ignore-unclaimed-state", "execution.state-recovery.ignore-unclaimed-state"),
  alias("execution.savepoint-restore-mode", "execution.state-recovery.claim-mode"),
  alias("state.backend.changelog.*", "state.changelog.*"),
  alias("dstl.dfs.*", "state.changelog.dstl.dfs.*"),
  gone("state.backend.latency-track.*", "state.latency-track.…"),
  gone("state.backend.rocksdb.checkpointdir", "state.backend.rocksdb.localdir"),
  alias("restart-strategy", "restart-strategy.type"),
  alias("high-availability", "high-availability.type"),
  alias("recovery.mode", "high-availability.type"),
  alias("execution.buffer-timeout", "execution.buffer-timeout.interval"),
  alias("pipeline.operator-chaining", "pipeline.operator-chaining.enabled"),
  alias("taskmanager.network.memory.fraction", "taskmanager.memory.network.fraction"),
  alias("taskmanager.network.memory.min", "taskmanager.memory.network.min"),
  alias("taskmanager.network.memory.max", "taskmanager.memory.network.max"),
  gone("taskmanager.network.numberOfBuffers", "taskmanager.memory.network.fraction, .min and .max"),
  alias("akka.*", "pekko.*"),
  gone("web.backpressure.*", "no such key: back-pressure is measured in time, always"),
  gone("task.checkpoint.alignment.max-size", "no such key: alignment has no such bound since Flink 1.11"),
  gone("flink-conf.yaml", "config.yaml, the only file Flink 2.x reads"),
  gone("FlinkKafkaConsumer", "a job's source with its options in SQL spelling (KafkaSource)"),
  gone("FlinkKafkaProducer", NEW_SINK),
  gone("FlinkKafkaProducer.Semantic", NEW_SINK),
  gone(
    "FlinkKafkaConsumerBase.setCommitOffsetsOnCheckpoints",
    "properties.commit.offsets.on.checkpoint in a job's source",
  ),
  gone(
    "FlinkKafkaProducer.ignoreFailuresAfterTransactionTimeout",
    "nothing: expired transactions are always skipped with a log line",
  ),
  gone("FlinkKafkaProducer.setLogFailuresOnly", "nothing: a failed send always fails the task"),
  gone("sink.semantic", "sink.delivery-guarantee"),
  never(
    "kafka.consumer.isolation-level",
    "isolation.level in a reader, properties.isolation.level in a job's source",
  ),
  gone("TwoPhaseCommitSinkFunction", "Sink V2: SupportsCommitter, CommittingSinkWriter, Committer"),
  gone("SinkFunction", "Sink V2: SupportsCommitter, CommittingSinkWriter, Committer"),
  gone("FsStateBackend", "state.backend.type: hashmap and execution.checkpointing.dir"),
  gone("MemoryStateBackend", "state.backend.type: hashmap and execution.checkpointing.storage: jobmanager"),
  gone("RocksDBStateBackend", "state.backend.type: rocksdb"),
  gone("ExecutionCheckpointingOptions", "CheckpointingOptions"),
  gone(
    "CheckpointConfig.setFailOnCheckpointingErrors",
    "execution.checkpointing.tolerable-failed-checkpoints",
  ),
  gone(
    "CheckpointConfig.enableExternalizedCheckpoints",
    "execution.checkpointing.externalized-checkpoint-retention",
  ),
  gone(
    "CheckpointConfig.setExternalizedCheckpointCleanup",
    "execution.checkpointing.externalized-checkpoint-retention",
  ),
  gone("CheckpointConfig.setForceCheckpointing", "nothing"),
  gone("CheckpointConfig.setAlignmentTimeout", "execution.checkpointing.aligned-checkpoint-timeout"),
  gone(
    "CheckpointConfig.setCheckpointStorage",
    "execution.checkpointing.storage and execution.checkpointing.dir",
  ),
  gone("env.setStateBackend", "state.backend.type"),
  gone("env.setRestartStrategy", "restart-strategy.type"),
  gone("RestartStrategies", "restart-strategy.type"),
  gone("lastCheckpointAlignmentBuffered", "no such metric since Flink 1.11"),
  gone("fullRestarts", "the metric numRestarts"),
];

/** The entry for a key, or undefined. `akka.ask.timeout` finds `akka.*`. */
export function replacedName(key: string): ReplacedName | undefined {
  const exact = REPLACED_NAMES.find(({ name }) => name === key);
  if (exact !== undefined) return exact;
  return REPLACED_NAMES.find(({ name }) => name.endsWith(".*") && key.startsWith(name.slice(0, -1)));
}

/** The keys an alias is read as. */
export function currentKeys({ name, current }: ReplacedName, key: string): readonly string[] {
  const rest = name.endsWith(".*") ? key.slice(name.length - 2) : "";
  return current.map((target) => (target.endsWith(".*") ? target.slice(0, -2) + rest : target));
}

/** Values of `state.backend.type` that named two things at once before 1.13, and what to write instead. */
export const REPLACED_BACKENDS: Readonly<Record<string, string>> = {
  filesystem:
    "state.backend.type: hashmap, execution.checkpointing.storage: filesystem and execution.checkpointing.dir",
  jobmanager: "state.backend.type: hashmap and execution.checkpointing.storage: jobmanager",
  memory: "state.backend.type: hashmap and execution.checkpointing.storage: jobmanager",
};

/** In the words of a message. */
export function describeStatus({ status }: ReplacedName): string {
  switch (status) {
    case "alias":
      return "an old name";
    case "gone":
      return "a name that is gone";
    case "never":
      return "a name that never existed";
  }
}
