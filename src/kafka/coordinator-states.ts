/** Models: what each transaction coordinator knows: the ids of the partitions of __transaction_state that it leads. When a
 *    partition gets another leader its ids go there, and nobody knows them until that has loaded them.
 *  Source: kafka TransactionStateManager (transactionMetadataCache, loadingPartitions, partitionFor).
 *  Leaves out: epochs of coordinators. Ids that were completed long ago are forgotten early, which only a probe for an id of
 *    that age could tell. */

import type { LeaderChange } from "./partition-change.ts";
import type { TransactionMetadata } from "./transaction-metadata.ts";
import { type CoordinatorState, transactionCoordinator } from "./transaction-protocol.ts";
import type { TransactionStateLog } from "./transaction-state-log.ts";

/** A partition of __transaction_state that its new leader still reads: what it will know, and how it came to lead. */
interface LoadingPartition {
  readonly state: CoordinatorState;
  readonly election: LeaderChange;
  readonly number: number;
}

/** What the leader of a partition finds when it has loaded it. */
export interface LoadedPartition {
  readonly leader: number;
  readonly ids: readonly TransactionMetadata[];
  readonly election: LeaderChange;
}

export class CoordinatorStates {
  readonly #stateLog: TransactionStateLog;
  readonly #maxTimeout: number;
  /** Per broker. */
  readonly #states: readonly CoordinatorState[];
  readonly #idOf = new Map<string, number>();
  readonly #nameOf = new Map<number, string>();
  readonly #loading = new Map<number, LoadingPartition>();
  #lastLoading = 0;
  #lastId = 0;

  /** @param maxTimeout transaction.max.timeout.ms, ns. */
  constructor(stateLog: TransactionStateLog, brokers: number, maxTimeout: number) {
    this.#stateLog = stateLog;
    this.#maxTimeout = maxTimeout;
    this.#states = Array.from({ length: brokers }, (_, broker) => {
      const state = transactionCoordinator(maxTimeout);
      state.nextProducerId = broker * 1e9;
      return state;
    });
  }

  /** Of all brokers, by their number. */
  get all(): readonly CoordinatorState[] {
    return this.#states;
  }

  of(broker: number): CoordinatorState {
    return this.#states[broker]!;
  }

  /** The broker that coordinates `transactionalId`, or did last. */
  coordinatorOf(transactionalId: string): number {
    return this.#stateLog.leader(this.#stateLog.partitionOf(transactionalId));
  }

  /** Where `transactionalId` is known, or is about to be. */
  holding(transactionalId: string): CoordinatorState {
    const partition = this.#stateLog.partitionOf(transactionalId);
    const loading = this.isLoading(partition) ? this.#loading.get(partition) : undefined;
    return loading?.state ?? this.#states[this.coordinatorOf(transactionalId)]!;
  }

  /** Names of the ids that have a transaction open, in the order of their first use at each coordinator. */
  ongoing(): string[] {
    const loading = [...this.#loading.values()].map(({ state }) => state);
    return [...this.#states, ...loading].flatMap((state) =>
      [...state.ids.values()]
        .filter(({ current }) => current.state === "Ongoing")
        .map(({ id }) => this.nameOf(id)),
    );
  }

  // ---- names

  /** The number of `transactionalId`, which gets one with its first use. */
  intern(transactionalId: string): number {
    let id = this.#idOf.get(transactionalId);
    if (id === undefined) {
      id = ++this.#lastId;
      this.#idOf.set(transactionalId, id);
      this.#nameOf.set(id, transactionalId);
    }
    return id;
  }

  numberOf(transactionalId: string): number | undefined {
    return this.#idOf.get(transactionalId);
  }

  nameOf(id: number): string {
    return this.#nameOf.get(id)!;
  }

  forget(id: number): void {
    this.#idOf.delete(this.nameOf(id));
    this.#nameOf.delete(id);
  }

  forgetOldIds(state: CoordinatorState): void {
    for (const [id, { current, pending }] of state.ids) {
      if (state.ids.size <= KEPT) return;
      if (pending !== null || (current.state !== "CompleteCommit" && current.state !== "CompleteAbort"))
        continue;
      state.ids.delete(id);
      this.forget(id);
    }
  }

  // ---- partitions that change hands

  isLoading(partition: number): boolean {
    return this.#loading.size > 0 && this.#loading.has(partition);
  }

  /** Whether `partition` is being loaded for the time with this number. */
  isLoadingFor(partition: number, number: number): boolean {
    return this.#loading.get(partition)?.number === number;
  }

  /** What the leader of `partition` has of it. */
  idsOf(partition: number): readonly number[] {
    const state = this.#states[this.#stateLog.leader(partition)]!;
    return [...state.ids.keys()].filter((id) => this.#partitionOf(id) === partition);
  }

  /** The ids of `partition` leave the broker that led it before. @returns a number for the loading that begins. */
  beginLoading(partition: number, before: number, election: LeaderChange): number {
    const from = this.#states[before]!;
    const state = transactionCoordinator(this.#maxTimeout);
    for (const [id, metadata] of [...from.ids]) {
      if (this.#partitionOf(id) !== partition) continue;
      from.ids.delete(id);
      state.ids.set(id, metadata);
    }
    const number = ++this.#lastLoading;
    this.#loading.set(partition, { state, election, number });
    return number;
  }

  /** The ids of `partition` are its leader's from now on. */
  endLoading(partition: number): LoadedPartition {
    const { state, election } = this.#loading.get(partition)!;
    this.#loading.delete(partition);
    const leader = this.#stateLog.leader(partition);
    const ids = [...state.ids.values()];
    for (const metadata of ids) this.#states[leader]!.ids.set(metadata.id, metadata);
    return { leader, ids, election };
  }

  #partitionOf(id: number): number {
    return this.#stateLog.partitionOf(this.nameOf(id));
  }
}

/** Ids a coordinator remembers at least. */
const KEPT = 4096;
