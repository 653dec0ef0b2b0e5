import type { ConnectorObserver } from "../connectors/index.ts";
import type { KafkaObserver } from "../kafka/index.ts";

/** **EveryTransactionCommits.** What an exactly-once sink has pre-committed is committed in the end: no commit is refused for
 *  good, which Flink would log and forget while the records are lost and the job stays RUNNING, and no writer is fenced,
 *  which fails its task. A refusal alone is no loss: a restored committer that commits a second time is refused, too. */
export class EveryTransactionCommits
  implements
    Pick<ConnectorObserver, "committableDropped" | "sinkFailed">,
    Pick<KafkaObserver, "transactionPrepared">
{
  readonly violations: string[] = [];
  readonly #decided = new Set<number>();
  readonly #jobs: readonly string[];

  /** @param jobs names, by number. */
  constructor(jobs: readonly string[]) {
    this.#jobs = jobs;
  }

  transactionPrepared(transaction: number): void {
    this.#decided.add(transaction);
    if (this.#decided.size <= KEPT) return;
    for (const oldest of this.#decided) {
      this.#decided.delete(oldest);
      return;
    }
  }

  committableDropped(
    job: number,
    _writer: number,
    checkpoint: number,
    transaction: number,
    error: string,
    at: number,
  ): void {
    if (this.#decided.has(transaction)) return;
    this.#report(
      `job ${this.#jobs[job]}: the commit of transaction ${transaction} of checkpoint ${checkpoint} was refused ` +
        `(${error}) at ${at} ns; its records are lost, and the job stays RUNNING`,
    );
  }

  sinkFailed(job: number, writer: number, error: string, at: number): void {
    this.#report(
      `job ${this.#jobs[job]}: writer ${writer} was refused (${error}) at ${at} ns, which fails its task`,
    );
  }

  #report(violation: string): void {
    if (this.violations.length < MOST_REPORTED) this.violations.push(violation);
  }
}

const MOST_REPORTED = 20;
/** Far more transactions than a restore can try to commit again. */
const KEPT = 65_536;
