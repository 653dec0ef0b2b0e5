import { consumerOptions, producerOptions } from "./options/kafka-options.ts";
import { readerOptions, workloadOptions } from "./options/pipeline-options.ts";
import type { KafkaConsumerConfig, KafkaProducerConfig, ProducerSpec, ReaderSpec } from "./pipeline.ts";
import type { ParsedPipeline } from "./schema.ts";
import type { Defaults, Written } from "./settled.ts";

type ParsedProducer = ParsedPipeline["producers"][string];
type ParsedReader = NonNullable<ParsedPipeline["readers"]>[string];

export function resolveProducer(name: string, values: ParsedProducer, defaults: Defaults): ProducerSpec {
  return {
    name,
    topic: values.topic,
    arrivals: defaults.of(workloadOptions, values, "arrivals"),
    rate: values.rate,
    pauses: defaults.of(workloadOptions, values, "pauses"),
    recordBytes: values.record,
    keys: defaults.of(workloadOptions, values, "keys"),
    keyDistribution: defaults.of(workloadOptions, values, "skew"),
    config: resolveProducerConfig(values, defaults),
  };
}

export function resolveProducerConfig(
  values: Written<typeof producerOptions>,
  defaults: Defaults,
): KafkaProducerConfig {
  const acks = defaults.of(producerOptions, values, "acks");
  const maxInFlightRequestsPerConnection = defaults.of(
    producerOptions,
    values,
    "max.in.flight.requests.per.connection",
  );
  const ruledOut = acks !== "all" || maxInFlightRequestsPerConnection > 5 || values.retries === 0;
  return {
    acks,
    linger: defaults.of(producerOptions, values, "linger.ms"),
    batchSize: defaults.of(producerOptions, values, "batch.size"),
    maxInFlightRequestsPerConnection,
    maxRequestSize: defaults.of(producerOptions, values, "max.request.size"),
    retries: defaults.of(producerOptions, values, "retries"),
    bufferMemory: defaults.of(producerOptions, values, "buffer.memory"),
    retryBackoff: defaults.of(producerOptions, values, "retry.backoff.ms"),
    retryBackoffMax: defaults.of(producerOptions, values, "retry.backoff.max.ms"),
    idempotence: !ruledOut && defaults.of(producerOptions, values, "enable.idempotence"),
    requestTimeout: defaults.of(producerOptions, values, "request.timeout.ms"),
    deliveryTimeout: defaults.of(producerOptions, values, "delivery.timeout.ms"),
    maxBlock: defaults.of(producerOptions, values, "max.block.ms"),
  };
}

export function resolveConsumer(
  values: Written<typeof consumerOptions>,
  defaults: Defaults,
): KafkaConsumerConfig {
  return {
    isolationLevel: defaults.of(consumerOptions, values, "isolation.level"),
    fetchMinBytes: defaults.of(consumerOptions, values, "fetch.min.bytes"),
    fetchMaxWait: defaults.of(consumerOptions, values, "fetch.max.wait.ms"),
    maxPollRecords: defaults.of(consumerOptions, values, "max.poll.records"),
    fetchMaxBytes: defaults.of(consumerOptions, values, "fetch.max.bytes"),
    maxPartitionFetchBytes: defaults.of(consumerOptions, values, "max.partition.fetch.bytes"),
  };
}

export function resolveReader(name: string, values: ParsedReader, defaults: Defaults): ReaderSpec {
  return {
    name,
    topic: values.topic,
    consumer: resolveConsumer(values, defaults),
    slo: values.slo,
    deduplicate: defaults.of(readerOptions, values, "deduplicate"),
  };
}
