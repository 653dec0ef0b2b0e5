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
  return {
    acks: defaults.of(producerOptions, values, "acks"),
    linger: defaults.of(producerOptions, values, "linger.ms"),
    batchSize: defaults.of(producerOptions, values, "batch.size"),
    maxInFlightRequestsPerConnection: defaults.of(
      producerOptions,
      values,
      "max.in.flight.requests.per.connection",
    ),
    retryBackoff: defaults.of(producerOptions, values, "retry.backoff.ms"),
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
