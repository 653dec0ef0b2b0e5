import type { Duration } from "../engine/index.ts";
import type { HighAvailability } from "../flink/index.ts";
import type { EnvironmentFile } from "./environment-file.ts";
import { slotsOf } from "./job-graph.ts";
import { environmentOptions } from "./options/environment-options.ts";
import { brokerOptions } from "./options/kafka-options.ts";
import { versionOptions } from "./options/pipeline-options.ts";
import type { Environment, KafkaCluster, Pipeline, TopicSpec, Versions } from "./pipeline.ts";
import { versionPreset } from "./presets/version-presets.ts";
import { widestJob } from "./rescaling.ts";
import { resolveProducer, resolveReader } from "./resolve-client.ts";
import { resolveJobs } from "./resolve-job.ts";
import type { ParsedPipeline } from "./schema.ts";
import { Defaults } from "./settled.ts";
import { completeVersions, transactionVersion } from "./versions.ts";

/** Fills in every default of a pipeline that was read; `place` is the environment file it names, read. Doesn't check: see
 *  {@link checkPipeline}. */
export function resolve(parsed: ParsedPipeline, fileName: string, place?: EnvironmentFile): Pipeline {
  const versions = resolveVersions(parsed.versions ?? {});
  const preset = place?.basedOn ?? parsed.environment?.preset ?? String(environmentOptions.preset.default);
  const defaults = new Defaults({ versions, preset, figures: place?.figures ?? {} });
  const producers = Object.entries(parsed.producers).map(([name, values]) =>
    resolveProducer(name, values, defaults),
  );
  const flinkConfig = parsed.flink?.config ?? {};
  const slotsPerTaskManager = defaults.flink(flinkConfig, "taskmanager.numberOfTaskSlots");
  const jobs = resolveJobs(parsed, producers, defaults);
  const faults = Object.entries(parsed.faults ?? {}).map(([name, fault]) => ({ name, ...fault }));
  const slots = jobs.reduce((sum, job) => sum + slotsOf(widestJob(job, faults)), 0);
  return {
    name: parsed.name ?? baseName(fileName),
    versions,
    environment: resolveEnvironment(parsed.environment ?? {}, place?.name ?? preset, defaults),
    kafka: resolveKafka(parsed.kafka, versions, defaults),
    producers,
    flink: {
      taskManagers: parsed.flink?.taskmanagers ?? Math.max(1, Math.ceil(slots / slotsPerTaskManager)),
      slotsPerTaskManager,
      resourceProvider: parsed.flink?.["resource-provider"] ?? "active",
      heartbeatInterval: defaults.flink(flinkConfig, "heartbeat.interval"),
      heartbeatTimeout: defaults.flink(flinkConfig, "heartbeat.timeout"),
      heartbeatRpcFailureThreshold: defaults.flink(flinkConfig, "heartbeat.rpc-failure-threshold"),
      askTimeout: defaults.flink(flinkConfig, "pekko.ask.timeout"),
      slotRequestTimeout: defaults.flink(flinkConfig, "slot.request.timeout"),
      taskCancellationTimeout: defaults.flink(flinkConfig, "task.cancellation.timeout"),
      highAvailability: resolveHighAvailability(flinkConfig, defaults),
      frameSize: defaults.flink(flinkConfig, "pekko.framesize"),
      checkpointHistory: defaults.flink(flinkConfig, "web.checkpoints.history"),
    },
    jobs,
    readers: Object.entries(parsed.readers ?? {}).map(([name, values]) =>
      resolveReader(name, values, defaults),
    ),
    faults,
  };
}

/** A class of the user's own is taken to work with leases, like kubernetes. */
function resolveHighAvailability(
  config: NonNullable<ParsedPipeline["flink"]>["config"],
  defaults: Defaults,
): HighAvailability {
  const type = defaults.flink(config ?? {}, "high-availability.type").toLowerCase();
  const election = "high-availability.kubernetes.leader-election" as const;
  return {
    type: type === "none" || type === "" ? "NONE" : type === "zookeeper" ? type : "kubernetes",
    leaseDuration: defaults.flink(config ?? {}, `${election}.lease-duration`),
    renewDeadline: defaults.flink(config ?? {}, `${election}.renew-deadline`),
    retryPeriod: defaults.flink(config ?? {}, `${election}.retry-period`),
    sessionTimeout: defaults.flink(config ?? {}, "high-availability.zookeeper.client.session-timeout"),
  };
}

function baseName(fileName: string): string {
  const last = fileName.split(/[/\\]/).at(-1) ?? fileName;
  return last.replace(/\.(ya?ml|[cm]?[jt]s|json)$/i, "") || "pipeline";
}

function resolveVersions(given: NonNullable<ParsedPipeline["versions"]>): Versions {
  const triple = given.preset === undefined ? undefined : versionPreset(given.preset);
  return completeVersions({
    flink: given.flink ?? triple?.flink[0] ?? String(versionOptions.flink.default),
    // A Flink written beside the preset's name brings its own connector.
    flinkConnectorKafka:
      given["flink-connector-kafka"] ??
      (given.flink === undefined ? triple?.flinkConnectorKafka[0] : undefined),
    kafka: given.kafka ?? triple?.kafka[0] ?? String(versionOptions.kafka.default),
  });
}

function resolveEnvironment(
  values: NonNullable<ParsedPipeline["environment"]>,
  preset: string,
  defaults: Defaults,
): Environment {
  type OtherKey =
    | "preset"
    | "file"
    | "broker.bandwidth"
    | "broker.transaction-log"
    | "broker.transaction-load-bandwidth"
    | "rocksdb.flush-bandwidth"
    | "storage.bandwidth"
    | "storage.shared-bandwidth"
    | "storage.shared-by"
    | "host.cores"
    | "host.shared-by"
    | "jvm.start-up-cores"
    | "jobmanager.cold-excess"
    | "taskmanager.cold-excess";
  type DurationKey = Exclude<keyof typeof environmentOptions, OtherKey>;
  const time = (key: DurationKey): Duration => defaults.of(environmentOptions, values, key);
  return {
    preset,
    brokerRoundTrip: time("broker.round-trip"),
    brokerReplicationRoundTrip: time("broker.replication-round-trip"),
    brokerAppend: time("broker.append"),
    brokerRequestHandling: time("broker.request-handling"),
    brokerBandwidth: defaults.of(environmentOptions, values, "broker.bandwidth"),
    clientWakeup: time("client.wakeup"),
    flinkRpc: time("flink.rpc"),
    taskManagerNetworkLatency: time("taskmanager.network-latency"),
    sourceEmission: time("source.emission"),
    snapshotSync: time("snapshot.sync"),
    snapshotAsync: time("snapshot.async"),
    snapshotFirst: time("snapshot.first"),
    snapshotSyncPerKey: time("snapshot.sync-per-key"),
    rocksdbFlushBandwidth: defaults.of(environmentOptions, values, "rocksdb.flush-bandwidth"),
    storageLatency: time("storage.latency"),
    storageLatencyP99: time("storage.latency-p99"),
    storageBandwidth: defaults.of(environmentOptions, values, "storage.bandwidth"),
    storageSharedBandwidth: defaults.of(environmentOptions, values, "storage.shared-bandwidth"),
    storageSharedBy: defaults.of(environmentOptions, values, "storage.shared-by"),
    storageCreateFolder: time("storage.create-folder"),
    timerOversleep: time("timer.oversleep"),
    timerParkOvershoot: time("timer.park-overshoot"),
    taskManagerStart: time("taskmanager.start"),
    hostCores: defaults.of(environmentOptions, values, "host.cores"),
    hostSharedBy: defaults.of(environmentOptions, values, "host.shared-by"),
    startUpCores: defaults.of(environmentOptions, values, "jvm.start-up-cores"),
    warmUpTime: time("jvm.warm-up-time"),
    jobManagerColdExcess: defaults.of(environmentOptions, values, "jobmanager.cold-excess"),
    taskManagerColdExcess: defaults.of(environmentOptions, values, "taskmanager.cold-excess"),
    taskManagerSettling: time("taskmanager.settling"),
    clusterAge: time("cluster.age"),
    connectionLoss: time("taskmanager.connection-loss"),
    taskManagerWatch: time("taskmanager.watch"),
    taskManagerTermination: time("taskmanager.termination"),
    taskDeployment: time("task.deployment"),
    taskFirstDeployment: time("task.first-deployment"),
    taskCancellation: time("task.cancellation"),
    jobManagerStart: time("jobmanager.start"),
    brokerStart: time("broker.start"),
    transactionLog: defaults.of(environmentOptions, values, "broker.transaction-log"),
    transactionLoadBandwidth: defaults.of(environmentOptions, values, "broker.transaction-load-bandwidth"),
  };
}

function resolveKafka(kafka: ParsedPipeline["kafka"], versions: Versions, defaults: Defaults): KafkaCluster {
  const config = kafka.config ?? {};
  const minInsyncReplicas = defaults.of(brokerOptions, config, "min.insync.replicas");
  const topics = Object.entries(kafka.topics).map(([name, topic]): TopicSpec => {
    const replicationFactor =
      topic["replication.factor"] ?? defaults.of(brokerOptions, config, "default.replication.factor");
    return {
      name,
      partitions: topic.partitions ?? defaults.of(brokerOptions, config, "num.partitions"),
      replicationFactor,
      // The broker takes the lesser of the two: Partition.effectiveMinIsr.
      minInsyncReplicas: Math.min(topic["min.insync.replicas"] ?? minInsyncReplicas, replicationFactor),
      uncleanElection:
        topic["unclean.leader.election.enable"] ??
        defaults.of(brokerOptions, config, "unclean.leader.election.enable"),
    };
  });
  const brokers = kafka.brokers ?? 1;
  const stateLogReplicationFactor = Math.min(
    defaults.of(brokerOptions, config, "transaction.state.log.replication.factor"),
    brokers,
  );
  return {
    brokers,
    transactionMaxTimeout: defaults.of(brokerOptions, config, "transaction.max.timeout.ms"),
    transactions: {
      protocolVersion: transactionVersion(versions),
      stateLogPartitions: defaults.of(brokerOptions, config, "transaction.state.log.num.partitions"),
      stateLogReplicationFactor,
      stateLogMinIsr: Math.min(
        defaults.of(brokerOptions, config, "transaction.state.log.min.isr"),
        stateLogReplicationFactor,
      ),
      sweepInterval: defaults.of(
        brokerOptions,
        config,
        "transaction.abort.timed.out.transaction.cleanup.interval.ms",
      ),
      sweepPhase: kafka["transaction-sweep-phase"],
      idExpiration: defaults.of(brokerOptions, config, "transactional.id.expiration.ms"),
      expiryInterval: defaults.of(
        brokerOptions,
        config,
        "transaction.remove.expired.transaction.cleanup.interval.ms",
      ),
      addPartitionsRetryBackoff: defaults.of(brokerOptions, config, "add.partitions.to.txn.retry.backoff.ms"),
    },
    minInsyncReplicas,
    brokerHeartbeatInterval: defaults.of(brokerOptions, config, "broker.heartbeat.interval.ms"),
    brokerSessionTimeout: defaults.of(brokerOptions, config, "broker.session.timeout.ms"),
    replicaLagTimeMax: defaults.of(brokerOptions, config, "replica.lag.time.max.ms"),
    controllerAppendLinger: defaults.of(brokerOptions, config, "controller.quorum.append.linger.ms"),
    topics,
  };
}
