import type { KafkaObserver } from "../kafka/index.ts";

/** The transactions that were open at the first fault: as long as one is undecided, readers with `read_committed` get nothing
 *  that was written behind its first record. */
export class TransactionsAtFault
  implements Pick<KafkaObserver, "transactionBegan" | "transactionCompleted" | "transactionAborted">
{
  /** Open now; those that were open at the fault, once there was one. */
  readonly #open = new Set<number>();
  #faultAt = Number.NaN;
  #lastEndedAt = Number.NaN;

  faultInjected(_fault: string, at: number): void {
    if (!Number.isNaN(this.#faultAt)) return;
    this.#faultAt = at;
    this.#lastEndedAt = at;
  }

  transactionBegan(transaction: number): void {
    if (Number.isNaN(this.#faultAt)) this.#open.add(transaction);
  }

  transactionCompleted(transaction: number, at: number): void {
    this.#end(transaction, at);
  }

  transactionAborted(transaction: number, at: number): void {
    this.#end(transaction, at);
  }

  #end(transaction: number, at: number): void {
    if (this.#open.delete(transaction) && !Number.isNaN(this.#faultAt)) this.#lastEndedAt = at;
  }

  /** From the first fault until the last of them had been committed or aborted, ns; NaN: there was no fault, or one is open
   *  still. */
  get openFor(): number {
    return this.#open.size > 0 ? Number.NaN : this.#lastEndedAt - this.#faultAt;
  }
}
