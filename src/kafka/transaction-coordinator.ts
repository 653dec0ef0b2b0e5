/** Models: the transaction coordinators of a cluster: each broker is one, for the transactional ids whose partition of
 *    __transaction_state it leads. Requests take their way, transitions their durable write, markers their queue; a
 *    periodic look aborts what has been open for too long. When a partition of __transaction_state gets another leader, its
 *    ids go there: a transition that the followers had is found, another was never made, what is decided is driven to its
 *    end. Markers wait for partitions that have no leader or don't replicate.
 *  Source: kafka TransactionCoordinator, TransactionStateManager, TransactionMarkerChannelManager, ReplicaManager (4.1);
 *    the protocol itself is transaction-protocol.ts.
 *  Leaves out: epochs of coordinators, quotas, partition verification in version 1 (a read, no write), producer ids in
 *    blocks, requests that queue behind others of their connection. Ids that were completed long ago are forgotten
 *    early, which only a probe for an id of that age could tell. */

import { invariant, type Simulation } from "../engine/index.ts";
import { Outbox } from "../records/index.ts";
import type { BrokerState } from "./broker-cluster.ts";
import { appendDelay, type BrokerTiming, replicationDelay } from "./broker-timing.ts";
import { ALL, ClientLinks, type ClientPlace } from "./client-links.ts";
import {
  CONCURRENT_TRANSACTIONS,
  COORDINATOR_LOAD_IN_PROGRESS,
  COORDINATOR_NOT_AVAILABLE,
  type KafkaError,
  NONE,
  NOT_COORDINATOR,
} from "./kafka-error.ts";
import type { KafkaObserver } from "./observations.ts";
import type {
  LeaderChange,
  PartitionChange,
  PartitionListener,
  PartitionStatus,
} from "./partition-change.ts";
import { type DiskDelays, type Lateness, lateTime, type PartitionDisks } from "./slow-disk.ts";
import type { StateLogLoader } from "./state-log-loader.ts";
import type { Topic } from "./topic.ts";
import { MarkerQueue, type MarkerRequest } from "./transaction-markers.ts";
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
  transactionCoordinator,
} from "./transaction-protocol.ts";
import { statePartitionOf } from "./transaction-state-log.ts";

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
  /** transactional.id.expiration.ms, and transaction.remove.expired.transaction.cleanup.interval.ms: how often each broker looks
   *  for ids that have been idle for so long, with the phase of its other look, ns. */
  readonly idExpiration: number;
  readonly expiryInterval: number;
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
  /** Request `sequence` has waited for as long as its client waits. */
  onTimeout(sequence: number): void;
}

/** The brokers as they fail and come back. */
export interface CoordinatorSurroundings {
  stateOf(broker: number): BrokerState;
  /** When a partition of __transaction_state can be written again, ns. */
  stateLogOpenAt(partition: number): number;
  /** When a request of broker `from` that leaves at `at` gets through to broker `to`, ns. */
  passesAt(from: number, to: number, at: number): number;
}

const NEVER_FAILING: CoordinatorSurroundings = {
  stateOf: () => "works",
  stateLogOpenAt: () => 0,
  passesAt: (_from, _to, at) => at,
};
/** request.timeout.ms of requests between brokers, ns. */
const MARKER_REQUEST_TIMEOUT = 30e9;
/** A client holds a partition back for no longer, ns. */
const LONGEST_JOIN = 3600e9;

interface UnderWay {
  readonly requester: number;
  readonly sequence: number;
  readonly broker: number;
  readonly request: TransactionRequest;
  answer: TransactionAnswer | undefined;
  /** It has come to a broker that stands still. */
  isHeld: boolean;
}

/** A transition on its way into __transaction_state. */
interface StateLogWrite {
  readonly number: number;
  readonly startedAt: number;
  /** It would be durable, and its partition stands still. */
  isStalled: boolean;
}

/** A partition of __transaction_state that its new leader still reads: what it will know, and how it came to lead. */
interface LoadingPartition {
  readonly state: CoordinatorState;
  readonly election: LeaderChange;
  readonly number: number;
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

export class TransactionCoordinator implements PartitionListener {
  /** How the brokers are; tests and worlds where they can fail set it. */
  surroundings: CoordinatorSurroundings = NEVER_FAILING;
  /** The network to its clients. */
  links = new ClientLinks();
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
  /** Per partition of __transaction_state. */
  readonly #stateLeaders: number[];
  readonly #stateStatuses: PartitionStatus[];
  readonly #writes = new Map<number, StateLogWrite>();
  #lastWrite = 0;
  /** Per broker. */
  readonly #states: readonly CoordinatorState[];
  readonly #topics: Topic[] = [];
  readonly #idOf = new Map<string, number>();
  readonly #nameOf = new Map<number, string>();
  readonly #requesters = new Map<number, TransactionRequester>();
  readonly #places = new Map<number, ClientPlace>();
  readonly #loading = new Map<number, LoadingPartition>();
  #lastLoading = 0;
  /** Partitions of __transaction_state whose brokers have had slow disks. */
  readonly #stateDisks = new Map<number, { readonly leader: Lateness; readonly followers: Lateness }>();
  readonly #underWay = new Map<number, UnderWay>();
  readonly #open = new Map<number, OpenTransaction>();
  /** At coordinator * brokers + destination. */
  readonly #markerQueues: readonly MarkerQueue[];
  readonly #markerRequests = new Map<number, MarkerRequest>();
  /** Per broker: ids whose last write waits for the broker's next request. */
  readonly #parked: readonly number[][];
  /** Per broker: when the next look is due; infinite: none. */
  readonly #sweepAt: Float64Array;
  /** Per broker: its latest look for ids that have been idle, ns. */
  readonly #expiredAt: Float64Array;
  readonly #kinds: {
    readonly arrives: number;
    readonly durable: number;
    readonly answered: number;
    readonly found: number;
    readonly markers: number;
    readonly sweep: number;
    readonly expired: number;
    readonly timeout: number;
    readonly loaded: number;
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
    this.#stateLeaders = Array.from({ length: settings.stateLogPartitions }, (_, p) => p % brokers);
    this.#stateStatuses = this.#stateLeaders.map(() => "open");
    this.#markerQueues = Array.from(
      { length: brokers * brokers },
      () => new MarkerQueue(settings.replicationFactor > 1),
    );
    this.#parked = Array.from({ length: brokers }, () => []);
    this.#sweepAt = new Float64Array(brokers).fill(Number.POSITIVE_INFINITY);
    this.#expiredAt = new Float64Array(brokers);
    this.#kinds = {
      arrives: sim.defineKind("transaction request arrives", (request) => this.#onArrives(request)),
      durable: sim.defineKind("transition durable", (id, write) => this.#onDurable(id, write)),
      answered: sim.defineKind("transaction answer arrives", (request) => this.#onAnswered(request)),
      found: sim.defineKind("coordinator found", (requester, sequence) => this.#onFound(requester, sequence)),
      markers: sim.defineKind("markers written", (request, queue) => this.#onMarkers(request, queue)),
      sweep: sim.defineKind("look for timed-out transactions", (broker) => this.#onSweep(broker)),
      expired: sim.defineKind("followers' fetches expire", (broker, id) => this.#release(broker, id)),
      timeout: sim.defineKind("transaction request times out", (requester, sequence) =>
        this.#requesters.get(requester)?.onTimeout(sequence),
      ),
      loaded: sim.defineKind("transaction state loaded", (partition, number) => {
        if (this.#loading.get(partition)?.number === number) this.#onLoaded(partition);
      }),
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

  /** @param place undefined: nothing comes between it and the brokers. */
  register(requester: TransactionRequester, place?: ClientPlace): number {
    this.#requesters.set(++this.#lastRequester, requester);
    if (place !== undefined) this.#places.set(this.#lastRequester, place);
    return this.#lastRequester;
  }

  /** The client is gone: nothing is delivered to it any more; what it has sent takes its course. */
  unregister(requester: number): void {
    this.#requesters.delete(requester);
    this.#places.delete(requester);
  }

  /** FindCoordinator, sent at `at`; onCoordinatorFound tells. */
  findCoordinator(requester: number, sequence: number, at: number): void {
    this.counters.findCoordinator++;
    // Any broker answers it.
    const place = this.#places.get(requester);
    const { brokers } = this.#settings;
    const through = Array.from({ length: brokers }, (_, broker) => this.links.cutUntil(place, broker, at));
    const answered = Math.round(Math.min(...through) + this.readTime);
    this.#sim.scheduleAt(answered, this.#kinds.found, requester, sequence);
  }

  /** `request` is sent to `broker` at `at` (ns, not past); onAnswer tells. */
  send(requester: number, sequence: number, broker: number, request: TransactionRequest, at: number): void {
    const number = ++this.#lastRequest;
    this.#underWay.set(number, { requester, sequence, broker, request, answer: undefined, isHeld: false });
    const { roundTrip, requestHandling } = this.#timing;
    const place = this.#places.get(requester);
    const isEndTxn = request.kind === "EndTxn";
    if (isEndTxn && this.links.isLost("EndTxn request", jobOf(place))) {
      this.#underWay.delete(number);
      return;
    }
    const heldUp = isEndTxn ? this.links.delayOf("EndTxn request", jobOf(place)) : 0;
    const sentAt = this.links.requestPassesAt(place, broker, at) + heldUp;
    const arrivesAt = Math.round(sentAt + roundTrip / 2 + requestHandling);
    this.#sim.scheduleAt(arrivesAt, this.#kinds.arrives, number, 0);
    if (!isEndTxn || !this.links.isDuplicated("EndTxn request", jobOf(place))) return;
    // The second answer is nobody's.
    const copy = ++this.#lastRequest;
    this.#underWay.set(copy, { requester: 0, sequence, broker, request, answer: undefined, isHeld: false });
    this.#sim.scheduleAt(arrivesAt, this.#kinds.arrives, copy, 0);
  }

  /** Calls onTimeout of a requester at `at`, ns. @returns the event, to be cancelled by cancelTimeout. */
  planTimeout(requester: number, sequence: number, at: number): number {
    return this.#sim.scheduleAt(Math.ceil(at), this.#kinds.timeout, requester, sequence);
  }

  /** The broker that coordinates `transactionalId`, or did last. */
  coordinatorOf(transactionalId: string): number {
    return this.#stateLeaders[this.#statePartitionOf(transactionalId)]!;
  }

  #statePartitionOf(transactionalId: string): number {
    return statePartitionOf(transactionalId, this.#settings.stateLogPartitions);
  }

  /** What the coordinator of `transactionalId` knows about it: a copy of plain data; undefined: nothing. */
  describe(transactionalId: string): TransactionMetadata | undefined {
    this.#expireIds(this.coordinatorOf(transactionalId));
    const id = this.#idOf.get(transactionalId);
    if (id === undefined) return undefined;
    const metadata = this.#stateOf(transactionalId).ids.get(id);
    return metadata === undefined ? undefined : structuredClone(metadata);
  }

  /** Names of the ids that have a transaction open, in the order of their first use (ListTransactions, Ongoing). */
  listOngoing(): string[] {
    const loading = [...this.#loading.values()].map(({ state }) => state);
    return [...this.#states, ...loading].flatMap((state) =>
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
    if (index < 0) {
      index = this.#topics.push(topic) - 1;
      const first = index * PARTITIONS;
      topic.listen({
        onPartitionChanged: (changed, { status }) => {
          if (status === "open") this.#onDataPartitionOpen(first + changed);
        },
      });
    }
    return index * PARTITIONS + partition;
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
      open.addingUntil = handled + this.#durableWrite;
    }
    this.#expireIds(this.coordinatorOf(transactionalId));
    const id = this.#intern(transactionalId);
    const state = this.#stateOf(transactionalId);
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
    const partition = this.#statePartitionOf(transactionalId);
    const isOpen = this.#stateStatuses[partition] === "open";
    const openAt = isOpen ? at : this.surroundings.stateLogOpenAt(partition);
    const throughAt =
      place === undefined ? at : this.links.cutUntil(place, this.#stateLeaders[partition]!, at);
    return Math.min(LONGEST_JOIN, Math.max(0, Math.round(Math.max(openAt, throughAt) - at)));
  }

  // ---- brokers that fail

  /** A partition of __transaction_state changes. */
  onPartitionChanged(partition: number, { status, leader, election }: PartitionChange, now: number): void {
    const before = this.#stateLeaders[partition]!;
    const stoodStill = this.#stateStatuses[partition] === "no-leader";
    this.#stateStatuses[partition] = status;
    if (status === "no-leader") this.#loseRequests(partition, before);
    if (election !== undefined && this.#loading.has(partition)) this.#onLoaded(partition);
    if (leader >= 0) this.#stateLeaders[partition] = leader;
    if (election !== undefined) this.#takeOver(partition, before, leader, election, now);
    if (status !== "open") return;
    for (const id of this.#idsOf(partition)) {
      const write = this.#writes.get(id);
      if (write?.isStalled === true) this.#planDurable(id, write, 0);
    }
    if (stoodStill && election === undefined) this.#goOn(partition);
  }

  /** What was sent to a broker that has ended: its host says so, or nobody does. What a frozen one gets is kept. */
  #loseRequests(partition: number, broker: number): void {
    const state = this.surroundings.stateOf(broker);
    if (state === "frozen" || state === "works") return;
    for (const [number, { request, broker: to, answer }] of this.#underWay) {
      if (to !== broker || answer !== undefined) continue;
      if (this.#statePartitionOf(request.transactionalId) !== partition) continue;
      if (state === "refuses") this.#reply(number, COORDINATOR_NOT_AVAILABLE, undefined);
      else this.#underWay.delete(number);
    }
  }

  #idsOf(partition: number): readonly number[] {
    const state = this.#states[this.#stateLeaders[partition]!]!;
    return [...state.ids.keys()].filter((id) => this.#statePartitionOf(this.#nameOf.get(id)!) === partition);
  }

  /** `leader` loads the partition: then it knows what the log of its replica holds, and goes on with what is decided. */
  #takeOver(partition: number, before: number, leader: number, election: LeaderChange, now: number): void {
    const from = this.#states[before]!;
    const state = transactionCoordinator(this.#settings.maxTimeout);
    for (const [id, metadata] of [...from.ids]) {
      if (this.#statePartitionOf(this.#nameOf.get(id)!) !== partition) continue;
      from.ids.delete(id);
      state.ids.set(id, metadata);
    }
    const number = ++this.#lastLoading;
    this.#loading.set(partition, { state, election, number });
    const loadedAt = this.#settings.loader?.load(partition, leader, now) ?? now;
    if (loadedAt > now) this.#sim.scheduleAt(loadedAt, this.#kinds.loaded, partition, number);
    else this.#onLoaded(partition);
  }

  #onLoaded(partition: number): void {
    const { state, election } = this.#loading.get(partition)!;
    this.#loading.delete(partition);
    const leader = this.#stateLeaders[partition]!;
    for (const [id, metadata] of state.ids) {
      this.#states[leader]!.ids.set(id, metadata);
      this.#recover(leader, metadata, election, this.#sim.now);
    }
  }

  #recover(leader: number, metadata: TransactionMetadata, { how, lostAt }: LeaderChange, now: number): void {
    const { id } = metadata;
    const write = this.#writes.get(id);
    // Nobody waits for an answer of the broker that is gone.
    metadata.request = 0;
    if (metadata.pending !== null && write !== undefined) {
      const needed =
        how === "returned" ? this.#timing.append : (this.#timing.append + this.#durableWrite) / 2;
      if (how !== "unclean" && write.startedAt + needed <= lostAt)
        this.#planDurable(id, write, this.#durableWrite);
      else {
        this.#writes.delete(id);
        this.#outbox.clear();
        onAppendFailed(this.#states[leader]!, id, this.#outbox);
        this.#perform(leader);
      }
    }
    if (metadata.pending === null && isEnding(metadata)) this.#sendMarkers(leader, id);
    const { state, startedAt, timeout } = metadata.current;
    if (state === "Ongoing") this.#planSweep(leader, Math.max(now, startedAt + timeout));
  }

  /** A broker that stood still goes on, with what it was sent meanwhile. */
  #goOn(partition: number): void {
    for (const [number, underWay] of [...this.#underWay]) {
      if (!underWay.isHeld || this.#statePartitionOf(underWay.request.transactionalId) !== partition)
        continue;
      underWay.isHeld = false;
      this.#sim.scheduleAfter(0, this.#kinds.arrives, number, 0);
    }
    const broker = this.#stateLeaders[partition]!;
    for (const id of this.#idsOf(partition)) {
      const metadata = this.#states[broker]!.ids.get(id)!;
      const { state, startedAt, timeout } = metadata.current;
      if (state === "Ongoing") this.#planSweep(broker, startedAt + timeout);
      else if (metadata.pending === null && isEnding(metadata)) this.#sendMarkers(broker, id);
    }
  }

  /** A broker that stood still finds what it was sent, and knows no more of what others have taken over. */
  onBrokerBack(broker: number): void {
    for (const [number, underWay] of [...this.#underWay]) {
      if (underWay.broker !== broker || underWay.answer !== undefined) continue;
      if (this.coordinatorOf(underWay.request.transactionalId) === broker) continue;
      this.#reply(number, NOT_COORDINATOR, undefined);
    }
  }

  /** A partition that transactions may have written can be written again: it gets the markers that it missed. */
  #onDataPartitionOpen(topicPartition: number): void {
    this.#states.forEach((state, broker) => {
      if (this.surroundings.stateOf(broker) !== "works") return;
      for (const metadata of [...state.ids.values()]) {
        if (metadata.pending !== null || !isEnding(metadata)) continue;
        if (metadata.current.partitions.includes(topicPartition)) {
          this.#sendMarkersTo(broker, metadata.id, [topicPartition]);
        }
      }
    });
  }

  // ---- events

  #onArrives(number: number): void {
    const underWay = this.#underWay.get(number);
    if (underWay === undefined || underWay.answer !== undefined) return;
    const { request, broker } = underWay;
    const brokerState = this.surroundings.stateOf(broker);
    if (brokerState !== "works") {
      if (brokerState === "refuses") this.#reply(number, COORDINATOR_NOT_AVAILABLE, undefined);
      else if (brokerState === "frozen") underWay.isHeld = true;
      else this.#underWay.delete(number);
      return;
    }
    const status = this.#stateStatuses[this.#statePartitionOf(request.transactionalId)];
    if (this.coordinatorOf(request.transactionalId) !== broker) {
      this.counters.notCoordinator++;
      this.#reply(number, NOT_COORDINATOR, undefined);
      return;
    }
    if (status === "not-enough-replicas") {
      this.#reply(number, COORDINATOR_NOT_AVAILABLE, undefined);
      return;
    }
    if (this.#loading.has(this.#statePartitionOf(request.transactionalId))) {
      this.#reply(number, COORDINATOR_LOAD_IN_PROGRESS, undefined);
      return;
    }
    this.#expireIds(broker);
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

  #onDurable(id: number, number: number): void {
    const write = this.#writes.get(id);
    if (write?.number !== number) return;
    const partition = this.#statePartitionOf(this.#nameOf.get(id)!);
    if (this.#stateStatuses[partition] !== "open" || this.#loading.has(partition)) {
      write.isStalled = true;
      return;
    }
    this.#writes.delete(id);
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
    if (this.surroundings.stateOf(coordinator) !== "works") return;
    const state = this.#states[coordinator]!;
    const ids = request.ids.filter((id) => {
      const metadata = state.ids.get(id);
      return metadata !== undefined && metadata.pending === null && isEnding(metadata);
    });
    this.#settle(ids, coordinator);
    for (const id of ids) {
      const metadata = state.ids.get(id)!;
      const written = metadata.current.partitions.filter(
        (one) => this.#leaderOf(one) === destination && this.#isOpen(one),
      );
      // Without a leader that replicates it, a marker is sent again once there is one.
      if (written.length === 0) continue;
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
    if (this.surroundings.stateOf(broker) !== "works") return;
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

  /** Looks for ids that have been idle have no event: the latest one is made up for before a request is answered. */
  #expireIds(broker: number): void {
    const { idExpiration, expiryInterval, sweepPhases } = this.#settings;
    const phase = sweepPhases[broker]!;
    const look = phase + Math.floor((this.#sim.now - phase) / expiryInterval) * expiryInterval;
    if (look <= this.#expiredAt[broker]!) return;
    this.#expiredAt[broker] = look;
    const state = this.#states[broker]!;
    this.#outbox.clear();
    onExpire(state, look, idExpiration, this.#outbox);
    const { a, length } = this.#outbox;
    const expired = Array.from({ length }, (_, i) => a[i]!);
    for (const id of expired) {
      this.#countWrite(id);
      this.#outbox.clear();
      onAppended(state, id, this.#outbox);
      this.#forget(id);
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
        const underWay = this.#underWay.get(a);
        if (underWay === undefined || underWay.answer !== undefined) continue;
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
    this.#countWrite(id);
    const write = { number: ++this.#lastWrite, startedAt: this.#sim.now + delay, isStalled: false };
    this.#writes.set(id, write);
    this.#planDurable(id, write, this.#durableAfter(id, delay));
  }

  #countWrite(id: number): void {
    this.counters.stateLogWrites++;
    const { loader } = this.#settings;
    if (loader === undefined) return;
    const name = this.#nameOf.get(id)!;
    const partitions = this.#stateOf(name).ids.get(id)?.current.partitions.length ?? 0;
    loader.onWrite(this.#statePartitionOf(name), name, partitions);
  }

  /** ns until what is written `delay` ns from now is durable. */
  #durableAfter(id: number, delay: number): number {
    const disks = this.#stateDisks.get(this.#statePartitionOf(this.#nameOf.get(id)!));
    if (disks === undefined) return delay + this.#durableWrite;
    const { append } = this.#timing;
    const { now } = this.#sim;
    const appended = lateTime(disks.leader, now + delay + append);
    return lateTime(disks.followers, appended) + this.#durableWrite - append - now;
  }

  onDisksChanged(partition: number, disks: PartitionDisks, delays: DiskDelays, now: number): void {
    this.#stateDisks.set(partition, {
      leader: { from: now, until: disks.leaderUntil, by: delays.append },
      followers: { from: now, until: disks.followersUntil, by: delays.replication },
    });
  }

  #planDurable(id: number, write: StateLogWrite, after: number): void {
    write.isStalled = false;
    this.#sim.scheduleAfter(Math.round(after), this.#kinds.durable, id, write.number);
  }

  #reply(number: number, error: KafkaError, metadata: TransactionMetadata | undefined): void {
    if (error === CONCURRENT_TRANSACTIONS) this.counters.concurrentTransactions++;
    const underWay = this.#underWay.get(number)!;
    underWay.answer = this.#answer(error, metadata);
    const place = this.#places.get(underWay.requester);
    const isEndTxn = underWay.request.kind === "EndTxn";
    if (isEndTxn && this.links.isLost("EndTxn response", jobOf(place))) {
      this.#underWay.delete(number);
      return;
    }
    const heldUp = isEndTxn ? this.links.delayOf("EndTxn response", jobOf(place)) : 0;
    // Its client drops an answer that comes twice.
    if (isEndTxn) this.links.isDuplicated("EndTxn response", jobOf(place));
    const { roundTrip, clientWakeup } = this.#timing;
    const sentAt = this.links.responsePassesAt(place, underWay.broker, this.#sim.now) + heldUp;
    this.#sim.scheduleAt(Math.round(sentAt + roundTrip / 2 + clientWakeup), this.#kinds.answered, number, 0);
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
    this.#sendMarkersTo(coordinator, id, current.partitions);
  }

  #sendMarkersTo(coordinator: number, id: number, partitions: readonly number[]): void {
    const { now } = this.#sim;
    const replicationOf = new Map<number, number>();
    for (const topicPartition of partitions) {
      const topic = this.#topics[Math.floor(topicPartition / PARTITIONS)]!;
      const leader = this.#leaderOf(topicPartition);
      const log = topic.logs[topicPartition % PARTITIONS]!;
      const delay = log.replicatedAt(log.markedAt(now)) - now;
      replicationOf.set(leader, Math.max(delay, replicationOf.get(leader) ?? 0));
    }
    const { replicationRoundTrip } = this.#timing;
    for (const [broker, replication] of replicationOf) {
      const number = coordinator * this.#settings.brokers + broker;
      const queue = this.#markerQueues[number]!;
      const { request, isNew } = queue.enqueue(id, now);
      if (!isNew) continue;
      const atBroker = appendDelay(this.#timing) + replication;
      // Nothing else goes to that broker until the request has timed out.
      const isLost = this.links.isLost("WriteTxnMarkers request", ALL);
      const heldUp = this.links.delayOf("WriteTxnMarkers request", ALL);
      const wasted = isLost ? MARKER_REQUEST_TIMEOUT : Math.min(MARKER_REQUEST_TIMEOUT, heldUp);
      // What comes a second time finds the transaction ended.
      this.links.isDuplicated("WriteTxnMarkers request", ALL);
      const through = this.surroundings.passesAt(coordinator, broker, now);
      const leaves = queue.leavesAt(through, wasted + replicationRoundTrip + atBroker) + wasted;
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

  #isOpen(topicPartition: number): boolean {
    const topic = this.#topics[Math.floor(topicPartition / PARTITIONS)]!;
    return topic.statusOf(topicPartition % PARTITIONS) === "open";
  }

  #stateOf(transactionalId: string): CoordinatorState {
    const loading = this.#loading.get(this.#statePartitionOf(transactionalId));
    return loading?.state ?? this.#states[this.coordinatorOf(transactionalId)]!;
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
      this.#forget(id);
    }
  }

  #forget(id: number): void {
    this.#idOf.delete(this.#nameOf.get(id)!);
    this.#nameOf.delete(id);
  }
}

function jobOf(place: ClientPlace | undefined): number {
  return place?.job ?? -2;
}

function isEnding({ current: { state } }: TransactionMetadata): boolean {
  return state === "PrepareCommit" || state === "PrepareAbort";
}

/** More partitions than a topic has. */
const PARTITIONS = 65_536;
/** Ids a coordinator remembers at least. */
const KEPT = 4096;
