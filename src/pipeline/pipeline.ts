import type { Duration } from "../engine/index.ts";
import type { FaultPlan } from "../faults/index.ts";
import type {
  BufferDebloatSettings,
  HighAvailability,
  LatencyTracking,
  RestartStrategySettings,
} from "../flink/index.ts";

/** A pipeline as the parser hands it on: every default filled in, every unit converted.
 *  Durations are integer nanoseconds, sizes are bytes, rates are records a second. */
export interface Pipeline {
  readonly name: string;
  readonly versions: Versions;
  readonly environment: Environment;
  readonly kafka: KafkaCluster;
  readonly producers: readonly ProducerSpec[];
  readonly flink: FlinkCluster;
  readonly jobs: readonly JobSpec[];
  readonly readers: readonly ReaderSpec[];
  readonly faults: FaultPlan;
}

/** Which releases' defaults apply. `kafkaClients` follows from the connector, which brings its own client. */
export interface Versions {
  readonly flink: string;
  readonly flinkConnectorKafka: string;
  readonly kafka: string;
  readonly kafkaClients: string;
}

/** The physical world the software runs in. Every value can be set under `environment:` by its key (in brackets). */
export interface Environment {
  readonly preset: string;
  /** [broker.round-trip] client to broker and back, an otherwise empty request. */
  readonly brokerRoundTrip: Duration;
  /** [broker.replication-round-trip] broker to broker and back. */
  readonly brokerReplicationRoundTrip: Duration;
  /** [broker.append] one append to the page cache, at the leader or at a follower. */
  readonly brokerAppend: Duration;
  /** [broker.request-handling] time a request occupies its connection at the broker, without append and replication. */
  readonly brokerRequestHandling: Duration;
  /** [broker.bandwidth] bytes a second from a broker to one consumer. */
  readonly brokerBandwidth: number;
  /** [client.wakeup] a client thread waking up for a response: poll of a consumer, Sender of a producer. */
  readonly clientWakeup: Duration;
  /** [flink.rpc] one way, JobManager to TaskManager or back. */
  readonly flinkRpc: Duration;
  /** [taskmanager.network-latency] one way between two TaskManagers. */
  readonly taskManagerNetworkLatency: Duration;
  /** [source.emission] task-thread time to deserialise and emit one record. */
  readonly sourceEmission: Duration;
  /** [snapshot.sync] synchronous part of a subtask's snapshot, without what the sink adds. */
  readonly snapshotSync: Duration;
  /** [snapshot.async] asynchronous part of a subtask's snapshot, without the upload of its state. */
  readonly snapshotAsync: Duration;
  /** [snapshot.first] what the first snapshot in a fresh process takes longer. */
  readonly snapshotFirst: Duration;
  /** [snapshot.sync-per-key] what a key of heap state adds to the synchronous part. */
  readonly snapshotSyncPerKey: Duration;
  /** [rocksdb.flush-bandwidth] bytes a second, memtable to local disk. */
  readonly rocksdbFlushBandwidth: number;
  /** [storage.latency] one object or file written to checkpoint storage, without its bytes; the median. */
  readonly storageLatency: Duration;
  /** [storage.latency-p99] */
  readonly storageLatencyP99: Duration;
  /** [storage.bandwidth] bytes a second, one stream. */
  readonly storageBandwidth: number;
  /** [storage.shared-bandwidth] bytes a second, all streams that share the way to the store. */
  readonly storageSharedBandwidth: number;
  /** [storage.shared-by] whose streams share it. */
  readonly storageSharedBy: "taskmanager" | "cluster";
  /** [storage.create-folder] the JobManager makes the folder of a checkpoint. */
  readonly storageCreateFolder: Duration;
  /** [timer.oversleep] largest lateness of a timer of the buffer flusher; each firing is late by a uniform draw of it. */
  readonly timerOversleep: Duration;
  /** [timer.park-overshoot] how much longer than asked for a parked wait of a task thread lasts. */
  readonly timerParkOvershoot: Duration;
  /** [taskmanager.start] until a replacement has registered. */
  readonly taskManagerStart: Duration;
  /** [host.cores] that the start-ups of processes on one host share. */
  readonly hostCores: number;
  /** [host.shared-by] whose start-ups share them. */
  readonly hostSharedBy: "taskmanager" | "cluster";
  /** [jvm.start-up-cores] that one start-up keeps busy. */
  readonly startUpCores: number;
  /** [jvm.warm-up-time] in which the excess of a young process falls to 1/e. */
  readonly warmUpTime: Duration;
  /** [jobmanager.cold-excess] at age 0, as a multiple of a warm process's time. */
  readonly jobManagerColdExcess: number;
  /** [taskmanager.cold-excess] */
  readonly taskManagerColdExcess: number;
  /** [taskmanager.settling] work of a fresh process that goes on after it has registered. */
  readonly taskManagerSettling: Duration;
  /** [cluster.age] of all processes at time 0. */
  readonly clusterAge: Duration;
  /** [taskmanager.connection-loss] from the end of a process until tasks connected to it have failed. */
  readonly connectionLoss: Duration;
  /** [taskmanager.watch] from the end of a process until an active resource provider has noticed it. */
  readonly taskManagerWatch: Duration;
  /** [taskmanager.termination] from the request to end a process until it is killed, if it hasn't ended by then. */
  readonly taskManagerTermination: Duration;
  /** [task.deployment] from submission until the task runs in a warm process, without restoring state. */
  readonly taskDeployment: Duration;
  /** [task.first-deployment] the same in a process that has run no task yet. */
  readonly taskFirstDeployment: Duration;
  /** [task.cancellation] from the request until the JobManager knows that a running task has ended. */
  readonly taskCancellation: Duration;
  /** [jobmanager.start] from the loss of a JobManager until another process is there that can lead and recover its jobs. */
  readonly jobManagerStart: Duration;
  /** [broker.start] from the start of a broker's process until it is back in the cluster. */
  readonly brokerStart: Duration;
  /** [broker.transaction-log] bytes that each partition of __transaction_state holds at time 0. */
  readonly transactionLog: number;
  /** [broker.transaction-load-bandwidth] bytes a second of it that a new leader reads and takes in. */
  readonly transactionLoadBandwidth: number;
}

export interface KafkaCluster {
  readonly brokers: number;
  /** `transaction.max.timeout.ms` */
  readonly transactionMaxTimeout: Duration;
  readonly transactions: TransactionsSpec;
  readonly minInsyncReplicas: number;
  /** `broker.heartbeat.interval.ms` and `broker.session.timeout.ms` */
  readonly brokerHeartbeatInterval: Duration;
  readonly brokerSessionTimeout: Duration;
  /** `replica.lag.time.max.ms` */
  readonly replicaLagTimeMax: Duration;
  /** `controller.quorum.append.linger.ms` */
  readonly controllerAppendLinger: Duration;
  readonly topics: readonly TopicSpec[];
}

/** How the brokers coordinate transactions. */
export interface TransactionsSpec {
  /** 1; 2 (KIP-890) with brokers and a client of 4.0 or later. */
  readonly protocolVersion: 1 | 2;
  /** `transaction.state.log.num.partitions` */
  readonly stateLogPartitions: number;
  /** `transaction.state.log.replication.factor`, at most the number of brokers. */
  readonly stateLogReplicationFactor: number;
  /** `transaction.state.log.min.isr`, at most those replicas. */
  readonly stateLogMinIsr: number;
  /** `transaction.abort.timed.out.transaction.cleanup.interval.ms` */
  readonly sweepInterval: Duration;
  /** time of the first look of every broker; undefined: drawn for each. */
  readonly sweepPhase: Duration | undefined;
  /** `transactional.id.expiration.ms` */
  readonly idExpiration: Duration;
  /** `transaction.remove.expired.transaction.cleanup.interval.ms` */
  readonly expiryInterval: Duration;
  /** `add.partitions.to.txn.retry.backoff.ms` */
  readonly addPartitionsRetryBackoff: Duration;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly minInsyncReplicas: number;
  /** `unclean.leader.election.enable` */
  readonly uncleanElection: boolean;
}

export type Acks = "0" | "1" | "all";

/** What makes the records: one origin, spread over the partitions of its topic in turn. */
export interface ProducerSpec {
  readonly name: string;
  readonly topic: string;
  readonly arrivals: "constant" | "poisson";
  /** records a second over all partitions, as an exact fraction. */
  readonly rate: { readonly numerator: number; readonly denominator: number };
  /** when it makes nothing, ns; `every`: again and again; undefined: once. */
  readonly pauses: readonly {
    readonly from: number;
    readonly length: number;
    readonly every: number | undefined;
  }[];
  readonly recordBytes: number;
  /** number of distinct keys, >= 1. */
  readonly keys: number;
  /** `cycle`: keys in turn; `zipf`: drawn with the given exponent (0 is uniform). */
  readonly keyDistribution: { readonly kind: "cycle" } | { readonly kind: "zipf"; readonly exponent: number };
  readonly config: KafkaProducerConfig;
}

export interface KafkaProducerConfig {
  readonly acks: Acks;
  readonly linger: Duration;
  readonly batchSize: number;
  readonly maxInFlightRequestsPerConnection: number;
  /** bytes of a record, or of all batches in a request, at most. */
  readonly maxRequestSize: number;
  /** bytes for batches that are not acknowledged. */
  readonly bufferMemory: number;
  /** how often a batch is sent again. */
  readonly retries: number;
  readonly retryBackoff: Duration;
  readonly retryBackoffMax: Duration;
  /** `enable.idempotence`; as the client does by itself, off where acks or the requests in flight rule it out. */
  readonly idempotence: boolean;
  readonly requestTimeout: Duration;
  readonly deliveryTimeout: Duration;
  readonly maxBlock: Duration;
}

export interface KafkaConsumerConfig {
  readonly isolationLevel: IsolationLevel;
  readonly fetchMinBytes: number;
  readonly fetchMaxWait: Duration;
  readonly maxPollRecords: number;
  readonly fetchMaxBytes: number;
  readonly maxPartitionFetchBytes: number;
}

export type IsolationLevel = "read_uncommitted" | "read_committed";
export type DeliveryGuarantee = "none" | "at-least-once" | "exactly-once";

export interface FlinkCluster {
  readonly taskManagers: number;
  /** `taskmanager.numberOfTaskSlots` */
  readonly slotsPerTaskManager: number;
  /** Whether somebody starts a new TaskManager for one that is lost, and watches them (native Kubernetes, YARN). */
  readonly resourceProvider: "standalone" | "active";
  readonly heartbeatInterval: Duration;
  readonly heartbeatTimeout: Duration;
  /** `heartbeat.rpc-failure-threshold`; -1: off. */
  readonly heartbeatRpcFailureThreshold: number;
  /** `pekko.ask.timeout` */
  readonly askTimeout: Duration;
  /** `slot.request.timeout` */
  readonly slotRequestTimeout: Duration;
  /** `task.cancellation.timeout`; 0: a task that doesn't end is waited for. */
  readonly taskCancellationTimeout: Duration;
  readonly highAvailability: HighAvailability;
  /** `pekko.framesize`, bytes. */
  readonly frameSize: number;
  /** `web.checkpoints.history` */
  readonly checkpointHistory: number;
}

export interface JobSpec {
  readonly name: string;
  /** `parallelism.default`, and that of the source. */
  readonly parallelism: number;
  /** Number of key groups, of all operators. */
  readonly maxParallelism: number;
  readonly checkpointing: CheckpointingSpec;
  readonly restartStrategy: RestartStrategySettings;
  readonly state: StateSpec;
  readonly network: NetworkSpec;
  /** `metrics.latency.*` */
  readonly latencyTracking: LatencyTracking;
  /** `sink.committer.retries` */
  readonly committerRetries: number;
  /** `pipeline.operator-chaining.enabled` */
  readonly operatorChaining: boolean;
  readonly source: SourceSpec;
  /** Each comes behind those that it reads. Which of them share a task: jobGraph. */
  readonly operators: readonly OperatorSpec[];
  readonly sinks: readonly SinkSpec[];
}

/** How the records of an edge choose the subtask they go to; `hash` is keyBy. */
export type Partitioner = "forward" | "rebalance" | "rescale" | "hash" | "broadcast";

export interface JobInput {
  /** name of an operator, or SOURCE. */
  readonly from: string;
  readonly partitioner: Partitioner;
}

/** The name of a job's source among its operators. */
export const SOURCE = "source";

export interface CheckpointingSpec {
  /** undefined: checkpointing is off. */
  readonly interval: Duration | undefined;
  readonly intervalDuringBacklog: Duration | undefined;
  readonly minPause: Duration;
  readonly maxConcurrentCheckpoints: number;
  /** `execution.checkpointing.mode` */
  readonly mode: "exactly-once" | "at-least-once";
  /** `execution.checkpointing.unaligned.enabled` */
  readonly unaligned: boolean;
  /** `execution.checkpointing.aligned-checkpoint-timeout` */
  readonly alignedTimeout: Duration;
  readonly timeout: Duration;
  readonly tolerableFailedCheckpoints: number;
  readonly checkpointsAfterTasksFinish: boolean;
  /** `execution.checkpointing.num-retained` */
  readonly retained: number;
  /** `execution.checkpointing.externalized-checkpoint-retention` */
  readonly retention: "NO_EXTERNALIZED_CHECKPOINTS" | "RETAIN_ON_CANCELLATION" | "DELETE_ON_CANCELLATION";
  readonly storage: "jobmanager" | "filesystem";
  /** Where the REST API says that checkpoints are; undefined: nowhere. */
  readonly directory: string | undefined;
  readonly dataInlineThreshold: number;
}

export interface StateSpec {
  readonly backend: "hashmap" | "rocksdb";
  readonly incremental: boolean;
  /** `state.backend.rocksdb.checkpoint.transfer.thread.num` */
  readonly transferThreads: number;
  /** `execution.checkpointing.local-backup.enabled`: as `execution.state-recovery.from-local` where it isn't written. */
  readonly localBackup: boolean;
  /** `execution.state-recovery.from-local` */
  readonly fromLocal: boolean;
}

export interface NetworkSpec {
  /** `execution.buffer-timeout.interval`; 0: after every record; undefined: only full buffers. */
  readonly bufferTimeout: Duration | undefined;
  /** `taskmanager.memory.segment-size` */
  readonly segmentSize: number;
  readonly buffersPerChannel: number;
  readonly floatingBuffersPerGate: number;
  readonly maxBuffersPerChannel: number;
  readonly maxOverdraftBuffersPerGate: number;
  /** `taskmanager.network.memory.buffer-debloat.*` */
  readonly debloat: BufferDebloatSettings & { readonly enabled: boolean };
}

export interface SourceSpec {
  readonly topic: string;
  readonly groupId: string | undefined;
  readonly commitOffsetsOnCheckpoint: boolean;
  readonly consumer: KafkaConsumerConfig;
  /** undefined: the job has no event time. */
  readonly watermarks?: WatermarkSpec;
  /** undefined: `scan.bounded.mode` is unbounded. */
  readonly bounded?: BoundedSpec;
}

/** Where a source's reading ends. */
export type BoundedSpec =
  | { readonly mode: "latest-offset" }
  /** ns of the virtual clock. */
  | { readonly mode: "timestamp"; readonly time: Duration }
  /** By partition of the topic. */
  | { readonly mode: "specific-offsets"; readonly offsets: readonly number[] };

/** How a source makes event-time watermarks. */
export interface WatermarkSpec {
  /** `watermark: bounded-out-of-orderness` */
  readonly outOfOrderness: Duration;
  /** `scan.watermark.idle-timeout`; undefined: no split is ever idle. */
  readonly idleTimeout: Duration | undefined;
  /** `pipeline.auto-watermark-interval` */
  readonly interval: Duration;
}

export type ServiceTime =
  | { readonly kind: "constant"; readonly value: Duration }
  /** a wait of the thread without work, which ends late by [timer.park-overshoot]. */
  | { readonly kind: "parked"; readonly value: Duration }
  /** gamma of the given shape (1: exponential), mean in ns. */
  | { readonly kind: "gamma"; readonly mean: Duration; readonly shape: number };

export interface OperatorSpec {
  readonly name: string;
  readonly parallelism: number;
  /** It has one of its own: `parallelism.default` is nothing to it. */
  readonly setsParallelism: boolean;
  readonly inputs: readonly JobInput[];
  readonly serviceTime: ServiceTime;
  /** A subtask that takes another time for a record, undefined: none does. */
  readonly slowSubtask: { readonly subtask: number; readonly serviceTime: ServiceTime } | undefined;
  /** bytes of keyed state for each key of the operator's input, and each window; 0: stateless. */
  readonly stateBytesPerKey: number;
  /** undefined: it hands on each record. */
  readonly window?: WindowSpec & { readonly resultTime: ServiceTime };
}

/** Tumbling windows of event time, whole ms: [offset + k size, offset + (k + 1) size). */
export interface WindowSpec {
  readonly size: Duration;
  readonly offset: Duration;
}

export interface SinkSpec {
  readonly topic: string;
  readonly input: JobInput;
  /** `sink.parallelism` */
  readonly parallelism: number;
  /** It has one of its own; else that of its input. */
  readonly setsParallelism: boolean;
  /** of its input's records, how many it gets: an even share, in lowest terms. */
  readonly share: { readonly numerator: number; readonly denominator: number };
  readonly deliveryGuarantee: DeliveryGuarantee;
  readonly transactionalIdPrefix: string | undefined;
  /** `sink.partitioner`; `key`: the default of records that have one, as those of upsert-kafka do. */
  readonly partitioner: "default" | "fixed" | "key";
  /** `sink.buffer-flush.max-rows` and `.interval` of upsert-kafka; undefined: off. */
  readonly bufferFlush: { readonly maxRows: number; readonly interval: Duration } | undefined;
  /** bytes of an output record. */
  readonly recordBytes: number;
  readonly transactionTimeout: Duration;
  /** `sink.transaction-naming-strategy`: names of transactional ids, and how what an earlier attempt left open is found. */
  readonly transactionNamingStrategy: "INCREMENTING" | "POOLING";
  /** whether a producer is free again with its commit (connector 3.x), or only with the next snapshot. */
  readonly recyclesProducerOnCommit: boolean;
  readonly producer: KafkaProducerConfig;
}

export interface ReaderSpec {
  readonly name: string;
  readonly topic: string;
  readonly consumer: KafkaConsumerConfig;
  readonly slo: { readonly quantile: number; readonly bound: Duration } | undefined;
  /** `upsert`: the latest value of each key; `by-key`: what it has had is dropped. */
  readonly deduplicate: "none" | "upsert" | "by-key";
}
