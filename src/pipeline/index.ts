export type { SourceReaderMetrics, TaskMetrics } from "../flink/index.ts";
export { FAILURE_REASONS as failureReasons } from "../flink/index.ts";
export type { Lineage, Route } from "../records/index.ts";
export { assemble, type World } from "./assemble.ts";
export type { AssemblyOptions, Phases } from "./assembly/assembly-options.ts";
export type { PipelineObserver } from "./assembly/pipeline-observer.ts";
export { ConfigError } from "./config-error.ts";
export { type DefaultRow, listDefaults } from "./defaults.ts";
export { environmentFigures } from "./environment-figures.ts";
export { readEnvironmentFile } from "./environment-file.ts";
export { type Explanation, explainKey } from "./explain-key.ts";
export { FAULT_OPTION, type Issue } from "./issue.ts";
export { isLine, mostCopies, sinkWriterName, slotsOf } from "./job-graph.ts";
export { haveWindows, jobVertices, topicsWrittenWhole } from "./job-vertices.ts";
export { windowOperators } from "./jobs-in-order.ts";
export { type PipelineReading, parsePipeline, resolvePipeline } from "./parse-pipeline.ts";
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
export { presetNames } from "./presets/environment-presets.ts";
export { REPLACED_BACKENDS } from "./replaced-names.ts";
export { parallelismsOf, problemOfRescaling, rescaledJob, widestJob } from "./rescaling.ts";
export type { PipelineInput } from "./schema.ts";
export { physicalDuration } from "./values/duration.ts";
export { formatDuration } from "./values/format-duration.ts";
export { formatFault } from "./values/format-fault.ts";
