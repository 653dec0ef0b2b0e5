import { KafkaSink } from "../../connectors/index.ts";
import type { JobSpec, SinkSpec } from "../pipeline.ts";
import type { JobSurroundings } from "./job-surroundings.ts";

/** Makes the sink of a subtask, with its writer and committer. @param number of the job. */
export function makeSink(
  job: JobSpec,
  number: number,
  spec: SinkSpec,
  subtask: number,
  taskManager: number,
  world: JobSurroundings,
): KafkaSink {
  const place = { kind: "taskmanager", client: taskManager, job: number } as const;
  const { sim, kafka, events, observer, pipeline, options } = world;
  const writer = events.sinks.length;
  const kafkaSink = new KafkaSink(
    sim,
    {
      job: number,
      writer,
      subtask,
      deliveryGuarantee: spec.deliveryGuarantee,
      partitioner: spec.partitioner,
      ...(spec.bufferFlush && { bufferFlush: { ...spec.bufferFlush, kind: events.upsertFlush } }),
      recordBytes: spec.recordBytes,
      batchSize: spec.producer.batchSize,
      joinsAtBroker: pipeline.kafka.transactions.protocolVersion === 2,
      parallelism: spec.parallelism,
      transactionalIdPrefix: spec.transactionalIdPrefix ?? job.name,
      namingStrategy: spec.transactionNamingStrategy,
      abortStrategy: spec.transactionNamingStrategy === "POOLING" ? "LISTING" : "PROBING",
      recyclesOnCommit: spec.recyclesProducerOnCommit,
      // At once, as since Flink 1.20.1.
      committer: { retries: job.committerRetries, retryDelay: 0 },
    },
    kafka.topic(spec.topic),
    kafka.makeSinkProducer(spec, place),
    kafka.coordinator,
    kafka.transactionalClients(spec, place),
    sim.stream(`partitioner ${job.name} ${spec.topic} ${subtask}`),
    observer,
    options.spans === "one-record",
  );
  events.sinks.push(kafkaSink);
  return kafkaSink;
}
