import { kafkaMilliseconds } from "../values/duration.ts";
import { integer } from "../values/number.ts";
import { memorySize } from "../values/size.ts";
import { exactChoice, flag, text } from "../values/word.ts";
import { options } from "./option.ts";

const MILLISECOND = 1_000_000;
const INT_MAX = 2_147_483_647;
const milliseconds = kafkaMilliseconds();
const positive = kafkaMilliseconds({ min: MILLISECOND });
const long = kafkaMilliseconds({ max: Number.MAX_SAFE_INTEGER });
const bytes = memorySize({ max: INT_MAX });
const replicas = integer({ min: 1, max: 1000 });

/** Options of a Kafka producer. */
export const producerOptions = options({
  scope: "producer",
  source: "Kafka 4.1 ProducerConfig",
  modelled: {
    acks: [
      exactChoice(["all", "1", "0"], { "-1": "all" }),
      "all",
      "Which replicas have a batch before it is acknowledged.",
    ],
    "linger.ms": [
      milliseconds,
      { of: "kafkaClients", release: "4.0", before: "0", from: "5" },
      "How long a batch that isn't full waits for more records.",
      { source: "Kafka 3.9 and 4.1 ProducerConfig (KIP-1030)" },
    ],
    "batch.size": [bytes, "16384", "Largest batch for one partition."],
    "max.request.size": [bytes, "1048576", "Largest request and largest record."],
    "buffer.memory": [memorySize(), "33554432", "Memory for batches; without room send blocks."],
    "max.in.flight.requests.per.connection": [
      integer({ min: 1, max: 1_000_000 }),
      "5",
      "Requests to a broker that may wait for their response.",
    ],
    retries: [
      integer(),
      "2147483647",
      "How often a batch is sent again; in practice delivery.timeout.ms is the bound.",
    ],
    "retry.backoff.ms": [milliseconds, "100", "First wait before a retry."],
    "retry.backoff.max.ms": [milliseconds, "1000", "Largest wait before a retry."],
    "enable.idempotence": [flag(), "true", "Whether the broker drops repeats of a batch."],
    "request.timeout.ms": [positive, "30000", "Time a response may take."],
    "delivery.timeout.ms": [milliseconds, "120000", "Time from send to success or failure of a record."],
    "max.block.ms": [long, "60000", "How long send, initTransactions and commitTransaction may block."],
  },
  known: {
    "reconnect.backoff.ms": [milliseconds, "50", "First wait before a reconnect."],
    "reconnect.backoff.max.ms": [milliseconds, "1000", "Largest wait before a reconnect."],
    "metadata.max.age.ms": [long, "300000", "Time before metadata is read again."],
    "compression.type": [
      exactChoice(["none", "gzip", "snappy", "lz4", "zstd"]),
      "none",
      "Compression of batches.",
    ],
    "connections.max.idle.ms": [long, "540000", "Time before an idle connection is closed."],
    "transaction.timeout.ms": [positive, "60000", "Time before the broker aborts an open transaction."],
    "transactional.id": [
      text("a transactional id", "orders-1"),
      undefined,
      "Name under which a producer is fenced.",
    ],
    "transaction.two.phase.commit.enable": [
      flag(),
      "false",
      "Whether transactions may stay open without limit (KIP-939).",
    ],
    "partitioner.adaptive.partitioning.enable": [
      flag(),
      "true",
      "Whether faster brokers get more keyless records.",
    ],
    "partitioner.availability.timeout.ms": [
      milliseconds,
      "0",
      "Time before a slow partition is avoided; 0: never.",
    ],
  },
});

/** Options of a Kafka consumer. */
export const consumerOptions = options({
  scope: "consumer",
  source: "Kafka 4.1 ConsumerConfig",
  modelled: {
    "isolation.level": [
      exactChoice(["read_uncommitted", "read_committed"]),
      "read_uncommitted",
      "Whether a reader stops at the high watermark or at the last stable offset.",
    ],
    "fetch.min.bytes": [bytes, "1", "Bytes a broker collects before it answers a fetch."],
    "fetch.max.wait.ms": [milliseconds, "500", "How long a broker waits for them."],
    "max.poll.records": [integer({ min: 1 }), "500", "Most records one poll returns."],
    "fetch.max.bytes": [bytes, "52428800", "Most bytes of one fetch response."],
    "max.partition.fetch.bytes": [bytes, "1048576", "Most bytes of one partition in a response."],
  },
  known: {
    "max.poll.interval.ms": [positive, "300000", "Longest time between two polls of a group member."],
    "session.timeout.ms": [positive, "45000", "Silence after which a group member counts as lost."],
    "heartbeat.interval.ms": [positive, "3000", "Time between two heartbeats of a group member."],
    "enable.auto.commit": [flag(), "true", "Whether offsets are committed in the background."],
    "auto.commit.interval.ms": [milliseconds, "5000", "Time between two such commits."],
    "auto.offset.reset": [
      text('"latest", "earliest", "none" or "by_duration:…"', "earliest"),
      "latest",
      "Where a group without offsets starts.",
    ],
    "group.id": [text("a group id", "enrich"), undefined, "Consumer group."],
    "request.timeout.ms": [positive, "30000", "Time a response may take."],
    "metadata.max.age.ms": [long, "300000", "Time before metadata is read again."],
  },
});

/** Options of the brokers. */
export const brokerOptions = options({
  scope: "broker",
  source: "Kafka 4.1 ReplicationConfigs",
  modelled: {
    "transaction.max.timeout.ms": [
      positive,
      "900000",
      "Longest transaction.timeout.ms that a producer may ask for.",
      { source: "Kafka 4.1 TransactionStateManagerConfig" },
    ],
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": [
      positive,
      "10000",
      "Time between two looks for timed-out transactions.",
      { source: "Kafka 4.1 TransactionStateManagerConfig" },
    ],
    "transactional.id.expiration.ms": [
      positive,
      "604800000",
      "Time before an idle transactional id is forgotten.",
      { source: "Kafka 4.1 TransactionStateManagerConfig" },
    ],
    "transaction.remove.expired.transaction.cleanup.interval.ms": [
      positive,
      "3600000",
      "Time between two looks for expired ids.",
      { source: "Kafka 4.1 TransactionStateManagerConfig" },
    ],
    "transaction.state.log.num.partitions": [
      integer({ min: 1 }),
      "50",
      "Partitions of __transaction_state.",
      { source: "Kafka 4.1 TransactionLogConfig" },
    ],
    "transaction.state.log.replication.factor": [
      replicas,
      "3",
      "Replicas of __transaction_state.",
      { source: "Kafka 4.1 TransactionLogConfig" },
    ],
    "add.partitions.to.txn.retry.backoff.ms": [
      milliseconds,
      "20",
      "First wait of a leader whose transaction is still committing.",
      { source: "Kafka 4.1 AddPartitionsToTxnConfig" },
    ],
    "min.insync.replicas": [
      replicas,
      "1",
      "Replicas in sync without which acks=all is refused; a topic may override it.",
      { source: "Kafka 4.1 ServerLogConfigs" },
    ],
    "default.replication.factor": [replicas, "1", "Replicas of a topic that doesn't say."],
    "num.partitions": [
      integer({ min: 1, max: 10_000 }),
      "1",
      "Partitions of a topic that doesn't say.",
      { source: "Kafka 4.1 ServerLogConfigs" },
    ],
    "unclean.leader.election.enable": [flag(), "false", "Whether a replica out of sync may lead."],
    "broker.heartbeat.interval.ms": [
      positive,
      "2000",
      "Time between a broker's heartbeats.",
      { source: "Kafka 4.1 KRaftConfigs" },
    ],
    "broker.session.timeout.ms": [
      positive,
      "9000",
      "Silence after which a broker is fenced.",
      { source: "Kafka 4.1 KRaftConfigs" },
    ],
    "replica.lag.time.max.ms": [
      positive,
      "30000",
      "How long a follower may lag before its leader takes it out of the replicas in sync; looked at every half of it.",
      { source: "Kafka 4.1 ReplicationConfigs" },
    ],
    "controller.quorum.append.linger.ms": [
      milliseconds,
      "25",
      "Wait of a controller's write.",
      { source: "Kafka 4.1 QuorumConfig" },
    ],
    "transaction.state.log.min.isr": [
      replicas,
      "2",
      "Replicas in sync that __transaction_state needs.",
      { source: "Kafka 4.1 TransactionLogConfig" },
    ],
  },
  known: {
    "replica.fetch.wait.max.ms": [milliseconds, "500", "How long a follower's fetch may wait."],
    "replica.fetch.min.bytes": [bytes, "1", "Bytes a leader collects before it answers a follower."],
    "replica.fetch.max.bytes": [bytes, "1048576", "Bytes of one partition in a follower's fetch."],
    "replica.fetch.response.max.bytes": [bytes, "10485760", "Bytes of a follower's fetch."],
    "replica.fetch.backoff.ms": [milliseconds, "1000", "A follower's wait after an error."],
    "num.replica.fetchers": [integer({ min: 1 }), "1", "Fetcher threads for each leader."],
    "replica.high.watermark.checkpoint.interval.ms": [
      milliseconds,
      "5000",
      "Time between two saves of high watermarks.",
    ],
    "unclean.leader.election.interval.ms": [
      milliseconds,
      "300000",
      "Time between two looks for unclean elections.",
    ],
    "leader.imbalance.check.interval.seconds": [
      integer({}, "s"),
      "300",
      "Time between two looks for moved leaders.",
    ],
    "log.flush.interval.messages": [
      integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      undefined,
      "Records between two fsyncs; none: never on the path.",
      { source: "Kafka 4.1 ServerLogConfigs" },
    ],
    "message.max.bytes": [bytes, "1048588", "Largest batch.", { source: "Kafka 4.1 ServerLogConfigs" }],
    "controller.quorum.fetch.timeout.ms": [
      positive,
      "2000",
      "Silence after which a new controller is elected.",
      { source: "Kafka 4.1 QuorumConfig" },
    ],
    "controller.quorum.election.timeout.ms": [
      positive,
      "1000",
      "Time an election may take.",
      { source: "Kafka 4.1 QuorumConfig" },
    ],
    "controller.quorum.election.backoff.max.ms": [
      milliseconds,
      "1000",
      "Largest wait before another election.",
      { source: "Kafka 4.1 QuorumConfig" },
    ],
    "offsets.topic.replication.factor": [
      replicas,
      "3",
      "Replicas of __consumer_offsets.",
      { source: "Kafka 4.1 GroupCoordinatorConfig" },
    ],
    "num.network.threads": [
      integer({ min: 1 }),
      "3",
      "Threads that read and write sockets.",
      { source: "Kafka 4.1 SocketServerConfigs" },
    ],
    "num.io.threads": [
      integer({ min: 1 }),
      "8",
      "Threads that handle requests.",
      { source: "Kafka 4.1 ServerConfigs" },
    ],
    "queued.max.requests": [
      integer({ min: 1 }),
      "500",
      "Requests that may queue.",
      { source: "Kafka 4.1 ServerConfigs" },
    ],
    "producer.id.expiration.ms": [
      positive,
      "86400000",
      "Time before an idle producer is forgotten.",
      { source: "Kafka 4.1 TransactionLogConfig" },
    ],
    "transaction.state.log.segment.bytes": [
      bytes,
      "104857600",
      "Segment of __transaction_state.",
      { source: "Kafka 4.1 TransactionLogConfig" },
    ],
    "transaction.state.log.load.buffer.size": [
      bytes,
      "5242880",
      "Buffer when a coordinator loads its log.",
      { source: "Kafka 4.1 TransactionLogConfig" },
    ],
    "transaction.partition.verification.enable": [
      flag(),
      "true",
      "Whether a leader asks the coordinator about a new transaction (KIP-890).",
      { source: "Kafka 4.1 TransactionLogConfig" },
    ],
    "add.partitions.to.txn.retry.backoff.max.ms": [
      milliseconds,
      "100",
      "Largest such wait.",
      { source: "Kafka 4.1 AddPartitionsToTxnConfig" },
    ],
    "transaction.two.phase.commit.enable": [
      flag(),
      "false",
      "Whether transactions may stay open without limit (KIP-939).",
      { source: "Kafka 4.1 TransactionStateManagerConfig" },
    ],
  },
});

/** Options of one topic. */
export const topicOptions = options({
  scope: "topic",
  source: "Kafka 4.1 TopicConfig",
  modelled: {
    partitions: [
      integer({ min: 1, max: 10_000 }),
      undefined,
      "Partitions; without it num.partitions of the brokers.",
      { source: "Kafka 4.1 NewTopic" },
    ],
    "replication.factor": [
      replicas,
      undefined,
      "Replicas; without it default.replication.factor of the brokers.",
      { source: "Kafka 4.1 NewTopic" },
    ],
    "min.insync.replicas": [
      replicas,
      undefined,
      "Replicas in sync without which acks=all is refused; without it the brokers' value.",
    ],
    "unclean.leader.election.enable": [
      flag(),
      undefined,
      "Whether a replica out of sync may lead; without it the brokers' value.",
    ],
  },
  known: {
    "max.message.bytes": [bytes, "1048588", "Largest batch."],
    "cleanup.policy": [text('"delete" or "compact"', "delete"), "delete", "What happens to old segments."],
    "retention.ms": [
      integer({ min: -1, max: Number.MAX_SAFE_INTEGER }, "ms"),
      "604800000",
      "Time records are kept; -1: for ever.",
    ],
    "retention.bytes": [
      integer({ min: -1, max: Number.MAX_SAFE_INTEGER }, "bytes"),
      "-1",
      "Bytes kept a partition; -1: all.",
    ],
    "segment.bytes": [bytes, "1073741824", "Size of a log segment."],
    "message.timestamp.type": [
      exactChoice(["CreateTime", "LogAppendTime"]),
      "CreateTime",
      "Which time a record carries.",
    ],
    "compression.type": [
      exactChoice(["producer", "uncompressed", "none", "gzip", "snappy", "lz4", "zstd"]),
      "producer",
      "Compression on the broker.",
    ],
  },
});
