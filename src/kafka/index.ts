export {
  appendDelay,
  type BrokerTiming,
  followersBusy,
  produceService,
  replicationDelay,
  timeInAccumulator,
} from "./broker-timing.ts";
export { CurveConsumer } from "./curve-consumer.ts";
export { CurveProducer, type CurveProducerKinds } from "./curve-producer.ts";
export { EagerConsumer, type EagerConsumerKinds } from "./eager-consumer.ts";
export { EagerProducer, type EagerProducerKinds } from "./eager-producer.ts";
export { type FetchSettings, fetchPeriod } from "./fetch-loop.ts";
export type { IsolationLevel } from "./isolation-level.ts";
export type { LogConsumer, RecordTaker } from "./log-consumer.ts";
export type { KafkaObserver } from "./observations.ts";
export { longestRequestWait } from "./producer-connection.ts";
export { ReadableHistory } from "./readable-history.ts";
export type { RecordProducer, RecordProducerSettings } from "./record-producer.ts";
export { type LogWriter, Topic } from "./topic.ts";
export { TransactionCoordinator } from "./transaction-coordinator.ts";
export type { TransactionState } from "./transaction-state.ts";
