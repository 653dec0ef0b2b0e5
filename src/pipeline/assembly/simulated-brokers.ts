import type { Simulation } from "../../engine/index.ts";
import {
  BrokerCluster,
  type BrokerObserver,
  type BrokerTiming,
  diskDelays,
  followersBusy,
  type KafkaObserver,
  type PartitionGroup,
  StateLogLoader,
  type Topic,
  TransactionCoordinator,
  type WriterLoad,
} from "../../kafka/index.ts";
import type { Pipeline, TopicSpec } from "../pipeline.ts";
import { appendsPerSecond, recordBytes, recordsPerSecond } from "../topic-load.ts";

/** Name under which the partitions of __transaction_state are led. */
const STATE_LOG = "__transaction_state";

/** What a request to a broker takes, by the environment and how much is written. */
export function brokerTiming(pipeline: Pipeline): BrokerTiming {
  const env = pipeline.environment;
  return {
    roundTrip: env.brokerRoundTrip,
    replicationRoundTrip: env.brokerReplicationRoundTrip,
    append: env.brokerAppend,
    requestHandling: env.brokerRequestHandling,
    clientWakeup: env.clientWakeup,
    followersBusy: followersBusy(
      appendsPerSecond(pipeline),
      env.brokerReplicationRoundTrip + env.brokerAppend,
    ),
  };
}

/** The brokers of a world where they can fail. @param settle brings every log up to a time. */
export function makeBrokers(
  sim: Simulation,
  pipeline: Pipeline,
  timing: BrokerTiming,
  topicOf: (name: string) => Topic,
  coordinator: TransactionCoordinator,
  settle: (now: number) => void,
  observer: BrokerObserver,
): BrokerCluster {
  const { kafka, environment } = pipeline;
  const { transactions, topics } = kafka;
  const appends = appendsPerSecond(pipeline);
  const delaysOf = (factor: number, writer: WriterLoad | undefined): PartitionGroup["diskDelays"] => {
    return (leader, followers) => diskDelays(timing, factor, appends, writer, leader, followers);
  };
  const groups = topics.map(
    (spec): PartitionGroup => ({
      name: spec.name,
      partitions: spec.partitions,
      replicationFactor: spec.replicationFactor,
      minInsyncReplicas: spec.minInsyncReplicas,
      unclean: spec.uncleanElection,
      listener: topicOf(spec.name),
      diskDelays: delaysOf(spec.replicationFactor, writerLoad(pipeline, spec)),
    }),
  );
  const stateLog: PartitionGroup = {
    name: STATE_LOG,
    partitions: transactions.stateLogPartitions,
    replicationFactor: transactions.stateLogReplicationFactor,
    minInsyncReplicas: transactions.stateLogMinIsr,
    unclean: false,
    listener: coordinator,
    diskDelays: delaysOf(transactions.stateLogReplicationFactor, undefined),
  };
  const bytesPerSecond = topics.reduce(
    (sum, { name }) => sum + recordsPerSecond(pipeline, name) * recordBytes(pipeline, name),
    0,
  );
  const cycle = environment.brokerReplicationRoundTrip + environment.brokerAppend;
  const cluster = new BrokerCluster(
    sim,
    {
      brokers: kafka.brokers,
      heartbeatInterval: kafka.brokerHeartbeatInterval,
      sessionTimeout: kafka.brokerSessionTimeout,
      replicaLagTimeMax: kafka.replicaLagTimeMax,
      metadataDelay: kafka.controllerAppendLinger + environment.brokerReplicationRoundTrip,
      brokerStart: environment.brokerStart,
      fetchCycle: (slowness) => environment.brokerReplicationRoundTrip + environment.brokerAppend * slowness,
      // What the others were written meanwhile comes over the network.
      catchUp: (outage) => Math.round(cycle + (outage * bytesPerSecond) / environment.brokerBandwidth),
    },
    [...groups, stateLog],
    settle,
    sim.stream("brokers"),
    observer,
  );
  coordinator.surroundings = {
    stateOf: (broker) => cluster.stateOf(broker),
    stateLogOpenAt: (partition) => cluster.expectedOpenAt(STATE_LOG, partition),
    passesAt: (from, to, at) => cluster.cutUntil(from, to, at),
  };
  return cluster;
}

/** Who writes a topic: its producer, or the subtasks of a job's sink. */
function writerLoad(pipeline: Pipeline, { name, partitions }: TopicSpec): WriterLoad | undefined {
  const { producers, jobs, kafka } = pipeline;
  const sink = jobs.flatMap(({ sinks }) => sinks).find(({ topic }) => topic === name);
  const config = producers.find(({ topic }) => topic === name)?.config ?? sink?.producer;
  if (config === undefined) return undefined;
  const connections = Math.min(kafka.brokers, partitions) * (sink?.parallelism ?? 1);
  return {
    acks: config.acks,
    maxInFlight: config.maxInFlightRequestsPerConnection,
    recordsPerSecond: recordsPerSecond(pipeline, name) / connections,
  };
}

/** The transaction coordinators. @param brokersCanFail whether a new leader has to read its partitions. */
export function makeCoordinator(
  sim: Simulation,
  pipeline: Pipeline,
  timing: BrokerTiming,
  brokersCanFail: boolean,
  observer: KafkaObserver,
): TransactionCoordinator {
  const { brokers, transactions, transactionMaxTimeout } = pipeline.kafka;
  const { sweepInterval, sweepPhase } = transactions;
  const phaseOf = (broker: number): number =>
    sweepPhase === undefined
      ? sim.stream(`transaction sweep of broker ${broker}`).below(sweepInterval)
      : sweepPhase % sweepInterval;
  return new TransactionCoordinator(
    sim,
    timing,
    {
      brokers,
      replicationFactor: transactions.stateLogReplicationFactor,
      stateLogPartitions: transactions.stateLogPartitions,
      maxTimeout: transactionMaxTimeout,
      sweepInterval,
      idExpiration: transactions.idExpiration,
      expiryInterval: transactions.expiryInterval,
      sweepPhases: Array.from({ length: brokers }, (_, broker) => phaseOf(broker)),
      addPartitionsRetryBackoff: transactions.addPartitionsRetryBackoff,
      // Producers, consumers and followers ask brokers for something all the time.
      quiet: false,
      ...(brokersCanFail && { loader: makeLoader(pipeline) }),
    },
    observer,
  );
}

function makeLoader({ kafka, environment }: Pipeline): StateLogLoader {
  const { stateLogPartitions } = kafka.transactions;
  const { transactionLog, transactionLoadBandwidth } = environment;
  return new StateLogLoader(stateLogPartitions, kafka.brokers, transactionLog, transactionLoadBandwidth);
}
