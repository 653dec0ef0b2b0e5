import type { ConnectorObserver } from "../connectors/index.ts";
import type { KafkaObserver } from "../kafka/index.ts";
import type { TransactionFacts, TransactionHistory } from "./transaction-history.ts";
import { seconds, Violations } from "./violations.ts";

/** **NoAcknowledgedWriteLost.** A flush that is over has acknowledged everything written before it: a transaction commits with
 *  exactly the records that its writer wrote before it pre-committed, none of them is appended after that, none is written
 *  after that, and each reader gets what the log has taken as often as the log took it. */
export class NoAcknowledgedWriteLost
  implements
    Pick<ConnectorObserver, "written">,
    Pick<KafkaObserver, "appended" | "delivered" | "transactionCompleted">
{
  readonly #history: TransactionHistory;
  readonly #found = new Violations();
  readonly #topicOf: readonly number[];
  readonly #isCommitted: readonly boolean[];
  /** Records that each topic's log took, and that each reader got. */
  readonly #appended: Float64Array;
  readonly #delivered: Float64Array;

  /** @param topics how many. @param topicOf of each reader; -1: none that jobs write. @param isCommitted whether it is read_committed. */
  constructor(
    history: TransactionHistory,
    topics: number,
    topicOf: readonly number[],
    isCommitted: readonly boolean[],
  ) {
    this.#history = history;
    this.#topicOf = topicOf;
    this.#isCommitted = isCommitted;
    this.#appended = new Float64Array(topics);
    this.#delivered = new Float64Array(topicOf.length);
  }

  /** To be told before the history is. */
  written(
    _job: number,
    writer: number,
    _topic: string,
    transaction: number,
    records: number,
    first: number,
  ): void {
    if (transaction === 0) return;
    const facts = this.#history.get(transaction);
    if (facts === undefined || facts.preCommittedAt < 0) return;
    this.#wroteTooLate(writer, records, first, transaction, facts);
  }

  #wroteTooLate(
    writer: number,
    records: number,
    first: number,
    transaction: number,
    facts: TransactionFacts,
  ): void {
    this.#found.add(
      () =>
        `writer ${writer} wrote ${records} records at ${seconds(first)} into transaction ${transaction}, which it had ` +
        `pre-committed for checkpoint ${facts.checkpoint} at ${seconds(facts.preCommittedAt)}`,
    );
  }

  appended(
    topic: number,
    originPartition: number,
    _route: number,
    from: number,
    to: number,
    _first: number,
    last: number,
    transaction: number,
  ): void {
    this.#appended[topic]! += to - from;
    if (transaction === 0) return;
    const facts = this.#history.get(transaction);
    if (facts === undefined || facts.preCommittedAt < 0 || last <= facts.preCommittedAt) return;
    this.#tookTooLate(originPartition, to, last, facts);
  }

  #tookTooLate(originPartition: number, to: number, last: number, facts: TransactionFacts): void {
    this.#found.add(
      () =>
        `rank ${to - 1} of origin partition ${originPartition} was appended at ${seconds(last)}, after its writer's flush ` +
        `for checkpoint ${facts.checkpoint} was over at ${seconds(facts.preCommittedAt)}`,
    );
  }

  delivered(reader: number, _originPartition: number, _route: number, from: number, to: number): void {
    this.#delivered[reader]! += to - from;
  }

  transactionCompleted(transaction: number, at: number): void {
    const facts = this.#history.get(transaction);
    if (facts === undefined || facts.written === facts.appended) return;
    this.#found.add(
      () =>
        `transaction ${transaction} of checkpoint ${facts.checkpoint} was committed at ${seconds(at)} with ` +
        `${facts.appended} of the ${facts.written} records that its writer wrote`,
    );
  }

  /** At the end of a run. @param readerNames by number. @param isQuiet nothing has failed, and everything is drained. */
  violations(readerNames: readonly string[], isQuiet: boolean): readonly string[] {
    const found = new Violations();
    for (const one of this.#found.list) found.add(() => one);
    this.#topicOf.forEach((topic, reader) => {
      if (topic < 0) return;
      const taken = this.#appended[topic]!;
      const got = this.#delivered[reader]!;
      const isWrong = this.#isCommitted[reader] || !isQuiet ? got > taken : got !== taken;
      if (isWrong)
        found.add(() => `reader ${readerNames[reader]} got ${got} of ${taken} records that the log took`);
    });
    return found.list;
  }
}
