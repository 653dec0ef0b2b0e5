/** Models: the transaction coordinators of a cluster: each broker is one, for the transactional ids whose partition of
 *    __transaction_state it leads. Requests (transaction-requests.ts) have transitions written (transaction-state-log.ts) and
 *    markers sent (transaction-marker-channels.ts); a periodic look aborts what has been open for too long
 *    (transaction-looks.ts). When a partition of __transaction_state gets another leader, its ids go there
 *    (coordinator-states.ts): a transition that the followers had is found, another was never made, what is decided is
 *    driven to its end.
 *  Source: kafka TransactionCoordinator, TransactionStateManager, TransactionMarkerChannelManager, ReplicaManager (4.1);
 *    the protocol itself is transaction-protocol.ts.
 *  Leaves out: quotas, partition verification in version 1 (a read, no write), producer ids in blocks, requests that queue
 *    behind others of their connection. */

import { invariant, type Simulation } from "../engine/index.ts";
import { Outbox } from "../records/index.ts";
import type { BrokerTiming } from "./broker-timing.ts";
import type { ClientLinks, ClientPlace } from "./client-links.ts";
import { CoordinatorStates } from "./coordinator-states.ts";
import {
  COORDINATOR_LOAD_IN_PROGRESS,
  COORDINATOR_NOT_AVAILABLE,
  type KafkaError,
  NONE,
  NOT_COORDINATOR,
} from "./kafka-error.ts";
import type { KafkaObserver } from "./observations.ts";
import type { LeaderChange, PartitionChange, PartitionListener } from "./partition-change.ts";
import type { DiskDelays, PartitionDisks } from "./slow-disk.ts";
import type { StateLogLoader } from "./state-log-loader.ts";
import type { Topic } from "./topic.ts";
import { transactionCounters } from "./transaction-counters.ts";
import { TransactionLooks, type TransactionLooksSettings } from "./transaction-looks.ts";
import { TransactionMarkerChannels } from "./transaction-marker-channels.ts";
import type { TransactionMetadata } from "./transaction-metadata.ts";
import {
  APPEND,
  type CoordinatorState,
  onAddPartitions,
  onAppended,
  onAppendFailed,
  onEndTxn,
  onExpire,
  onInitProducerId,
  onMarkersWritten,
  onSweep,
  REPLY,
  SEND_MARKERS,
  type TransactionVersion,
} from "./transaction-protocol.ts";
import {
  CoordinatorNetwork,
  type CoordinatorSurroundings,
  refusal,
  type TransactionAnswer,
  type TransactionRequest,
  TransactionRequests,
} from "./transaction-requests.ts";
import { TransactionStateLog } from "./transaction-state-log.ts";

export interface TransactionCoordinatorSettings extends TransactionLooksSettings {
  readonly brokers: number;
  /** transaction.state.log.replication.factor, at most the number of brokers. */
  readonly replicationFactor: number;
  /** transaction.state.log.num.partitions */
  readonly stateLogPartitions: number;
  /** transaction.max.timeout.ms, ns. */
  readonly maxTimeout: number;
  /** add.partitions.to.txn.retry.backoff.ms, ns: a leader's wait before it asks again (version 2). */
  readonly addPartitionsRetryBackoff: number;
  /** Whether brokers handle requests all the time. On quiet ones the write of CompleteCommit lies until the coordinator
   *  handles its next request: only then does it look after the followers' parked fetches
   *  (KafkaApis.handle, ReplicaManager.tryCompleteActions), or when those time out (replica.fetch.wait.max.ms). */
  readonly quiet: boolean;
  /** How long a new leader reads its partitions of __transaction_state; undefined: no time. */
  readonly loader?: StateLogLoader;
}

/** replica.fetch.wait.max.ms, ns. */
const LONGEST_PARKED = 500e6;

/** A client holds a partition back for no longer, ns. */
const LONGEST_JOIN = 3600e9;

interface OpenTransaction {
  readonly writer: number;
  /** Version 2: until when the last partition's write is under way, ns. */
  addingUntil: number;
}

export class TransactionCoordinator implements PartitionListener {
  readonly counters = transactionCounters();
  /** What clients ask. */
  readonly requests: TransactionRequests;
  readonly #network = new CoordinatorNetwork();
  readonly #markers: TransactionMarkerChannels;
  readonly #sim: Simulation;
  readonly #timing: BrokerTiming;
  readonly #settings: TransactionCoordinatorSettings;
  readonly #observer: KafkaObserver;
  readonly #outbox = new Outbox();
  readonly #stateLog: TransactionStateLog;
  readonly #states: CoordinatorStates;
  readonly #looks: TransactionLooks;
  readonly #open = new Map<number, OpenTransaction>();
  /** Per broker: ids whose last write waits for the broker's next request. */
  readonly #parked: readonly number[][];
  readonly #kinds: { readonly expired: number; readonly loaded: number };
  #lastTransaction = 0;

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
    this.#stateLog = new TransactionStateLog(
      sim,
      timing,
      brokers,
      settings.stateLogPartitions,
      settings.replicationFactor,
      (partition) => !this.#states.isLoading(partition),
      (id) => this.#onDurable(id),
    );
    this.#states = new CoordinatorStates(this.#stateLog, brokers, settings.maxTimeout);
    this.#parked = Array.from({ length: brokers }, () => []);
    this.requests = new TransactionRequests(
      sim,
      timing,
      brokers,
      this.#network,
      this.counters,
      (number, broker, request) => this.#onArrives(number, broker, request),
      (transactionalId) => this.coordinatorOf(transactionalId),
    );
    this.#markers = new TransactionMarkerChannels(
      sim,
      timing,
      brokers,
      settings.replicationFactor > 1,
      this.#network,
      observer,
      this.counters,
      {
        ending: (coordinator, id) => this.#ending(coordinator, id),
        onMarkersWritten: (coordinator, id, partitions) => this.#onMarkers(coordinator, id, partitions),
        onPartitionOpen: (topicPartition) => this.#onDataPartitionOpen(topicPartition),
      },
    );
    this.#looks = new TransactionLooks(sim, settings, brokers, (broker) => this.#onSweep(broker));
    this.#kinds = {
      expired: sim.defineKind("followers' fetches expire", (broker, id) => this.#release(broker, id)),
      loaded: sim.defineKind("transaction state loaded", (partition, number) => {
        if (this.#states.isLoadingFor(partition, number)) this.#onLoaded(partition);
      }),
    };
  }

  /** ns from a request with a durable write until its answer is in the client's hands. */
  get requestTime(): number {
    const timing = this.#timing;
    return timing.roundTrip + timing.requestHandling + this.#stateLog.durableWrite + timing.clientWakeup;
  }

  /** How the brokers are; tests and worlds where they can fail set it. */
  set surroundings(surroundings: CoordinatorSurroundings) {
    this.#network.surroundings = surroundings;
  }

  get surroundings(): CoordinatorSurroundings {
    return this.#network.surroundings;
  }

  /** The network to its clients. */
  set links(links: ClientLinks) {
    this.#network.links = links;
  }

  /** The broker that coordinates `transactionalId`, or did last. */
  coordinatorOf(transactionalId: string): number {
    return this.#states.coordinatorOf(transactionalId);
  }

  /** What the coordinator of `transactionalId` knows about it: a copy of plain data; undefined: nothing. */
  describe(transactionalId: string): TransactionMetadata | undefined {
    this.#expireIds(this.coordinatorOf(transactionalId));
    const id = this.#states.numberOf(transactionalId);
    if (id === undefined) return undefined;
    const metadata = this.#states.holding(transactionalId).ids.get(id);
    return metadata === undefined ? undefined : structuredClone(metadata);
  }

  /** Names of the ids that have a transaction open, in the order of their first use (ListTransactions, Ongoing). */
  listOngoing(): string[] {
    return this.#states.ongoing();
  }

  /** InitProducerId without its time: for worlds that start with their producers initialised. */
  initAtStart(transactionalId: string, timeout: number): TransactionAnswer {
    const id = this.#states.intern(transactionalId);
    const state = this.#states.holding(transactionalId);
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
    return this.#markers.topicPartition(topic, partition);
  }

  /** Partitions join by one request at `at` (ns, may be past): a first record was handed over then. In closed form, for records that
   *  are known in runs: the request's time is what is returned, its outcome holds at once.
   *  @returns ns: version 1, until AddPartitionsToTxn is answered and the Sender goes on; version 2, how long the leader
   *  keeps the batch. -1: refused, since the producer was fenced. */
  join(
    transactionalId: string,
    producer: Pick<TransactionAnswer, "producerId" | "producerEpoch">,
    version: TransactionVersion,
    transaction: number,
    topicPartitions: readonly number[],
    at: number,
    place?: ClientPlace,
  ): number {
    const { roundTrip, requestHandling, replicationRoundTrip } = this.#timing;
    const open = this.#open.get(transaction);
    if (open === undefined) return -1;
    let handled = Math.round(at + roundTrip / 2 + requestHandling);
    const atLeader = handled;
    // In version 2 it is the partition's leader that asks.
    const wait = this.#waitToJoin(transactionalId, handled, version === 1 ? place : undefined);
    handled += wait;
    if (version === 2) {
      handled += replicationRoundTrip / 2;
      while (handled < open.addingUntil) {
        handled += this.#settings.addPartitionsRetryBackoff;
        this.counters.concurrentTransactions++;
      }
      open.addingUntil = handled + this.#stateLog.durableWrite;
    }
    this.#expireIds(this.coordinatorOf(transactionalId));
    const id = this.#states.intern(transactionalId);
    const state = this.#states.holding(transactionalId);
    this.#outbox.clear();
    onAddPartitions(
      state,
      0,
      id,
      producer.producerId,
      producer.producerEpoch,
      topicPartitions,
      transaction,
      handled,
      this.#outbox,
    );
    this.counters.addPartitions++;
    if (this.#outbox.effects[0] === REPLY) return this.#outbox.b[0] === NONE ? 0 : -1;
    this.#countWrite(id);
    const isFirst = state.ids.get(id)!.current.state !== "Ongoing";
    this.#outbox.clear();
    onAppended(state, id, this.#outbox);
    if (isFirst) this.#onOngoing(state.ids.get(id)!, at);
    return version === 1 ? wait + this.requestTime : open.addingUntil + replicationRoundTrip / 2 - atLeader;
  }

  /** ns until the coordinator can write, as far as that is known. */
  #waitToJoin(transactionalId: string, at: number, place: ClientPlace | undefined): number {
    const partition = this.#stateLog.partitionOf(transactionalId);
    const isOpen = this.#stateLog.statusOf(partition) === "open";
    const openAt = isOpen ? at : this.surroundings.stateLogOpenAt(partition);
    const throughAt =
      place === undefined ? at : this.#network.links.cutUntil(place, this.#stateLog.leader(partition), at);
    return Math.min(LONGEST_JOIN, Math.max(0, Math.round(Math.max(openAt, throughAt) - at)));
  }

  // ---- brokers that fail

  /** A partition of __transaction_state changes. */
  onPartitionChanged(partition: number, { status, leader, election }: PartitionChange, now: number): void {
    const before = this.#stateLog.leader(partition);
    const stoodStill = this.#stateLog.statusOf(partition) === "no-leader";
    this.#stateLog.setStatus(partition, status);
    if (status === "no-leader") this.#loseRequests(partition, before);
    if (election !== undefined && this.#states.isLoading(partition)) this.#onLoaded(partition);
    if (leader >= 0) this.#stateLog.setLeader(partition, leader);
    if (election !== undefined) this.#takeOver(partition, before, leader, election, now);
    if (status !== "open") return;
    for (const id of this.#states.idsOf(partition)) {
      this.#stateLog.goOn(id);
    }
    if (stoodStill && election === undefined) this.#goOn(partition);
  }

  /** What was sent to a broker that has ended: its host says so, or nobody does. What a frozen one gets is kept. */
  #loseRequests(partition: number, broker: number): void {
    this.requests.lose(
      broker,
      (request) => this.#stateLog.partitionOf(request.transactionalId) === partition,
    );
  }

  /** `leader` loads the partition: then it knows what the log of its replica holds, and goes on with what is decided. */
  #takeOver(partition: number, before: number, leader: number, election: LeaderChange, now: number): void {
    const number = this.#states.beginLoading(partition, before, election);
    const loadedAt = this.#settings.loader?.load(partition, leader, now) ?? now;
    if (loadedAt > now) this.#sim.scheduleAt(loadedAt, this.#kinds.loaded, partition, number);
    else this.#onLoaded(partition);
  }

  #onLoaded(partition: number): void {
    const { leader, ids, election } = this.#states.endLoading(partition);
    for (const metadata of ids) {
      this.#recover(leader, metadata, election, this.#sim.now);
    }
  }

  #recover(leader: number, metadata: TransactionMetadata, { how, lostAt }: LeaderChange, now: number): void {
    const { id } = metadata;
    // Nobody waits for an answer of the broker that is gone.
    metadata.request = 0;
    if (metadata.pending !== null) {
      const { append } = this.#timing;
      const inFollowers =
        how === "unclean" ? Number.POSITIVE_INFINITY : (append + this.#stateLog.durableWrite) / 2;
      const isThere = this.#stateLog.recover(id, how === "returned" ? append : inFollowers, lostAt);
      if (isThere === false) {
        this.#outbox.clear();
        onAppendFailed(this.#states.of(leader), id, this.#outbox);
        this.#perform(leader);
      }
    }
    if (metadata.pending === null && isEnding(metadata)) this.#sendMarkers(leader, id);
    const { state, startedAt, timeout } = metadata.current;
    if (state === "Ongoing") this.#looks.planSweep(leader, Math.max(now, startedAt + timeout));
  }

  /** A broker that stood still goes on, with what it was sent meanwhile. */
  #goOn(partition: number): void {
    this.requests.takeHeld((request) => this.#stateLog.partitionOf(request.transactionalId) === partition);
    const broker = this.#stateLog.leader(partition);
    for (const id of this.#states.idsOf(partition)) {
      const metadata = this.#states.of(broker).ids.get(id)!;
      const { state, startedAt, timeout } = metadata.current;
      if (state === "Ongoing") this.#looks.planSweep(broker, startedAt + timeout);
      else if (metadata.pending === null && isEnding(metadata)) this.#sendMarkers(broker, id);
    }
  }

  /** A broker that stood still finds what it was sent, and knows no more of what others have taken over. */
  onBrokerBack(broker: number): void {
    this.requests.onBrokerBack(broker);
  }

  /** A partition that transactions may have written can be written again: it gets the markers that it missed. */
  #onDataPartitionOpen(topicPartition: number): void {
    this.#states.all.forEach((state, broker) => {
      if (this.surroundings.stateOf(broker) !== "works") return;
      for (const metadata of [...state.ids.values()]) {
        if (metadata.pending !== null || !isEnding(metadata)) continue;
        if (metadata.current.partitions.includes(topicPartition)) {
          this.#markers.send(broker, metadata.id, [topicPartition]);
        }
      }
    });
  }

  // ---- events

  #onArrives(number: number, broker: number, request: TransactionRequest): void {
    if (!this.requests.isTaken(number)) return;
    const status = this.#stateLog.statusOf(this.#stateLog.partitionOf(request.transactionalId));
    if (this.coordinatorOf(request.transactionalId) !== broker) {
      this.counters.notCoordinator++;
      this.requests.reply(number, refusal(NOT_COORDINATOR));
      return;
    }
    if (status === "not-enough-replicas") {
      this.requests.reply(number, refusal(COORDINATOR_NOT_AVAILABLE));
      return;
    }
    if (this.#states.isLoading(this.#stateLog.partitionOf(request.transactionalId))) {
      this.requests.reply(number, refusal(COORDINATOR_LOAD_IN_PROGRESS));
      return;
    }
    this.#expireIds(broker);
    const state = this.#states.of(broker);
    const id = this.#states.intern(request.transactionalId);
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
    if (this.#parked[broker]!.length === 0) return;
    for (const parked of this.#parked[broker]!.splice(0)) this.#write(parked, 0);
  }

  #onDurable(id: number): void {
    const broker = this.coordinatorOf(this.#states.nameOf(id));
    const state = this.#states.of(broker);
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
      this.#states.forgetOldIds(state);
    }
    this.#perform(broker);
  }

  #ending(coordinator: number, id: number): TransactionMetadata | undefined {
    const metadata = this.#states.of(coordinator).ids.get(id);
    return metadata !== undefined && metadata.pending === null && isEnding(metadata) ? metadata : undefined;
  }

  #onMarkers(coordinator: number, id: number, partitions: readonly number[]): void {
    this.#outbox.clear();
    onMarkersWritten(this.#states.of(coordinator), id, partitions, this.#sim.now, this.#outbox);
    this.#performCompletion(coordinator);
  }

  /** What has been open for longer than its time-out is aborted; records that were sent before count as sent. */
  #onSweep(broker: number): void {
    const { now } = this.#sim;
    if (this.surroundings.stateOf(broker) !== "works") return;
    this.#markers.settle(now);
    this.#outbox.clear();
    const state = this.#states.of(broker);
    onSweep(state, now, this.#outbox);
    this.counters.timedOut += this.#outbox.length;
    this.#perform(broker);
    for (const { current } of state.ids.values()) {
      if (current.state === "Ongoing") this.#looks.planSweep(broker, current.startedAt + current.timeout);
    }
  }

  /** Before a request is answered. */
  #expireIds(broker: number): void {
    const look = this.#looks.expiryLook(broker);
    if (look === undefined) return;
    const state = this.#states.of(broker);
    this.#outbox.clear();
    onExpire(state, look, this.#settings.idExpiration, this.#outbox);
    const { a, length } = this.#outbox;
    const expired = Array.from({ length }, (_, i) => a[i]!);
    for (const id of expired) {
      this.#countWrite(id);
      this.#outbox.clear();
      onAppended(state, id, this.#outbox);
      this.#states.forget(id);
    }
  }

  #onOngoing(metadata: TransactionMetadata, at: number): void {
    const { transaction, current, id } = metadata;
    this.#observer.transactionBegan(transaction, this.#open.get(transaction)?.writer ?? 0, at);
    this.#looks.planSweep(this.coordinatorOf(this.#states.nameOf(id)), current.startedAt + current.timeout);
  }

  // ---- effects

  #perform(broker: number): void {
    const outbox = this.#outbox;
    const state = this.#states.of(broker);
    const { length } = outbox;
    for (let i = 0; i < length; i++) {
      const a = outbox.a[i]!;
      const b = outbox.b[i]!;
      if (outbox.effects[i] === REPLY) {
        const request = this.requests.waiting(a);
        if (request === undefined) continue;
        const id = this.#states.intern(request.transactionalId);
        if (request.kind === "InitProducerId" && b === NONE) this.#tellInitialised(state, id);
        this.requests.reply(a, this.#answer(b as KafkaError, state.ids.get(id)));
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
    this.#countWrite(id);
    this.#stateLog.write(id, this.#stateLog.partitionOf(this.#states.nameOf(id)), delay);
  }

  #countWrite(id: number): void {
    this.counters.stateLogWrites++;
    const { loader } = this.#settings;
    if (loader === undefined) return;
    const name = this.#states.nameOf(id);
    const partitions = this.#states.holding(name).ids.get(id)?.current.partitions.length ?? 0;
    loader.onWrite(this.#stateLog.partitionOf(name), name, partitions);
  }

  onDisksChanged(partition: number, disks: PartitionDisks, delays: DiskDelays, now: number): void {
    this.#stateLog.onDisksChanged(partition, disks, delays, now);
  }

  #tellInitialised(state: CoordinatorState, id: number): void {
    const { producerId, producerEpoch } = state.ids.get(id)!.current;
    this.#observer.producerInitialised?.(id, producerId, producerEpoch, this.#sim.now);
  }

  #answer(error: KafkaError, metadata: TransactionMetadata | undefined): TransactionAnswer {
    if (metadata === undefined) return refusal(error);
    const { producerId, producerEpoch } = metadata.current;
    return { error, producerId, producerEpoch };
  }

  #sendMarkers(coordinator: number, id: number): void {
    const { current } = this.#states.of(coordinator).ids.get(id)!;
    if (current.partitions.length === 0) this.#onMarkers(coordinator, id, []);
    else this.#markers.send(coordinator, id, current.partitions);
  }
}

function isEnding({ current: { state } }: TransactionMetadata): boolean {
  return state === "PrepareCommit" || state === "PrepareAbort";
}
