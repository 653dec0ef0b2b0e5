import type { ConnectorObserver } from "../connectors/index.ts";
import type { CheckedPipeline } from "./checked-pipeline.ts";
import type { TransactionHistory } from "./transaction-history.ts";
import { seconds, Violations } from "./violations.ts";

const NOTHING_FAILED =
  ". No process and no checkpoint has failed: the input paused. A record written into the aborted transaction would have been " +
  "refused, and the job restarted without a loss";

const NO_FINAL_CHECKPOINT =
  ". No checkpoint followed the end of its input, since execution.checkpointing.checkpoints-after-tasks-finish.enabled is " +
  "false; set it to true";

/** **EveryTransactionCommits.** What an exactly-once sink has pre-committed is committed in the end: no commit is refused for
 *  good, which Flink would log and forget while the records are lost and the job stays RUNNING. A refusal alone is no loss: a
 *  restored committer that commits a second time is refused, too. A writer that is refused fails its task, which loses nothing
 *  and is permitted where something has failed before; where nothing has, the settings don't work. A job that ends since its
 *  input has leaves no transaction uncommitted behind. */
export class EveryTransactionCommits implements Pick<ConnectorObserver, "committableDropped" | "sinkFailed"> {
  readonly #pipeline: CheckedPipeline;
  readonly #history: TransactionHistory;
  readonly #found = new Violations();
  readonly #excused = new Violations();
  readonly #dropped = new Set<number>();

  constructor(pipeline: CheckedPipeline, history: TransactionHistory) {
    this.#pipeline = pipeline;
    this.#history = history;
  }

  get violations(): readonly string[] {
    return this.#found.list;
  }

  get permitted(): readonly string[] {
    return this.#excused.list;
  }

  committableDropped(
    job: number,
    _writer: number,
    checkpoint: number,
    transaction: number,
    error: string,
    at: number,
  ): void {
    const facts = this.#history.get(transaction);
    if (facts !== undefined && facts.preparedAt >= 0) return;
    this.#dropped.add(transaction);
    this.#found.add(() => {
      const { name, interval, sinks } = this.#pipeline.jobs[job]!;
      const records = facts === undefined ? "its records" : `its ${facts.written} records`;
      const lost =
        `job ${name}: the commit of transaction ${transaction} of checkpoint ${checkpoint} was refused ` +
        `(${error}) at ${seconds(at)}: ${records} are lost, the checkpoint is completed and the job stays RUNNING`;
      if (facts === undefined || facts.abortedAt < 0) return lost;
      const timeouts = sinks.flatMap(({ deliveryGuarantee, transactionTimeout }) =>
        deliveryGuarantee === "exactly-once" ? [transactionTimeout] : [],
      );
      const timeout = Math.min(...timeouts);
      const open = facts.abortedAt - facts.beganAt;
      if (facts.beganAt < 0 || open < timeout)
        return `${lost}; it had been aborted at ${seconds(facts.abortedAt)}`;
      const floor = interval === undefined ? "" : ` (${seconds(interval)})`;
      return (
        `${lost}. It was open from ${seconds(facts.beganAt)} on, longer than properties.transaction.timeout.ms ` +
        `(${seconds(timeout)}), so Kafka aborted it at ${seconds(facts.abortedAt)}. Set ` +
        `properties.transaction.timeout.ms well above checkpoint interval${floor}, checkpoint duration and ` +
        `the longest restart together, and transaction.max.timeout.ms at least as high` +
        (this.#pipeline.planned.faults ? "" : NOTHING_FAILED)
      );
    });
  }

  /** The job has FINISHED since its input has ended, at `at` ns: what is pre-committed now is committed by nobody. */
  jobCompleted(job: number, at: number): void {
    const { name, checkpointsAfterTasksFinish } = this.#pipeline.jobs[job]!;
    for (const { transaction, facts } of this.#history.uncommitted(job)) {
      if (facts.abortedAt >= 0 || this.#dropped.has(transaction)) continue;
      this.#found.add(
        () =>
          `job ${name}: it FINISHED at ${seconds(at)}, and transaction ${transaction} of checkpoint ${facts.checkpoint} ` +
          `is committed by nobody: its ${facts.written} records are lost` +
          (checkpointsAfterTasksFinish ? "" : NO_FINAL_CHECKPOINT),
      );
    }
  }

  sinkFailed(job: number, writer: number, error: string, at: number): void {
    const { name } = this.#pipeline.jobs[job]!;
    const sentence = (): string =>
      `job ${name}: writer ${writer} was refused (${error}) at ${seconds(at)}, which fails its task`;
    if (this.#pipeline.planned.faults)
      this.#excused.add(() => `${sentence()}; it is restored and nothing is lost`);
    else this.#found.add(sentence);
  }
}
