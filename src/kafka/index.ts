export {
  BrokerCluster,
  type BrokerObserver,
  type BrokerState,
  type PartitionGroup,
} from "./broker-cluster.ts";
export { CONTROLLER } from "./broker-links.ts";
export {
  appendDelay,
  type BrokerTiming,
  diskDelays,
  followersBusy,
  produceService,
  replicationDelay,
  timeInAccumulator,
  type WriterLoad,
} from "./broker-timing.ts";
export {
  ALL,
  type ClientKind,
  ClientLinks,
  type ClientPlace,
  type LinkCut,
  type LinkDelay,
  NO_JOB,
  reaches,
} from "./client-links.ts";
export {
  type ClientRetries,
  findsLeaderAt,
  firstRetryAfter,
  givenUpAfter,
  noticesLossAt,
} from "./client-retries.ts";
export { CurveConsumer } from "./curve-consumer.ts";
export { CurveProducer, type CurveProducerKinds } from "./curve-producer.ts";
export { EagerConsumer, type EagerConsumerKinds } from "./eager-consumer.ts";
export { EagerProducer, type EagerProducerKinds } from "./eager-producer.ts";
export { type FetchSettings, fetchPeriod } from "./fetch-loop.ts";
export { InFlightBatches } from "./in-flight-batches.ts";
export type { IsolationLevel } from "./isolation-level.ts";
export {
  CONCURRENT_TRANSACTIONS,
  COORDINATOR_NOT_AVAILABLE,
  errorName,
  INVALID_PRODUCER_EPOCH,
  INVALID_PRODUCER_ID_MAPPING,
  INVALID_TXN_STATE,
  type KafkaError,
  NONE,
  NOT_COORDINATOR,
  PRODUCER_FENCED,
  REQUEST_TIMED_OUT,
  UNKNOWN_PRODUCER_ID,
} from "./kafka-error.ts";
export type { LogConsumer, RecordTaker } from "./log-consumer.ts";
export type { KafkaObserver, LossReason } from "./observations.ts";
export type {
  LeaderChange,
  PartitionChange,
  PartitionListener,
  PartitionStatus,
} from "./partition-change.ts";
export { longestRequestWait } from "./producer-connection.ts";
export { ReadableHistory } from "./readable-history.ts";
export type { RecordProducer, RecordProducerSettings } from "./record-producer.ts";
export { type Piece, sentAgain } from "./sent-again.ts";
export { StateLogLoader } from "./state-log-loader.ts";
export { type LogWriter, Topic } from "./topic.ts";
export {
  TransactionCoordinator,
  type TransactionCoordinatorSettings,
} from "./transaction-coordinator.ts";
export type { TransactionCounters } from "./transaction-counters.ts";
export type { TransactionMetadata } from "./transaction-metadata.ts";
export type { TransactionVersion } from "./transaction-protocol.ts";
export type { TransactionState } from "./transaction-state.ts";
export { TransactionalClient, type TransactionalClientSettings } from "./transactional-client.ts";
