import type { KafkaObserver } from "../kafka/index.ts";
import { seconds, Violations } from "./violations.ts";

interface Producer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** Ids that are remembered. */
const KEPT = 65_536;

/** **FencedProducerNeverCommits.** Once a producer has initialised a transactional id, no producer with an older epoch, or with
 *  another producer id, ends a transaction of that id; epochs of an id never come twice; and a transaction has one outcome: what
 *  was to be committed is never aborted, and the other way round. */
export class FencedProducerNeverCommits
  implements
    Pick<
      KafkaObserver,
      | "producerInitialised"
      | "endTxnTaken"
      | "transactionPrepared"
      | "transactionCompleted"
      | "transactionAborted"
    >
{
  readonly #found = new Violations();
  readonly #newest = new Map<number, Producer>();
  readonly #committed = new Set<number>();
  readonly #aborted = new Set<number>();

  get violations(): readonly string[] {
    return this.#found.list;
  }

  producerInitialised(id: number, producerId: number, producerEpoch: number, at: number): void {
    const newest = this.#newest.get(id);
    if (newest !== undefined && newest.producerId === producerId && producerEpoch <= newest.producerEpoch) {
      this.#found.add(
        () =>
          `transactional id ${id} got producer epoch ${producerEpoch} at ${seconds(at)}, after epoch ${newest.producerEpoch}`,
      );
    }
    this.#newest.set(id, { producerId, producerEpoch });
    if (this.#newest.size > KEPT) this.#newest.delete(this.#newest.keys().next().value!);
  }

  endTxnTaken(
    id: number,
    producerId: number,
    producerEpoch: number,
    commit: boolean,
    transaction: number,
    at: number,
  ): void {
    const newest = this.#newest.get(id);
    if (newest === undefined) return;
    if (producerId === newest.producerId && producerEpoch >= newest.producerEpoch) return;
    this.#found.add(
      () =>
        `a producer of transactional id ${id} with epoch ${producerEpoch} ${commit ? "commits" : "aborts"} transaction ` +
        `${transaction} at ${seconds(at)}, fenced by epoch ${newest.producerEpoch}`,
    );
  }

  transactionPrepared(transaction: number, at: number): void {
    this.#decide(transaction, this.#committed, this.#aborted, "committed", at);
  }

  transactionCompleted(transaction: number, at: number): void {
    this.#decide(transaction, this.#committed, this.#aborted, "committed", at);
  }

  transactionAborted(transaction: number, at: number): void {
    this.#decide(transaction, this.#aborted, this.#committed, "aborted", at);
  }

  #decide(transaction: number, as: Set<number>, other: ReadonlySet<number>, how: string, at: number): void {
    if (other.has(transaction))
      this.#found.add(() => `transaction ${transaction} is ${how} at ${seconds(at)}, after the opposite`);
    as.add(transaction);
    if (as.size > KEPT) as.delete(as.values().next().value!);
  }
}
