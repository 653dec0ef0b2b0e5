import type { Path } from "../issue.ts";
import type { producerOptions } from "../options/kafka-options.ts";
import type { KafkaProducerConfig } from "../pipeline.ts";
import type { Written } from "../settled.ts";
import { formatDuration } from "../values/format-duration.ts";
import { compareVersions } from "../values/version.ts";
import type { CheckContext } from "./check-context.ts";

/** A producer, of an application or inside a sink. */
interface Client {
  readonly pathOf: (key: string) => Path;
  readonly written: Written<typeof producerOptions>;
  readonly config: KafkaProducerConfig;
  readonly transactional: boolean;
  readonly recordBytes: number;
}

/** What the constructor of a Kafka producer refuses, in its own words.
 *  Source: org.apache.kafka.clients.producer.ProducerConfig and KafkaProducer, 3.9 and 4.1. */
export function checkProducers(context: CheckContext): void {
  for (const client of clientsOf(context)) {
    checkIdempotence(context, client);
    checkDeliveryTimeout(context, client);
    checkRequestSize(context, client);
    checkBufferMemory(context, client);
  }
}

function clientsOf({ pipeline, parsed }: CheckContext): readonly Client[] {
  const producers = pipeline.producers.map(
    ({ name, config, recordBytes }): Client => ({
      pathOf: (key) => ["producers", name, key],
      written: parsed.producers[name] ?? {},
      config,
      transactional: false,
      recordBytes,
    }),
  );
  const all = pipeline.jobs.flatMap(({ name, sinks }) => sinks.map((sink, i) => ({ name, sink, i })));
  const sinks = all.map(({ name, sink, i }): Client => {
    const written = Object.entries(parsed.jobs[name]?.sinks[i] ?? {}).map(([key, value]) => [
      key.replace(/^properties\./, ""),
      value,
    ]);
    return {
      pathOf: (key) => ["jobs", name, "sinks", i, `properties.${key}`],
      written: Object.fromEntries(written) as Client["written"],
      config: sink.producer,
      transactional: sink.deliveryGuarantee === "exactly-once",
      recordBytes: sink.recordBytes,
    };
  });
  return [...producers, ...sinks];
}

function checkIdempotence(context: CheckContext, { pathOf, written, config, transactional }: Client): void {
  const idempotence = written["enable.idempotence"];
  const clientFour = compareVersions(context.pipeline.versions.kafkaClients, "4.0") >= 0;
  const inFlight = config.maxInFlightRequestsPerConnection;
  const because = [pathOf("enable.idempotence"), pathOf("sink.delivery-guarantee")];
  const refuse = (key: string, wanted: string, words: string): void => {
    context.report({ path: pathOf(key), because, wanted: `${wanted}, or the client fails: ${words}` });
  };
  const transaction = "Cannot set a transactional.id without also enabling idempotence.";
  if (idempotence === false) {
    if (transactional) refuse("enable.idempotence", "true", transaction);
    return;
  }
  const disabled = transactional ? transaction : undefined;
  if (config.acks !== "all") {
    const words = idempotence
      ? "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence."
      : disabled;
    if (words !== undefined) refuse("acks", '"all"', words);
  }
  if (written.retries === 0) {
    const words = idempotence ? "Must set retries to non-zero when using the idempotent producer." : disabled;
    if (words !== undefined) refuse("retries", "at least 1", words);
  }
  if (inFlight > 5) {
    const older = idempotence
      ? "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent producer."
      : disabled;
    const words = clientFour
      ? `To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. Current value is ${inFlight}.`
      : older;
    if (words !== undefined) refuse("max.in.flight.requests.per.connection", "at most 5", words);
  }
}

function checkDeliveryTimeout(context: CheckContext, { pathOf, written, config }: Client): void {
  const delivery = written["delivery.timeout.ms"];
  const request = written["request.timeout.ms"] ?? 30_000_000_000;
  if (delivery === undefined || delivery >= config.linger + request) return;
  context.report({
    path: pathOf("delivery.timeout.ms"),
    because: [pathOf("linger.ms"), pathOf("request.timeout.ms")],
    wanted:
      `at least ${formatDuration(config.linger + request)}, or the client fails: ` +
      "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms",
  });
}

function checkRequestSize(context: CheckContext, { pathOf, config, recordBytes }: Client): void {
  const { maxRequestSize } = config;
  if (recordBytes <= maxRequestSize) return;
  context.report({
    path: recordOf(pathOf),
    because: [pathOf("max.request.size")],
    wanted: `at most max.request.size of ${maxRequestSize} bytes, or send fails with RecordTooLargeException`,
  });
}

/** A batch takes batch.size at least, and the record that it begins with.
 *  Source: KafkaProducer.ensureValidRecordSize, RecordAccumulator.append, BufferPool.allocate. */
function checkBufferMemory(context: CheckContext, { pathOf, config, recordBytes }: Client): void {
  const { bufferMemory, batchSize, maxRequestSize } = config;
  if (recordBytes > bufferMemory && recordBytes <= maxRequestSize) {
    context.report({
      path: recordOf(pathOf),
      because: [pathOf("buffer.memory")],
      wanted: `at most buffer.memory of ${bufferMemory} bytes, or send fails with RecordTooLargeException`,
    });
  } else if (batchSize > bufferMemory) {
    context.report({
      path: pathOf("buffer.memory"),
      because: [pathOf("batch.size")],
      wanted:
        `at least batch.size of ${batchSize} bytes, or send fails with IllegalArgumentException: ` +
        `Attempt to allocate ${batchSize} bytes, but there is a hard limit of ${bufferMemory} on memory allocations.`,
    });
  }
}

function recordOf(pathOf: Client["pathOf"]): Path {
  const [first, ...rest] = pathOf("record");
  return [first ?? "", ...rest.map((step) => (step === "properties.record" ? "record" : step))];
}
