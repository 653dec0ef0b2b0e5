import type { CheckedPipeline } from "../checks/index.ts";
import type { FaultAction } from "../faults/index.ts";
import {
  haveWindows,
  isLine,
  jobVertices,
  mostCopies,
  type Pipeline,
  parallelismsOf,
  topicsWrittenWhole,
  widestJob,
  windowOperators,
} from "../pipeline/index.ts";

/** A pipeline as the checks see it. */
export function checkedPipeline(pipeline: Pipeline): CheckedPipeline {
  const { kafka, producers, jobs, readers, faults } = pipeline;
  const partitionsOf = (topic: string): number => kafka.topics.find(({ name }) => name === topic)!.partitions;
  return {
    jobs: jobs.map((job) => {
      const { name, checkpointing, source, sinks } = job;
      const written = topicsWrittenWhole(job);
      const windowed = haveWindows(job);
      const [first, ...vertices] = jobVertices(widestJob(job, faults)).map(({ parallelism }, i) => ({
        parallelism,
        writes: written[i]!,
        hasWindows: windowed[i]!,
      }));
      return {
        name,
        interval: checkpointing.interval,
        mode: checkpointing.mode,
        unaligned: checkpointing.unaligned,
        isBounded: source.bounded !== undefined,
        checkpointsAfterTasksFinish: checkpointing.checkpointsAfterTasksFinish,
        isDrained: faults.some(
          ({ action }) =>
            action.kind === "operate" &&
            action.job === name &&
            action.action.kind === "stop-with-savepoint" &&
            action.action.drain,
        ),
        concurrentCheckpoints: checkpointing.maxConcurrentCheckpoints,
        source: { topic: source.topic, isolationLevel: source.consumer.isolationLevel },
        readsOrigins: producers.some(({ topic }) => topic === source.topic),
        mayBeLate:
          source.watermarks?.idleTimeout !== undefined ||
          producers.every(({ topic }) => topic !== source.topic),
        sinks: sinks.map(({ topic, input, deliveryGuarantee, transactionTimeout, partitioner }) => ({
          topic,
          deliveryGuarantee,
          transactionTimeout,
          copies: mostCopies(widestJob(job, faults), input.from),
          keepsWays:
            partitionsOf(topic) === 1 ||
            partitioner === "key" ||
            (partitioner === "fixed" && parallelismsOf(job, faults).length === 1),
        })),
        sourceParallelism: first!.parallelism,
        vertices,
        isLine: isLine(job),
      };
    }),
    readers: readers.map(({ name, topic, consumer, deduplicate }) => ({
      name,
      topic,
      isolationLevel: consumer.isolationLevel,
      deduplicates: deduplicate === "by-key",
    })),
    origins: [
      ...producers.flatMap(({ topic }) =>
        Array.from({ length: partitionsOf(topic) }, (_, partition) => ({ topic, partition })),
      ),
      ...windowOperators(pipeline).flatMap(({ name, keyGroups }) =>
        Array.from({ length: keyGroups }, (_, partition) => ({ topic: `windows of ${name}`, partition })),
      ),
    ],
    topics: kafka.topics.map(({ name }) => name),
    sweepInterval: kafka.transactions.sweepInterval,
    planned: {
      faults: faults.length > 0,
      olderState: faults.some(
        ({ action }) =>
          action.kind === "operate" &&
          ["restart", "cancel-with-savepoint", "stop-with-savepoint"].includes(action.action.kind),
      ),
      brokers: faults.some(
        ({ action }) =>
          BROKER_FAULTS.includes(action.kind) ||
          ((action.kind === "kill" || action.kind === "freeze") && action.target.kind === "broker"),
      ),
      uncleanElection: faults.some(({ action }) => action.kind === "elect" && action.unclean),
    },
  };
}

/** Kinds of faults that have nothing to do with Flink's processes. */
const BROKER_FAULTS: readonly FaultAction["kind"][] = [
  "slow-disk",
  "elect",
  "cut",
  "delay",
  "drop",
  "duplicate",
  "delay-message",
];
