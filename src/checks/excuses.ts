import type { IsolationLevel } from "../kafka/index.ts";
import type { CheckedJob, CheckedPipeline, CheckedReader, CheckedSink } from "./checked-pipeline.ts";

/** What may happen to records without a promise being broken. */
export type Deviation = "losses" | "repeats" | "reordering";

/** What has to have happened to a job for that. */
export type Cause =
  | "failure"
  | "failure without alignment"
  | "older state"
  | "end"
  | "unclean election"
  | "leader lost"
  | "delivery timeout"
  | "retries exhausted"
  | "sent again"
  | "late records"
  | "drained";

export interface Excuse {
  readonly guarantee: CheckedSink["deliveryGuarantee"] | "any";
  readonly isolationLevel: IsolationLevel | "any";
  readonly cause: Cause;
  readonly permits: Deviation;
  /** Why, as the rest of a sentence. */
  readonly since: string;
}

/** The complete list: what isn't in it breaks a promise. A transaction that timed out before its commit is not: the loss is
 *  real, and EveryTransactionCommits names the setting.
 *  Source: flink CheckpointBarrierTracker; flink-connector-kafka KafkaSink (delivery guarantees), KafkaWriter.close; kafka
 *  ProducerConfig.acks, retries, delivery.timeout.ms and enable.idempotence, unclean.leader.election.enable. */
export const EXCUSES: readonly Excuse[] = [
  {
    guarantee: "none",
    isolationLevel: "any",
    cause: "failure",
    permits: "losses",
    since: "a checkpoint doesn't wait for the producer, whose unsent records die with it",
  },
  {
    guarantee: "none",
    isolationLevel: "any",
    cause: "failure",
    permits: "repeats",
    since: "a restored source reads again what had been written",
  },
  {
    guarantee: "none",
    isolationLevel: "any",
    cause: "failure",
    permits: "reordering",
    since: "what is read again is written behind what came after it",
  },
  {
    guarantee: "at-least-once",
    isolationLevel: "any",
    cause: "failure",
    permits: "repeats",
    since: "a restored source reads again what had been written",
  },
  {
    guarantee: "at-least-once",
    isolationLevel: "any",
    cause: "failure",
    permits: "reordering",
    since: "what had not been sent is read again and written behind what came after it",
  },
  {
    guarantee: "exactly-once",
    isolationLevel: "read_uncommitted",
    cause: "failure",
    permits: "repeats",
    since: "read_uncommitted also sees the records of transactions that are aborted",
  },
  {
    guarantee: "exactly-once",
    isolationLevel: "read_uncommitted",
    cause: "failure",
    permits: "reordering",
    since: "read_uncommitted also sees the records of transactions that are aborted",
  },
  {
    guarantee: "exactly-once",
    isolationLevel: "read_committed",
    cause: "failure without alignment",
    permits: "repeats",
    since:
      "under execution.checkpointing.mode AT_LEAST_ONCE a checkpoint commits what came behind its barrier and is read again",
  },
  {
    guarantee: "exactly-once",
    isolationLevel: "read_committed",
    cause: "failure without alignment",
    permits: "reordering",
    since:
      "under execution.checkpointing.mode AT_LEAST_ONCE a checkpoint commits what came behind its barrier and is read again",
  },
  {
    guarantee: "any",
    isolationLevel: "any",
    cause: "older state",
    permits: "repeats",
    since: "a job that starts from an older state, or from none, writes again what it had committed",
  },
  {
    guarantee: "any",
    isolationLevel: "any",
    cause: "older state",
    permits: "reordering",
    since: "a job that starts from an older state, or from none, writes again what it had committed",
  },
  {
    guarantee: "any",
    isolationLevel: "any",
    cause: "end",
    permits: "losses",
    since:
      "a job that has ended, or finds no slots, writes no more; what it has not read stays in its source's topic",
  },
  {
    guarantee: "any",
    isolationLevel: "any",
    cause: "unclean election",
    permits: "losses",
    since: "unclean.leader.election.enable lets a replica lead that lacks acknowledged records",
  },
  {
    guarantee: "any",
    isolationLevel: "any",
    cause: "leader lost",
    permits: "losses",
    since: "acks 0 and 1 don't wait for the followers, one of which leads now",
  },
  {
    guarantee: "any",
    isolationLevel: "any",
    cause: "delivery timeout",
    permits: "losses",
    since: "the producer of a source's topic has given up what waited for delivery.timeout.ms",
  },
  {
    guarantee: "any",
    isolationLevel: "any",
    cause: "retries exhausted",
    permits: "losses",
    since: "the producer of a source's topic has given up what it had sent again `retries` times",
  },
  {
    guarantee: "any",
    isolationLevel: "any",
    cause: "sent again",
    permits: "repeats",
    since: "without enable.idempotence a broker appends again what its producer sends again",
  },
  {
    guarantee: "any",
    isolationLevel: "any",
    cause: "sent again",
    permits: "reordering",
    since: "without enable.idempotence a broker appends again what its producer sends again",
  },
  {
    guarantee: "any",
    isolationLevel: "any",
    cause: "late records",
    permits: "losses",
    since: "a window that was fired before the records of a key came has no result for it",
  },
  {
    guarantee: "any",
    isolationLevel: "any",
    cause: "late records",
    permits: "repeats",
    since:
      "a restored job has no watermark at first, and takes records that were late for those of a new window",
  },
  {
    guarantee: "any",
    isolationLevel: "any",
    cause: "drained",
    permits: "repeats",
    since:
      "a drained job has fired windows before their time, and who starts from its savepoint fires them again",
  },
];

/** Why `deviation` is permitted to a reader of this isolation level; undefined: it isn't. */
export function excuseOf(
  deviation: Deviation,
  guarantee: CheckedSink["deliveryGuarantee"],
  isolationLevel: IsolationLevel,
  causes: ReadonlySet<Cause>,
): string | undefined {
  return EXCUSES.find(
    (one) =>
      one.permits === deviation &&
      (one.guarantee === "any" || one.guarantee === guarantee) &&
      (one.isolationLevel === "any" || one.isolationLevel === isolationLevel) &&
      causes.has(one.cause),
  )?.since;
}

/** Why `deviation` is permitted to a reader: at one of the jobs that its records pass through.
 *  @param causesOf what has happened to a job, by number. */
export function excuseOfReader(
  deviation: Deviation,
  reader: CheckedReader,
  { jobs }: CheckedPipeline,
  causesOf: (job: number) => ReadonlySet<Cause>,
): string | undefined {
  const visit = (
    topic: string,
    isolationLevel: IsolationLevel,
    passed: readonly CheckedJob[],
  ): string | undefined => {
    for (const [number, job] of jobs.entries()) {
      if (passed.includes(job)) continue;
      const sinks = job.sinks.filter((sink) => sink.topic === topic);
      if (sinks.length === 0) continue;
      for (const { deliveryGuarantee } of sinks) {
        const excuse = excuseOf(deviation, deliveryGuarantee, isolationLevel, causesOf(number));
        if (excuse !== undefined) return excuse;
      }
      const above = visit(job.source.topic, job.source.isolationLevel, [...passed, job]);
      if (above !== undefined) return above;
    }
    return undefined;
  };
  return visit(reader.topic, reader.isolationLevel, []);
}
