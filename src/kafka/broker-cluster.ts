/** Models: the brokers of a cluster as processes that end, stand still and come back, or are cut off from each other or from
 *    the controller, or whose disks are slow, and what the controller does about it: a broker is fenced when its session has
 *    ended (broker-sessions.ts), and a new process is let in then; it follows until it has caught up. A leader takes a follower that doesn't fetch out of the replicas in sync. What a partition can do
 *    follows from its leader and its replicas in sync.
 *  Source: kafka ClusterControlManager.registerBroker, ReplicationControlManager; ReplicaManager (isr-expiration); the elections
 *    themselves are kafka-controller.ts, who lags lagging-replicas.ts.
 *  Leaves out: loss of controllers, metadata on its way to each broker (all hear of it at once), log recovery apart from
 *    the time a start takes; what acks 0 and 1 producers still write to a leader that is cut off from the controller and
 *    has been replaced (they are told at once); a broker that comes back while it is cut off waits for the end of the cut. */

import { invariant, type RandomStream, type Simulation } from "../engine/index.ts";
import { Outbox } from "../records/index.ts";
import { BrokerLinks, CONTROLLER } from "./broker-links.ts";
import { BrokerSessions, type BrokerSessionsSettings } from "./broker-sessions.ts";
import {
  type ControllerState,
  LEADER_ELECTED,
  NO_LEADER,
  onBrokerFenced,
  onBrokerUnfenced,
  onCaughtUp,
  onElectionAsked,
  onReplicaLags,
  type PartitionRegistration,
  partitionRegistration,
  replicasOf,
} from "./kafka-controller.ts";
import { LaggingReplicas } from "./lagging-replicas.ts";
import type { LeaderChange, PartitionListener, PartitionStatus } from "./partition-change.ts";
import type { DiskDelays, PartitionDisks } from "./slow-disk.ts";

/** Times in ns. */
export interface BrokerClusterSettings extends BrokerSessionsSettings {
  /** replica.lag.time.max.ms */
  readonly replicaLagTimeMax: number;
  /** from a broker's end until its successor asks to be let in. */
  readonly brokerStart: number;
  /** ns from one fetch of a follower to its next whose appends take so many times as long. */
  readonly fetchCycle: (slowness: number) => number;
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
  /** What slow disks make later, by how many times as long an append takes at the leader and at the slowest follower. */
  readonly diskDelays: (leader: number, followers: number) => DiskDelays;
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
  /** Leaders take `broker` out of the replicas in sync of so many partitions, since it lags. */
  replicaLagged?(broker: number, partitions: number, at: number): void;
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
  /** It isn't through to the controller from then to then; it has not had all that it follows since then, ns. */
  isolatedSince: number;
  isolatedUntil: number;
  behindSince: number;
  /** An append takes `slowness` times as long until then, ns. */
  slowness: number;
  slowUntil: number;
}

interface PartitionPlace {
  readonly group: PartitionGroup;
  readonly partition: number;
  status: PartitionStatus;
  /** the latest broker that led it. */
  lastLeader: number;
  disks: PartitionDisks;
}

const FAST: PartitionDisks = { leader: 1, leaderUntil: 0, followers: 1, followersUntil: 0 };

export class BrokerCluster {
  readonly #sim: Simulation;
  readonly #settings: BrokerClusterSettings;
  readonly #settleAll: (now: number) => void;
  readonly #observer: BrokerObserver;
  readonly #groups: readonly PartitionGroup[];
  readonly #controller: ControllerState;
  readonly #processes: readonly BrokerProcess[];
  readonly #places: readonly PartitionPlace[];
  readonly #kinds: Readonly<Record<"fence" | "register" | "caughtUp" | "lagCheck" | "healed", number>>;
  readonly #links = new BrokerLinks();
  readonly #lagging: LaggingReplicas;
  /** Per broker: when its first isr-expiration was, and when the next one is that may find somebody, ns. */
  readonly #lagCheckPhase: readonly number[];
  readonly #lagCheckAt: number[];
  readonly #sessions: BrokerSessions;
  readonly #outbox = new Outbox();

  /** @param settleAll brings every log up to a time before anything changes. */
  constructor(
    sim: Simulation,
    settings: BrokerClusterSettings,
    groups: readonly PartitionGroup[],
    settleAll: (now: number) => void,
    random: RandomStream,
    observer: BrokerObserver,
  ) {
    const { brokers } = settings;
    this.#sim = sim;
    this.#settings = settings;
    this.#settleAll = settleAll;
    this.#observer = observer;
    this.#groups = groups;
    this.#sessions = new BrokerSessions(settings, random);
    this.#processes = Array.from({ length: brokers }, () => ({
      alive: true,
      incarnation: 0,
      crashed: false,
      silent: false,
      endedAt: 0,
      fencedAt: Number.POSITIVE_INFINITY,
      backAt: Number.POSITIVE_INFINITY,
      isolatedSince: 0,
      isolatedUntil: 0,
      behindSince: Number.POSITIVE_INFINITY,
      slowness: 1,
      slowUntil: 0,
    }));
    this.#lagging = new LaggingReplicas(settings.replicaLagTimeMax);
    this.#lagCheckPhase = this.#processes.map(() => random.below(this.#lagCheckPeriod()));
    this.#lagCheckAt = this.#processes.map(() => Number.POSITIVE_INFINITY);
    const places: PartitionPlace[] = [];
    const partitions: PartitionRegistration[] = [];
    for (const group of groups) {
      for (let partition = 0; partition < group.partitions; partition++) {
        const replicas = replicasOf(partition, group.replicationFactor, brokers);
        partitions.push(partitionRegistration(replicas, group.unclean));
        places.push({ group, partition, status: "open", lastLeader: replicas[0]!, disks: FAST });
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
      lagCheck: sim.defineKind("replicas in sync checked", (broker) => this.#onLagCheck(broker)),
      healed: sim.defineKind("brokers connected again", () => this.#onHealed()),
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
    const { brokerStart } = this.#settings;
    const { now } = this.#sim;
    if (!this.isAlive(broker)) return;
    // As long as the session of the process before lives, the controller takes its successor for a duplicate.
    const { isolatedSince } = this.#processes[broker]!;
    const heardOf = this.#isIsolated(broker) ? isolatedSince : now;
    const expiresAt = this.#sessions.expiresAt(broker, heardOf);
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

  /** Nothing passes between two brokers, or a broker and the CONTROLLER, for `duration`, ns; ALL are all brokers. */
  cut(one: number, other: number, duration: number): void {
    const { now } = this.#sim;
    this.#settleAll(now);
    const until = Math.ceil(this.#links.cut(one, other, now, duration));
    this.#processes.forEach((host, broker) => {
      if (this.#links.isCut(broker, CONTROLLER, now)) this.#isolate(host, broker, now);
    });
    this.#sim.scheduleAt(until, this.#kinds.healed, 0, 0);
    this.#outbox.clear();
    this.#apply();
  }

  /** An append of `broker` takes `factor` times as long for `duration`, ns; of two such times at once the slower one counts,
   *  until both are over. */
  slowDisk(broker: number, factor: number, duration: number): void {
    const { now } = this.#sim;
    this.#settleAll(now);
    const slow = this.#processes[broker]!;
    slow.slowness = Math.max(slow.slowness, factor);
    slow.slowUntil = Math.max(slow.slowUntil, Math.ceil(now + duration));
    this.#sim.scheduleAt(slow.slowUntil, this.#kinds.healed, 0, 0);
    this.#outbox.clear();
    this.#apply();
  }

  /** Whether a fetch of `broker` takes so long that its leaders take it to lag: what it asks for is old by a whole fetch when
   *  it asks, and by two when it asks again. */
  #isStuck(broker: number): boolean {
    const { slowness } = this.#processes[broker]!;
    const { fetchCycle, replicaLagTimeMax } = this.#settings;
    return slowness > 1 && 2 * fetchCycle(slowness) > replicaLagTimeMax;
  }

  /** Tells of partitions whose brokers' disks are slower or faster than before. */
  #tellDisks(): void {
    const { now } = this.#sim;
    this.#controller.partitions.forEach(({ leader, isr }, number) => {
      const place = this.#places[number]!;
      const disks = leader === NO_LEADER ? FAST : this.#disksOf(leader, isr);
      const { leader: before, leaderUntil, followers, followersUntil } = place.disks;
      if (disks.leader === before && disks.leaderUntil === leaderUntil) {
        if (disks.followers === followers && disks.followersUntil === followersUntil) return;
      }
      place.disks = disks;
      const { listener, diskDelays } = place.group;
      listener.onDisksChanged?.(place.partition, disks, diskDelays(disks.leader, disks.followers), now);
    });
  }

  #disksOf(leader: number, isr: readonly number[]): PartitionDisks {
    const { slowness, slowUntil } = this.#processes[leader]!;
    let followers = 1;
    let followersUntil = 0;
    for (const broker of isr) {
      if (broker === leader || !this.#fetches(broker, leader)) continue;
      const follower = this.#processes[broker]!;
      followers = Math.max(followers, follower.slowness);
      followersUntil = Math.max(followersUntil, follower.slowUntil);
    }
    return { leader: slowness, leaderUntil: slowUntil, followers, followersUntil };
  }

  /** When two brokers get through to each other again, ns; `at` when they do. */
  cutUntil(one: number, other: number, at: number): number {
    return one === other ? at : this.#links.cutUntil(one, other, at);
  }

  #isolate(host: BrokerProcess, broker: number, now: number): void {
    const wasIsolated = host.isolatedUntil > now;
    host.isolatedUntil = Math.ceil(this.#links.cutUntil(broker, CONTROLLER, now));
    if (wasIsolated) return;
    host.isolatedSince = now;
    if (host.alive && !this.#controller.fenced[broker]) {
      host.fencedAt = Math.ceil(this.#sessions.fencedAfter(broker, now));
      this.#plan(host.fencedAt, this.#kinds.fence, broker);
    }
  }

  #isIsolated(broker: number): boolean {
    return this.#processes[broker]!.isolatedUntil > this.#sim.now;
  }

  /** Whether `follower` can fetch from `leader`, both at work. */
  #fetches(follower: number, leader: number): boolean {
    if (!this.isAlive(follower)) return false;
    return (
      follower === leader || !(this.#isStuck(follower) || this.#links.isCut(follower, leader, this.#sim.now))
    );
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
    const isLed = leader !== NO_LEADER;
    const lagCheckAt = isLed ? this.#lagCheckAt[leader]! : Number.POSITIVE_INFINITY;
    const ends = (isLed ? isr : replicas)
      .filter((broker) => (isLed ? !this.#fetches(broker, leader) : !this.isAlive(broker)))
      .map((broker) => Math.max(now, Math.min(this.#goesOnAt(broker, leader), lagCheckAt)));
    if (ends.length > 0) return Math.max(...ends);
    return Math.max(now, ...replicas.map((broker) => this.#backAt(broker)));
  }

  #goesOnAt(broker: number, leader: number): number {
    const { alive, fencedAt, backAt, slowUntil } = this.#processes[broker]!;
    if (!alive) return Math.min(fencedAt, backAt);
    return Math.max(slowUntil, this.cutUntil(broker, leader, this.#sim.now));
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
      // Cut off from the controller, it is waited for already.
      if (ended.fencedAt === Number.POSITIVE_INFINITY)
        ended.fencedAt = this.#sessions.fencedAfter(broker, now);
      this.#plan(ended.fencedAt, this.#kinds.fence, broker);
    }
    this.#plan(backAt, this.#kinds.register, broker);
    this.#outbox.clear();
    this.#apply();
  }

  #plan(at: number, kind: number, broker: number): void {
    if (at >= Number.MAX_SAFE_INTEGER) return;
    this.#sim.scheduleAt(Math.ceil(at), kind, broker, this.#processes[broker]!.incarnation);
  }

  // ---- events

  #onFence(broker: number, incarnation: number): void {
    const ended = this.#processes[broker]!;
    const { now } = this.#sim;
    if (ended.incarnation !== incarnation || now < ended.fencedAt) return;
    if (ended.alive && !this.#isIsolated(broker)) return;
    this.#settleAll(now);
    if (ended.alive) {
      ended.endedAt = now;
      ended.silent = true;
      ended.backAt = ended.isolatedUntil;
    }
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
    if (this.#isIsolated(broker)) {
      ended.backAt = ended.isolatedUntil;
      this.#plan(ended.backAt, this.#kinds.register, broker);
      return;
    }
    this.#settleAll(now);
    // A new process is not the one that was in sync.
    if (ended.crashed && !this.#controller.fenced[broker]) this.#fence(broker);
    ended.alive = true;
    ended.fencedAt = Number.POSITIVE_INFINITY;
    this.#letIn(broker, now - ended.endedAt);
  }

  /** The controller hears from `broker`, which has missed what was written in `outage` ns. */
  #letIn(broker: number, outage: number): void {
    this.#outbox.clear();
    if (this.#controller.fenced[broker]) {
      onBrokerUnfenced(this.#controller, broker, this.#outbox);
      this.#planCatchUp(broker, outage);
    } else if (this.#isBehind(broker)) this.#planCatchUp(broker, outage);
    this.#observer.brokerRegistered(broker, this.#sim.now);
    this.#apply();
    for (const { listener } of this.#groups) listener.onBrokerBack?.(broker);
  }

  #planCatchUp(broker: number, outage: number): void {
    this.#plan(this.#sim.now + this.#settings.catchUp(outage), this.#kinds.caughtUp, broker);
  }

  /** Whether a leader that it gets through to has taken it out of the replicas in sync. */
  #isBehind(broker: number): boolean {
    return this.#controller.partitions.some(
      ({ replicas, isr, leader }) =>
        leader !== NO_LEADER &&
        replicas.includes(broker) &&
        !isr.includes(broker) &&
        this.#fetches(broker, leader),
    );
  }

  /** A cut is over, or a disk is fast again. */
  #onHealed(): void {
    const { now } = this.#sim;
    this.#settleAll(now);
    this.#links.heal(now);
    for (const slow of this.#processes) {
      if (slow.slowUntil > now) continue;
      slow.slowUntil = 0;
      slow.slowness = 1;
    }
    this.#processes.forEach((host, broker) => {
      const wasIsolated = host.isolatedUntil > 0 && host.isolatedUntil <= now;
      if (wasIsolated) host.isolatedUntil = 0;
      if (!host.alive) return;
      if (wasIsolated) host.fencedAt = Number.POSITIVE_INFINITY;
      // Cut off from the controller alone, it has gone on fetching.
      if (this.#controller.fenced[broker] && !this.#isIsolated(broker))
        this.#letIn(broker, this.#missed(host));
      else if (this.#isBehind(broker)) this.#planCatchUp(broker, this.#missed(host));
    });
    this.#outbox.clear();
    this.#apply();
  }

  #missed({ behindSince }: BrokerProcess): number {
    return Math.max(0, this.#sim.now - behindSince);
  }

  // ---- followers that lag

  #lagCheckPeriod(): number {
    return Math.max(1, Math.floor(this.#settings.replicaLagTimeMax / 2));
  }

  /** Each leader's next look that may find a follower lagging, and the controller's answer with the brokers. */
  #planLagChecks(): void {
    const { now } = this.#sim;
    const earliest = this.#processes.map(() => Number.POSITIVE_INFINITY);
    this.#controller.partitions.forEach(({ leader }, number) => {
      if (leader === NO_LEADER || this.#isIsolated(leader)) return;
      earliest[leader] = Math.min(earliest[leader]!, this.#lagging.laggingFrom(number));
    });
    earliest.forEach((from, broker) => {
      if (from === Number.POSITIVE_INFINITY) return;
      const period = this.#lagCheckPeriod();
      const phase = this.#lagCheckPhase[broker]!;
      const look = phase + Math.max(0, Math.ceil((Math.max(from, now) - phase) / period)) * period;
      const at = Math.ceil(look + this.#settings.metadataDelay);
      if (at >= this.#lagCheckAt[broker]! || at >= Number.MAX_SAFE_INTEGER) return;
      this.#lagCheckAt[broker] = at;
      this.#sim.scheduleAt(at, this.#kinds.lagCheck, broker, 0);
    });
  }

  #onLagCheck(leader: number): void {
    const { now } = this.#sim;
    if (now !== this.#lagCheckAt[leader]) return;
    this.#lagCheckAt[leader] = Number.POSITIVE_INFINITY;
    this.#settleAll(now);
    this.#outbox.clear();
    const shrunk = this.#processes.map(() => 0);
    this.#controller.partitions.forEach((partition, number) => {
      if (partition.leader !== leader || !this.isAlive(leader) || this.#isIsolated(leader)) return;
      for (const broker of this.#lagging.check(number, now - this.#settings.metadataDelay)) {
        onReplicaLags(this.#controller, number, broker, this.#outbox);
        shrunk[broker]!++;
      }
    });
    shrunk.forEach((partitions, broker) => {
      if (partitions > 0) this.#observer.replicaLagged?.(broker, partitions, now);
    });
    this.#apply();
  }

  /** Which followers have stopped fetching. */
  #watchFollowers(): void {
    const { now } = this.#sim;
    const isLate = this.#processes.map(() => false);
    this.#controller.partitions.forEach(({ leader, replicas, isr }, number) => {
      const isLed = leader !== NO_LEADER && this.isAlive(leader);
      const stopped = isLed
        ? isr.filter((broker) => broker !== leader && !this.#fetches(broker, leader))
        : [];
      this.#lagging.onChange(number, now, stopped, { leader, replicas, isr });
      for (const broker of replicas) {
        if (stopped.includes(broker) || !isr.includes(broker)) isLate[broker] = true;
      }
    });
    this.#processes.forEach((host, broker) => {
      host.behindSince = isLate[broker] ? Math.min(host.behindSince, now) : Number.POSITIVE_INFINITY;
    });
    this.#planLagChecks();
  }

  #onCaughtUp(broker: number, incarnation: number): void {
    const follower = this.#processes[broker]!;
    if (follower.incarnation !== incarnation || this.#controller.fenced[broker]) return;
    this.#settleAll(this.#sim.now);
    this.#outbox.clear();
    const reaches = (leader: number): boolean => this.#fetches(broker, leader) && !this.#isIsolated(leader);
    onCaughtUp(this.#controller, broker, reaches, this.#outbox);
    this.#apply();
    this.#observer.brokerInSync(broker, this.#sim.now);
  }

  // ---- effects

  /** Tells everybody what has changed. @returns how many partitions have another leader. */
  #apply(): number {
    this.#watchFollowers();
    this.#tellDisks();
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
    const { alive, endedAt, silent, backAt, isolatedUntil } = this.#processes[lastLeader]!;
    const how = leader === lastLeader ? "returned" : clean ? "clean" : "unclean";
    const isGone = !alive || how === "returned";
    const lostAt = isGone ? endedAt : this.#sim.now;
    if (!isGone && this.#isIsolated(lastLeader)) {
      return { how, lostAt, noticedBy: isolatedUntil, stillAnswers: true };
    }
    return { how, lostAt, noticedBy: isGone && silent ? backAt : lostAt };
  }

  #statusOf(number: number): PartitionStatus {
    const { leader, isr } = this.#controller.partitions[number]!;
    const { minInsyncReplicas } = this.#places[number]!.group;
    if (leader === NO_LEADER || !this.isAlive(leader)) return "no-leader";
    if (!isr.every((broker) => this.#fetches(broker, leader))) return "no-replication";
    invariant(isr.includes(leader), "a leader is in sync with itself");
    return isr.length < minInsyncReplicas ? "not-enough-replicas" : "open";
  }
}
