/** Models: what a producer has sent and the cluster hasn't yet made readable, in a world where brokers can fail: a record is
 *    appended, replicated, readable, in closed form as long as nothing is wrong. When a partition's leader or the way to it is,
 *    what is unacknowledged is cut into batches, each followed until it is acknowledged or given up (batch-sender.ts).
 *    A send blocks when buffer.memory is used up, until there is room or max.block.ms is over.
 *  Source: kafka Sender, BufferPool, ReplicaManager (NOT_ENOUGH_REPLICAS, DelayedProduce), Partition.makeFollower, KIP-101.
 *  Leaves out: memory of what is sent while nothing is wrong; where one request ended and the next began is not known of what
 *    was sent before: records that come within a request's service share one. */

import { NO_EVENT, type Simulation } from "../engine/index.ts";
import type { SpanList } from "../records/index.ts";
import { BatchSender } from "./batch-sender.ts";
import { type LinkCut, type LinkDelay, reaches } from "./client-links.ts";
import { cutRun, LeaderLog, type Run, takeRecords } from "./leader-log.ts";
import type { KafkaObserver } from "./observations.ts";
import type {
  LeaderChange,
  PartitionChange,
  PartitionListener,
  PartitionStatus,
} from "./partition-change.ts";
import type { BatchSenderListener, BatchSenderSettings } from "./produce-requests.ts";
import { LAST_SEQUENCE } from "./producer-state.ts";
import type { SendErrorListener } from "./record-producer.ts";
import type { Topic } from "./topic.ts";

/** Times in ns. */
export interface InFlightSettings extends BatchSenderSettings {
  /** number of the topic in its pipeline. */
  readonly topic: number;
  /** Batches for which buffer.memory has room: each takes batch.size of it, however little is in it. */
  readonly mostBatches: number;
  readonly maxBlock: number;
}

interface PartitionInFlight {
  status: PartitionStatus;
  /** Appended, or on the way to a leader that takes them. */
  readonly log: LeaderLog;
  /** Records sent in `transaction` (0: in none). */
  transaction: number;
  sent: number;
}

export class InFlightBatches implements PartitionListener {
  readonly #sim: Simulation;
  readonly #kind: number;
  readonly #number: number;
  readonly #topic: Topic;
  readonly #settings: InFlightSettings;
  readonly #separate: boolean;
  readonly #partitions: readonly PartitionInFlight[];
  readonly #sender: BatchSender;
  readonly #listener: BatchSenderListener;
  onSendError: SendErrorListener = () => {};
  onRoom: () => void = () => {};
  /** Whether a record was refused since its producer had been fenced. */
  isFenced = false;
  #lastAckAt = 0;
  #whenFlushed: (() => void) | undefined;
  #flushFrom = 0;
  /** When a send that still waits for room gives up; infinite: none waits, ns. */
  #blockedUntil = Number.POSITIVE_INFINITY;
  /** It has heard of a change and hasn't acted upon it. */
  #hasHeard = false;
  #dead = false;
  #event = NO_EVENT;
  #eventAt = 0;

  /** @param kind event kind; payload a = `number`; its handler is the producer's, which calls onDue. */
  constructor(
    sim: Simulation,
    kind: number,
    number: number,
    topic: Topic,
    settings: InFlightSettings,
    separate: boolean,
    observer: KafkaObserver,
  ) {
    this.#sim = sim;
    this.#kind = kind;
    this.#number = number;
    this.#topic = topic;
    this.#settings = settings;
    this.#separate = separate;
    this.#partitions = topic.logs.map((log, partition) => ({
      status: topic.statusOf(partition),
      log: new LeaderLog(log, separate),
      transaction: 0,
      sent: 0,
    }));
    const logs = this.#partitions.map(({ log }) => log);
    this.#listener = {
      repeated: (partition, records) =>
        observer.recordsRepeated?.(settings.topic, partition, records, sim.now),
      lost: (partition, records, reason) =>
        observer.recordsLost?.(settings.topic, partition, records, reason, sim.now),
      failed: (error) => this.onSendError(error, sim.now),
    };
    this.#sender = new BatchSender(topic, settings, logs, separate, this.#listener);
    for (let partition = 0; partition < logs.length; partition++) {
      if (this.#isWrong(partition)) this.#follow(partition, sim.now);
    }
  }

  /** Takes the records of `spans`, which their requests would append from `first` to `last`, ns; the caller empties it. */
  add(partition: number, spans: SpanList, first: number, last: number, transaction: number): void {
    const { now } = this.#sim;
    const state = this.#partitions[partition]!;
    if (transaction !== state.transaction) {
      state.transaction = transaction;
      state.sent = 0;
    }
    const { links, client, appendTime } = this.#settings;
    const broker = this.#topic.leader(partition);
    if (links.isProduceFaultDue(client)) this.#followAll(broker, now);
    else if (links.isTroubled(client, broker, now)) this.#follow(partition, now);
    const copy = state.log.spareSpans();
    spans.copyTo(copy);
    const run: Run = { spans: copy, transaction, first, last, batch: undefined, isReplicated: false };
    if (!this.#sender.follows(partition)) this.#addCurve(partition, run);
    else {
      for (const part of this.#requestsOf(run)) {
        // The one before may have been the last that anything was wrong with.
        if (!this.#sender.follows(partition)) this.#addCurve(partition, part);
        else {
          this.#sender.add(partition, part.spans, transaction, Math.min(now, part.last - appendTime));
          this.#advance(now, false);
        }
      }
    }
  }

  /** Nothing is wrong: a run is appended as it was sent. */
  #addCurve(partition: number, run: Run): void {
    const { acks, answerTime } = this.#settings;
    const state = this.#partitions[partition]!;
    const log = this.#topic.logs[partition]!;
    state.sent += run.spans.records;
    run.first = log.appendedAt(run.first);
    run.last = log.appendedAt(run.last);
    state.log.push(run);
    const answeredAt = acks === "all" ? log.replicatedAt(run.last) : run.last;
    this.#lastAckAt = Math.max(this.#lastAckAt, answeredAt + answerTime);
    this.#release(partition, this.#sim.now);
    this.#plan();
  }

  /** Hands the logs all that is readable by `now`. */
  settle(now: number): void {
    for (let partition = 0; partition < this.#partitions.length; partition++) this.#release(partition, now);
  }

  get producerEpoch(): number {
    return this.#sender.producerEpoch;
  }

  /** Whether nothing is left that a log has to get. */
  get isOver(): boolean {
    return this.#dead && this.#sender.isQuiet && this.#partitions.every(({ log }) => log.runs.length === 0);
  }

  /** `whenFlushed` is called when all is acknowledged, not before `from`, ns: until then more may come of what was sent. */
  flush(from: number, whenFlushed: () => void): void {
    this.#flushFrom = from;
    this.#whenFlushed = whenFlushed;
    this.#plan();
  }

  /** Whether the next send waits for room: onRoom or onSendError will be called. */
  awaitsRoom(): boolean {
    if (this.#sender.unfinished < this.#settings.mostBatches) return false;
    this.#blockedUntil = Math.min(this.#blockedUntil, this.#sim.now + this.#settings.maxBlock);
    this.#plan();
    return true;
  }

  /** The process is gone. @returns how many records were only in its memory. */
  kill(now: number): number {
    this.#dead = true;
    this.#whenFlushed = undefined;
    this.#blockedUntil = Number.POSITIVE_INFINITY;
    const dropped = this.#sender.kill(now);
    this.#plan();
    return dropped;
  }

  /** Handler of its event, behind the producer's own settling. */
  onDue(): void {
    this.#event = NO_EVENT;
    this.#advance(this.#sim.now);
  }

  // ---- what becomes of a partition

  onPartitionChanged(partition: number, { status, election }: PartitionChange, now: number): void {
    const state = this.#partitions[partition]!;
    const before = state.status;
    // What was readable by now was so before.
    if (election !== undefined || this.#isWrong(partition)) this.#follow(partition, now);
    if (status === "no-leader") this.#followAll(this.#topic.leader(partition), now);
    state.status = status;
    if (election !== undefined) this.#decideTail(state, partition, election, now);
    if (status === "no-leader") this.#sender.onBrokerGone(this.#topic.leader(partition), now);
    if (election !== undefined) this.#sender.onElection(partition, election, now);
    // The replicas in sync have what is appended; after an election they have to fetch it first.
    if (status === "open" && (before !== "open" || election !== undefined))
      state.log.letRead(election === undefined ? this.#topic.logs[partition]!.replicatedUpTo(now) : now);
    this.#goOnHaving();
  }

  onBrokerBack(): void {
    this.#goOnHaving();
  }

  /** What changes of other partitions at this instant is heard of before anybody acts upon it. */
  #goOnHaving(): void {
    this.#hasHeard = true;
    this.#plan();
  }

  /** The way to some brokers is slow from now on. */
  onDelay(delay: LinkDelay): void {
    this.#followAcross(delay);
    this.#advance(this.#sim.now);
  }

  /** The way to some brokers is cut from now on. */
  onCut(cut: LinkCut): void {
    const { now } = this.#sim;
    for (const broker of this.#followAcross(cut)) this.#sender.onCut(broker, now);
    this.#advance(now);
  }

  /** Follows the partitions on the other side of a link. @returns the brokers that lead them. */
  #followAcross(link: LinkCut | LinkDelay): ReadonlySet<number> {
    const { client } = this.#settings;
    const brokers = new Set<number>();
    if (client === undefined || this.#dead) return brokers;
    for (let partition = 0; partition < this.#partitions.length; partition++) {
      const broker = this.#topic.leader(partition);
      if (!reaches(link, client, broker)) continue;
      this.#follow(partition, this.#sim.now);
      brokers.add(broker);
    }
    return brokers;
  }

  /** Whether what is sent now to the leader of `partition` is not acknowledged. */
  #isWrong(partition: number): boolean {
    const status = this.#topic.statusOf(partition);
    return this.#settings.acks === "all" ? status !== "open" : status === "no-leader";
  }

  /** Of what the leader before had appended, its followers have what was half-way to being readable when it was lost. */
  #decideTail(state: PartitionInFlight, partition: number, election: LeaderChange, now: number): void {
    const { how, lostAt } = election;
    const replicatedBy = how === "returned" ? now : how === "clean" ? this.#topic.logs[partition]!.replicatedUpTo(lostAt, 0.5) : Number.NEGATIVE_INFINITY; // biome-ignore format: one line
    for (const { spans, batch } of state.log.truncate(replicatedBy, now)) {
      const isAcknowledged = batch === undefined || !this.#sender.isWaitingFor(batch);
      if (this.#settings.acks !== "all" && isAcknowledged)
        this.#listener.lost(partition, spans.records, "leader lost");
    }
  }

  // ---- batch by batch

  #followAll(broker: number, now: number): void {
    for (let partition = 0; partition < this.#partitions.length; partition++)
      if (this.#topic.leader(partition) === broker) this.#follow(partition, now);
  }

  /** What is unacknowledged of a partition is batches from now on. */
  #follow(partition: number, now: number): void {
    if (this.#sender.follows(partition)) return;
    const state = this.#partitions[partition]!;
    const { log, transaction, sent } = state;
    this.#release(partition, now);
    const kept: Run[] = [];
    const open: Run[] = [];
    for (const run of log.runs) {
      const [acknowledged, rest] = cutRun(run, this.#acknowledgedUpTo(partition, now), this.#separate);
      if (acknowledged !== undefined) kept.push(acknowledged);
      if (rest !== undefined) open.push(...this.#requestsOf(rest));
    }
    log.runs = kept;
    log.lastAt = kept.at(-1)?.last ?? 0;
    if (this.#dead) {
      // Nobody sends it again: what is on its way is appended if its leader is still there.
      if (!this.#isWrong(partition)) log.runs.push(...open);
      else log.runs.push(...open.filter(({ last }) => last <= now));
      return;
    }
    const batches = this.#joined(open, now);
    const unacknowledged = batches.reduce((sum, { spans }) => sum + spans.records, 0);
    this.#sender.follow(partition, transaction, Math.max(0, sent - unacknowledged) % (LAST_SEQUENCE + 1));
    for (const { spans, last, transaction: one } of batches)
      this.#sender.adopt(partition, spans, one, last, now);
  }

  /** The batches of a run, each in the log when its last record is. */
  #requestsOf(run: Run): Run[] {
    const { recordsOfBatch, service } = this.#settings;
    const spacing = (run.last - run.first) / Math.max(1, run.spans.records - 1);
    const together = spacing > 0 ? Math.max(1, Math.floor(service / spacing)) : recordsOfBatch;
    const requests: Run[] = [];
    while (run.spans.records > Math.min(together, recordsOfBatch))
      requests.push(takeRecords(run, Math.min(together, recordsOfBatch), this.#separate));
    return [...requests, run];
  }

  /** No more batches than can be in flight: those that come closest upon each other were one. */
  #joined(requests: readonly Run[], now: number): readonly Run[] {
    const joined = [...requests];
    // The records of a batch come all at once; those of several runs side by side would lose their order.
    for (const { spans } of joined) spans.interleaved = false;
    while (joined.length > this.#settings.maxInFlight) {
      let at = -1;
      for (let i = 1; i < joined.length; i++) {
        const [before, after] = [joined[i - 1]!, joined[i]!];
        if (before.last <= now && after.last > now) continue;
        if (before.transaction !== after.transaction) continue;
        if (at < 0 || after.last - before.last < joined[at]!.last - joined[at - 1]!.last) at = i;
      }
      if (at < 0) return joined;
      const [before, after] = [joined[at - 1]!, joined[at]!];
      after.spans.copyTo(before.spans);
      joined.splice(at - 1, 2, { ...before, last: after.last });
    }
    return joined;
  }

  /** @param isChanged not only have records come. */
  #advance(now: number, isChanged = true): void {
    this.#hasHeard &&= !isChanged;
    this.settle(now);
    this.#sender.advance(now, isChanged);
    this.settle(now);
    this.#partitions.forEach((state, partition) => {
      if (!this.#sender.follows(partition) || this.#isWrong(partition)) return;
      const sent = this.#sender.leave(partition, now);
      if (sent >= 0) state.sent = sent;
    });
    if (this.#whenFlushed !== undefined && this.#acknowledgedAt() <= now) {
      const whenFlushed = this.#whenFlushed;
      this.#whenFlushed = undefined;
      whenFlushed();
    }
    if (this.#blockedUntil < Number.POSITIVE_INFINITY) this.#unblock(now);
    this.#plan();
  }

  #unblock(now: number): void {
    if (this.#sender.unfinished < this.#settings.mostBatches) {
      this.#blockedUntil = Number.POSITIVE_INFINITY;
      this.onRoom();
    } else if (this.#blockedUntil <= now) {
      this.#blockedUntil = Number.POSITIVE_INFINITY;
      this.onSendError("TimeoutException", now);
    }
  }

  // ---- what is readable, and acknowledged

  #release(partition: number, now: number): void {
    const { log, status } = this.#partitions[partition]!;
    if (log.runs.length === 0 || status !== "open") return;
    if (!log.release(this.#topic.logs[partition]!.replicatedUpTo(now))) this.isFenced = true;
  }

  /** The producer knows by `now` of what was appended by then, ns. With acks=0 it asks for nothing, and only what is not
   *  appended yet is anybody's concern. */
  #acknowledgedUpTo(partition: number, now: number): number {
    const { acks, answerTime } = this.#settings;
    if (acks === "0") return now;
    return acks === "all" ? this.#topic.logs[partition]!.replicatedUpTo(now - answerTime) : now - answerTime;
  }

  #acknowledgedAt(): number {
    for (let partition = 0; partition < this.#partitions.length; partition++) {
      if (this.#sender.follows(partition) && !this.#sender.isDone(partition)) return Number.POSITIVE_INFINITY;
    }
    return Math.max(this.#flushFrom, this.#lastAckAt);
  }

  #plan(): void {
    const at = Math.ceil(this.#nextAt());
    if (this.#event !== NO_EVENT) {
      if (this.#eventAt === at) return;
      this.#sim.cancel(this.#event);
      this.#event = NO_EVENT;
    }
    if (at >= Number.MAX_SAFE_INTEGER) return;
    this.#eventAt = Math.max(at, this.#sim.now);
    this.#event = this.#sim.scheduleAt(this.#eventAt, this.#kind, this.#number, 0);
  }

  #nextAt(): number {
    if (this.#hasHeard) return this.#sim.now;
    let at = this.#whenFlushed === undefined ? Number.POSITIVE_INFINITY : this.#acknowledgedAt();
    at = Math.min(at, this.#blockedUntil, this.#sender.nextAt(this.#sim.now));
    const { readLive } = this.#topic;
    // What is left of a dead producer nobody else hands on.
    if (!readLive && !this.#dead) return at;
    for (let partition = 0; partition < this.#partitions.length; partition++) {
      const { log, status } = this.#partitions[partition]!;
      if (status !== "open") continue;
      for (const { last } of log.runs) at = Math.min(at, this.#topic.logs[partition]!.replicatedAt(last));
    }
    return at;
  }
}
