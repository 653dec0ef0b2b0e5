/** Models: the transaction coordinators of a cluster: each broker is one, for the transactional ids whose partition of
 *    __transaction_state it leads. Requests take their way, transitions their durable write, markers their queue; a
 *    periodic look aborts what has been open for too long.
 *  Source: kafka TransactionCoordinator, TransactionStateManager, TransactionMarkerChannelManager, ReplicaManager (4.1);
 *    the protocol itself is transaction-protocol.ts.
 *  Leaves out: death of a coordinator, quotas, partition verification in version 1 (a read, no write), producer ids in
 *    blocks, requests that queue behind others of their connection. Ids that were completed long ago are forgotten
 *    early, which only a probe for an id of that age could tell. */

import { invariant, type Simulation } from "../engine/index.ts";
import { Outbox } from "../records/index.ts";
import { appendDelay, type BrokerTiming, replicationDelay } from "./broker-timing.ts";
import { CONCURRENT_TRANSACTIONS, type KafkaError, NONE, NOT_COORDINATOR } from "./kafka-error.ts";
import type { KafkaObserver } from "./observations.ts";
import type { Topic } from "./topic.ts";
import { MarkerQueue, type MarkerRequest } from "./transaction-markers.ts";
import type { TransactionMetadata } from "./transaction-metadata.ts";
import {
  APPEND,
  type CoordinatorState,
  onAddPartitions,
  onAppended,
  onEndTxn,
  onInitProducerId,
  onMarkersWritten,
  onSweep,
  REPLY,
  SEND_MARKERS,
  type TransactionVersion,
  transactionCoordinator,
} from "./transaction-protocol.ts";
import { coordinatorOf } from "./transaction-state-log.ts";

export interface TransactionCoordinatorSettings {
  readonly brokers: number;
  /** transaction.state.log.replication.factor, at most the number of brokers. */
  readonly replicationFactor: number;
  /** transaction.state.log.num.partitions */
  readonly stateLogPartitions: number;
  /** transaction.max.timeout.ms, ns. */
  readonly maxTimeout: number;
  /** transaction.abort.timed.out.transaction.cleanup.interval.ms, ns. */
  readonly sweepInterval: number;
  /** ns from 0 to the first look of each broker, 0 <= phase < interval. */
  readonly sweepPhases: readonly number[];
  /** add.partitions.to.txn.retry.backoff.ms, ns: a leader's wait before it asks again (version 2). */
  readonly addPartitionsRetryBackoff: number;
  /** Whether brokers handle requests all the time. On quiet ones the write of CompleteCommit lies until the coordinator
   *  handles its next request: only then does it look after the followers' parked fetches
   *  (KafkaApis.handle, ReplicaManager.tryCompleteActions), or when those time out (replica.fetch.wait.max.ms). */
  readonly quiet: boolean;
}

/** replica.fetch.wait.max.ms, ns. */
const LONGEST_PARKED = 500e6;

export type TransactionRequestKind = "InitProducerId" | "AddPartitionsToTxn" | "EndTxn";

/** What a client asks a coordinator. */
export interface TransactionRequest {
  readonly kind: TransactionRequestKind;
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly version: TransactionVersion;
  /** InitProducerId: transaction.timeout.ms, ns, and whether the client names its own producer id and epoch. */
  readonly timeout: number;
  readonly bumpsOwnEpoch: boolean;
  /** AddPartitionsToTxn: partitions by number, and the run's number of the transaction. */
  readonly partitions: readonly number[];
  readonly transaction: number;
  /** EndTxn */
  readonly commit: boolean;
}

/** What a coordinator answers. */
export interface TransactionAnswer {
  readonly error: KafkaError;
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** Whoever sends requests: one at a time. */
export interface TransactionRequester {
  /** The answer to request `sequence` has arrived. */
  onAnswer(sequence: number, answer: TransactionAnswer): void;
  /** What the client waited for by itself (FindCoordinator) is over. */
  onCoordinatorFound(sequence: number, broker: number): void;
}

interface UnderWay {
  readonly requester: number;
  readonly sequence: number;
  readonly broker: number;
  readonly request: TransactionRequest;
  answer: TransactionAnswer | undefined;
}

interface OpenTransaction {
  readonly writer: number;
  /** Version 2: until when the last partition's write is under way, ns. */
  addingUntil: number;
}

/** How often what was asked of the coordinators. */
export interface TransactionCounters {
  findCoordinator: number;
  initProducerId: number;
  newTransactionalIds: number;
  addPartitions: number;
  endTxn: number;
  concurrentTransactions: number;
  notCoordinator: number;
  markerRequests: number;
  markers: number;
  stateLogWrites: number;
  committed: number;
  aborted: number;
  timedOut: number;
}

export class TransactionCoordinator {
  readonly counters: TransactionCounters = {
    findCoordinator: 0,
    initProducerId: 0,
    newTransactionalIds: 0,
    addPartitions: 0,
    endTxn: 0,
    concurrentTransactions: 0,
    notCoordinator: 0,
    markerRequests: 0,
    markers: 0,
    stateLogWrites: 0,
    committed: 0,
    aborted: 0,
    timedOut: 0,
  };
  readonly #sim: Simulation;
  readonly #timing: BrokerTiming;
  readonly #settings: TransactionCoordinatorSettings;
  readonly #observer: KafkaObserver;
  readonly #outbox = new Outbox();
  /** ns of one acks=all write to __transaction_state. */
  readonly #durableWrite: number;
  /** Per broker. */
  readonly #states: readonly CoordinatorState[];
  readonly #topics: Topic[] = [];
  readonly #idOf = new Map<string, number>();
  readonly #nameOf = new Map<number, string>();
  readonly #requesters = new Map<number, TransactionRequester>();
  readonly #underWay = new Map<number, UnderWay>();
  readonly #open = new Map<number, OpenTransaction>();
  /** At coordinator * brokers + destination. */
  readonly #markerQueues: readonly MarkerQueue[];
  readonly #markerRequests = new Map<number, MarkerRequest>();
  /** Per broker: ids whose last write waits for the broker's next request. */
  readonly #parked: readonly number[][];
  /** Per broker: when the next look is due; infinite: none. */
  readonly #sweepAt: Float64Array;
  readonly #kinds: {
    readonly arrives: number;
    readonly durable: number;
    readonly answered: number;
    readonly found: number;
    readonly markers: number;
    readonly sweep: number;
    readonly expired: number;
  };
  #lastTransaction = 0;
  #lastId = 0;
  #lastRequest = 0;
  #lastRequester = 0;
  #lastMarkerRequest = 0;

  constructor(
    sim: Simulation,
    timing: BrokerTiming,
    settings: TransactionCoordinatorSettings,
    observer: KafkaObserver,
  ) {
    const { brokers } = settings;
    this.#sim = sim;
    this.#timing = timing;
    this.#settings = settings;
    this.#observer = observer;
    this.#durableWrite = timing.append + replicationDelay(timing, settings.replicationFactor);
    this.#states = Array.from({ length: brokers }, (_, broker) => {
      const state = transactionCoordinator(settings.maxTimeout);
      state.nextProducerId = broker * 1e9;
      return state;
    });
    this.#markerQueues = Array.from(
      { length: brokers * brokers },
      () => new MarkerQueue(settings.replicationFactor > 1),
    );
    this.#parked = Array.from({ length: brokers }, () => []);
    this.#sweepAt = new Float64Array(brokers).fill(Number.POSITIVE_INFINITY);
    this.#kinds = {
      arrives: sim.defineKind("transaction request arrives", (request) => this.#onArrives(request)),
      durable: sim.defineKind("transition durable", (id) => this.#onDurable(id)),
      answered: sim.defineKind("transaction answer arrives", (request) => this.#onAnswered(request)),
      found: sim.defineKind("coordinator found", (requester, sequence) => this.#onFound(requester, sequence)),
      markers: sim.defineKind("markers written", (request, queue) => this.#onMarkers(request, queue)),
      sweep: sim.defineKind("look for timed-out transactions", (broker) => this.#onSweep(broker)),
      expired: sim.defineKind("followers' fetches expire", (broker, id) => this.#release(broker, id)),
    };
  }

  /** ns from a request with a durable write until its answer is in the client's hands. */
  get requestTime(): number {
    const timing = this.#timing;
    return timing.roundTrip + timing.requestHandling + this.#durableWrite + timing.clientWakeup;
  }

  /** ns from a request that writes nothing until its answer is in the client's hands. */
  get readTime(): number {
    const timing = this.#timing;
    return timing.roundTrip + timing.requestHandling + timing.clientWakeup;
  }

  // ---- clients

  register(requester: TransactionRequester): number {
    this.#requesters.set(++this.#lastRequester, requester);
    return this.#lastRequester;
  }

  /** The client is gone: nothing is delivered to it any more; what it has sent takes its course. */
  unregister(requester: number): void {
    this.#requesters.delete(requester);
  }

  /** FindCoordinator, sent at `at`; onCoordinatorFound tells. */
  findCoordinator(requester: number, sequence: number, at: number): void {
    this.counters.findCoordinator++;
    const answered = Math.round(at + this.readTime);
    this.#sim.scheduleAt(answered, this.#kinds.found, requester, sequence);
  }

  /** `request` is sent to `broker` at `at` (ns, not past); onAnswer tells. */
  send(requester: number, sequence: number, broker: number, request: TransactionRequest, at: number): void {
    const number = ++this.#lastRequest;
    this.#underWay.set(number, { requester, sequence, broker, request, answer: undefined });
    const { roundTrip, requestHandling } = this.#timing;
    this.#sim.scheduleAt(Math.round(at + roundTrip / 2 + requestHandling), this.#kinds.arrives, number, 0);
  }

  /** The broker that coordinates `transactionalId`. */
  coordinatorOf(transactionalId: string): number {
    const { stateLogPartitions, brokers } = this.#settings;
    return coordinatorOf(transactionalId, stateLogPartitions, brokers);
  }

  /** What the coordinator of `transactionalId` knows about it: a copy of plain data; undefined: nothing. */
  describe(transactionalId: string): TransactionMetadata | undefined {
    const id = this.#idOf.get(transactionalId);
    if (id === undefined) return undefined;
    const metadata = this.#states[this.coordinatorOf(transactionalId)]!.ids.get(id);
    return metadata === undefined ? undefined : structuredClone(metadata);
  }

  /** Names of the ids that have a transaction open, in the order of their first use (ListTransactions, Ongoing). */
  listOngoing(): string[] {
    return this.#states.flatMap((state) =>
      [...state.ids.values()]
        .filter(({ current }) => current.state === "Ongoing")
        .map(({ id }) => this.#nameOf.get(id)!),
    );
  }

  /** InitProducerId without its time: for worlds that start with their producers initialised. */
  initAtStart(transactionalId: string, timeout: number): TransactionAnswer {
    const id = this.#intern(transactionalId);
    const state = this.#stateOf(transactionalId);
    this.#outbox.clear();
    onInitProducerId(state, 0, id, timeout, null, this.#sim.now, this.#outbox);
    if (this.#outbox.effects[0] === REPLY) return this.#answer(this.#outbox.b[0] as KafkaError, undefined);
    this.#outbox.clear();
    onAppended(state, id, this.#outbox);
    this.counters.newTransactionalIds++;
    this.#tellInitialised(state, id);
    return this.#answer(NONE, state.ids.get(id));
  }

  // ---- transactions

  /** A number for the next transaction of a producer, as beginTransaction makes it. The coordinator learns of it with its
   *  first partition. */
  begin(writer: number): number {
    const number = ++this.#lastTransaction;
    this.#open.set(number, { writer, addingUntil: 0 });
    return number;
  }

  /** A transaction that got no partition is over without anybody's being told. */
  drop(transaction: number): void {
    this.#open.delete(transaction);
  }

  /** The number by which requests name `partition` of `topic`. */
  topicPartition(topic: Topic, partition: number): number {
    let index = this.#topics.indexOf(topic);
    if (index < 0) index = this.#topics.push(topic) - 1;
    return index * PARTITIONS + partition;
  }

  /** A partition joins at `at` (ns, may be past): its first record was handed over then. In closed form, for records that
   *  are known in runs: the request's time is what is returned, its outcome holds at once.
   *  @returns ns: version 1, until AddPartitionsToTxn is answered and the Sender goes on; version 2, how long the leader
   *  keeps the batch. -1: refused, since the producer was fenced. */
  join(
    transactionalId: string,
    producer: Pick<TransactionAnswer, "producerId" | "producerEpoch">,
    version: TransactionVersion,
    transaction: number,
    topicPartition: number,
    at: number,
  ): number {
    const { roundTrip, requestHandling, replicationRoundTrip } = this.#timing;
    const open = this.#open.get(transaction);
    if (open === undefined) return -1;
    let handled = Math.round(at + roundTrip / 2 + requestHandling);
    const atLeader = handled;
    if (version === 2) {
      handled += replicationRoundTrip / 2;
      while (handled < open.addingUntil) {
        handled += this.#settings.addPartitionsRetryBackoff;
        this.counters.concurrentTransactions++;
      }
      open.addingUntil = handled + this.#durableWrite;
    }
    const id = this.#intern(transactionalId);
    const state = this.#stateOf(transactionalId);
    this.#outbox.clear();
    onAddPartitions(
      state,
      0,
      id,
      producer.producerId,
      producer.producerEpoch,
      [topicPartition],
      transaction,
      handled,
      this.#outbox,
    );
    this.counters.addPartitions++;
    if (this.#outbox.effects[0] === REPLY) return this.#outbox.b[0] === NONE ? 0 : -1;
    this.counters.stateLogWrites++;
    const isFirst = state.ids.get(id)!.current.state !== "Ongoing";
    this.#outbox.clear();
    onAppended(state, id, this.#outbox);
    if (isFirst) this.#onOngoing(state.ids.get(id)!, at);
    return version === 1 ? this.requestTime : open.addingUntil + replicationRoundTrip / 2 - atLeader;
  }

  // ---- events

  #onArrives(number: number): void {
    const underWay = this.#underWay.get(number)!;
    const { request, broker } = underWay;
    if (this.coordinatorOf(request.transactionalId) !== broker) {
      this.counters.notCoordinator++;
      this.#reply(number, NOT_COORDINATOR, undefined);
      return;
    }
    const state = this.#states[broker]!;
    const id = this.#intern(request.transactionalId);
    const { producerId, producerEpoch, kind, version } = request;
    const { now } = this.#sim;
    this.#outbox.clear();
    if (kind === "InitProducerId") {
      this.counters.initProducerId++;
      if (!state.ids.has(id)) this.counters.newTransactionalIds++;
      const expected = request.bumpsOwnEpoch ? { producerId, producerEpoch } : null;
      onInitProducerId(state, number, id, request.timeout, expected, now, this.#outbox);
    } else if (kind === "AddPartitionsToTxn") {
      this.counters.addPartitions++;
      const { partitions, transaction } = request;
      onAddPartitions(
        state,
        number,
        id,
        producerId,
        producerEpoch,
        partitions,
        transaction,
        now,
        this.#outbox,
      );
    } else {
      this.counters.endTxn++;
      const transaction = state.ids.get(id)?.transaction ?? 0;
      onEndTxn(state, number, id, producerId, producerEpoch, request.commit, version, now, this.#outbox);
      if (this.#outbox.effects[0] === APPEND)
        this.#observer.endTxnTaken?.(id, producerId, producerEpoch, request.commit, transaction, now);
    }
    this.#perform(broker);
    for (const parked of this.#parked[broker]!.splice(0)) this.#write(parked, 0);
  }

  #onDurable(id: number): void {
    const broker = this.coordinatorOf(this.#nameOf.get(id)!);
    const state = this.#states[broker]!;
    const metadata = state.ids.get(id)!;
    const { transaction } = metadata;
    const before = metadata.current.state;
    this.#outbox.clear();
    onAppended(state, id, this.#outbox);
    const { now } = this.#sim;
    const after = metadata.current.state;
    if (after === "Ongoing" && before !== "Ongoing") this.#onOngoing(metadata, now);
    else if (after === "PrepareCommit") this.#observer.transactionPrepared(transaction, now);
    else if (after === "CompleteCommit" || after === "CompleteAbort") {
      this.#open.delete(transaction);
      if (after === "CompleteCommit") {
        this.counters.committed++;
        this.#observer.transactionCompleted(transaction, now);
      } else if (transaction !== 0) {
        this.counters.aborted++;
        this.#observer.transactionAborted(transaction, now);
      }
      this.#forgetOldIds(state);
    }
    this.#perform(broker);
  }

  #onAnswered(number: number): void {
    const { requester, sequence, answer } = this.#underWay.get(number)!;
    this.#underWay.delete(number);
    this.#requesters.get(requester)?.onAnswer(sequence, answer!);
  }

  #onFound(requester: number, sequence: number): void {
    this.#requesters.get(requester)?.onCoordinatorFound(sequence, this.#sim.now);
  }

  /** The markers of a request are replicated on the broker that it went to. */
  #onMarkers(number: number, queue: number): void {
    const request = this.#markerRequests.get(number)!;
    this.#markerRequests.delete(number);
    const { brokers } = this.#settings;
    const coordinator = Math.floor(queue / brokers);
    const destination = queue % brokers;
    const { now } = this.#sim;
    this.#settle(request.ids, coordinator);
    for (const id of request.ids) {
      const metadata = this.#states[coordinator]!.ids.get(id)!;
      const written = metadata.current.partitions.filter((one) => this.#leaderOf(one) === destination);
      const commit = metadata.current.state === "PrepareCommit";
      for (const topicPartition of written) {
        const { name, logs } = this.#topics[Math.floor(topicPartition / PARTITIONS)]!;
        const log = logs[topicPartition % PARTITIONS]!;
        this.#observer.markerWritten?.(name, log.partition, metadata.transaction, commit, now);
        if (commit) log.commit(metadata.transaction, now);
        else log.abort(metadata.transaction, now);
        this.counters.markers++;
      }
      this.#outbox.clear();
      onMarkersWritten(this.#states[coordinator]!, id, written, now, this.#outbox);
      this.#performCompletion(coordinator);
    }
  }

  /** What has been open for longer than its time-out is aborted; records that were sent before count as sent. */
  #onSweep(broker: number): void {
    const { now } = this.#sim;
    this.#sweepAt[broker] = Number.POSITIVE_INFINITY;
    for (const topic of this.#topics) topic.settle(now);
    this.#outbox.clear();
    const state = this.#states[broker]!;
    onSweep(state, now, this.#outbox);
    this.counters.timedOut += this.#outbox.length;
    this.#perform(broker);
    for (const { current } of state.ids.values()) {
      if (current.state === "Ongoing") this.#planSweep(broker, current.startedAt + current.timeout);
    }
  }

  #onOngoing(metadata: TransactionMetadata, at: number): void {
    const { transaction, current, id } = metadata;
    this.#observer.transactionBegan(transaction, this.#open.get(transaction)?.writer ?? 0, at);
    this.#planSweep(this.coordinatorOf(this.#nameOf.get(id)!), current.startedAt + current.timeout);
  }

  /** Looks are periodic; only those that find something need an event. */
  #planSweep(broker: number, deadline: number): void {
    const { sweepInterval, sweepPhases } = this.#settings;
    const phase = sweepPhases[broker]!;
    const from = Math.max(deadline, this.#sim.now);
    const at = phase + (Math.floor((from - phase) / sweepInterval) + 1) * sweepInterval;
    if (at >= this.#sweepAt[broker]!) return;
    this.#sweepAt[broker] = at;
    this.#sim.scheduleAt(at, this.#kinds.sweep, broker, 0);
  }

  // ---- effects

  #perform(broker: number): void {
    const outbox = this.#outbox;
    const state = this.#states[broker]!;
    const { length } = outbox;
    for (let i = 0; i < length; i++) {
      const a = outbox.a[i]!;
      const b = outbox.b[i]!;
      if (outbox.effects[i] === REPLY) {
        const underWay = this.#underWay.get(a)!;
        const id = this.#intern(underWay.request.transactionalId);
        if (underWay.request.kind === "InitProducerId" && b === NONE) this.#tellInitialised(state, id);
        this.#reply(a, b as KafkaError, state.ids.get(id));
      } else if (outbox.effects[i] === APPEND) this.#write(a, 0);
      else if (outbox.effects[i] === SEND_MARKERS) this.#sendMarkers(broker, a);
    }
  }

  /** Effects of the markers' answer, which is under way for half a round trip, to a thread that handles no requests. */
  #performCompletion(broker: number): void {
    const outbox = this.#outbox;
    for (let i = 0; i < outbox.length; i++) {
      invariant(outbox.effects[i] === APPEND, "the last marker's answer asks for one write");
      const id = outbox.a[i]!;
      const answer = this.#timing.replicationRoundTrip / 2;
      if (this.#settings.quiet && this.#settings.replicationFactor > 1) {
        this.#parked[broker]!.push(id);
        this.#sim.scheduleAfter(LONGEST_PARKED, this.#kinds.expired, broker, id);
      } else this.#write(id, answer);
    }
  }

  #release(broker: number, id: number): void {
    const parked = this.#parked[broker]!;
    const at = parked.indexOf(id);
    if (at < 0) return;
    parked.splice(at, 1);
    this.#write(id, 0);
  }

  #write(id: number, delay: number): void {
    this.counters.stateLogWrites++;
    this.#sim.scheduleAfter(Math.round(delay + this.#durableWrite), this.#kinds.durable, id, 0);
  }

  #reply(number: number, error: KafkaError, metadata: TransactionMetadata | undefined): void {
    if (error === CONCURRENT_TRANSACTIONS) this.counters.concurrentTransactions++;
    this.#underWay.get(number)!.answer = this.#answer(error, metadata);
    const { roundTrip, clientWakeup } = this.#timing;
    this.#sim.scheduleAfter(Math.round(roundTrip / 2 + clientWakeup), this.#kinds.answered, number, 0);
  }

  #tellInitialised(state: CoordinatorState, id: number): void {
    const { producerId, producerEpoch } = state.ids.get(id)!.current;
    this.#observer.producerInitialised?.(id, producerId, producerEpoch, this.#sim.now);
  }

  #answer(error: KafkaError, metadata: TransactionMetadata | undefined): TransactionAnswer {
    const { producerId, producerEpoch } = metadata?.current ?? { producerId: -1, producerEpoch: -1 };
    return { error, producerId, producerEpoch };
  }

  #sendMarkers(coordinator: number, id: number): void {
    const { current } = this.#states[coordinator]!.ids.get(id)!;
    const { now } = this.#sim;
    if (current.partitions.length === 0) {
      this.#outbox.clear();
      onMarkersWritten(this.#states[coordinator]!, id, [], now, this.#outbox);
      this.#performCompletion(coordinator);
      return;
    }
    const replicationOf = new Map<number, number>();
    for (const topicPartition of current.partitions) {
      const topic = this.#topics[Math.floor(topicPartition / PARTITIONS)]!;
      const leader = this.#leaderOf(topicPartition);
      const delay = topic.logs[topicPartition % PARTITIONS]!.replicationDelay;
      replicationOf.set(leader, Math.max(delay, replicationOf.get(leader) ?? 0));
    }
    const { replicationRoundTrip } = this.#timing;
    for (const [broker, replication] of replicationOf) {
      const number = coordinator * this.#settings.brokers + broker;
      const queue = this.#markerQueues[number]!;
      const { request, isNew } = queue.enqueue(id, now);
      if (!isNew) continue;
      const atBroker = appendDelay(this.#timing) + replication;
      const leaves = queue.leavesAt(now, replicationRoundTrip + atBroker);
      this.#markerRequests.set(++this.#lastMarkerRequest, request);
      this.counters.markerRequests++;
      const written = Math.round(leaves + replicationRoundTrip / 2 + atBroker);
      this.#sim.scheduleAt(written, this.#kinds.markers, this.#lastMarkerRequest, number);
    }
  }

  /** Brings the topics of these ids' transactions up to now. */
  #settle(ids: readonly number[], coordinator: number): void {
    const touched = new Set<Topic>();
    for (const id of ids) {
      for (const topicPartition of this.#states[coordinator]!.ids.get(id)!.current.partitions) {
        touched.add(this.#topics[Math.floor(topicPartition / PARTITIONS)]!);
      }
    }
    for (const topic of touched) topic.settle(this.#sim.now);
  }

  // ---- names

  #leaderOf(topicPartition: number): number {
    return this.#topics[Math.floor(topicPartition / PARTITIONS)]!.leader(topicPartition % PARTITIONS);
  }

  #stateOf(transactionalId: string): CoordinatorState {
    return this.#states[this.coordinatorOf(transactionalId)]!;
  }

  #intern(transactionalId: string): number {
    let id = this.#idOf.get(transactionalId);
    if (id === undefined) {
      id = ++this.#lastId;
      this.#idOf.set(transactionalId, id);
      this.#nameOf.set(id, transactionalId);
    }
    return id;
  }

  #forgetOldIds(state: CoordinatorState): void {
    for (const [id, { current, pending }] of state.ids) {
      if (state.ids.size <= KEPT) return;
      if (pending !== null || (current.state !== "CompleteCommit" && current.state !== "CompleteAbort"))
        continue;
      state.ids.delete(id);
      this.#idOf.delete(this.#nameOf.get(id)!);
      this.#nameOf.delete(id);
    }
  }
}

/** More partitions than a topic has. */
const PARTITIONS = 65_536;
/** Ids a coordinator remembers at least. */
const KEPT = 4096;
