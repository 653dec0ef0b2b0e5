/** Models: the part of a producer that talks to transaction coordinators: FindCoordinator, InitProducerId,
 *    AddPartitionsToTxn and EndTxn, one at a time, with their retries. A request that has been put back (its coordinator
 *    had to be found, or answered "not me" or "not yet") is sent only after a back-off, so a producer that is new, or whose
 *    transactional id has moved to another coordinator, waits retry.backoff.ms in initTransactions. Where brokers can fail, a
 *    request without an answer is given up after request.timeout.ms, and what the caller waits for after max.block.ms.
 *  Source: kafka-clients TransactionManager (nextRequest, TxnRequestHandler.reenqueue), Sender
 *    (maybeSendAndPollTransactionalRequest, maybeFindCoordinatorAndRetry) 3.9 to 4.2.
 *  Leaves out: connections that have to be made first. */

import { invariant, NO_EVENT, type Simulation } from "../engine/index.ts";
import type { ClientPlace } from "./client-links.ts";
import {
  CONCURRENT_TRANSACTIONS,
  COORDINATOR_LOAD_IN_PROGRESS,
  COORDINATOR_NOT_AVAILABLE,
  type KafkaError,
  NONE,
  NOT_COORDINATOR,
  REQUEST_TIMED_OUT,
} from "./kafka-error.ts";
import type { TransactionCoordinator } from "./transaction-coordinator.ts";
import type { TransactionVersion } from "./transaction-protocol.ts";
import type {
  TransactionAnswer,
  TransactionRequest,
  TransactionRequestKind,
} from "./transaction-requests.ts";

export interface TransactionalClientSettings {
  readonly version: TransactionVersion;
  /** transaction.timeout.ms, ns. */
  readonly transactionTimeout: number;
  /** retry.backoff.ms, ns. */
  readonly retryBackoff: number;
  /** where it runs; undefined: nothing comes between it and the brokers. */
  readonly place?: ClientPlace;
  /** request.timeout.ms and max.block.ms, ns; undefined: no broker can fail, and nothing times out. */
  readonly timeouts?: { readonly request: number; readonly maxBlock: number };
}

/** TransactionManager.ADD_PARTITIONS_RETRY_BACKOFF_MS, ns: while the transaction has no partition yet. */
const ADD_PARTITIONS_RETRY_BACKOFF = 20e6;

/** Called with the outcome of an operation, at the time when the client knows it. */
export type WhenDone = (error: KafkaError) => void;

interface Operation {
  readonly kind: TransactionRequestKind;
  readonly partitions: readonly number[];
  readonly transaction: number;
  readonly commit: boolean;
  readonly whenDone: WhenDone;
  /** when the caller stops waiting, ns. */
  readonly deadline: number;
  isRetry: boolean;
}

export class TransactionalClient {
  transactionalId: string;
  producerId = -1;
  producerEpoch = -1;
  version: TransactionVersion;
  readonly #sim: Simulation;
  readonly #coordinator: TransactionCoordinator;
  readonly #settings: TransactionalClientSettings;
  readonly #number: number;
  /** Broker that coordinated the last transactional id; -1: not known. */
  #coordinatorBroker = -1;
  #sequence = 0;
  #operation: Operation | undefined;
  #hasPartitions = false;
  #timeout = NO_EVENT;

  constructor(
    sim: Simulation,
    coordinator: TransactionCoordinator,
    settings: TransactionalClientSettings,
    transactionalId: string,
  ) {
    this.#sim = sim;
    this.#coordinator = coordinator;
    this.#settings = settings;
    this.version = settings.version;
    this.transactionalId = transactionalId;
    this.#number = coordinator.requests.register(this, settings.place);
  }

  /** Another transactional id for the same producer, as Flink's pool gives it by reflection: what the client knows of the old
   *  id's coordinator stays. */
  setTransactionalId(transactionalId: string): void {
    invariant(this.#operation === undefined, "a producer changes its id between two transactions");
    this.transactionalId = transactionalId;
  }

  /** Goes on with a transaction that another producer began, as Flink's committer does after a restore. A client takes up
   *  version 2 when it initialises or begins, and this one does neither, so its EndTxn is one of version 1. */
  resumeTransaction(producerId: number, producerEpoch: number): void {
    this.version = 1;
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
    this.#hasPartitions = true;
  }

  /** initTransactions called at `at`, ns, not past. */
  initTransactions(at: number, whenDone: WhenDone): void {
    this.#start("InitProducerId", whenDone, at);
  }

  /** initTransactions before the simulated time begins. */
  initAtStart(): KafkaError {
    const answer = this.#coordinator.initAtStart(this.transactionalId, this.#settings.transactionTimeout);
    this.#coordinatorBroker = this.#coordinator.coordinatorOf(this.transactionalId);
    if (answer.error === NONE) this.#take(answer);
    return answer.error;
  }

  /** `partitions` (numbers of topic partitions) join `transaction` by request. */
  addPartitions(partitions: readonly number[], transaction: number, whenDone: WhenDone): void {
    this.#start("AddPartitionsToTxn", whenDone, this.#sim.now, false, partitions, transaction);
  }

  /** Partitions join `transaction` at `at`; see TransactionCoordinator.join. */
  join(transaction: number, topicPartitions: readonly number[], at: number): number {
    return this.#coordinator.join(
      this.transactionalId,
      this,
      this.version,
      transaction,
      topicPartitions,
      at,
      this.#settings.place,
    );
  }

  endTransaction(commit: boolean, whenDone: WhenDone): void {
    this.#start("EndTxn", whenDone, this.#sim.now, commit);
  }

  /** The client is gone; a request that it has sent takes its course. */
  dispose(): void {
    this.#coordinator.requests.unregister(this.#number);
    this.#sim.cancel(this.#timeout);
    this.#operation = undefined;
    this.#sequence++;
  }

  onCoordinatorFound(sequence: number, now: number): void {
    if (sequence !== this.#sequence) return;
    this.#sim.cancel(this.#timeout);
    this.#timeout = NO_EVENT;
    this.#coordinatorBroker = this.#coordinator.coordinatorOf(this.transactionalId);
    this.#send(now);
  }

  /** Nothing has come back: the coordinator is looked for anew, or the caller has waited long enough. */
  onTimeout(sequence: number): void {
    if (sequence !== this.#sequence) return;
    this.#timeout = NO_EVENT;
    const operation = this.#operation!;
    this.#coordinatorBroker = -1;
    if (this.#sim.now < operation.deadline) {
      this.#send(this.#sim.now);
      return;
    }
    this.#sequence++;
    this.#operation = undefined;
    operation.whenDone(REQUEST_TIMED_OUT);
  }

  onAnswer(sequence: number, answer: TransactionAnswer): void {
    if (sequence !== this.#sequence) return;
    this.#sim.cancel(this.#timeout);
    this.#timeout = NO_EVENT;
    const operation = this.#operation!;
    const { error } = answer;
    if (error === NOT_COORDINATOR || error === COORDINATOR_NOT_AVAILABLE) {
      this.#coordinatorBroker = -1;
      this.#send(this.#sim.now);
    } else if (error === CONCURRENT_TRANSACTIONS || error === COORDINATOR_LOAD_IN_PROGRESS) {
      operation.isRetry = true;
      this.#send(this.#sim.now);
    } else {
      if (error === NONE) this.#take(answer);
      if (operation.kind !== "AddPartitionsToTxn") this.#hasPartitions = false;
      else if (error === NONE) this.#hasPartitions = true;
      this.#operation = undefined;
      operation.whenDone(error);
    }
  }

  #start(
    kind: TransactionRequestKind,
    whenDone: WhenDone,
    at: number,
    commit = false,
    partitions = NO_PARTITIONS,
    transaction = 0,
  ): void {
    invariant(this.#operation === undefined, "a producer has one transactional request in flight");
    const deadline = at + (this.#settings.timeouts?.maxBlock ?? Number.POSITIVE_INFINITY);
    this.#operation = { kind, partitions, transaction, commit, whenDone, deadline, isRetry: false };
    this.#send(at);
  }

  #send(at: number): void {
    const operation = this.#operation!;
    const sequence = ++this.#sequence;
    if (this.#coordinatorBroker < 0) {
      operation.isRetry = true;
      this.#coordinator.requests.findCoordinator(this.#number, sequence, at);
      if (this.#settings.timeouts !== undefined)
        this.#timeout = this.#coordinator.requests.planTimeout(
          this.#number,
          sequence,
          Math.max(at, operation.deadline),
        );
      return;
    }
    const request: TransactionRequest = {
      kind: operation.kind,
      transactionalId: this.transactionalId,
      producerId: this.producerId,
      producerEpoch: this.producerEpoch,
      version: this.version,
      timeout: this.#settings.transactionTimeout,
      bumpsOwnEpoch: false,
      partitions: operation.partitions,
      transaction: operation.transaction,
      commit: operation.commit,
    };
    const sentAt = operation.isRetry ? at + this.#backoff(operation) : at;
    this.#coordinator.requests.send(this.#number, sequence, this.#coordinatorBroker, request, sentAt);
    const { timeouts } = this.#settings;
    if (timeouts === undefined) return;
    const givenUpAt = Math.max(sentAt, Math.min(sentAt + timeouts.request, operation.deadline));
    this.#timeout = this.#coordinator.requests.planTimeout(this.#number, sequence, givenUpAt);
  }

  #backoff({ kind }: Operation): number {
    const { retryBackoff } = this.#settings;
    if (kind !== "AddPartitionsToTxn" || this.#hasPartitions) return retryBackoff;
    return Math.min(retryBackoff, ADD_PARTITIONS_RETRY_BACKOFF);
  }

  #take({ producerId, producerEpoch }: TransactionAnswer): void {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
  }
}

const NO_PARTITIONS: readonly number[] = [];
