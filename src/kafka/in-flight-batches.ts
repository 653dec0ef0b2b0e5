/** Models: what a producer has sent and the cluster hasn't yet made readable, in a world where brokers can fail: a record is
 *    appended, replicated, readable; when its partition's leader is gone, what was not appended waits in the producer and is
 *    sent again by back-off, a batch a partition and request, and what was appended is kept, cut off or appended twice, by
 *    acks, by enable.idempotence, and by whether its followers had it.
 *  Source: kafka Sender (reenqueueBatch, inFlightBatches), ProducerBatch (delivery.timeout.ms), ReplicaManager
 *    (NOT_ENOUGH_REPLICAS, DelayedProduce), Partition.makeFollower (truncation to the new leader's log), KIP-101.
 *  Leaves out: buffer.memory, jitter of back-offs, `retries` (delivery.timeout.ms ends them), connections that have to be
 *    made again, acks=all batches that a leader took while one of its replicas was gone (they wait in the producer). */

import { NO_EVENT, type Simulation } from "../engine/index.ts";
import { SpanList } from "../records/index.ts";
import { type ClientLinks, type ClientPlace, type LinkCut, reaches } from "./client-links.ts";
import type { KafkaObserver } from "./observations.ts";
import type {
  LeaderChange,
  PartitionChange,
  PartitionListener,
  PartitionStatus,
} from "./partition-change.ts";
import type { PartitionLog } from "./partition-log.ts";
import { firstRetryAfter, type SendErrorListener } from "./record-producer.ts";
import type { Topic } from "./topic.ts";

/** Times in ns. */
export interface InFlightSettings {
  /** number of the topic in its pipeline. */
  readonly topic: number;
  readonly acks: "0" | "1" | "all";
  readonly idempotence: boolean;
  readonly retryBackoff: number;
  readonly retryBackoffMax: number;
  readonly requestTimeout: number;
  readonly deliveryTimeout: number;
  /** from one record to the next of a backlog that is sent as fast as it goes. */
  readonly pace: number;
  /** from sending until the leader has appended. */
  readonly appendTime: number;
  /** from the answer until the client knows it. */
  readonly answerTime: number;
  /** records of a partition that one request takes at most. */
  readonly recordsOfRequest: number;
  readonly links: ClientLinks;
  /** undefined: it runs in no TaskManager. */
  readonly client: ClientPlace | undefined;
}

/** Records of one transaction that are, or would be, appended evenly from `first` to `last`, ns. */
interface Run {
  readonly spans: SpanList;
  readonly transaction: number;
  first: number;
  last: number;
  /** Sent again out of the producer's memory, which ends with its process. */
  readonly again: boolean;
}

interface PartitionInFlight {
  status: PartitionStatus;
  /** since when it isn't open, and whether somebody else has led it since, ns. */
  stalledAt: number;
  election: LeaderChange | undefined;
  /** Appended, or on the way to a leader that takes them; in order of their times. */
  runs: Run[];
  /** Sent again by themselves, behind what was sent later. */
  late: Run[];
  /** In the producer until there is a leader. */
  waiting: Run[];
  /** when what was sent again is through, and when the last run is appended, ns. */
  freeAt: number;
  lastAt: number;
}

export class InFlightBatches implements PartitionListener {
  readonly #sim: Simulation;
  readonly #kind: number;
  readonly #number: number;
  readonly #topic: Topic;
  readonly #settings: InFlightSettings;
  readonly #observer: KafkaObserver;
  readonly #separate: boolean;
  readonly #partitions: readonly PartitionInFlight[];
  onSendError: SendErrorListener = () => {};
  /** Whether a record was refused since its producer had been fenced. */
  isFenced = false;
  #lastAckAt = 0;
  #whenFlushed: (() => void) | undefined;
  #flushFrom = 0;
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
    this.#observer = observer;
    this.#partitions = topic.logs.map((_, partition) => ({
      status: topic.statusOf(partition),
      stalledAt: sim.now,
      election: undefined,
      runs: [],
      late: [],
      waiting: [],
      freeAt: 0,
      lastAt: 0,
    }));
  }

  /** Takes the records of `spans`, which their requests would append from `first` to `last`, ns; the caller empties it. */
  add(partition: number, spans: SpanList, first: number, last: number, transaction: number): void {
    const state = this.#partitions[partition]!;
    const copy = new SpanList(this.#separate);
    spans.copyTo(copy);
    const log = this.#log(partition);
    const run = {
      spans: copy,
      transaction,
      first: log.appendedAt(first),
      last: log.appendedAt(last),
      again: false,
    };
    // What waits goes first.
    if (state.waiting.length > 0 || !this.#takes(partition)) state.waiting.push(run);
    else this.#send(state, partition, run);
    this.#release(partition, this.#sim.now);
    this.#plan();
  }

  /** Hands the logs all that is readable by `now`. */
  settle(now: number): void {
    for (let partition = 0; partition < this.#partitions.length; partition++) this.#release(partition, now);
  }

  /** Whether nothing is left that a log has to get. */
  get isOver(): boolean {
    return this.#dead && this.#partitions.every(({ runs }) => runs.length === 0);
  }

  /** `whenFlushed` is called when all is acknowledged, not before `from`, ns: until then more may come of what was sent. */
  flush(from: number, whenFlushed: () => void): void {
    this.#flushFrom = from;
    this.#whenFlushed = whenFlushed;
    this.#plan();
  }

  /** The process is gone. @returns how many records were only in its memory. */
  kill(now: number): number {
    let dropped = 0;
    for (const state of this.#partitions) {
      for (const run of state.waiting.splice(0)) dropped += run.spans.records;
      // A copy of what the log has is no loss.
      for (const run of state.late.splice(0)) dropped += run.again ? 0 : run.spans.records;
      state.runs = state.runs.flatMap((run) => {
        if (!run.again || run.last <= now) return [run];
        const [kept, unsent] = this.#cut(run, now);
        dropped += unsent?.spans.records ?? 0;
        return kept === undefined ? [] : [kept];
      });
    }
    this.#dead = true;
    this.#whenFlushed = undefined;
    this.#plan();
    return dropped;
  }

  /** Handler of its event, behind the producer's own settling. */
  onDue(): void {
    this.#event = NO_EVENT;
    const { now } = this.#sim;
    this.settle(now);
    this.#partitions.forEach((state, partition) => {
      if (state.waiting.length > 0 && this.#takes(partition)) this.#sendAgain(state, partition, "open", now);
    });
    this.#expire(now);
    if (this.#whenFlushed !== undefined && this.#acknowledgedAt() <= now) {
      const whenFlushed = this.#whenFlushed;
      this.#whenFlushed = undefined;
      whenFlushed();
    }
    this.#plan();
  }

  // ---- what becomes of a partition

  onPartitionChanged(partition: number, { status, election }: PartitionChange, now: number): void {
    const state = this.#partitions[partition]!;
    const before = state.status;
    const tookRecords = this.#takes(partition);
    const wasReadable = before === "open";
    if (wasReadable && (status !== "open" || election !== undefined)) {
      state.stalledAt = now;
      state.election = undefined;
    }
    if (election !== undefined) {
      if (tookRecords) this.#hold(state, partition, now, now, true);
      state.election = election;
      this.#decideTail(state, partition, election, now);
    }
    state.status = status;
    const takesRecords = this.#takes(partition);
    if (takesRecords && (!tookRecords || election !== undefined))
      this.#sendAgain(state, partition, before, now);
    else if (tookRecords && !takesRecords && election === undefined) {
      this.#hold(state, partition, now, now, status === "no-leader");
    }
    if (status === "open" && (!wasReadable || election !== undefined)) this.#letRead(state, partition, now);
    this.#release(partition, now);
    this.#plan();
  }

  /** The way to some brokers is cut: what doesn't get through waits, and acknowledgements do. After request.timeout.ms what
   *  was appended is sent again. */
  onCut(cut: LinkCut): void {
    const { client, idempotence, appendTime, answerTime } = this.#settings;
    const { now } = this.#sim;
    if (client === undefined || this.#dead) return;
    this.#partitions.forEach((state, partition) => {
      if (!reaches(cut, client, this.#topic.leader(partition))) return;
      this.#hold(state, partition, cut.requests ? now : now + appendTime, now, false);
      if (state.runs.length === 0) return;
      this.#lastAckAt = Math.max(this.#lastAckAt, cut.until + answerTime);
      if (!cut.timedOut || idempotence) return;
      const again = state.runs.map((run) => this.#copyOf(run));
      for (const { spans } of again) this.#tellRepeated(partition, spans.records);
      state.waiting.unshift(...again);
    });
    if (this.#lastAckAt > now) this.#lastAckAt = Math.max(this.#lastAckAt, cut.until + answerTime);
    this.#plan();
  }

  #tellRepeated(partition: number, records: number): void {
    this.#observer.recordsRepeated?.(this.#settings.topic, partition, records, this.#sim.now);
  }

  /** Whether what is sent now is appended. */
  #takes(partition: number): boolean {
    return this.#isTaken(this.#partitions[partition]!) && this.#throughAt(partition) <= this.#sim.now;
  }

  #isTaken({ status }: PartitionInFlight): boolean {
    return this.#settings.acks === "all" ? status === "open" : status !== "no-leader";
  }

  /** When its client and the leader of a partition get through to each other, ns. */
  #throughAt(partition: number): number {
    const { links, client } = this.#settings;
    return links.cutUntil(client, this.#topic.leader(partition), this.#sim.now);
  }

  /** What isn't appended by `time` waits. With acks=0 nobody knows of what was on the wire to a leader that is gone. */
  #hold(state: PartitionInFlight, partition: number, time: number, now: number, isLeaderGone: boolean): void {
    const kept: Run[] = [];
    const held: Run[] = [];
    for (const run of state.runs) {
      const [appended, rest] = this.#cut(run, time);
      if (appended !== undefined) kept.push(appended);
      if (rest === undefined) continue;
      if (isLeaderGone && this.#settings.acks === "0" && !rest.again) this.#lose(partition, rest, now);
      else held.push(rest);
    }
    state.runs = kept;
    if (!this.#dead) state.waiting.unshift(...held);
    // What waits was not appended.
    state.lastAt = Math.min(state.lastAt, time);
    state.freeAt = Math.min(state.freeAt, time);
  }

  /** Of what the leader before had appended, its followers have what was half-way to being readable when it was lost. */
  #decideTail(state: PartitionInFlight, partition: number, election: LeaderChange, now: number): void {
    const { acks, idempotence } = this.#settings;
    const { how, lostAt } = election;
    const replicatedBy = how === "returned" ? lostAt : how === "clean" ? this.#log(partition).replicatedUpTo(lostAt, 0.5) : Number.NEGATIVE_INFINITY; // biome-ignore format: one line
    const kept: Run[] = [];
    const again: Run[] = [];
    for (const run of state.runs) {
      const [replicated, cutOff] = this.#cut(run, replicatedBy);
      if (replicated !== undefined) {
        kept.push(replicated);
        // Nobody has told the producer, so that it sends them a second time.
        if (acks === "all" && !idempotence && !this.#dead) {
          again.push(this.#copyOf(replicated));
          this.#tellRepeated(partition, replicated.spans.records);
        }
      }
      if (cutOff === undefined) continue;
      if (acks === "all") again.push(cutOff);
      else this.#lose(partition, cutOff, now);
    }
    state.runs = kept;
    if (!this.#dead) state.waiting.unshift(...again);
  }

  #sendAgain(state: PartitionInFlight, partition: number, before: PartitionStatus, now: number): void {
    const { deliveryTimeout, appendTime } = this.#settings;
    const start = this.#retryAt(state, before, now) + appendTime;
    const runs = state.waiting;
    state.waiting = [];
    for (const run of runs) {
      const expired = this.#takeFront(run, start - deliveryTimeout);
      if (expired !== undefined) this.#giveUp(partition, expired, now);
      if (run.spans.records === 0) continue;
      const from = Math.max(start, run.first);
      this.#queue(state, { ...run, again: true, first: from, last: Math.max(from, run.last) }, true);
    }
  }

  /** When the producer tries again. A leader that stood still takes up its connections where they were; one with too few
   *  replicas has answered NOT_ENOUGH_REPLICAS. */
  #retryAt({ election, stalledAt }: PartitionInFlight, before: PartitionStatus, now: number): number {
    const { retryBackoff, retryBackoffMax, requestTimeout } = this.#settings;
    if (election !== undefined) {
      const noticedAt = Math.min(election.noticedBy, election.lostAt + requestTimeout);
      return firstRetryAfter(noticedAt, Math.max(noticedAt, now), retryBackoff, retryBackoffMax);
    }
    if (before === "not-enough-replicas")
      return firstRetryAfter(stalledAt, now, retryBackoff, retryBackoffMax);
    return now;
  }

  /** What is appended by `now` is readable: the replicas in sync have it. After an election they have to fetch it first. */
  #letRead({ runs, election }: PartitionInFlight, partition: number, now: number): void {
    const at = election === undefined ? this.#log(partition).replicatedUpTo(now) : now;
    for (const run of runs) {
      if (run.first < at) run.first = at;
      if (run.last < at) run.last = at;
    }
  }

  // ---- requests that are lost

  /** The next request, or its answer, may be lost: its records are sent again after request.timeout.ms. */
  #send(state: PartitionInFlight, partition: number, run: Run): void {
    const { links, client } = this.#settings;
    const job = client?.job ?? NO_JOB;
    if (links.isLost("Produce request", job)) this.#loseRequest(state, partition, run);
    else if (links.isLost("Produce response", job)) this.#loseResponse(state, partition, run);
    if (run.spans.records > 0) this.#queue(state, run);
  }

  /** The records of one request, in it as long as it takes. */
  #firstRequest(run: Run): Run {
    const { recordsOfRequest } = this.#settings;
    const all = run.spans.records;
    const spacing = all > 1 ? (run.last - run.first) / (all - 1) : 0;
    const spans = new SpanList(this.#separate);
    const count = Math.min(all, recordsOfRequest);
    run.spans.moveFront(count, spans);
    const { first } = run;
    run.first = Math.min(run.last, first + count * spacing);
    return { ...run, spans, last: Math.min(run.last, first + (count - 1) * spacing) };
  }

  /** With idempotence the broker refuses what comes behind it until it is there; else that goes ahead. */
  #loseRequest(state: PartitionInFlight, partition: number, run: Run): void {
    const request = this.#firstRequest(run);
    const at = request.first + this.#untilSentAgain();
    const late = { ...request, first: at, last: at };
    if (this.#settings.idempotence) this.#queue(state, { ...late, again: true });
    else {
      state.late.push(late);
      this.#tellRepeated(partition, 0);
    }
  }

  #loseResponse(state: PartitionInFlight, partition: number, run: Run): void {
    const request = this.#firstRequest(run);
    const at = request.last + this.#untilSentAgain();
    this.#lastAckAt = Math.max(this.#lastAckAt, this.#ackAt(partition, at));
    if (!this.#settings.idempotence) {
      const copy = this.#copyOf(request);
      state.late.push({ ...copy, first: at, last: at });
      this.#tellRepeated(partition, copy.spans.records);
    }
    this.#queue(state, request);
  }

  #untilSentAgain(): number {
    const { requestTimeout, retryBackoff } = this.#settings;
    return requestTimeout + retryBackoff;
  }

  // ---- runs

  /** Behind what is sent again, one record after the other. The closed forms of two runs may overlap; the records of a
   *  partition don't pass each other. */
  #queue(state: PartitionInFlight, run: Run, isBacklog = false): void {
    run.first = Math.max(run.first, state.lastAt);
    run.last = Math.max(run.last, run.first);
    if (isBacklog || run.first < state.freeAt) {
      const { pace } = this.#settings;
      const count = run.spans.records;
      run.first = Math.max(run.first, state.freeAt);
      run.last = Math.max(run.last, run.first + (count - 1) * pace);
      state.freeAt = run.first + count * pace;
    }
    state.lastAt = run.last;
    state.runs.push(run);
  }

  #release(partition: number, now: number): void {
    const state = this.#partitions[partition]!;
    const { runs, late } = state;
    const readable = this.#log(partition).replicatedUpTo(now);
    while (late.length > 0 && late[0]!.last <= now && state.status === "open") {
      this.#queue(state, { ...late.shift()!, first: now, last: now });
    }
    if (runs.length === 0 || state.status !== "open") return;
    let kept = 0;
    for (const run of runs) {
      const part = run.last <= readable ? run : this.#takeFront(run, readable);
      if (part !== undefined) this.#append(partition, part);
      if (part !== run) runs[kept++] = run;
    }
    runs.length = kept;
  }

  #append(partition: number, { spans, first, last, transaction }: Run): void {
    if (!this.#topic.logs[partition]!.append(spans, first, last, transaction)) this.isFenced = true;
    this.#lastAckAt = Math.max(this.#lastAckAt, this.#ackAt(partition, last));
  }

  #log(partition: number): PartitionLog {
    return this.#topic.logs[partition]!;
  }

  /** When the producer knows of what is appended at `appendedAt`, ns. */
  #ackAt(partition: number, appendedAt: number): number {
    const { acks, answerTime } = this.#settings;
    return (acks === "all" ? this.#log(partition).replicatedAt(appendedAt) : appendedAt) + answerTime;
  }

  /** Splits a run at `time`: what comes up to it, and what later. */
  #cut(run: Run, time: number): readonly [upTo: Run | undefined, later: Run | undefined] {
    if (run.last <= time) return [run, undefined];
    const front = this.#takeFront(run, time);
    return [front, run];
  }

  /** Takes out of a run what comes up to `time`. */
  #takeFront(run: Run, time: number): Run | undefined {
    const { spans, first, last } = run;
    if (first > time) return undefined;
    const all = spans.records;
    const spacing = all > 1 ? (last - first) / (all - 1) : 0;
    const count =
      last <= time || spacing === 0 ? all : Math.min(all, Math.floor((time - first) / spacing) + 1);
    const part = new SpanList(this.#separate);
    spans.moveFront(count, part);
    run.first = Math.min(last, first + count * spacing);
    return { ...run, spans: part, first, last: first + (count - 1) * spacing };
  }

  #copyOf(run: Run): Run {
    const spans = new SpanList(this.#separate);
    run.spans.copyTo(spans);
    return { ...run, spans, again: true };
  }

  // ---- the end of waiting

  #acknowledgedAt(): number {
    let at = Math.max(this.#flushFrom, this.#lastAckAt);
    const { acks } = this.#settings;
    for (const [partition, state] of this.#partitions.entries()) {
      if (state.waiting.length > 0 || state.late.length > 0) return Number.POSITIVE_INFINITY;
      for (const { last } of state.runs) {
        if (acks === "all" && state.status !== "open") return Number.POSITIVE_INFINITY;
        at = Math.max(at, this.#ackAt(partition, last));
      }
    }
    return at;
  }

  /** What has waited for delivery.timeout.ms fails. */
  #expire(now: number): void {
    const { deliveryTimeout } = this.#settings;
    this.#partitions.forEach((state, partition) => {
      while (state.waiting.length > 0) {
        const run = state.waiting[0]!;
        const expired = this.#takeFront(run, now - deliveryTimeout);
        if (expired === undefined) return;
        this.#giveUp(partition, expired, now);
        if (run.spans.records > 0) return;
        state.waiting.shift();
      }
    });
  }

  #giveUp(partition: number, { spans }: Run, now: number): void {
    this.#observer.recordsLost?.(this.#settings.topic, partition, spans.records, "delivery timeout", now);
    this.onSendError("TimeoutException", now);
  }

  /** Acknowledged, or never to be, and in no log. */
  #lose(partition: number, { spans }: Run, now: number): void {
    this.#observer.recordsLost?.(this.#settings.topic, partition, spans.records, "leader lost", now);
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
    let at = this.#whenFlushed === undefined ? Number.POSITIVE_INFINITY : this.#acknowledgedAt();
    const { deliveryTimeout } = this.#settings;
    const { readLive } = this.#topic;
    this.#partitions.forEach((state, partition) => {
      const { waiting, late } = state;
      if (waiting.length > 0) at = Math.min(at, waiting[0]!.first + deliveryTimeout);
      if (waiting.length > 0 && this.#isTaken(state)) at = Math.min(at, this.#throughAt(partition));
      if (late.length > 0 && state.status === "open") at = Math.min(at, late[0]!.last);
    });
    for (const [partition, { runs, status }] of this.#partitions.entries()) {
      if (!readLive || status !== "open") continue;
      for (const { last } of runs) at = Math.min(at, this.#log(partition).replicatedAt(last));
    }
    return at;
  }
}

/** Of producers that belong to no job. */
const NO_JOB = -2;
