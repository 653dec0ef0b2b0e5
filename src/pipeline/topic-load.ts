import { writtenPerSecond } from "./job-graph.ts";
import type { KafkaProducerConfig, Pipeline } from "./pipeline.ts";

/** Batches a second that one broker's partitions get, on average, when all is in balance: what the producers make, and
 *  what jobs pass on. Batches of `linger` hold what comes to their partition meanwhile. */
export function appendsPerSecond(pipeline: Pipeline): number {
  let appends = 0;
  for (const { topic, rate, config } of pipeline.producers) {
    appends += batches(pipeline, topic, rate.numerator / rate.denominator, config);
  }
  for (const job of pipeline.jobs) {
    const read = recordsPerSecond(pipeline, job.source.topic);
    for (const sink of job.sinks) {
      const written = writtenPerSecond(job, sink, read, distinctKeys(pipeline, job.source.topic));
      appends += batches(pipeline, sink.topic, written, sink.producer);
    }
  }
  return appends / pipeline.kafka.brokers;
}

function batches(pipeline: Pipeline, topic: string, rate: number, { linger }: KafkaProducerConfig): number {
  const partitions = pipeline.kafka.topics.find((spec) => spec.name === topic)?.partitions ?? 1;
  return rate / (1 + ((rate / partitions) * linger) / 1e9);
}

/** Records a second that come into `topic`, all jobs keeping up. `seen`: topics on the way here. */
export function recordsPerSecond(pipeline: Pipeline, topic: string, seen: readonly string[] = []): number {
  if (seen.includes(topic)) return 0;
  let rate = 0;
  for (const producer of pipeline.producers) {
    if (producer.topic === topic) rate += producer.rate.numerator / producer.rate.denominator;
  }
  for (const job of pipeline.jobs) {
    for (const sink of job.sinks) {
      if (sink.topic !== topic) continue;
      const read = recordsPerSecond(pipeline, job.source.topic, [...seen, topic]);
      rate += writtenPerSecond(job, sink, read, distinctKeys(pipeline, job.source.topic));
    }
  }
  return rate;
}

/** Distinct keys of the records in `topic`, at most. `seen`: topics on the way here. */
function distinctKeys(pipeline: Pipeline, topic: string, seen: readonly string[] = []): number {
  if (seen.includes(topic)) return 0;
  const made = pipeline.producers.filter((producer) => producer.topic === topic);
  const writers = pipeline.jobs.filter(({ sinks }) => sinks.some((sink) => sink.topic === topic));
  return (
    made.reduce((sum, { keys }) => sum + keys, 0) +
    writers.reduce((sum, { source }) => sum + distinctKeys(pipeline, source.topic, [...seen, topic]), 0)
  );
}

/** bytes of a record of `topic`, as its producer or else its first job writes them. */
export function recordBytes({ producers, jobs }: Pipeline, topic: string): number {
  const producer = producers.find((one) => one.topic === topic);
  if (producer !== undefined) return producer.recordBytes;
  const sinks = jobs.flatMap((job) => job.sinks);
  return sinks.find((sink) => sink.topic === topic)?.recordBytes ?? 1;
}
