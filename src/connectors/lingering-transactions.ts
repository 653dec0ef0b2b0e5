/** Models: which transactional ids a starting writer initialises in order to abort what earlier attempts left open.
 *  Source: flink-connector-kafka TransactionAbortStrategyImpl (4.0; PROBING as in 3.x).
 *  Leaves out: ids that have expired at the coordinator. */

import { subtaskOf, transactionalIdOf } from "./transaction-naming.ts";
import { type OwnedSubtasks, owns } from "./transaction-ownership.ts";

/** PROBING guesses ids until one was never used; LISTING asks the brokers what is open. */
export type AbortStrategy = "PROBING" | "LISTING";

export interface LingeringContext {
  readonly prefixes: readonly string[];
  readonly subtask: number;
  readonly parallelism: number;
  /** Whose ids LISTING aborts. */
  readonly owned: OwnedSubtasks;
  /** The checkpoint after the restored one. */
  readonly firstCheckpoint: number;
  /** Ids that the committer is to commit. */
  readonly precommitted: ReadonlySet<string>;
  /** Ids with an open transaction, as ListTransactions tells. */
  readonly ongoing: readonly string[];
}

/** The ids one after the other, as their epochs become known. */
export interface LingeringTransactions {
  /** @param epoch that initialising the id before gave; -1: there was none. @returns undefined: nothing is left. */
  next(epoch: number): string | undefined;
}

export function lingeringTransactions(
  strategy: AbortStrategy,
  context: LingeringContext,
): LingeringTransactions {
  return strategy === "PROBING" ? new Probing(context) : new Listing(context);
}

/** For subtask s, s + p, s + 2p, …: the ids of the checkpoints after the restored one, until one has epoch 0, which means
 *  that it was never used; the first subtask of which none was used ends the search. */
class Probing implements LingeringTransactions {
  readonly #context: LingeringContext;
  #prefix = 0;
  #subtask: number;
  #checkpoint: number;
  #aborted = 0;

  constructor(context: LingeringContext) {
    this.#context = context;
    this.#subtask = context.subtask;
    this.#checkpoint = context.firstCheckpoint;
  }

  next(epoch: number): string | undefined {
    const { prefixes, subtask, parallelism, firstCheckpoint } = this.#context;
    if (epoch > 0) {
      this.#aborted++;
      this.#checkpoint++;
    } else if (epoch === 0) {
      if (this.#aborted > 0) this.#subtask += parallelism;
      else {
        this.#prefix++;
        this.#subtask = subtask;
      }
      this.#aborted = 0;
      this.#checkpoint = firstCheckpoint;
    }
    const prefix = prefixes[this.#prefix];
    return prefix === undefined ? undefined : transactionalIdOf(prefix, this.#subtask, this.#checkpoint);
  }
}

class Listing implements LingeringTransactions {
  readonly #ids: string[];

  constructor({ prefixes, owned, precommitted, ongoing }: LingeringContext) {
    const isMine = (id: string): boolean =>
      prefixes.some((prefix) => {
        const owner = subtaskOf(prefix, id);
        return owner >= 0 && owns(owned, owner);
      });
    this.#ids = ongoing.filter((id) => isMine(id) && !precommitted.has(id));
  }

  next(): string | undefined {
    return this.#ids.shift();
  }
}
