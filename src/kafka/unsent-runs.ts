import { SpanList } from "../records/index.ts";

/** Records of one partition whose requests are not sent yet: sent evenly from `sentFirst` to `sentLast`, appended evenly
 *  from `first` to `last`, ns. */
export interface UnsentRun {
  partition: number;
  transaction: number;
  readonly spans: SpanList;
  sentFirst: number;
  sentLast: number;
  first: number;
  last: number;
}

/** Takes a run whose requests are on the wire; the spans are emptied by the caller. */
export type RunTaker = (
  partition: number,
  spans: SpanList,
  first: number,
  last: number,
  transaction: number,
) => void;

/** The runs that a producer has planned and not sent, in the order in which they were planned. */
export class UnsentRuns {
  readonly #separate: boolean;
  readonly #part: SpanList;
  /** #count of them; those behind are free to be used again. */
  readonly #runs: UnsentRun[] = [];
  #count = 0;

  constructor(separate: boolean) {
    this.#separate = separate;
    this.#part = new SpanList(separate);
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** When the last record of `partition` will have been sent; -Infinity without one, ns. */
  lastSentAt(partition: number): number {
    let at = Number.NEGATIVE_INFINITY;
    for (const run of this.#runs) if (run.partition === partition && run.sentLast > at) at = run.sentLast;
    return at;
  }

  /** Moves the first `count` records of `spans` in here. */
  add(
    partition: number,
    spans: SpanList,
    count: number,
    sentFirst: number,
    sentLast: number,
    first: number,
    last: number,
    transaction: number,
  ): void {
    if (this.#count === this.#runs.length) this.#makeRun();
    const run = this.#runs[this.#count++]!;
    spans.moveFront(count, run.spans);
    run.partition = partition;
    run.transaction = transaction;
    run.sentFirst = sentFirst;
    run.sentLast = sentLast;
    run.first = first;
    run.last = last;
  }

  #makeRun(): void {
    this.#runs.push({
      partition: 0,
      transaction: 0,
      spans: new SpanList(this.#separate),
      // Not small integers, so that these fields never change how they are held.
      sentFirst: Number.NaN,
      sentLast: Number.NaN,
      first: Number.NaN,
      last: Number.NaN,
    });
  }

  /** When the next run will have been sent whole; infinite without one, ns. */
  nextSentAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#count; i++) {
      const { sentLast } = this.#runs[i]!;
      if (sentLast < at) at = sentLast;
    }
    return at;
  }

  /** Gives `take` every record that was sent by `now`. `whole`: only runs that were sent to their last record. */
  release(now: number, whole: boolean, take: RunTaker): void {
    let kept = 0;
    for (let i = 0; i < this.#count; i++) {
      const run = this.#runs[i]!;
      if (run.sentLast <= now) {
        take(run.partition, run.spans, run.first, run.last, run.transaction);
        run.spans.clear();
        continue;
      }
      if (!whole && run.sentFirst <= now) this.#releaseFront(run, now, take);
      this.#keep(i, kept++);
    }
    this.#count = kept;
  }

  /** Run `i` becomes number `kept`, and what was there is free. */
  #keep(i: number, kept: number): void {
    if (i === kept) return;
    const run = this.#runs[i]!;
    this.#runs[i] = this.#runs[kept]!;
    this.#runs[kept] = run;
  }

  /** Drops what is not sent by `deadline`. @returns how many records. */
  dropAfter(deadline: number): number {
    let dropped = 0;
    let kept = 0;
    for (let i = 0; i < this.#count; i++) {
      const run = this.#runs[i]!;
      const all = run.spans.records;
      const sent = sentBy(run, deadline);
      dropped += all - sent;
      if (sent === 0) {
        run.spans.clear();
        continue;
      }
      if (sent < all) this.#shorten(run, all, sent);
      this.#keep(i, kept++);
    }
    this.#count = kept;
    return dropped;
  }

  #releaseFront(run: UnsentRun, now: number, take: RunTaker): void {
    const all = run.spans.records;
    const sent = sentBy(run, now);
    if (sent === 0) return;
    const spacing = (run.last - run.first) / (all - 1);
    const sentSpacing = (run.sentLast - run.sentFirst) / (all - 1);
    run.spans.moveFront(sent, this.#part);
    take(run.partition, this.#part, run.first, run.first + (sent - 1) * spacing, run.transaction);
    this.#part.clear();
    run.first += sent * spacing;
    run.sentFirst += sent * sentSpacing;
  }

  #shorten(run: UnsentRun, all: number, kept: number): void {
    run.last = run.first + ((kept - 1) * (run.last - run.first)) / (all - 1);
    run.sentLast = run.sentFirst + ((kept - 1) * (run.sentLast - run.sentFirst)) / (all - 1);
    run.spans.moveFront(kept, this.#part);
    run.spans.clear();
    this.#part.moveFront(kept, run.spans);
  }
}

/** How many records of a run are sent by `now`. */
function sentBy(run: UnsentRun, now: number): number {
  const all = run.spans.records;
  if (run.sentLast <= now) return all;
  if (run.sentFirst > now) return 0;
  const spacing = (run.sentLast - run.sentFirst) / (all - 1);
  return Math.min(all - 1, Math.floor((now - run.sentFirst) / spacing) + 1);
}
