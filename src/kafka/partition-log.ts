/** Models: the log of one topic partition: what was appended when, the high watermark, open transactions, the last stable
 *    offset as the append time of the first record of the oldest transaction that is undecided or whose marker is not
 *    replicated, and aborted transactions, which read_committed never sees.
 *  Source: kafka UnifiedLog, ProducerStateManager (firstUnstableOffset, onHighWatermarkUpdated, completeTxn).
 *    Slow disks of its brokers make appends and replication later.
 *  Leaves out: offsets (materialised by nobody yet), retention, segments, the bytes of aborted records that a
 *    read_committed reader fetches in vain. */

import type { SpanList } from "../records/index.ts";
import type { LogConsumer } from "./log-consumer.ts";
import {
  type DiskDelays,
  Lateness,
  lateTime,
  ON_TIME,
  onTimeUpTo,
  type PartitionDisks,
} from "./slow-disk.ts";

interface OpenTransaction {
  readonly transaction: number;
  firstAppendAt: number;
}

export class PartitionLog {
  readonly partition: number;
  /** ns from an append until the high watermark has passed it. */
  readonly replicationDelay: number;
  /** ns; no consumer asks the present leader for anything before. */
  fetchedFrom = 0;
  /** Of what clients append, of what brokers do, and of the followers' fetches. */
  #clients = ON_TIME;
  #leader = ON_TIME;
  #followers = ON_TIME;
  readonly #uncommitted: LogConsumer[] = [];
  readonly #committed: LogConsumer[] = [];
  #open: OpenTransaction[] = [];
  /** Transactions whose abort marker is in the log, the latest ones: what still comes of them is refused. */
  readonly #aborted: number[] = [];
  #controlRecords = 0;
  #records = 0;
  /** Records before each marker, of the latest ones. */
  readonly #recordsBefore: number[] = [];
  // Appended, and not yet readable to read_committed.
  #count = 0;
  /** Rows of ROW numbers, a cache line each. */
  #rows = new Float64Array(64 * ROW);

  constructor(partition: number, replicationDelay: number) {
    this.partition = partition;
    this.replicationDelay = replicationDelay;
  }

  /** Its brokers' disks are so slow from `now` on, ns. */
  onDisksChanged({ leaderUntil, followersUntil }: PartitionDisks, delays: DiskDelays, now: number): void {
    const { append, queueing, replication } = delays;
    // Requests wait for a slow follower, too.
    this.#clients = new Lateness(now, Math.max(leaderUntil, followersUntil), append + queueing);
    this.#leader = new Lateness(now, leaderUntil, append);
    this.#followers = new Lateness(now, followersUntil, replication);
  }

  /** When the leader has what a client's request would append at `time` with a disk as usual, ns. */
  appendedAt(time: number): number {
    return lateTime(this.#clients, time);
  }

  /** The latest time of appendedAt that is over by `now`, ns. */
  appendedUpTo(now: number): number {
    return onTimeUpTo(this.#clients, now);
  }

  /** When the leader has what another broker appends at `time` with a disk as usual, ns. */
  markedAt(time: number): number {
    return lateTime(this.#leader, time);
  }

  /** When the high watermark has passed what is appended at `time`, ns. */
  replicatedAt(time: number): number {
    return lateTime(this.#followers, time) + this.replicationDelay;
  }

  /** What is appended by this time the high watermark has passed by `now`, ns; `share` of the way to it: 1, or 0.5 for what
   *  the followers have. */
  replicatedUpTo(now: number, share = 1): number {
    return onTimeUpTo(this.#followers, now - share * this.replicationDelay);
  }

  subscribe(consumer: LogConsumer): void {
    (consumer.isolationLevel === "read_committed" ? this.#committed : this.#uncommitted).push(consumer);
  }

  unsubscribe(consumer: LogConsumer): void {
    for (const list of [this.#committed, this.#uncommitted]) {
      const at = list.indexOf(consumer);
      if (at >= 0) list.splice(at, 1);
    }
  }

  /** Whether the abort marker of `transaction` is in the log. */
  hasAborted(transaction: number): boolean {
    return this.#aborted.length > 0 && this.#aborted.includes(transaction);
  }

  /** Appends the records of `spans`, which pass evenly from `first` to `last` (ns), for `transaction` (0: none).
   *  @returns false: refused with INVALID_PRODUCER_EPOCH, since the transaction was aborted meanwhile. */
  append(spans: SpanList, first: number, last: number, transaction: number): boolean {
    if (transaction !== 0) {
      if (this.hasAborted(transaction)) return false;
      this.#begin(transaction, first);
    }
    this.#records += spans.records;
    const held = this.#committed.length > 0 && (transaction !== 0 || this.#open.length > 0);
    const all = spans.records;
    const spacing = all > 1 ? (last - first) / (all - 1) : 0;
    let before = 0;
    for (let i = 0; i < spans.count; i++) {
      const from = spans.from[i]!;
      const to = spans.to[i]!;
      const size = to - from;
      let head = first;
      let tail = last;
      if (size < all) {
        if (spans.interleaved) {
          const reach = last - first + spacing;
          // Rounding must not carry a record over the run's ends, where the last stable offset may lie.
          head = Math.max(first, first - spacing / 2 + (reach * 0.5) / size);
          tail = Math.max(head, Math.min(last, first - spacing / 2 + (reach * (size - 0.5)) / size));
        } else {
          head = first + before * spacing;
          tail = head + (size - 1) * spacing;
          before += size;
        }
      }
      const origin = spans.partition[i]!;
      const route = spans.route[i]!;
      this.#offer(this.#uncommitted, origin, route, from, to, head, tail, transaction);
      if (held) this.#hold(origin, route, from, to, head, tail, transaction);
      else this.#offer(this.#committed, origin, route, from, to, head, tail, transaction);
    }
    return true;
  }

  /** The high watermark has passed the commit marker of `transaction` now; what is now stable becomes readable. A
   *  partition that joined a transaction without a record of it gets a marker all the same. */
  commit(transaction: number, now: number): void {
    this.#end(transaction);
    this.#release(now);
  }

  /** The high watermark has passed the abort marker of `transaction` now: its records are never readable to
   *  read_committed, and what waited behind it is. */
  abort(transaction: number, now: number): void {
    this.#end(transaction);
    this.#aborted.push(transaction);
    if (this.#aborted.length > ABORTED_KEPT) this.#aborted.shift();
    let kept = 0;
    const rows = this.#rows;
    for (let i = 0; i < this.#count; i++) {
      if (rows[i * ROW + TRANSACTION] === transaction) continue;
      if (kept < i) rows.copyWithin(kept * ROW, i * ROW, (i + 1) * ROW);
      kept++;
    }
    this.#count = kept;
    this.#release(now);
  }

  /** Markers in the log: each takes an offset that no reader is handed, so the lag of a reader that has read all records is
   *  at least one behind a marker. */
  get controlRecords(): number {
    return this.#controlRecords;
  }

  /** Offsets behind the first `position` records of the log, markers included: a consumer group's lag as tools give it, since a
   *  committed offset stands right behind a record, and a marker is no record. */
  offsetsBehind(position: number): number {
    let markers = 0;
    while (markers < this.#recordsBefore.length && this.#recordsBefore.at(-1 - markers)! >= position)
      markers++;
    return this.#records - position + markers;
  }

  #end(transaction: number): void {
    this.#controlRecords++;
    this.#recordsBefore.push(this.#records);
    if (this.#recordsBefore.length > 2 * MARKERS_KEPT) this.#recordsBefore.splice(0, MARKERS_KEPT);
    this.#open = this.#open.filter((open) => open.transaction !== transaction);
  }

  /** Append time of the oldest open transaction's first record; infinite without one, ns. */
  lastStableTime(): number {
    let stable = Number.POSITIVE_INFINITY;
    for (const open of this.#open) if (open.firstAppendAt < stable) stable = open.firstAppendAt;
    return stable;
  }

  /** Spans that read_committed consumers can't read yet. */
  get heldSpans(): number {
    return this.#count;
  }

  #begin(transaction: number, first: number): void {
    for (const open of this.#open) {
      if (open.transaction !== transaction) continue;
      if (first < open.firstAppendAt) open.firstAppendAt = first;
      return;
    }
    this.#open.push({ transaction, firstAppendAt: first });
  }

  #offer(
    consumers: readonly LogConsumer[],
    origin: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
    transaction: number,
  ): void {
    const delay = this.replicationDelay;
    const earliest = this.fetchedFrom;
    const replicatedFirst = lateTime(this.#followers, first) + delay;
    const replicatedLast = lateTime(this.#followers, last) + delay;
    const head = replicatedFirst < earliest ? earliest : replicatedFirst;
    const tail = replicatedLast < earliest ? earliest : replicatedLast;
    for (let i = 0; i < consumers.length; i++) {
      const consumer = consumers[i]!;
      if (head === first + delay || consumer.isAtBroker !== true)
        consumer.readable(this.partition, origin, route, from, to, head, tail, transaction);
      else
        consumer.readable(this.partition, origin, route, from, to, first + delay, last + delay, transaction);
    }
  }

  #hold(
    origin: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
    transaction: number,
  ): void {
    if (this.#count * ROW === this.#rows.length) {
      const bigger = new Float64Array(this.#rows.length * 2);
      bigger.set(this.#rows);
      this.#rows = bigger;
    }
    this.#set(this.#count++, origin, route, from, to, first, last, transaction);
  }

  #release(now: number): void {
    const stable = this.lastStableTime();
    const rows = this.#rows;
    let kept = 0;
    for (let i = 0; i < this.#count; i++) {
      const row = i * ROW;
      const first = rows[row + FIRST]!;
      const last = rows[row + LAST]!;
      const from = rows[row + FROM]!;
      const to = rows[row + TO]!;
      const size = to - from;
      const spacing = size > 1 ? (last - first) / (size - 1) : 0;
      let cut = to;
      if (first >= stable) cut = from;
      else if (last >= stable) cut = from + Math.min(size, Math.ceil((stable - first) / spacing));
      const origin = rows[row + ORIGIN]!;
      const route = rows[row + ROUTE]!;
      const transaction = rows[row + TRANSACTION]!;
      if (cut > from) {
        const cutLast = first + (cut - from - 1) * spacing;
        this.#offerNotBefore(now, origin, route, from, cut, first, cutLast, transaction);
      }
      if (cut < to) {
        this.#set(kept++, origin, route, cut, to, first + (cut - from) * spacing, last, transaction);
      }
    }
    this.#count = kept;
  }

  #offerNotBefore(
    time: number,
    origin: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
    transaction: number,
  ): void {
    const earliest = time < this.fetchedFrom ? this.fetchedFrom : time;
    const replicatedFirst = this.replicatedAt(first);
    const replicatedLast = this.replicatedAt(last);
    const head = replicatedFirst < earliest ? earliest : replicatedFirst;
    const tail = replicatedLast < earliest ? earliest : replicatedLast;
    for (const consumer of this.#committed) {
      consumer.readable(this.partition, origin, route, from, to, head, tail, transaction);
    }
  }

  #set(
    i: number,
    origin: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
    transaction: number,
  ): void {
    const rows = this.#rows;
    const row = i * ROW;
    rows[row + ORIGIN] = origin;
    rows[row + ROUTE] = route;
    rows[row + FROM] = from;
    rows[row + TO] = to;
    rows[row + FIRST] = first;
    rows[row + LAST] = last;
    rows[row + TRANSACTION] = transaction;
  }
}

/** More markers than a group that reads at all lies behind. */
const MARKERS_KEPT = 65_536;
/** Far more than a producer can still be writing in. */
const ABORTED_KEPT = 64;
const ROW = 8;
const ORIGIN = 0;
const ROUTE = 1;
const FROM = 2;
const TO = 3;
const FIRST = 4;
const LAST = 5;
const TRANSACTION = 6;
