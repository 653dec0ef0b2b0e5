import type { Path } from "../issue.ts";
import { slotsOf } from "../job-graph.ts";
import { nearest } from "../nearest.ts";
import { type JobSpec, type OperatorSpec, type Partitioner, type SinkSpec, SOURCE } from "../pipeline.ts";
import { widestJob } from "../rescaling.ts";
import { formatDuration } from "../values/format-duration.ts";
import { compareVersions } from "../values/version.ts";
import type { CheckContext } from "./check-context.ts";

/** Jobs: the slots they need, their operators, and what exactly-once asks for. */
export function checkJobs(context: CheckContext): void {
  checkConnector(context);
  checkSlots(context);
  checkPrefixes(context);
  checkSameKeyGroups(context);
  for (const job of context.pipeline.jobs) {
    checkParallelism(context, job);
    checkOperators(context, job);
    checkEventTime(context, job);
    checkBounded(context, job);
    checkStateBackend(context, job);
    checkUnaligned(context, job);
    checkBacklogInterval(context, job);
    checkSinks(context, job);
  }
}

/** Where a bounded source ends, and what this version doesn't model of jobs that end. */
function checkBounded(context: CheckContext, job: JobSpec): void {
  const { pipeline, parsed } = context;
  const { bounded, topic } = job.source;
  const written = parsed.jobs[job.name]!.source;
  const at = (key: string): Path => ["jobs", job.name, "source", key];
  const mode = at("scan.bounded.mode");
  for (const [key, needed] of BOUNDED_BY) {
    if (written[key] !== undefined && bounded?.mode !== needed)
      context.report({ path: mode, because: [at(key)], wanted: `${needed}, since ${key} is set` });
    if (written[key] === undefined && bounded?.mode === needed)
      context.report({ path: at(key), wanted: `a value, since scan.bounded.mode is ${needed}` });
  }
  if (bounded === undefined) return;
  const partitions = pipeline.kafka.topics.find(({ name }) => name === topic)?.partitions;
  const named = written["scan.bounded.specific-offsets"];
  if (named !== undefined && partitions !== undefined) {
    const isWhole = named.size === partitions && [...named.keys()].every((one) => one < partitions);
    if (!isWhole)
      context.report({
        path: at("scan.bounded.specific-offsets"),
        wanted: `an offset for each of the ${partitions} partitions of ${topic}, 0 to ${partitions - 1}`,
      });
  }
  if (pipeline.producers.every((producer) => producer.topic !== topic))
    context.report({
      path: at("topic"),
      because: [mode],
      wanted:
        "a topic that a producer writes: this version of Sluice bounds no source of another job's topic",
    });
  if (bounded.mode !== "specific-offsets" && job.operators.some(({ window }) => window !== undefined))
    context.report({
      path: mode,
      wanted:
        "specific-offsets in a job with windows: this version of Sluice has to know which results there are before the job starts",
    });
}

const BOUNDED_BY = [
  ["scan.bounded.specific-offsets", "specific-offsets"],
  ["scan.bounded.timestamp-millis", "timestamp"],
] as const;

function checkSameKeyGroups(context: CheckContext): void {
  const [first, ...others] = context.pipeline.jobs;
  for (const { name, maxParallelism } of others) {
    if (maxParallelism === first!.maxParallelism) continue;
    context.report({
      path: context.flinkPath(name, "pipeline.max-parallelism"),
      because: [context.flinkPath(first!.name, "pipeline.max-parallelism")],
      received: `${maxParallelism} key groups`,
      wanted: `${first!.maxParallelism}, as job ${first!.name} has: this version of Sluice gives all jobs the same key groups`,
    });
  }
}

function checkConnector(context: CheckContext): void {
  const { flink, flinkConnectorKafka } = context.pipeline.versions;
  const oldFlink = compareVersions(flink, "2.0") < 0;
  const oldConnector = compareVersions(flinkConnectorKafka, "4.0") < 0;
  if (oldFlink === oldConnector) return;
  context.report({
    path: ["versions", "flink-connector-kafka"],
    because: [["versions", "flink"]],
    wanted: `a connector for Flink ${flink}: ${oldFlink ? "3.2.0 to 3.4.0" : "4.0.0 or later"}`,
  });
}

function checkSlots(context: CheckContext): void {
  const { jobs, flink, faults } = context.pipeline;
  const needed = jobs.reduce((sum, job) => sum + slotsOf(widestJob(job, faults)), 0);
  if (needed <= flink.taskManagers * flink.slotsPerTaskManager) return;
  context.report({
    path: ["flink", "taskmanagers"],
    because: [
      ["flink", "config", "taskmanager.numberOfTaskSlots"],
      ...jobs.map(({ name }) => context.flinkPath(name, "parallelism.default")),
    ],
    wanted:
      `at least ${Math.ceil(needed / flink.slotsPerTaskManager)}: the jobs' parallelism adds up to ${needed} slots of ` +
      `${flink.slotsPerTaskManager} a TaskManager, or Flink waits and fails with "NoResourceAvailableException: Could not acquire the minimum required resources."`,
  });
}

function checkParallelism(context: CheckContext, { name, parallelism, maxParallelism }: JobSpec): void {
  const maximum = context.flinkPath(name, "pipeline.max-parallelism");
  const configured = context.parsed.jobs[name]?.config?.["pipeline.max-parallelism"];
  if ((configured ?? context.parsed.flink?.config?.["pipeline.max-parallelism"]) === 0) {
    context.report({ path: maximum, wanted: "-1 or a whole number from 1 to 32768" });
  }
  if (parallelism <= maxParallelism) return;
  context.report({
    path: context.flinkPath(name, "parallelism.default"),
    because: [maximum],
    wanted: `at most pipeline.max-parallelism, which is ${maxParallelism}`,
  });
}

function checkOperators(context: CheckContext, job: JobSpec): void {
  const known = new Map([[SOURCE, job.parallelism]]);
  for (const [index, operator] of job.operators.entries()) {
    const path: Path = ["jobs", job.name, "operators", index];
    const parsed = context.parsed.jobs[job.name]?.operators[index];
    const { name, parallelism, inputs, serviceTime, stateBytesPerKey } = operator;
    if (parsed?.keyed !== undefined && parsed.partitioner !== undefined) {
      const wanted = "keyed or partitioner, not both: keyed: true is partitioner: hash";
      context.report({ path: [...path, "partitioner"], because: [[...path, "keyed"]], wanted });
    }
    if (parsed !== undefined && parsed["service-time"] === undefined) {
      const guess = formatDuration(serviceTime.kind === "constant" ? serviceTime.value : 0);
      context.warn({
        path: [...path, "service-time"],
        received: "nothing",
        wanted: `Sluice guesses ${guess} a record, and sluice review varies it`,
      });
    }
    for (const [i, { from, partitioner }] of inputs.entries()) {
      const upstream = known.get(from);
      if (upstream === undefined) {
        const wanted = `${SOURCE} or the name of an operator further up`;
        context.report({ path: [...path, "inputs", i], wanted, suggestion: nearest(from, known.keys()) });
      } else checkEdge(context, path, partitioner, upstream, parallelism);
      if (from === SOURCE && isChainedToSource(job, partitioner, inputs.length, parallelism)) {
        context.report({
          path: [...path, "partitioner"],
          received: "an operator that Flink chains to the source",
          wanted:
            "keyed: true or a partitioner that sends its records over the network: this version of Sluice chains nothing to a source",
        });
      }
    }
    if (stateBytesPerKey > 0 && inputs.some(({ partitioner }) => partitioner !== "hash")) {
      checkKeyedState(context, path, job, operator);
    }
    if (name === SOURCE || known.has(name)) {
      context.report({ path: [...path, "name"], wanted: "a name that no other operator of the job has" });
    }
    known.set(name, parallelism);
  }
}

/** Windows need records by key and watermarks, and every source subtask needs something to make these of. */
function checkEventTime(context: CheckContext, job: JobSpec): void {
  const { source, operators, parallelism } = job;
  const watermark: Path = ["jobs", job.name, "source", "watermark"];
  const idleTimeout: Path = ["jobs", job.name, "source", "scan.watermark.idle-timeout"];
  const windowed = operators.flatMap(({ window }, i) => (window === undefined ? [] : [i]));
  for (const [i, operator] of operators.entries()) {
    const path: Path = ["jobs", job.name, "operators", i];
    if (operator.window === undefined) {
      const resultTime = [...path, "result-time"];
      if (context.isWritten(resultTime)) {
        const wanted = "no result-time, or a window whose results it is the time of";
        context.report({ path: resultTime, because: [[...path, "window"]], wanted });
      }
      continue;
    }
    if (operator.inputs.some(({ partitioner }) => partitioner !== "hash")) {
      const wanted =
        "keyed: true: windows of all records together are not modelled (Flink's windowAll, on one subtask)";
      context.report({ path: [...path, "window"], because: [[...path, "keyed"]], wanted });
    }
    if (job.state.backend === "rocksdb" && operator.stateBytesPerKey > 0) {
      context.warn({
        path: [...path, "window"],
        because: [context.flinkPath(job.name, "state.backend.type")],
        received: "windows in RocksDB",
        wanted:
          "Sluice writes what open windows hold with every snapshot, as from the heap: neither increments nor compaction",
      });
    }
  }
  if (windowed.length > 0 && source.watermarks === undefined) {
    context.report({
      path: watermark,
      because: windowed.map((i) => ["jobs", job.name, "operators", i, "window"]),
      received: "nothing",
      wanted: '"bounded-out-of-orderness 5 s" or the like: without watermarks no window is ever fired',
    });
  }
  if (source.watermarks === undefined && context.isWritten(idleTimeout)) {
    const wanted = "no idle time-out, or source.watermark: a source without watermarks holds none up";
    context.report({ path: idleTimeout, because: [watermark], wanted });
  }
  const partitions = context.pipeline.kafka.topics.find(({ name }) => name === source.topic)?.partitions ?? 0;
  // A subtask of a bounded source that gets no partition ends at once, and holds nothing up.
  const isUnfed = parallelism > partitions && source.bounded === undefined;
  if (windowed.length > 0 && source.watermarks?.idleTimeout === undefined && isUnfed) {
    context.warn({
      path: idleTimeout,
      because: [
        context.flinkPath(job.name, "parallelism.default"),
        ["kafka", "topics", source.topic, "partitions"],
      ],
      received: "nothing",
      wanted: `a time-out: ${parallelism - partitions} of ${parallelism} source subtasks have no partition, and hold up the watermark for ever, so that no window is ever fired`,
    });
  }
}

/** Source: flink HybridSource and CDC sources alone call SplitEnumeratorContext.setIsProcessingBacklog; KafkaSourceEnumerator
 *  (flink-connector-kafka 3.4 to 5.0) doesn't. */
function checkBacklogInterval(context: CheckContext, { name }: JobSpec): void {
  const path = context.flinkPath(name, "execution.checkpointing.interval-during-backlog");
  if (!context.isWritten(path)) return;
  const wanted = "a Kafka source never reports a backlog, so it has no effect, neither here nor in Flink";
  context.warn({ path, wanted });
}

/** Source: Flink 2.1 CheckpointingOptions, CheckpointCoordinatorConfiguration. */
function checkUnaligned(context: CheckContext, { name, checkpointing }: JobSpec): void {
  if (!checkpointing.unaligned) return;
  const enabled = context.flinkPath(name, "execution.checkpointing.unaligned.enabled");
  if (checkpointing.mode === "at-least-once") {
    const path = context.flinkPath(name, "execution.checkpointing.mode");
    context.report({ path, because: [enabled], wanted: "EXACTLY_ONCE: unaligned checkpoints need it" });
  }
  if (checkpointing.maxConcurrentCheckpoints > 1) {
    const path = context.flinkPath(name, "execution.checkpointing.max-concurrent-checkpoints");
    context.report({ path, because: [enabled], wanted: "1: unaligned checkpoints go one at a time" });
  }
}

function checkStateBackend(context: CheckContext, { name }: JobSpec): void {
  const config = { ...context.parsed.flink?.config, ...context.parsed.jobs[name]?.config };
  const written = config["state.backend.type"]?.toLowerCase() ?? "hashmap";
  if (["hashmap", "rocksdb", "filesystem", "jobmanager", "memory"].includes(written)) return;
  context.warn({
    path: context.flinkPath(name, "state.backend.type"),
    wanted: "Sluice models hashmap and rocksdb, and takes this for rocksdb",
  });
}

/** Keyed state needs a keyed stream: one that comes by key, or that a chain of forward edges brings from one. */
function checkKeyedState(context: CheckContext, path: Path, job: JobSpec, operator: OperatorSpec): void {
  const isKeyed = ({ inputs }: OperatorSpec): boolean =>
    inputs.every(({ from, partitioner }) => {
      if (partitioner === "hash") return true;
      const above = job.operators.find(({ name }) => name === from);
      return partitioner === "forward" && above !== undefined && above !== operator && isKeyed(above);
    });
  if (isKeyed(operator)) return;
  context.report({
    path: [...path, "state"],
    because: [[...path, "keyed"]],
    wanted: "keyed: true, or Flink fails: Keyed state can only be used on a 'keyed stream'",
  });
}

function checkEdge(
  context: CheckContext,
  path: Path,
  partitioner: Partitioner,
  upstream: number,
  downstream: number,
): void {
  const because: Path[] = [[...path, "parallelism"]];
  if (partitioner === "forward" && upstream !== downstream) {
    context.report({
      path: [...path, "partitioner"],
      because,
      wanted:
        "another partitioner, or Flink fails: Forward partitioning does not allow change of parallelism. " +
        `Upstream parallelism: ${upstream}, downstream parallelism: ${downstream}`,
    });
  }
  if (partitioner === "rescale" && upstream % downstream !== 0 && downstream % upstream !== 0) {
    context.report({
      path: [...path, "partitioner"],
      because,
      wanted: `parallelisms of which one divides the other, not ${upstream} and ${downstream}: this version of Sluice rescales in even groups`,
    });
  }
}

function isChainedToSource(
  job: JobSpec,
  partitioner: Partitioner,
  inputs: number,
  parallelism: number,
): boolean {
  return job.operatorChaining && partitioner === "forward" && inputs === 1 && parallelism === job.parallelism;
}

function checkSinks(context: CheckContext, job: JobSpec): void {
  const names = job.operators.map(({ name }) => name);
  for (const [index, sink] of job.sinks.entries()) {
    const path: Path = ["jobs", job.name, "sinks", index];
    const { from } = sink.input;
    if (!names.includes(from)) {
      const wanted = "the name of an operator of the job";
      context.report({ path: [...path, "from"], wanted, suggestion: nearest(from, names) });
    }
    if (sink.deliveryGuarantee === "exactly-once") checkExactlyOnce(context, job, sink, path);
    const parsed = context.parsed.jobs[job.name]?.sinks[index];
    const isUpsert = parsed?.connector === "upsert-kafka";
    const limits = [parsed?.["sink.buffer-flush.max-rows"], parsed?.["sink.buffer-flush.interval"]];
    if (
      isUpsert &&
      sink.bufferFlush === undefined &&
      limits.some((limit) => limit !== undefined && limit > 0)
    )
      reportHalfBuffer(context, path);
    checkSinkConnector(context, path, isUpsert);
    if (!isUpsert) checkPartitioner(context, path);
  }
}

/** Source: flink-connector-kafka 4.0 UpsertKafkaDynamicTableFactory.validateSinkBufferFlush. */
function reportHalfBuffer(context: CheckContext, sinkPath: Path): void {
  const keys = ["sink.buffer-flush.max-rows", "sink.buffer-flush.interval"];
  const written = keys.map((key): Path => [...sinkPath, key]).filter((path) => context.isWritten(path));
  const wanted = `both ${keys.join(" and ")} above zero, or neither`;
  context.report({ path: written[0]!, because: written, wanted });
}

/** Options that only one of the two connectors has.
 *  Source: flink-connector-kafka 4.0 KafkaDynamicTableFactory and UpsertKafkaDynamicTableFactory, optionalOptions. */
function checkSinkConnector(context: CheckContext, sinkPath: Path, isUpsert: boolean): void {
  const foreign = isUpsert
    ? [
        ["sink.partitioner", "nothing: connector upsert-kafka writes by the hash of its primary key"],
        ["key.fields", "nothing: connector upsert-kafka takes the columns of its primary key"],
      ]
    : [
        ["sink.buffer-flush.max-rows", "connector: upsert-kafka, which alone buffers"],
        ["sink.buffer-flush.interval", "connector: upsert-kafka, which alone buffers"],
      ];
  for (const [key, wanted] of foreign) {
    const path = [...sinkPath, key!];
    if (context.isWritten(path))
      context.report({ path, because: [[...sinkPath, "connector"]], wanted: wanted! });
  }
}

/** Source: flink-connector-kafka 4.0 KafkaConnectorOptionsUtil.validateSinkPartitioner. */
function checkPartitioner(context: CheckContext, sinkPath: Path): void {
  const [path, fields]: [Path, Path] = [
    [...sinkPath, "sink.partitioner"],
    [...sinkPath, "key.fields"],
  ];
  if (!context.isWord(path, "round-robin") || !context.isWritten(fields)) return;
  const wanted = "default, which writes by key: 'round-robin' partitioner only works when option 'key.fields' is not specified"; // biome-ignore format: one line
  context.report({ path, because: [fields], wanted });
}

function checkExactlyOnce(
  context: CheckContext,
  { name, checkpointing }: JobSpec,
  sink: SinkSpec,
  sinkPath: Path,
): void {
  const guarantee: Path = [...sinkPath, "sink.delivery-guarantee"];
  const timeout: Path = [...sinkPath, "properties.transaction.timeout.ms"];
  const interval = context.flinkPath(name, "execution.checkpointing.interval");
  const { transactionMaxTimeout } = context.pipeline.kafka;
  if (sink.transactionalIdPrefix === undefined) {
    const path = [...sinkPath, "sink.transactional-id-prefix"];
    context.report({
      path,
      because: [guarantee],
      wanted: "a prefix: exactly-once needs sink.transactional-id-prefix",
    });
  }
  if (checkpointing.interval === undefined) {
    const wanted =
      'an interval such as "10 s": an exactly-once sink commits when a checkpoint completes, so never without';
    context.report({ path: interval, because: [guarantee], wanted });
  }
  const received = context.isWritten(timeout)
    ? {}
    : { received: `Flink's default of ${formatDuration(sink.transactionTimeout)}` };
  if (sink.transactionTimeout > transactionMaxTimeout) {
    context.report({
      path: timeout,
      because: [guarantee, ["kafka", "config", "transaction.max.timeout.ms"]],
      ...received,
      wanted:
        `at most the brokers' transaction.max.timeout.ms of ${formatDuration(transactionMaxTimeout)}, or InitProducerId fails: ` +
        "The transaction timeout is larger than the maximum value allowed by the broker (as configured by transaction.max.timeout.ms).",
    });
  } else if (checkpointing.interval !== undefined && sink.transactionTimeout <= checkpointing.interval) {
    context.warn({
      path: timeout,
      because: [guarantee, interval],
      ...received,
      wanted: `a transaction stays open for the checkpoint interval of ${formatDuration(checkpointing.interval)} and longer, so brokers will abort it`,
    });
  }
}

/** Two sinks with one prefix take each other's transactional ids, and fence each other for ever. */
function checkPrefixes(context: CheckContext): void {
  const first = new Map<string, { readonly job: string; readonly path: Path }>();
  for (const { name, sinks } of context.pipeline.jobs) {
    for (const [index, { deliveryGuarantee, transactionalIdPrefix }] of sinks.entries()) {
      if (deliveryGuarantee !== "exactly-once" || transactionalIdPrefix === undefined) continue;
      const path: Path = ["jobs", name, "sinks", index, "sink.transactional-id-prefix"];
      const other = first.get(transactionalIdPrefix);
      if (other === undefined) first.set(transactionalIdPrefix, { job: name, path });
      else {
        const who = other.job === name ? "another sink of the job" : `job ${other.job}`;
        const wanted = `a prefix of its own: ${who} has it too, so their sinks would fence each other`;
        context.report({ path, because: [other.path], wanted });
      }
    }
  }
}
