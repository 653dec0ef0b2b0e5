export type {
  Acks,
  CheckpointingSpec,
  DeliveryGuarantee,
  Environment,
  FlinkCluster,
  IsolationLevel,
  JobSpec,
  KafkaCluster,
  KafkaConsumerConfig,
  KafkaProducerConfig,
  NetworkSpec,
  OperatorSpec,
  Pipeline,
  ProducerSpec,
  ReaderSpec,
  ServiceTime,
  SinkSpec,
  SourceSpec,
  TopicSpec,
  Versions,
} from "./pipeline.ts";
export { ConfigError } from "./config-error.ts";
export type { Issue } from "./issue.ts";
export { type PipelineReading, parsePipeline, resolvePipeline } from "./parse-pipeline.ts";
export type { PipelineInput } from "./schema.ts";
export { formatDuration } from "./values/format-duration.ts";
export { type AssemblyOptions, assemble, type PipelineObserver, type World } from "./assemble.ts";
