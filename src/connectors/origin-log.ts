/** Models: the partitions of a topic that an outside producer writes, in closed form: a record is readable a constant delay
 *    after its creation, except where brokers fail. Then a partition's log is a list of stretches of records: as they were
 *    created, or a backlog at the pace of its producer; records may be missing (cut off with their leader, given up) or come
 *    twice (sent again without idempotence).
 *  Source: as in-flight-batches.ts: kafka Sender, ProducerBatch, ReplicaManager, KIP-101; sent-again.ts.
 *    What waits for leaders fills buffer.memory; then the load stands still (load-thread.ts), with all its partitions.
 *  Leaves out: batches as such, but for those in flight when a leader is lost; retries of a batch behind a leader that is away
 *    count as one; memory of what is in flight while nothing is wrong, or drains; jitter of back-offs. */

import {
  type ClientLinks,
  type ClientPlace,
  type ClientRetries,
  findsLeaderAt,
  firstRetryAfter,
  givenUpAfter,
  type KafkaObserver,
  type LeaderChange,
  type LinkCut,
  type LossReason,
  noticesLossAt,
  type PartitionChange,
  type PartitionListener,
  type PartitionStatus,
  type Piece,
  reaches,
  sentAgain,
  type Topic,
} from "../kafka/index.ts";
import type { Origin } from "../records/index.ts";
import { LoadThread } from "./load-thread.ts";

/** Times in ns. */
export interface OriginLogSettings extends ClientRetries {
  /** number of the topic in its pipeline. */
  readonly topic: number;
  readonly acks: "0" | "1" | "all";
  readonly idempotence: boolean;
  readonly maxInFlight: number;
  /** from creation until the high watermark has passed a record, see publishDelay. */
  readonly publishDelay: number;
  /** the part of it from the append until then. */
  readonly replicationDelay: number;
  /** the part of it from sending until the append. */
  readonly appendTime: number;
  /** Batches for which buffer.memory has room, and records of a batch. */
  readonly mostBatches: number;
  readonly recordsOfBatch: number;
  /** from one record to the next of a backlog. */
  readonly pace: number;
  readonly links: ClientLinks;
  readonly client: ClientPlace;
}

/** Records in the order of the log: `count` of them from `origin` on, at log offset `start`. */
interface Stretch {
  readonly start: number;
  readonly origin: number;
  count: number;
  /** NaN: readable as they were created; else from this time on, ns, `pace` after each other. */
  readonly at: number;
  readonly pace: number;
}

/** How far a record has come: on its way to the leader, in its log, with its followers, or past the high watermark. */
type Stage = "sent" | "appended" | "replicated" | "readable";

interface PartitionState {
  status: PartitionStatus;
  stretches: Stretch[];
  /** While it isn't open: offset in the origin of the first record that isn't readable, since when, and who was elected. */
  next: number;
  stalledAt: number;
  election: LeaderChange | undefined;
  /** Records from `next` up to here are in the log, unreadable yet; behind them up to `lostTo` they are gone. */
  keptTo: number;
  lostTo: number;
  /** What is appended again of those from `next` on that were in flight when the leader was lost. */
  again: readonly Piece[];
  /** offsets in the origin: appended, replicated and sent by the time when the leader was lost. */
  appended: number;
  replicated: number;
  sent: number;
  /** What a cut holds back: from this offset in the origin on, until then, ns. */
  heldFrom: number;
  heldUntil: number;
}

/** What waits in the producer: a partition's records from offset `from` in its origin on, until `until` (ns, infinite: unknown). */
interface Waiting {
  readonly partition: number;
  readonly from: number;
  readonly until: number;
}

export class OriginLog implements PartitionListener {
  readonly #origin: Origin;
  readonly #topic: Topic;
  readonly #settings: OriginLogSettings;
  readonly #observer: KafkaObserver;
  readonly #partitions: readonly PartitionState[];
  readonly #readers = new Set<() => void>();
  readonly #thread = new LoadThread();

  constructor(origin: Origin, topic: Topic, settings: OriginLogSettings, observer: KafkaObserver) {
    this.#origin = origin;
    this.#topic = topic;
    this.#settings = settings;
    this.#observer = observer;
    this.#partitions = Array.from({ length: topic.partitions }, () => ({
      status: "open",
      stretches: [{ start: 0, origin: 0, count: Number.POSITIVE_INFINITY, at: Number.NaN, pace: 0 }],
      next: 0,
      stalledAt: 0,
      election: undefined,
      keptTo: 0,
      lostTo: 0,
      again: [],
      appended: 0,
      replicated: 0,
      sent: 0,
      heldFrom: 0,
      heldUntil: 0,
    }));
  }

  /** `onChange` is called when what was foreseen of any partition has changed. */
  subscribe(onChange: () => void): void {
    this.#readers.add(onChange);
  }

  unsubscribe(onChange: () => void): void {
    this.#readers.delete(onChange);
  }

  /** Offset behind the last record that is readable at `time`. */
  countAt(partition: number, time: number): number {
    return this.#countOf(partition, time, "readable");
  }

  /** Offset behind the last record that has come so far by `time`, ns. */
  #countOf(partition: number, time: number, stage: Stage): number {
    const { stretches } = this.#partitions[partition]!;
    for (let i = stretches.length - 1; i >= 0; i--) {
      const count = this.#countIn(partition, stretches[i]!, time, stage);
      if (count > 0 || i === 0) return stretches[i]!.start + count;
    }
    return 0;
  }

  /** When the record at `offset` is readable, as far as that can be foreseen; infinite: never, ns. */
  readableAt(partition: number, offset: number): number {
    const { publishDelay, replicationDelay } = this.#settings;
    const stretch = this.#at(partition, offset);
    if (stretch === undefined) return Number.POSITIVE_INFINITY;
    const { start, origin, at, pace } = stretch;
    const own = origin + offset - start;
    if (own >= this.#origin.total(partition)) return Number.POSITIVE_INFINITY;
    if (Number.isNaN(at)) {
      const log = this.#topic.logs[partition]!;
      const handedOver = this.#thread.handsOverAt(this.#origin.createdAt(partition, own));
      if (handedOver === Number.POSITIVE_INFINITY) return handedOver;
      const appended = handedOver + publishDelay - replicationDelay;
      return log.replicatedAt(log.appendedAt(appended));
    }
    return at + (offset - start) * pace;
  }

  /** Offset in the log less that in the origin, of the record at `offset`. */
  shift(partition: number, offset: number): number {
    const { stretches } = this.#partitions[partition]!;
    const { start, origin } = this.#at(partition, offset) ?? stretches.at(-1)!;
    return start - origin;
  }

  /** Behind the last record from `offset` on that follows in the origin as in the log. */
  contiguousTo(partition: number, offset: number): number {
    const { stretches } = this.#partitions[partition]!;
    let i = stretches.findIndex(({ start, count }) => offset < start + count);
    if (i < 0) return Number.POSITIVE_INFINITY;
    while (i + 1 < stretches.length) {
      const { origin, count, start } = stretches[i]!;
      if (stretches[i + 1]!.origin !== origin + count) return start + count;
      i++;
    }
    return Number.POSITIVE_INFINITY;
  }

  #at(partition: number, offset: number): Stretch | undefined {
    const { stretches } = this.#partitions[partition]!;
    for (let i = stretches.length - 1; i >= 0; i--) {
      const stretch = stretches[i]!;
      if (offset >= stretch.start) return offset < stretch.start + stretch.count ? stretch : undefined;
    }
    return undefined;
  }

  #countIn(partition: number, { origin, count, at, pace }: Stretch, time: number, stage: Stage): number {
    const reached = time + this.#ahead(stage);
    let here: number;
    if (Number.isNaN(at)) here = this.#created(partition, this.#madeUpTo(partition, time, stage)) - origin;
    else if (reached < at) here = 0;
    else here = pace > 0 ? Math.floor((reached - at) / pace) + 1 : count;
    return Math.max(0, Math.min(count, here, this.#origin.total(partition) - origin));
  }

  /** ns from there until a record is readable, as long as all disks are fast. */
  #ahead(stage: Stage): number {
    const { replicationDelay, appendTime } = this.#settings;
    if (stage === "readable") return 0;
    if (stage === "replicated") return replicationDelay / 2;
    return stage === "appended" ? replicationDelay : replicationDelay + appendTime;
  }

  /** The latest creation of what has come so far by `time`, ns. */
  #madeUpTo(partition: number, time: number, stage: Stage): number {
    const { publishDelay, replicationDelay, appendTime } = this.#settings;
    const untilAppended = publishDelay - replicationDelay;
    if (stage === "sent") return time + appendTime - untilAppended;
    const log = this.#topic.logs[partition]!;
    let appended = time;
    if (stage === "readable") appended = log.replicatedUpTo(time);
    else if (stage === "replicated") appended = log.replicatedUpTo(time, 0.5);
    return log.appendedUpTo(appended) - untilAppended;
  }

  /** Records that the producer has been handed by `time`, ns. */
  #created(partition: number, time: number): number {
    return time < 0 ? 0 : this.#origin.countAt(partition, this.#thread.madeBy(time));
  }

  /** What was foreseen of any partition has changed for some reader. */
  tellReaders(): void {
    for (const onChange of this.#readers) onChange();
  }

  // ---- brokers that fail

  onDisksChanged(): void {
    this.tellReaders();
  }

  onPartitionChanged(partition: number, { status, election }: PartitionChange, now: number): void {
    const state = this.#partitions[partition]!;
    const before = state.status;
    this.#thread.forgetFrom(now);
    if (before === "open") this.#stall(state, partition, now);
    if (status === "no-leader" && before !== "no-leader") this.#appendedUpTo(state, partition, now);
    if (election !== undefined) this.#decideTail(state, partition, before, election, now);
    state.status = status;
    if (status === "open") this.#goOn(state, partition, before, now);
    this.#foreseeBlocking(now);
    this.tellReaders();
  }

  /** The producer doesn't get through to some leaders: what they have not got waits in it. */
  onCut(cut: LinkCut): void {
    const { client, appendTime, replicationDelay } = this.#settings;
    const { from: now, until, requests } = cut;
    this.#thread.forgetFrom(now);
    const held = this.#partitions.flatMap((state, partition) => {
      const isHeld = state.status === "open" && reaches(cut, client, this.#topic.leader(partition));
      if (!isHeld) return [];
      const end = this.#countOf(partition, now, requests ? "appended" : "sent");
      state.heldFrom = this.#originAt(partition, end);
      state.heldUntil = until + appendTime + replicationDelay;
      return [{ state, partition, end }];
    });
    this.#foreseeBlocking(now);
    for (const { state, partition, end } of held) this.#holdBack(state, partition, end, cut);
  }

  #holdBack(state: PartitionState, partition: number, end: number, cut: LinkCut): void {
    const { acks, idempotence, pace } = this.#settings;
    const { from: now, until, timedOut } = cut;
    const unacknowledged = this.countAt(partition, now);
    const next = state.heldFrom;
    state.stretches = state.stretches.filter(({ start }) => start < end || start === 0);
    const last = state.stretches.at(-1)!;
    last.count = end - last.start;
    let at = state.heldUntil;
    if (timedOut && !idempotence && acks !== "0" && end > unacknowledged) {
      const again = end - unacknowledged;
      this.#observer.recordsRepeated?.(this.#settings.topic, partition, again, now);
      this.#push(state, next - again, again, at, pace);
      at += again * pace;
    }
    this.#catchUp(state, partition, next, until, at, now);
  }

  /** Nothing more becomes readable. */
  #stall(state: PartitionState, partition: number, now: number): void {
    const end = this.countAt(partition, now);
    const originAt = (stage: Stage): number =>
      this.#originAt(partition, this.#countOf(partition, now, stage));
    state.next = this.#originAt(partition, end);
    state.replicated = Math.max(state.next, originAt("replicated"));
    state.appended = Math.max(state.replicated, originAt("appended"));
    state.sent = Math.max(state.appended, originAt("sent"));
    state.stretches = state.stretches.filter(({ start }) => start < end || start === 0);
    const last = state.stretches.at(-1)!;
    last.count = end - last.start;
    state.stalledAt = now;
    state.election = undefined;
    state.keptTo = this.#settings.acks === "all" ? state.appended : Number.NaN;
    state.lostTo = 0;
    state.again = [];
  }

  #originAt(partition: number, offset: number): number {
    return offset - this.shift(partition, offset);
  }

  /** With acks other than all the leader goes on appending while a replica is away. */
  #appendedUpTo(state: PartitionState, partition: number, now: number): void {
    if (this.#settings.acks === "all" || state.stalledAt === now) return;
    // Those of its followers that are there have kept up.
    const made = (stage: Stage): number => this.#created(partition, this.#madeUpTo(partition, now, stage));
    state.replicated = Math.max(state.replicated, made("replicated"));
    state.appended = Math.max(state.appended, made("appended"));
    state.sent = Math.max(state.appended, made("sent"));
  }

  /** Followers have what was half-way to being readable when the leader was lost; the leader itself all that it appended. */
  #decideTail(
    state: PartitionState,
    partition: number,
    before: PartitionStatus,
    election: LeaderChange,
    now: number,
  ): void {
    const { acks, idempotence, maxInFlight, retries } = this.#settings;
    if (before !== "no-leader") this.#appendedUpTo(state, partition, now);
    const { how } = election;
    const end = how === "returned" ? state.appended : how === "clean" ? state.replicated : state.next;
    const kept = Math.max(state.next, end);
    if (acks !== "all") {
      const gone = acks === "0" ? state.sent : state.appended;
      if (gone > kept) this.#tellLost(partition, gone - kept, "leader lost", now);
      state.lostTo = Math.max(state.lostTo, gone);
    }
    state.keptTo = kept;
    state.election = election;
    if (acks !== "all") return;
    const sent = Math.max(kept, state.sent);
    if (retries > 0) state.again = sentAgain(kept - state.next, sent - state.next, maxInFlight, idempotence);
    else {
      state.again = [];
      if (sent > kept) this.#tellLost(partition, sent - kept, "retries exhausted", now);
      state.lostTo = Math.max(state.lostTo, sent);
    }
  }

  #goOn(state: PartitionState, partition: number, before: PartitionStatus, now: number): void {
    const { acks, replicationDelay, appendTime, pace, links, client } = this.#settings;
    const { election, next } = state;
    const { fetchedFrom } = this.#topic.logs[partition]!;
    const readableFrom = Math.max(fetchedFrom, election === undefined ? now : now + replicationDelay);
    const retryAt = this.#retryAt(state, before, now);
    const sentAgainAt = links.cutUntil(client, this.#topic.leader(partition), retryAt);
    const appendedAt = sentAgainAt + appendTime;
    // Nobody was asked to wait: with acks other than all a leader has appended what came until now.
    let { keptTo } = state;
    if (election === undefined && acks !== "all") {
      keptTo = Math.max(next, this.#created(partition, this.#madeUpTo(partition, now, "appended")));
    }
    if (keptTo > next) this.#push(state, next, keptTo - next, readableFrom, 0);
    let at = Math.max(fetchedFrom, appendedAt + replicationDelay);
    this.#thread.goOn(at, this.#catchUpPace());
    let from = Math.max(keptTo, state.lostTo);
    if (this.#isAppendedAgain(state, partition, sentAgainAt)) {
      this.#tellOutOfOrder(state, partition, now);
      for (const [first, last] of state.again) {
        this.#push(state, next + first, last - first, at, pace);
        at += (last - first) * pace;
        from = Math.max(from, next + last);
      }
    }
    this.#catchUp(state, partition, from, sentAgainAt, at, now, this.#patience(before, election));
  }

  /** What was in flight is sent again at `sentAt`, ns, unless it has expired with what came behind it. */
  #isAppendedAgain({ again, next }: PartitionState, partition: number, sentAt: number): boolean {
    if (again.length === 0) return false;
    const expired = this.#created(partition, sentAt - this.#settings.deliveryTimeout);
    return next + Math.max(...again.map(([, to]) => to)) > expired;
  }

  /** Tells of what is appended a second time, or behind later ones. */
  #tellOutOfOrder({ again, next, keptTo }: PartitionState, partition: number, now: number): void {
    let repeated = 0;
    let end = 0;
    let isBehind = false;
    for (const [from, to] of again) {
      repeated += Math.max(0, Math.min(to, keptTo - next) - from);
      isBehind ||= from < end;
      end = Math.max(end, to);
    }
    if (repeated > 0 || isBehind)
      this.#observer.recordsRepeated?.(this.#settings.topic, partition, repeated, now);
  }

  #tellLost(partition: number, records: number, reason: LossReason, now: number): void {
    this.#observer.recordsLost?.(this.#settings.topic, partition, records, reason, now);
  }

  /** How long a record waits in the producer: for delivery.timeout.ms, or as long as the retries of a batch that is refused
   *  take, ns. */
  #patience(before: PartitionStatus, election: LeaderChange | undefined): number {
    const { acks, deliveryTimeout } = this.#settings;
    const isRefused = before === "not-enough-replicas" && election === undefined && acks === "all";
    return isRefused ? givenUpAfter(this.#settings) : deliveryTimeout;
  }

  /** What waits in the producer from origin offset `from` on is sent at `sentAt` and readable from `at` on, as far as it has
   *  not expired by then; then records come as they are created. Times in ns. */
  #catchUp(
    state: PartitionState,
    partition: number,
    from: number,
    sentAt: number,
    at: number,
    now: number,
    patience = this.#settings.deliveryTimeout,
  ): void {
    const { deliveryTimeout, pace } = this.#settings;
    const expired = Math.max(0, this.#created(partition, sentAt - patience) - from);
    const reason = patience < deliveryTimeout ? "retries exhausted" : "delivery timeout";
    if (expired > 0) this.#tellLost(partition, expired, reason, now);
    const first = from + expired;
    const backlog = this.#backlog(partition, first, at);
    if (backlog > 0) this.#push(state, first, backlog, at, pace);
    if (backlog < Number.POSITIVE_INFINITY)
      this.#push(state, first + backlog, Number.POSITIVE_INFINITY, Number.NaN, 0);
  }

  #push({ stretches }: PartitionState, origin: number, count: number, at: number, pace: number): void {
    const { start, count: before } = stretches.at(-1)!;
    stretches.push({ start: start + before, origin, count, at, pace });
  }

  // ---- buffer.memory

  /** As fast as memory gets free: a partition's records go out by `pace`, and the others' with them. */
  #catchUpPace(): number {
    const { pace } = this.#settings;
    const fastest = 1e6;
    return Math.max(1, pace > 0 ? Math.min(fastest, 1e9 / (pace * this.#origin.ratePerPartition)) : fastest);
  }

  /** When the thread of the load stands still from `now` on, as far as it can be foreseen. */
  #foreseeBlocking(now: number): void {
    const { deliveryTimeout } = this.#settings;
    const thread = this.#thread;
    for (let i = 0; i < MOST_FORESEEN; i++) {
      const from = Math.max(now, thread.foreseenTo);
      const waiting = this.#waitingAt(from);
      let blockedSince = thread.blockedSince(from);
      // Another partition may have left room.
      if (i === 0 && blockedSince !== undefined && !this.#isFull(waiting, from)) {
        thread.goOn(from, this.#catchUpPace());
        blockedSince = undefined;
      }
      if (waiting.length === 0) return;
      const freeAt = Math.min(...waiting.map(({ until }) => until));
      const expiresAt = Math.min(...waiting.map((one) => this.#expiresAt(one, from)));
      if (blockedSince === undefined) {
        blockedSince = this.#fullAt(waiting, from, Math.min(freeAt, expiresAt));
        if (blockedSince === Number.POSITIVE_INFINITY) return;
        thread.block(blockedSince);
      }
      const goesOnAt = Math.max(from, blockedSince, Math.min(freeAt, expiresAt));
      if (goesOnAt >= LONGEST_BACKLOG) return;
      const isDrained = freeAt <= expiresAt;
      thread.goOn(goesOnAt, isDrained ? this.#catchUpPace() : 1);
      if (isDrained) return;
      // As batches expire one after the other as they came, as many come instead.
      const ranFor = deliveryTimeout - (goesOnAt - blockedSince);
      if (ranFor <= 0) return;
      thread.block(goesOnAt + ranFor);
    }
  }

  /** When the first record that waits expires, or what has taken its place does, not before `time`, ns. */
  #expiresAt({ partition, from }: Waiting, time: number): number {
    const { deliveryTimeout } = this.#settings;
    if (from >= this.#origin.total(partition)) return Number.POSITIVE_INFINITY;
    const handedOver = this.#thread.handsOverAt(this.#origin.createdAt(partition, from));
    if (handedOver === Number.POSITIVE_INFINITY) return handedOver;
    return handedOver + deliveryTimeout * Math.max(1, Math.ceil((time - handedOver) / deliveryTimeout));
  }

  /** What waits at `time` for a leader, or behind a cut. */
  #waitingAt(time: number): Waiting[] {
    const { acks } = this.#settings;
    return this.#partitions.flatMap(({ status, next, heldFrom, heldUntil }, partition) => {
      const isWrong = acks === "all" ? status !== "open" : status === "no-leader";
      if (isWrong) return [{ partition, from: next, until: Number.POSITIVE_INFINITY }];
      return heldUntil > time ? [{ partition, from: heldFrom, until: heldUntil }] : [];
    });
  }

  #isFull(waiting: readonly Waiting[], time: number): boolean {
    const { mostBatches, recordsOfBatch, deliveryTimeout } = this.#settings;
    let batches = 0;
    for (const { partition, from } of waiting) {
      const first = Math.max(from, this.#created(partition, time - deliveryTimeout));
      batches += Math.ceil(Math.max(0, this.#created(partition, time) - first) / recordsOfBatch);
    }
    return batches >= mostBatches;
  }

  /** When what waits fills the memory, not before `from` and not after `end`; infinite: it doesn't, ns. */
  #fullAt(waiting: readonly Waiting[], from: number, end: number): number {
    let low = from;
    let high = Math.min(end, LONGEST_BACKLOG);
    if (low >= high || !this.#isFull(waiting, high)) return Number.POSITIVE_INFINITY;
    if (this.#isFull(waiting, low)) return low;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#isFull(waiting, middle)) high = middle;
      else low = middle;
    }
    return high;
  }

  #retryAt({ election, stalledAt }: PartitionState, before: PartitionStatus, now: number): number {
    const { acks, requestTimeout } = this.#settings;
    if (election !== undefined) {
      return findsLeaderAt(noticesLossAt(election, requestTimeout), now, this.#settings);
    }
    if (before === "not-enough-replicas" && acks === "all") {
      return firstRetryAfter(stalledAt, now, this.#settings);
    }
    return now;
  }

  /** How many records from origin offset `from` on go out as a backlog, readable from `at` on (ns), until the producer is
   *  up to date. */
  #backlog(partition: number, from: number, at: number): number {
    const { pace, publishDelay } = this.#settings;
    const created = (time: number): number => this.#created(partition, time - publishDelay) - from;
    if (created(at) <= 0) return 0;
    const sentBy = (time: number): number =>
      pace > 0 ? Math.floor((time - at) / pace) + 1 : Number.POSITIVE_INFINITY;
    let low = at;
    let step = 1e6;
    let high = at + step;
    while (sentBy(high) < created(high)) {
      low = high;
      step *= 2;
      high += step;
      if (step > LONGEST_BACKLOG) return Number.POSITIVE_INFINITY;
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (sentBy(middle) < created(middle)) low = middle;
      else high = middle;
    }
    return Math.max(0, created(high));
  }
}

/** ns; a producer that hasn't caught up by then never does. */
const LONGEST_BACKLOG = 1e14;
/** Times that a load stands still for delivery.timeout.ms, one after the other. */
const MOST_FORESEEN = 64;
