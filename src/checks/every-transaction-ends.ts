import type { KafkaObserver } from "../kafka/index.ts";
import type { CheckedPipeline } from "./checked-pipeline.ts";
import type { TransactionHistory } from "./transaction-history.ts";
import { seconds, Violations } from "./violations.ts";

/** For a time-out's own way through its coordinator, ns: fencing, the markers, the writes. */
const ABORTED_WITHIN = 1e9;

/** **EveryTransactionEnds.** No transaction is open for longer than its time-out and the next of Kafka's periodic looks: who reads
 *  only committed records would wait behind it. (Not asked where brokers are to fail, since nobody looks while a coordinator is
 *  away.) */
export class EveryTransactionEnds
  implements Pick<KafkaObserver, "transactionBegan" | "transactionPrepared" | "transactionAborted">
{
  readonly #pipeline: CheckedPipeline;
  readonly #history: TransactionHistory;
  readonly #found = new Violations();
  readonly #open = new Set<number>();
  /** Per job: how long a transaction may be open, ns. */
  readonly #longest: readonly number[];

  constructor(pipeline: CheckedPipeline, history: TransactionHistory) {
    this.#pipeline = pipeline;
    this.#history = history;
    this.#longest = pipeline.jobs.map(
      ({ sinks }) =>
        Math.max(...sinks.map(({ transactionTimeout }) => transactionTimeout)) +
        pipeline.sweepInterval +
        ABORTED_WITHIN,
    );
  }

  transactionBegan(transaction: number): void {
    this.#open.add(transaction);
  }

  transactionPrepared(transaction: number, at: number): void {
    this.#end(transaction, at);
  }

  transactionAborted(transaction: number, at: number): void {
    this.#end(transaction, at);
  }

  /** @param now when the run has ended, ns. */
  violations(now: number): readonly string[] {
    for (const transaction of this.#open) this.#judge(transaction, now);
    return this.#found.list;
  }

  #end(transaction: number, at: number): void {
    if (this.#open.delete(transaction)) this.#judge(transaction, at);
  }

  #judge(transaction: number, at: number): void {
    const { planned } = this.#pipeline;
    const facts = this.#history.get(transaction);
    if (planned.brokers || facts === undefined || facts.job < 0 || facts.beganAt < 0) return;
    const longest = this.#longest[facts.job]!;
    if (at - facts.beganAt <= longest) return;
    this.#found.add(
      () =>
        `transaction ${transaction} was open from ${seconds(facts.beganAt)} to ${seconds(at)}, longer than ` +
        `properties.transaction.timeout.ms and the time between two looks for such (${seconds(longest)})`,
    );
  }
}
