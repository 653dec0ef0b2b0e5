import type { ConnectorObserver } from "../connectors/index.ts";
import type { KafkaObserver } from "../kafka/index.ts";

/** What the checks have heard of one transaction. Times in ns; -1: not (yet). */
export interface TransactionFacts {
  job: number;
  writer: number;
  checkpoint: number;
  beganAt: number;
  preCommittedAt: number;
  /** Its outcome is decided. */
  preparedAt: number;
  abortedAt: number;
  /** Records that its writer handed to the producer, and that the log took. */
  written: number;
  appended: number;
}

/** Transactions remembered; far more than a restore can ask for. */
const KEPT = 4096;
const RECENT = 64;

/** The checks' own record of every transaction, from what all sides tell. */
export class TransactionHistory
  implements
    Pick<ConnectorObserver, "written" | "preCommitted">,
    Pick<KafkaObserver, "appended" | "transactionBegan" | "transactionPrepared" | "transactionAborted">
{
  readonly #facts = new Map<number, TransactionFacts>();
  /** Most reports are of a few transactions: those last asked for, at their number modulo RECENT. */
  readonly #recent: (TransactionFacts | undefined)[] = new Array<TransactionFacts | undefined>(RECENT).fill(
    undefined,
  );
  readonly #recentNumbers = new Float64Array(RECENT);

  /** undefined: nothing is known of it. */
  get(transaction: number): TransactionFacts | undefined {
    const place = transaction % RECENT;
    return this.#recentNumbers[place] === transaction ? this.#recent[place] : this.#facts.get(transaction);
  }

  /** Those of a job that are pre-committed, and whose outcome isn't decided. */
  uncommitted(job: number): readonly { readonly transaction: number; readonly facts: TransactionFacts }[] {
    return [...this.#facts].flatMap(([transaction, facts]) =>
      facts.job === job && facts.preCommittedAt >= 0 && facts.preparedAt < 0 ? [{ transaction, facts }] : [],
    );
  }

  /** Made when it isn't known. */
  of(transaction: number): TransactionFacts {
    const place = transaction % RECENT;
    const recent = this.#recent[place];
    if (recent !== undefined && this.#recentNumbers[place] === transaction) return recent;
    let facts = this.#facts.get(transaction);
    if (facts === undefined) {
      facts = {
        job: -1,
        writer: -1,
        checkpoint: 0,
        beganAt: -1,
        preCommittedAt: -1,
        preparedAt: -1,
        abortedAt: -1,
        written: 0,
        appended: 0,
      };
      this.#facts.set(transaction, facts);
      if (this.#facts.size > KEPT) this.#facts.delete(this.#facts.keys().next().value!);
    }
    this.#recentNumbers[place] = transaction;
    this.#recent[place] = facts;
    return facts;
  }

  written(job: number, writer: number, _topic: string, transaction: number, records: number): void {
    if (transaction === 0) return;
    const facts = this.of(transaction);
    facts.job = job;
    facts.writer = writer;
    facts.written += records;
  }

  appended(
    _topic: number,
    _originPartition: number,
    _route: number,
    from: number,
    to: number,
    _first: number,
    _last: number,
    transaction: number,
  ): void {
    if (transaction !== 0) this.of(transaction).appended += to - from;
  }

  transactionBegan(transaction: number, writer: number, at: number): void {
    const facts = this.of(transaction);
    facts.writer = writer;
    facts.beganAt = at;
  }

  preCommitted(job: number, writer: number, checkpoint: number, transaction: number, at: number): void {
    const facts = this.of(transaction);
    facts.job = job;
    facts.writer = writer;
    facts.checkpoint = checkpoint;
    facts.preCommittedAt = at;
  }

  transactionPrepared(transaction: number, at: number): void {
    this.of(transaction).preparedAt = at;
  }

  transactionAborted(transaction: number, at: number): void {
    this.of(transaction).abortedAt = at;
  }
}
