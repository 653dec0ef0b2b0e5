/** Models: the brokers of a cluster as processes that end, stand still and come back, and when the controller notices: a
 *    broker's session ends a time-out after its last heartbeat, one broker is fenced at a look, and a new process is let in
 *    once the session of the one before has ended; it follows until it has caught up. What a partition can do follows from
 *    its leader and its replicas in sync.
 *  Source: kafka BrokerHeartbeatManager (a look each eighth of broker.session.timeout.ms, one broker each),
 *    ClusterControlManager.registerBroker, ReplicationControlManager; the elections themselves are kafka-controller.ts.
 *  Leaves out: loss of controllers, metadata on its way to each broker (all hear of it at once), log recovery apart from
 *    the time a start takes, replicas that lag without being gone. */

import { invariant, type RandomStream, type Simulation } from "../engine/index.ts";
import { Outbox } from "../records/index.ts";
import {
  type ControllerState,
  LEADER_ELECTED,
  NO_LEADER,
  onBrokerFenced,
  onBrokerUnfenced,
  onCaughtUp,
  onElectionAsked,
  type PartitionRegistration,
  partitionRegistration,
  replicasOf,
} from "./kafka-controller.ts";
import type { LeaderChange, PartitionListener, PartitionStatus } from "./partition-change.ts";

/** Times in ns. */
export interface BrokerClusterSettings {
  readonly brokers: number;
  /** broker.heartbeat.interval.ms */
  readonly heartbeatInterval: number;
  /** broker.session.timeout.ms */
  readonly sessionTimeout: number;
  /** from the controller's decision until brokers and clients can act on it. */
  readonly metadataDelay: number;
  /** from a broker's end until its successor asks to be let in. */
  readonly brokerStart: number;
  /** how long a broker takes to catch up that was away for so long. */
  readonly catchUp: (outage: number) => number;
}

/** Partitions that are led and replicated alike: a topic's, or those of __transaction_state. */
export interface PartitionGroup {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** at most the replication factor. */
  readonly minInsyncReplicas: number;
  readonly unclean: boolean;
  readonly listener: PartitionListener;
}

/** What is reported about brokers; brokers by number from 0. */
export interface BrokerObserver {
  /** `broker` does nothing any more until it registers again, or until `thawsAt` (ns). */
  brokerEnded(broker: number, thawsAt: number | undefined, at: number): void;
  /** The controller has fenced `broker`: `elected` partitions have another leader, `leaderless` have none. */
  brokerFenced(broker: number, elected: number, leaderless: number, at: number): void;
  brokerRegistered(broker: number, at: number): void;
  /** So many partitions of the group of this name have been given another leader. */
  leadersElected(name: string, partitions: number, at: number): void;
  /** `broker` is in sync with every leader that it follows. */
  brokerInSync(broker: number, at: number): void;
}

/** `refuses`: its host closes and refuses connections. `gone`: nothing answers, and what was sent is lost. `frozen`: what is
 *  sent waits until it goes on. */
export type BrokerState = "works" | "refuses" | "gone" | "frozen";

interface BrokerProcess {
  alive: boolean;
  /** rises with whatever makes planned events of it void. */
  incarnation: number;
  /** Its process is gone, not only frozen. */
  crashed: boolean;
  /** No connection of it was closed. */
  silent: boolean;
  /** when it ended or stopped, when it is fenced unless it is back, when it works again, ns. */
  endedAt: number;
  fencedAt: number;
  backAt: number;
  readonly heartbeatPhase: number;
}

interface PartitionPlace {
  readonly group: PartitionGroup;
  readonly partition: number;
  status: PartitionStatus;
  /** the latest broker that led it. */
  lastLeader: number;
}

export class BrokerCluster {
  readonly #sim: Simulation;
  readonly #settings: BrokerClusterSettings;
  readonly #settleAll: (now: number) => void;
  readonly #observer: BrokerObserver;
  readonly #groups: readonly PartitionGroup[];
  readonly #controller: ControllerState;
  readonly #processes: readonly BrokerProcess[];
  readonly #places: readonly PartitionPlace[];
  readonly #kinds: { readonly fence: number; readonly register: number; readonly caughtUp: number };
  readonly #lookPhase: number;
  readonly #outbox = new Outbox();
  #lastLook = Number.NEGATIVE_INFINITY;

  /** @param settleAll brings every log up to a time before anything changes. */
  constructor(
    sim: Simulation,
    settings: BrokerClusterSettings,
    groups: readonly PartitionGroup[],
    settleAll: (now: number) => void,
    random: RandomStream,
    observer: BrokerObserver,
  ) {
    const { brokers, heartbeatInterval, sessionTimeout } = settings;
    this.#sim = sim;
    this.#settings = settings;
    this.#settleAll = settleAll;
    this.#observer = observer;
    this.#groups = groups;
    this.#lookPhase = random.below(Math.max(1, Math.floor(sessionTimeout / 8)));
    this.#processes = Array.from({ length: brokers }, () => ({
      alive: true,
      incarnation: 0,
      crashed: false,
      silent: false,
      endedAt: 0,
      fencedAt: Number.POSITIVE_INFINITY,
      backAt: Number.POSITIVE_INFINITY,
      heartbeatPhase: random.below(heartbeatInterval),
    }));
    const places: PartitionPlace[] = [];
    const partitions: PartitionRegistration[] = [];
    for (const group of groups) {
      for (let partition = 0; partition < group.partitions; partition++) {
        const replicas = replicasOf(partition, group.replicationFactor, brokers);
        partitions.push(partitionRegistration(replicas, group.unclean));
        places.push({ group, partition, status: "open", lastLeader: replicas[0]! });
      }
    }
    this.#places = places;
    this.#controller = { fenced: this.#processes.map(() => false), partitions };
    this.#kinds = {
      fence: sim.defineKind("broker fenced", (broker, incarnation) => this.#onFence(broker, incarnation)),
      register: sim.defineKind("broker back", (broker, incarnation) => this.#onBack(broker, incarnation)),
      caughtUp: sim.defineKind("broker caught up", (broker, incarnation) =>
        this.#onCaughtUp(broker, incarnation),
      ),
    };
  }

  /** Whether the process of `broker` works. */
  isAlive(broker: number): boolean {
    return this.#processes[broker]!.alive;
  }

  /** What a client of `broker` meets. */
  stateOf(broker: number): BrokerState {
    const { alive, crashed, silent } = this.#processes[broker]!;
    if (alive) return "works";
    if (!crashed) return "frozen";
    return silent ? "gone" : "refuses";
  }

  /** The process of `broker` ends now. `silent`: no connection is closed. `repair`: ns until another asks to be let in.
   *  What has ended already is spared. */
  kill(broker: number, silent: boolean, repair: number | undefined): void {
    const { brokerStart, sessionTimeout } = this.#settings;
    const { now } = this.#sim;
    if (!this.isAlive(broker)) return;
    // As long as the session of the process before lives, the controller takes its successor for a duplicate.
    const expiresAt = this.#lastHeartbeat(broker, now) + sessionTimeout;
    this.#processes[broker]!.crashed = true;
    this.#end(broker, silent, Math.max(now + (repair ?? brokerStart), expiresAt));
    this.#observer.brokerEnded(broker, undefined, now);
  }

  /** The process of `broker` does nothing for `duration`, ns, and goes on where it was. */
  freeze(broker: number, duration: number): void {
    if (!this.isAlive(broker)) return;
    const { now } = this.#sim;
    this.#processes[broker]!.crashed = false;
    this.#end(broker, true, now + duration);
    this.#observer.brokerEnded(broker, now + duration, now);
  }

  /** Other leaders for the partitions of the group of this name (undefined: all of them) that have another replica to lead. */
  elect(name: string, partition: number | undefined, unclean: boolean): void {
    this.#settleAll(this.#sim.now);
    this.#outbox.clear();
    this.#places.forEach((place, number) => {
      if (place.group.name !== name || (partition !== undefined && place.partition !== partition)) return;
      onElectionAsked(this.#controller, number, unclean, this.#outbox);
    });
    this.#observer.leadersElected(name, this.#apply(), this.#sim.now);
  }

  /** When `partition` of the group of this name can be written again, as far as that is known by now, ns. */
  expectedOpenAt(name: string, partition: number): number {
    const { now } = this.#sim;
    const number = this.#places.findIndex(
      ({ group, partition: one }) => group.name === name && one === partition,
    );
    const { status } = this.#places[number]!;
    const { isr, leader, replicas } = this.#controller.partitions[number]!;
    if (status === "open") return now;
    const gone = (leader === NO_LEADER ? replicas : isr)
      .map((broker) => this.#processes[broker]!)
      .filter(({ alive }) => !alive);
    const ends = gone.map(({ fencedAt, backAt }) => Math.max(now, Math.min(fencedAt, backAt)));
    if (ends.length > 0) return Math.max(...ends);
    return Math.max(now, ...replicas.map((broker) => this.#backAt(broker)));
  }

  #backAt(broker: number): number {
    const { alive, backAt } = this.#processes[broker]!;
    return alive ? 0 : backAt;
  }

  #end(broker: number, silent: boolean, backAt: number): void {
    const { now } = this.#sim;
    this.#settleAll(now);
    const ended = this.#processes[broker]!;
    ended.alive = false;
    ended.silent = silent;
    ended.endedAt = now;
    ended.backAt = backAt;
    ended.incarnation++;
    if (!this.#controller.fenced[broker]) {
      ended.fencedAt = this.#nextLook(this.#lastHeartbeat(broker, now) + this.#settings.sessionTimeout);
      this.#plan(ended.fencedAt, this.#kinds.fence, broker);
    }
    this.#plan(backAt, this.#kinds.register, broker);
    this.#outbox.clear();
    this.#apply();
  }

  #lastHeartbeat(broker: number, now: number): number {
    const { heartbeatPhase } = this.#processes[broker]!;
    const { heartbeatInterval } = this.#settings;
    return now - ((now - heartbeatPhase + heartbeatInterval) % heartbeatInterval);
  }

  /** The first look of the controller at or after `expiresAt` that fences nobody else, and its metadata with the brokers. */
  #nextLook(expiresAt: number): number {
    const period = Math.max(1, Math.floor(this.#settings.sessionTimeout / 8));
    let look = this.#lookPhase + Math.max(0, Math.ceil((expiresAt - this.#lookPhase) / period)) * period;
    while (look <= this.#lastLook) look += period;
    this.#lastLook = look;
    return look + this.#settings.metadataDelay;
  }

  #plan(at: number, kind: number, broker: number): void {
    if (at >= Number.MAX_SAFE_INTEGER) return;
    this.#sim.scheduleAt(Math.ceil(at), kind, broker, this.#processes[broker]!.incarnation);
  }

  // ---- events

  #onFence(broker: number, incarnation: number): void {
    const ended = this.#processes[broker]!;
    if (ended.incarnation !== incarnation || ended.alive) return;
    this.#settleAll(this.#sim.now);
    this.#fence(broker);
  }

  #fence(broker: number): void {
    this.#processes[broker]!.fencedAt = Number.POSITIVE_INFINITY;
    const before = this.#leaderless();
    this.#outbox.clear();
    onBrokerFenced(this.#controller, broker, this.#outbox);
    const elected = this.#apply();
    this.#observer.brokerFenced(broker, elected, this.#leaderless() - before, this.#sim.now);
  }

  #leaderless(): number {
    return this.#controller.partitions.filter(({ leader }) => leader === NO_LEADER).length;
  }

  /** A new process has registered, or a frozen one goes on. */
  #onBack(broker: number, incarnation: number): void {
    const ended = this.#processes[broker]!;
    if (ended.incarnation !== incarnation) return;
    const { now } = this.#sim;
    this.#settleAll(now);
    // A new process is not the one that was in sync.
    if (ended.crashed && !this.#controller.fenced[broker]) this.#fence(broker);
    ended.alive = true;
    ended.fencedAt = Number.POSITIVE_INFINITY;
    this.#outbox.clear();
    if (this.#controller.fenced[broker]) {
      onBrokerUnfenced(this.#controller, broker, this.#outbox);
      this.#plan(now + this.#settings.catchUp(now - ended.endedAt), this.#kinds.caughtUp, broker);
    }
    this.#observer.brokerRegistered(broker, now);
    this.#apply();
    for (const { listener } of this.#groups) listener.onBrokerBack?.(broker);
  }

  #onCaughtUp(broker: number, incarnation: number): void {
    if (this.#processes[broker]!.incarnation !== incarnation) return;
    this.#settleAll(this.#sim.now);
    this.#outbox.clear();
    onCaughtUp(this.#controller, broker, this.#outbox);
    this.#apply();
    this.#observer.brokerInSync(broker, this.#sim.now);
  }

  // ---- effects

  /** Tells everybody what has changed. @returns how many partitions have another leader. */
  #apply(): number {
    const elections = new Map<number, LeaderChange>();
    for (let i = 0; i < this.#outbox.length; i++) {
      if (this.#outbox.effects[i] !== LEADER_ELECTED) continue;
      const number = this.#outbox.a[i]!;
      elections.set(number, this.#changeOf(number, this.#outbox.b[i] === 1));
    }
    this.#places.forEach((place, number) => {
      const election = elections.get(number);
      const status = this.#statusOf(number);
      if (election === undefined && status === place.status) return;
      place.status = status;
      const { leader } = this.#controller.partitions[number]!;
      if (leader !== NO_LEADER) place.lastLeader = leader;
      place.group.listener.onPartitionChanged(place.partition, { status, leader, election }, this.#sim.now);
    });
    return elections.size;
  }

  #changeOf(number: number, clean: boolean): LeaderChange {
    const { lastLeader } = this.#places[number]!;
    const { leader } = this.#controller.partitions[number]!;
    const { alive, endedAt, silent, backAt } = this.#processes[lastLeader]!;
    const how = leader === lastLeader ? "returned" : clean ? "clean" : "unclean";
    const isGone = !alive || how === "returned";
    const lostAt = isGone ? endedAt : this.#sim.now;
    return { how, lostAt, noticedBy: isGone && silent ? backAt : lostAt };
  }

  #statusOf(number: number): PartitionStatus {
    const { leader, isr } = this.#controller.partitions[number]!;
    const { minInsyncReplicas } = this.#places[number]!.group;
    if (leader === NO_LEADER || !this.isAlive(leader)) return "no-leader";
    if (!isr.every((broker) => this.isAlive(broker))) return "no-replication";
    invariant(isr.includes(leader), "a leader is in sync with itself");
    return isr.length < minInsyncReplicas ? "not-enough-replicas" : "open";
  }
}
