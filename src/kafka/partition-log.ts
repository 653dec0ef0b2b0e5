/** Models: the log of one topic partition: what was appended when, the high watermark, open transactions, and the
 *    last stable offset as the append time of the oldest open transaction's first record.
 *  Source: kafka UnifiedLog, ProducerStateManager.firstUnstableOffset.
 *  Leaves out: offsets (materialised by nobody yet), aborted transactions, retention, segments. */

import { invariant } from "../engine/index.ts";
import type { SpanList } from "../records/index.ts";
import type { LogConsumer } from "./log-consumer.ts";

interface OpenTransaction {
  readonly transaction: number;
  firstAppendAt: number;
}

export class PartitionLog {
  readonly partition: number;
  /** ns from an append until the high watermark has passed it. */
  readonly replicationDelay: number;
  readonly #uncommitted: LogConsumer[] = [];
  readonly #committed: LogConsumer[] = [];
  #open: OpenTransaction[] = [];
  // Appended, and not yet readable to read_committed.
  #count = 0;
  /** Rows of ROW numbers, a cache line each. */
  #rows = new Float64Array(64 * ROW);

  constructor(partition: number, replicationDelay: number) {
    this.partition = partition;
    this.replicationDelay = replicationDelay;
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

  /** Appends the records of `spans`, which pass evenly from `first` to `last` (ns), for `transaction` (0: none). */
  append(spans: SpanList, first: number, last: number, transaction: number): void {
    if (transaction !== 0) this.#begin(transaction, first);
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
  }

  /** The high watermark has passed the commit marker of `transaction` now; what is now stable becomes readable. */
  commit(transaction: number, now: number): void {
    const kept = this.#open.filter((open) => open.transaction !== transaction);
    invariant(
      kept.length === this.#open.length - 1,
      "a marker ends a transaction that is open on its partition",
    );
    this.#open = kept;
    this.#release(now);
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
    for (let i = 0; i < consumers.length; i++) {
      consumers[i]!.readable(
        this.partition,
        origin,
        route,
        from,
        to,
        first + delay,
        last + delay,
        transaction,
      );
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
    now: number,
    origin: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
    transaction: number,
  ): void {
    const delay = this.replicationDelay;
    const head = first + delay < now ? now : first + delay;
    const tail = last + delay < now ? now : last + delay;
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

const ROW = 8;
const ORIGIN = 0;
const ROUTE = 1;
const FROM = 2;
const TO = 3;
const FIRST = 4;
const LAST = 5;
const TRANSACTION = 6;
