import type { Path } from "../issue.ts";
import type { JobSpec } from "../pipeline.ts";
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
    checkStateBackend(context, job);
    if (job.sink.deliveryGuarantee === "exactly-once") checkExactlyOnce(context, job);
  }
}

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
  const { jobs, flink } = context.pipeline;
  const needed = jobs.reduce((sum, { parallelism }) => sum + parallelism, 0);
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

function checkOperators(context: CheckContext, { name }: JobSpec): void {
  const names = new Set<string>();
  for (const [index, operator] of (context.parsed.jobs[name]?.operators ?? []).entries()) {
    const path: Path = ["jobs", name, "operators", index];
    const keyed = operator.keyed ?? false;
    if (keyed !== (index === 0)) {
      const received = keyed ? "keyed: true" : "an operator that isn't keyed";
      const wanted = keyed
        ? "it chained behind the first: this version of Sluice models one keyed exchange a job"
        : "keyed: true on the first operator: this version of Sluice models one keyed exchange a job, in front of it";
      context.report({ path: [...path, "keyed"], received, wanted });
    }
    if (names.has(operator.name)) {
      context.report({ path: [...path, "name"], wanted: "a name that no other operator of the job has" });
    }
    names.add(operator.name);
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

function checkExactlyOnce(context: CheckContext, { name, sink, checkpointing }: JobSpec): void {
  const sinkPath: Path = ["jobs", name, "sinks", 0];
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
  const first = new Map<string, string>();
  for (const { name, sink } of context.pipeline.jobs) {
    if (sink.deliveryGuarantee !== "exactly-once" || sink.transactionalIdPrefix === undefined) continue;
    const other = first.get(sink.transactionalIdPrefix);
    if (other === undefined) first.set(sink.transactionalIdPrefix, name);
    else {
      const wanted = `a prefix of its own: job ${other} has it too, so their sinks would fence each other`;
      context.report({
        path: ["jobs", name, "sinks", 0, "sink.transactional-id-prefix"],
        because: [["jobs", other, "sinks", 0, "sink.transactional-id-prefix"]],
        wanted,
      });
    }
  }
}
