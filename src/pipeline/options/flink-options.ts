import { flinkDuration } from "../values/duration.ts";
import { decimal, integer } from "../values/number.ts";
import { memorySize } from "../values/size.ts";
import { choice, flag, text } from "../values/word.ts";
import { options } from "./option.ts";

const MILLISECOND = 1_000_000;
const DAY = 86_400_000_000_000;
const ratio = decimal({ max: 1 }, "fraction");
const path = text("a path or URI", "s3://bucket/folder");

const checkpointing = options({
  scope: "flink",
  source: "Flink 2.1 CheckpointingOptions",
  modelled: {
    "execution.checkpointing.interval": [
      flinkDuration({ min: 10 * MILLISECOND, because: 'Flink takes a shorter interval as "off"' }),
      undefined,
      "Time between two checkpoint triggers. Without it checkpointing is off.",
    ],
    "execution.checkpointing.min-pause": [
      flinkDuration(),
      "0 ms",
      "Least time from the end of a completed checkpoint to the next trigger; also raises the interval to itself.",
    ],
    "execution.checkpointing.max-concurrent-checkpoints": [
      integer({ min: 1, max: 1000 }),
      "1",
      "How many checkpoints may be in progress at once; further triggers queue.",
    ],
    "execution.checkpointing.timeout": [
      flinkDuration({ min: 10 * MILLISECOND }),
      "10 min",
      "A checkpoint that takes longer is aborted.",
    ],
    "execution.checkpointing.interval-during-backlog": [
      flinkDuration(),
      undefined,
      "Interval while a source reports a backlog; 0 stops checkpoints meanwhile.",
    ],
    "execution.checkpointing.mode": [
      choice(["EXACTLY_ONCE", "AT_LEAST_ONCE"]),
      "EXACTLY_ONCE",
      "Whether barriers are aligned. Not the sink's guarantee, which is sink.delivery-guarantee.",
    ],
    "execution.checkpointing.unaligned.enabled": [
      flag(),
      "false",
      "Whether barriers overtake buffered records.",
    ],
    "execution.checkpointing.aligned-checkpoint-timeout": [
      flinkDuration(),
      "0 s",
      "How long an unaligned-capable checkpoint stays aligned first.",
    ],
    "execution.checkpointing.tolerable-failed-checkpoints": [
      integer(),
      "0",
      "Consecutive failed checkpoints before the job fails.",
    ],
    "execution.checkpointing.checkpoints-after-tasks-finish": [
      flag(),
      "true",
      "Whether checkpoints go on after some tasks have finished.",
    ],
    "execution.checkpointing.incremental": [flag(), "false", "Whether RocksDB uploads only new files."],
    "execution.checkpointing.local-backup.enabled": [
      flag(),
      "false",
      "Whether TaskManagers keep a local copy of keyed state; where it isn't written, as execution.state-recovery.from-local.",
    ],
    "execution.state-recovery.from-local": [
      flag(),
      "false",
      "Whether recovery reads local copies, where they are: in the process that took the snapshot.",
    ],
    "execution.checkpointing.storage": [
      text('"jobmanager", "filesystem" or a class', "filesystem"),
      undefined,
      "Where snapshots go. Without it: filesystem if a directory is set, else jobmanager.",
    ],
    "execution.checkpointing.dir": [
      path,
      undefined,
      "Directory of checkpoints; setting it selects filesystem.",
    ],
    "execution.checkpointing.externalized-checkpoint-retention": [
      choice(["RETAIN_ON_CANCELLATION", "DELETE_ON_CANCELLATION", "NO_EXTERNALIZED_CHECKPOINTS"]),
      "NO_EXTERNALIZED_CHECKPOINTS",
      "What happens to checkpoints when the job is cancelled; to be submitted again from one, it has to be kept.",
    ],
    "execution.checkpointing.num-retained": [integer({ min: 1 }), "1", "Completed checkpoints kept."],
    "execution.checkpointing.data-inline-threshold": [
      memorySize({ max: 1024 ** 2 }),
      "20 kb",
      "State chunks below this size travel inside the acknowledgement.",
    ],
  },
  known: {
    "execution.checkpointing.unaligned.forced": [
      flag(),
      "false",
      "Unaligned checkpoints in jobs with loops.",
    ],
    "execution.checkpointing.unaligned.max-subtasks-per-channel-state-file": [
      integer({ min: 1 }),
      "5",
      "Subtasks that share a file of channel state.",
    ],
    "execution.checkpointing.unaligned.interruptible-timers.enabled": [
      flag(),
      "false",
      "Whether barriers interrupt the firing of timers.",
      { since: "1.20" },
    ],
    "execution.checkpointing.savepoint-dir": [path, undefined, "Directory of savepoints."],
    "execution.checkpointing.write-buffer-size": [
      memorySize(),
      "4096",
      "Buffer of a checkpoint's output stream.",
    ],
    "execution.checkpointing.create-subdir": [flag(), "true", "Whether each job gets a folder of its own."],
    "execution.checkpointing.cleaner.parallel-mode": [
      flag(),
      "true",
      "Whether old checkpoints are deleted in parallel.",
    ],
    "execution.checkpointing.file-merging.enabled": [
      flag(),
      "false",
      "Whether small files are merged.",
      { since: "1.20" },
    ],
    "execution.checkpointing.local-backup.dirs": [path, undefined, "Directories of local copies."],
    "execution.checkpointing.snapshot-compression": [flag(), "false", "Whether snapshots are compressed."],
    "execution.checkpointing.during-recovery.enabled": [
      flag(),
      "false",
      "Whether checkpoints run before recovery has ended.",
      { since: "2.3" },
    ],
    "execution.checkpointing.unaligned.recover-output-on-downstream.enabled": [
      flag(),
      "false",
      "Whether output channel state is recovered downstream.",
      { since: "2.3" },
    ],
    "execution.state-recovery.claim-mode": [
      choice(["NO_CLAIM", "CLAIM", "LEGACY"]),
      "NO_CLAIM",
      "Who owns the snapshot that a job starts from.",
      { source: "Flink 2.1 StateRecoveryOptions" },
    ],
    "execution.state-recovery.path": [
      path,
      undefined,
      "Snapshot to start from.",
      { source: "Flink 2.1 StateRecoveryOptions" },
    ],
    "execution.state-recovery.ignore-unclaimed-state": [
      flag(),
      "false",
      "Whether state without an operator may be dropped.",
      { source: "Flink 2.1 StateRecoveryOptions" },
    ],
  },
});

const state = options({
  scope: "flink",
  source: "Flink 2.1 StateBackendOptions",
  modelled: {
    "state.backend.type": [
      text('"hashmap", "rocksdb", "forst" or a factory class', "rocksdb"),
      "hashmap",
      "Where keyed state lives between records.",
    ],
    "state.backend.rocksdb.checkpoint.transfer.thread.num": [
      integer({ min: 1 }),
      "4",
      "Threads that upload RocksDB files.",
      { source: "Flink 2.1 RocksDBOptions" },
    ],
  },
  known: {
    "state.backend.rocksdb.localdir": [
      path,
      undefined,
      "RocksDB's folder.",
      { source: "Flink 2.1 RocksDBOptions" },
    ],
    "state.latency-track.keyed-state-enabled": [
      flag(),
      "false",
      "Whether the latency of state access is measured.",
    ],
    "state.changelog.enabled": [flag(), "false", "Whether state changes are also written to a log."],
    "state.changelog.storage": [text("text", "filesystem"), "memory", "Where that log is kept."],
    "state.changelog.periodic-materialize.interval": [
      flinkDuration(),
      "10 min",
      "Time between two materialisations of the changelog.",
    ],
    "state.changelog.max-failures-allowed": [integer(), "3", "Failed materialisations before the job fails."],
    "state.changelog.dstl.dfs.preemptive-persist-threshold": [
      memorySize(),
      "5 mb",
      "Log size that is persisted early.",
    ],
    "state.changelog.dstl.dfs.base-path": [path, undefined, "Folder of the changelog."],
  },
});

const restart = options({
  scope: "flink",
  source: "Flink 2.1 RestartStrategyOptions",
  modelled: {
    "restart-strategy.type": [
      choice(["exponential-delay", "fixed-delay", "failure-rate", "none"], {
        off: "none",
        disable: "none",
        exponentialdelay: "exponential-delay",
        fixeddelay: "fixed-delay",
        failurerate: "failure-rate",
      }),
      "exponential-delay",
      "How a failed job is restarted.",
    ],
    "restart-strategy.exponential-delay.initial-backoff": [flinkDuration(), "1 s", "First delay."],
    "restart-strategy.exponential-delay.max-backoff": [flinkDuration(), "1 min", "Largest delay."],
    "restart-strategy.exponential-delay.backoff-multiplier": [
      decimal({ min: 1, max: 1000 }, "factor"),
      "1.5",
      "Growth of the delay from one failure to the next.",
    ],
    "restart-strategy.exponential-delay.reset-backoff-threshold": [
      flinkDuration(),
      "1 h",
      "Time without a failure after which the delay starts anew.",
    ],
    "restart-strategy.exponential-delay.jitter-factor": [ratio, "0.1", "Random share of the delay."],
    "restart-strategy.exponential-delay.attempts-before-reset-backoff": [
      integer({ min: 1 }),
      "2147483647",
      "Attempts before the job fails for good.",
    ],
    "restart-strategy.fixed-delay.attempts": [integer(), "1", "Attempts before the job fails for good."],
    "restart-strategy.fixed-delay.delay": [flinkDuration(), "1 s", "Delay before a restart."],
    "restart-strategy.failure-rate.max-failures-per-interval": [
      integer({ min: 1 }),
      "1",
      "Failures allowed in the interval.",
    ],
    "restart-strategy.failure-rate.failure-rate-interval": [
      flinkDuration(),
      "1 min",
      "Interval over which failures count.",
    ],
    "restart-strategy.failure-rate.delay": [flinkDuration(), "1 s", "Delay before a restart."],
  },
});

const execution = options({
  scope: "flink",
  source: "Flink 2.1 ExecutionOptions",
  modelled: {
    "execution.buffer-timeout.enabled": [
      flag(),
      "true",
      "Whether partial network buffers are flushed in time; false: only full ones.",
    ],
    "execution.buffer-timeout.interval": [
      flinkDuration(),
      "100 ms",
      "Time between two flushes of partial network buffers; 0: after every record.",
    ],
    "metrics.latency.interval": [
      flinkDuration({ max: 3650 * DAY }),
      "0 ms",
      "Time between two latency markers of a source subtask; 0: none.",
      { source: "Flink 2.1 MetricOptions" },
    ],
    "parallelism.default": [
      integer({ min: 1, max: 32_768 }),
      "1",
      "Subtasks of each operator.",
      { source: "Flink 2.1 CoreOptions" },
    ],
    "pipeline.operator-chaining.enabled": [
      flag(),
      "true",
      "Whether operators share a task where they can.",
      { source: "Flink 2.1 PipelineOptions" },
    ],
    "pipeline.max-parallelism": [
      integer({ min: -1, max: 32_768 }),
      "-1",
      "Number of key groups; -1: derived from the parallelism, 128 at least.",
      { source: "Flink 2.1 PipelineOptions" },
    ],
    "sink.committer.retries": [
      integer(),
      "10",
      "Immediate retries of a commit before the task fails.",
      { source: "Flink 2.1 SinkOptions", since: "1.20" },
    ],
    "pipeline.auto-watermark-interval": [
      flinkDuration({ min: 1_000_000, because: "Sluice knows no other watermarks than periodic ones" }),
      "200 ms",
      "Time between two event-time watermarks of a source.",
      { source: "Flink 2.1 PipelineOptions" },
    ],
  },
  known: {
    "pipeline.object-reuse": [
      flag(),
      "false",
      "Whether chained operators hand on objects without a copy.",
      { source: "Flink 2.1 PipelineOptions" },
    ],
    "pipeline.sources.pause-until-first-checkpoint": [
      flag(),
      "false",
      "Whether sources wait for the first checkpoint.",
      { source: "Flink 2.3 CheckpointingOptions", since: "2.3" },
    ],
    "execution.async-state.total-buffer-size": [
      integer({ min: 1 }),
      "6000",
      "Records in flight of async state.",
      { since: "2.0" },
    ],
    "execution.async-state.active-buffer-size": [
      integer({ min: 1 }),
      "1000",
      "Records in a batch of async state.",
      { since: "2.0" },
    ],
    "execution.async-state.active-buffer-timeout": [
      integer({}, "ms"),
      "1000",
      "Time before a partial batch of async state goes.",
      { since: "2.0" },
    ],
  },
});

const taskManager = options({
  scope: "flink",
  source: "Flink 2.1 TaskManagerOptions",
  clusterWide: true,
  modelled: {
    "taskmanager.numberOfTaskSlots": [
      integer({ min: 1, max: 1000 }),
      "1",
      "Slots of each TaskManager; a slot runs one subtask of each operator of one job.",
    ],
    "taskmanager.memory.segment-size": [
      memorySize({ min: 4096, max: 1024 ** 3, powerOfTwo: true }),
      "32 kb",
      "Size of a network buffer.",
    ],
    "taskmanager.network.memory.buffer-debloat.enabled": [
      flag(),
      "false",
      "Whether buffers shrink to hold a target time of data.",
    ],
    "taskmanager.network.memory.buffer-debloat.target": [
      flinkDuration(),
      "1 s",
      "Time of data that buffers should hold.",
    ],
    "taskmanager.network.memory.buffer-debloat.period": [
      flinkDuration(),
      "200 ms",
      "Time between two estimates.",
    ],
    "taskmanager.network.memory.buffer-debloat.samples": [
      integer({ min: 1 }),
      "20",
      "Estimates in the moving average.",
    ],
    "taskmanager.network.memory.buffer-debloat.threshold-percentages": [
      integer({ max: 100 }, "percent"),
      "25",
      "Least change of the buffer size that is announced.",
    ],
    "taskmanager.memory.min-segment-size": [
      memorySize({ min: 256 }),
      "256",
      "Least buffer size of debloating.",
    ],
    "taskmanager.memory.starting-segment-size": [memorySize(), "1024", "First buffer size of debloating."],
    "taskmanager.network.memory.buffers-per-channel": [
      integer({ max: 1000 }),
      "2",
      "Buffers that belong to one input channel.",
      {
        source: "Flink 1.20 NettyShuffleEnvironmentOptions; fixed at 2 in 2.x",
        removed: { release: "2.0", answer: "no such key: Flink 2.x fixes it at 2" },
      },
    ],
    "taskmanager.network.memory.floating-buffers-per-gate": [
      integer({ max: 100_000 }),
      "8",
      "Buffers that the channels of an input gate share.",
      {
        source: "Flink 1.20 NettyShuffleEnvironmentOptions; fixed at 8 in 2.x",
        removed: { release: "2.0", answer: "no such key: Flink 2.x fixes it at 8" },
      },
    ],
    "taskmanager.network.memory.max-buffers-per-channel": [
      integer({ min: 1, max: 100_000 }),
      "10",
      "Buffers that may queue in one output subpartition before its task is back-pressured.",
      {
        source: "Flink 1.20 NettyShuffleEnvironmentOptions; fixed at 10 in 2.x",
        removed: { release: "2.0", answer: "no such key: Flink 2.x fixes it at 10" },
      },
    ],
    "taskmanager.network.memory.max-overdraft-buffers-per-gate": [
      integer({ max: 100_000 }),
      { of: "flink", release: "2.0", before: "5", from: "20" },
      "Buffers a task may take above its share to finish a record.",
      {
        source: "Flink 1.20 NettyShuffleEnvironmentOptions; fixed at 20 in 2.x",
        removed: { release: "2.0", answer: "no such key: Flink 2.x fixes it at 20" },
      },
    ],
  },
  known: {
    "taskmanager.memory.network.fraction": [ratio, "0.1", "Share of Flink memory for network buffers."],
    "taskmanager.memory.network.min": [memorySize(), "64 mb", "Least memory for network buffers."],
    "taskmanager.memory.network.max": [
      memorySize(),
      undefined,
      "Most memory for network buffers; none: unlimited.",
    ],
    "taskmanager.memory.managed.fraction": [ratio, "0.4", "Share of Flink memory that is managed (RocksDB)."],
    "taskmanager.slot.timeout": [flinkDuration(), "10 s", "Time before an allocated, unused slot is freed."],
    "task.cancellation.interval": [flinkDuration(), "30 s", "Time between two attempts to cancel a task."],
  },
});

const cluster = options({
  scope: "flink",
  source: "Flink 2.1 JobManagerOptions",
  clusterWide: true,
  modelled: {
    "pekko.framesize": [
      memorySize(),
      "10485760",
      "Largest message between processes.",
      { source: "Flink 2.1 RpcOptions" },
    ],
    "metrics.latency.granularity": [
      choice(["operator", "single", "subtask"]),
      "operator",
      "Which latency markers share a histogram: those of a source, all, or those of a source subtask.",
      { source: "Flink 2.1 MetricOptions" },
    ],
    "metrics.latency.history-size": [
      integer({ min: 1, max: 100_000 }),
      "128",
      "Latency markers that a histogram keeps.",
      { source: "Flink 2.1 MetricOptions" },
    ],
    "web.checkpoints.history": [
      integer({ min: 1 }),
      "10",
      "Checkpoints the REST API remembers.",
      { source: "Flink 2.1 WebOptions" },
    ],
    "heartbeat.interval": [
      flinkDuration({ min: MILLISECOND }),
      "10 s",
      "Time between two heartbeats.",
      { source: "Flink 2.1 HeartbeatManagerOptions" },
    ],
    "heartbeat.timeout": [
      flinkDuration({ min: MILLISECOND }),
      "50 s",
      "Silence after which a process counts as lost.",
      { source: "Flink 2.1 HeartbeatManagerOptions" },
    ],
    "heartbeat.rpc-failure-threshold": [
      integer({ min: -1 }),
      "2",
      "Failed heartbeats in a row after which a process counts as lost; -1: off.",
      { source: "Flink 2.1 HeartbeatManagerOptions" },
    ],
    "pekko.ask.timeout": [
      flinkDuration(),
      "10 s",
      "Timeout of a call between processes.",
      { source: "Flink 2.1 RpcOptions" },
    ],
    "slot.request.timeout": [flinkDuration(), "5 min", "How long a job waits for slots."],
    "task.cancellation.timeout": [
      flinkDuration(),
      "180 s",
      "Time after which a cancelled task that hasn't ended takes its TaskManager with it; 0: it is waited for.",
      { source: "Flink 2.1 TaskManagerOptions" },
    ],
    "high-availability.type": [
      text('"NONE", "zookeeper", "kubernetes" or a class', "kubernetes"),
      "NONE",
      "Where the JobManager's pointers are kept, and its successor elected; NONE: a lost JobManager takes its jobs with it.",
      { source: "Flink 2.1 HighAvailabilityOptions" },
    ],
    "high-availability.zookeeper.client.session-timeout": [
      flinkDuration(),
      "60 s",
      "How long a lost JobManager's session, and so its leadership, lives on in ZooKeeper.",
      { source: "Flink 2.1 HighAvailabilityOptions" },
    ],
    "high-availability.kubernetes.leader-election.lease-duration": [
      flinkDuration(),
      "15 s",
      "How long a leader's lease holds after its last renewal.",
      { source: "Flink 2.1 KubernetesHighAvailabilityOptions" },
    ],
    "high-availability.kubernetes.leader-election.renew-deadline": [
      flinkDuration(),
      "15 s",
      "How long a leader goes on trying to renew its lease before it gives up leading.",
      { source: "Flink 2.1 KubernetesHighAvailabilityOptions" },
    ],
    "high-availability.kubernetes.leader-election.retry-period": [
      flinkDuration(),
      "5 s",
      "Time between two renewals of the lease, and between two tries of who would have it.",
      { source: "Flink 2.1 KubernetesHighAvailabilityOptions" },
    ],
  },
  known: {
    "jobmanager.execution.failover-strategy": [
      choice(["region", "full"]),
      "region",
      "Which tasks restart after a failure.",
    ],
    "jobmanager.scheduler": [
      choice(["Default", "Adaptive", "AdaptiveBatch"]),
      "Default",
      "Scheduler of the JobManager; Adaptive changes how failures are handled.",
    ],
    "slot.idle.timeout": [flinkDuration(), "50 s", "Time before an idle slot is returned."],
    "metrics.fetcher.update-interval": [
      flinkDuration(),
      "10 s",
      "Time between two reads of metrics.",
      { source: "Flink 2.1 MetricOptions" },
    ],
  },
});

/** Flink's options, as `config.yaml` spells them. */
export const flinkOptions = {
  ...checkpointing,
  ...state,
  ...restart,
  ...execution,
  ...taskManager,
  ...cluster,
};
