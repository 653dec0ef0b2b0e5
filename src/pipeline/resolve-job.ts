import type { Duration } from "../engine/index.ts";
import type { RestartStrategySettings } from "../flink/index.ts";
import { sinkOptions, sourceOptions } from "./options/connector-options.ts";
import type { consumerOptions, producerOptions } from "./options/kafka-options.ts";
import { operatorOptions, sinkKeys } from "./options/pipeline-options.ts";
import {
  type JobInput,
  type JobSpec,
  type NetworkSpec,
  type OperatorSpec,
  type Partitioner,
  type ProducerSpec,
  type SinkSpec,
  SOURCE,
  type SourceSpec,
} from "./pipeline.ts";
import { resolveCheckpointing, resolveState } from "./resolve-checkpointing.ts";
import { resolveConsumer, resolveProducerConfig } from "./resolve-client.ts";
import type { ParsedPipeline } from "./schema.ts";
import type { Defaults, Written } from "./settled.ts";
import { compareVersions } from "./values/version.ts";

type ParsedJob = ParsedPipeline["jobs"][string];
type ParsedOperator = ParsedJob["operators"][number];
type ParsedSink = ParsedJob["sinks"][number];
type FlinkConfig = NonNullable<ParsedJob["config"]>;

export function resolveJobs(
  parsed: ParsedPipeline,
  producers: readonly ProducerSpec[],
  defaults: Defaults,
): readonly JobSpec[] {
  return Object.entries(parsed.jobs).map(([name, job]): JobSpec => {
    const config = { ...parsed.flink?.config, ...job.config };
    const parallelism = defaults.flink(config, "parallelism.default");
    const operators = resolveOperators(job.operators, parallelism, defaults);
    const widest = Math.max(parallelism, ...operators.map((operator) => operator.parallelism));
    return {
      name,
      parallelism,
      maxParallelism: maxParallelism(defaults.flink(config, "pipeline.max-parallelism"), widest),
      checkpointing: resolveCheckpointing(config, defaults),
      state: resolveState(config, defaults),
      restartStrategy: resolveRestartStrategy(config, defaults),
      network: resolveNetwork(config, defaults),
      latencyTracking: resolveLatencyTracking(config, defaults),
      source: resolveSource(job.source, defaults.flink(config, "pipeline.auto-watermark-interval"), defaults),
      committerRetries: defaults.flink(config, "sink.committer.retries"),
      operatorChaining: defaults.flink(config, "pipeline.operator-chaining.enabled"),
      operators,
      sinks: job.sinks.map((sink) =>
        resolveSink(sink, operators, recordBytesOf(job.source.topic, parsed, producers), defaults),
      ),
    };
  });
}

function resolveOperators(
  parsed: readonly ParsedOperator[],
  parallelismDefault: number,
  defaults: Defaults,
): readonly OperatorSpec[] {
  const parallelismOf = new Map([[SOURCE, parallelismDefault]]);
  let before = SOURCE;
  return parsed.map((operator): OperatorSpec => {
    const { name, keyed, partitioner, inputs = [before], window } = operator;
    const parallelism = operator.parallelism ?? parallelismDefault;
    const written: Partitioner | undefined = partitioner ?? (keyed ? "hash" : undefined);
    const input = (from: string): JobInput => ({
      from,
      partitioner: written ?? usualPartitioner(parallelismOf.get(from), parallelism),
    });
    parallelismOf.set(name, parallelism);
    before = name;
    const serviceTime = defaults.of(operatorOptions, operator, "service-time");
    return {
      name,
      parallelism,
      setsParallelism: operator.parallelism !== undefined,
      inputs: inputs.map(input),
      serviceTime,
      slowSubtask: operator["slow-subtask"],
      stateBytesPerKey: defaults.of(operatorOptions, operator, "state"),
      ...(window !== undefined && {
        window: { ...window, resultTime: operator["result-time"] ?? serviceTime },
      }),
    };
  });
}

/** Source: Flink 2.1 StreamGraph.addEdge. */
function usualPartitioner(upstream: number | undefined, downstream: number): Partitioner {
  return upstream === undefined || upstream === downstream ? "forward" : "rebalance";
}

/** Number of key groups when nobody sets it.
 *  Source: Flink KeyGroupRangeAssignment.computeDefaultMaxParallelism. */
function maxParallelism(configured: number, parallelism: number): number {
  if (configured > 0) return configured;
  const wanted = parallelism + Math.floor(parallelism / 2);
  return Math.min(Math.max(2 ** (32 - Math.clz32(wanted - 1)), 128), 32_768);
}

function resolveRestartStrategy(config: FlinkConfig, defaults: Defaults): RestartStrategySettings {
  // Without checkpoints nothing is restarted unless the file says so.
  const type =
    config["restart-strategy.type"] ??
    (config["execution.checkpointing.interval"] === undefined ? "none" : "exponential-delay");
  switch (type) {
    case "exponential-delay":
      return {
        type,
        initialBackoff: defaults.flink(config, "restart-strategy.exponential-delay.initial-backoff"),
        maxBackoff: defaults.flink(config, "restart-strategy.exponential-delay.max-backoff"),
        backoffMultiplier: defaults.flink(config, "restart-strategy.exponential-delay.backoff-multiplier"),
        resetBackoffThreshold: defaults.flink(
          config,
          "restart-strategy.exponential-delay.reset-backoff-threshold",
        ),
        jitterFactor: defaults.flink(config, "restart-strategy.exponential-delay.jitter-factor"),
        attemptsBeforeResetBackoff: defaults.flink(
          config,
          "restart-strategy.exponential-delay.attempts-before-reset-backoff",
        ),
      };
    case "fixed-delay":
      return {
        type,
        attempts: defaults.flink(config, "restart-strategy.fixed-delay.attempts"),
        delay: defaults.flink(config, "restart-strategy.fixed-delay.delay"),
      };
    case "failure-rate":
      return {
        type,
        maxFailuresPerInterval: defaults.flink(
          config,
          "restart-strategy.failure-rate.max-failures-per-interval",
        ),
        failureRateInterval: defaults.flink(config, "restart-strategy.failure-rate.failure-rate-interval"),
        delay: defaults.flink(config, "restart-strategy.failure-rate.delay"),
      };
    case "none":
      return { type };
  }
}

function resolveNetwork(config: FlinkConfig, defaults: Defaults): NetworkSpec {
  return {
    bufferTimeout: defaults.flink(config, "execution.buffer-timeout.enabled")
      ? defaults.flink(config, "execution.buffer-timeout.interval")
      : undefined,
    segmentSize: defaults.flink(config, "taskmanager.memory.segment-size"),
    buffersPerChannel: defaults.flink(config, "taskmanager.network.memory.buffers-per-channel"),
    floatingBuffersPerGate: defaults.flink(config, "taskmanager.network.memory.floating-buffers-per-gate"),
    maxBuffersPerChannel: defaults.flink(config, "taskmanager.network.memory.max-buffers-per-channel"),
    maxOverdraftBuffersPerGate: defaults.flink(
      config,
      "taskmanager.network.memory.max-overdraft-buffers-per-gate",
    ),
    debloat: resolveDebloat(config, defaults),
  };
}

function resolveLatencyTracking(config: FlinkConfig, defaults: Defaults): JobSpec["latencyTracking"] {
  return {
    interval: defaults.flink(config, "metrics.latency.interval"),
    granularity: defaults.flink(config, "metrics.latency.granularity"),
    historySize: defaults.flink(config, "metrics.latency.history-size"),
  };
}

function resolveDebloat(config: FlinkConfig, defaults: Defaults): NetworkSpec["debloat"] {
  const debloat = "taskmanager.network.memory.buffer-debloat" as const;
  return {
    enabled: defaults.flink(config, `${debloat}.enabled`),
    target: defaults.flink(config, `${debloat}.target`),
    period: defaults.flink(config, `${debloat}.period`),
    samples: defaults.flink(config, `${debloat}.samples`),
    threshold: defaults.flink(config, `${debloat}.threshold-percentages`),
    least: defaults.flink(config, "taskmanager.memory.min-segment-size"),
    start: defaults.flink(config, "taskmanager.memory.starting-segment-size"),
    most: defaults.flink(config, "taskmanager.memory.segment-size"),
  };
}

/** A client's options without their `properties.`. */
function clientProperties(values: object): Record<string, unknown> {
  const own = Object.entries(values).filter(([key]) => key.startsWith("properties."));
  return Object.fromEntries(own.map(([key, value]) => [key.slice("properties.".length), value as unknown]));
}

function resolveSource(source: ParsedJob["source"], interval: Duration, defaults: Defaults): SourceSpec {
  const groupId = source["properties.group.id"];
  const isolationLevel = defaults.of(sourceOptions, source, "properties.isolation.level");
  const consumer = clientProperties({
    ...source,
    "properties.isolation.level": isolationLevel,
  }) as Written<typeof consumerOptions>;
  return {
    topic: source.topic,
    groupId,
    commitOffsetsOnCheckpoint:
      groupId !== undefined && defaults.of(sourceOptions, source, "properties.commit.offsets.on.checkpoint"),
    consumer: resolveConsumer(consumer, defaults),
    ...resolveBounded(source, defaults),
    ...(source.watermark !== undefined && {
      watermarks: {
        outOfOrderness: source.watermark,
        idleTimeout: source["scan.watermark.idle-timeout"],
        interval,
      },
    }),
  };
}

function resolveBounded(source: ParsedJob["source"], defaults: Defaults): Pick<SourceSpec, "bounded"> {
  const mode = defaults.of(sourceOptions, source, "scan.bounded.mode");
  switch (mode) {
    case "unbounded":
      return {};
    case "latest-offset":
      return { bounded: { mode } };
    case "timestamp":
      return { bounded: { mode, time: ((source["scan.bounded.timestamp-millis"] ?? 0) * 1e6) as Duration } };
    case "specific-offsets": {
      const named = source["scan.bounded.specific-offsets"] ?? new Map<number, number>();
      const partitions = Math.max(-1, ...named.keys()) + 1;
      // Those that aren't named are refused.
      const offsets = Array.from({ length: partitions }, (_, partition) => named.get(partition) ?? 0);
      return { bounded: { mode, offsets } };
    }
  }
}

function resolveSink(
  sink: ParsedSink,
  operators: readonly OperatorSpec[],
  inputRecordBytes: number,
  defaults: Defaults,
): SinkSpec {
  const producer = clientProperties(sink) as Written<typeof producerOptions>;
  const from = sink.from ?? operators.at(-1)?.name ?? SOURCE;
  const upstream = operators.find((operator) => operator.name === from)?.parallelism;
  const parallelism = sink["sink.parallelism"] ?? upstream ?? 1;
  return {
    topic: sink.topic,
    input: { from, partitioner: usualPartitioner(upstream, parallelism) },
    parallelism,
    setsParallelism: sink["sink.parallelism"] !== undefined,
    share: defaults.of(sinkKeys, sink, "share"),
    deliveryGuarantee: defaults.of(sinkOptions, sink, "sink.delivery-guarantee"),
    transactionalIdPrefix: sink["sink.transactional-id-prefix"],
    partitioner: resolvePartitioner(sink, defaults),
    bufferFlush: resolveBufferFlush(sink, defaults),
    recordBytes: sink.record ?? inputRecordBytes,
    transactionTimeout: defaults.of(sinkOptions, sink, "properties.transaction.timeout.ms"),
    transactionNamingStrategy: defaults.of(sinkOptions, sink, "sink.transaction-naming-strategy"),
    recyclesProducerOnCommit: compareVersions(defaults.context.versions.flinkConnectorKafka, "4.0") < 0,
    producer: resolveProducerConfig(producer, defaults),
  };
}

/** Source: flink-connector-kafka UpsertKafkaDynamicTableFactory (no partitioner of Flink's: the producer's, by the primary
 *  key), DynamicKafkaRecordSerializationSchema; kafka KafkaProducer.partition. */
function resolvePartitioner(sink: ParsedSink, defaults: Defaults): SinkSpec["partitioner"] {
  const partitioner = defaults.of(sinkOptions, sink, "sink.partitioner");
  const hasKey = sink["key.fields"] !== undefined || isUpsertKafka(sink, defaults);
  return partitioner === "default" && hasKey ? "key" : partitioner;
}

/** Source: flink-connector-kafka SinkBufferFlushMode: off unless both are set. */
function resolveBufferFlush(sink: ParsedSink, defaults: Defaults): SinkSpec["bufferFlush"] {
  const maxRows = defaults.of(sinkOptions, sink, "sink.buffer-flush.max-rows");
  const interval = defaults.of(sinkOptions, sink, "sink.buffer-flush.interval");
  return maxRows > 0 && interval > 0 ? { maxRows, interval } : undefined;
}

function isUpsertKafka(sink: ParsedSink, defaults: Defaults): boolean {
  return defaults.of(sinkOptions, sink, "connector") === "upsert-kafka";
}

/** Size of the records of a topic: that of its producer, or of the jobs on the way from one. 0: nobody writes it. */
function recordBytesOf(topic: string, parsed: ParsedPipeline, producers: readonly ProducerSpec[]): number {
  const seen = new Set<string>();
  let current: string | undefined = topic;
  while (current !== undefined && !seen.has(current)) {
    seen.add(current);
    const here: string = current;
    const producer = producers.find((candidate) => candidate.topic === here);
    if (producer !== undefined) return producer.recordBytes;
    const [job, sink] = writerOf(here, parsed);
    if (sink?.record !== undefined) return sink.record;
    current = job?.source.topic;
  }
  return 0;
}

function writerOf(topic: string, parsed: ParsedPipeline): readonly [ParsedJob?, ParsedSink?] {
  for (const job of Object.values(parsed.jobs)) {
    const sink = job.sinks.find((one) => one.topic === topic);
    if (sink !== undefined) return [job, sink];
  }
  return [];
}
