/** Models: the rows that an upsert-kafka sink holds back: until so many are there, until an interval has passed since it
 *    wrote last, or until a checkpoint; then all go at once. Evaluated as rows are handed over; between them a timer's
 *    event has it looked at.
 *  Source: flink-connector-kafka ReducingUpsertWriter (addToBuffer, registerFlush, sinkBuffer).
 *  Leaves out: that a row replaces an earlier one of its key in the buffer, so that fewer are written and the buffer fills
 *    more slowly; a timer that waits for the record in hand or for a process that stands still. */

import { SpanList } from "../records/index.ts";

export interface UpsertBufferSettings {
  /** sink.buffer-flush.max-rows, at least 1. */
  readonly maxRows: number;
  /** sink.buffer-flush.interval, ns. */
  readonly interval: number;
}

/** Takes what is written evenly from `first` to `last`, ns, and empties `spans`. */
type Write = (spans: SpanList, first: number, last: number) => void;

export class UpsertBuffer {
  readonly #settings: UpsertBufferSettings;
  readonly #write: Write;
  readonly #rows: SpanList;
  #lastFlush: number;

  /** @param openedAt ns. @param write writes the rows of a flush. */
  constructor(settings: UpsertBufferSettings, separate: boolean, openedAt: number, write: Write) {
    this.#settings = settings;
    this.#write = write;
    this.#rows = new SpanList(separate);
    this.#lastFlush = openedAt;
  }

  /** Takes the rows of `spans`, which come evenly from `first` to `last`, ns. */
  add(spans: SpanList, first: number, last: number): void {
    const { maxRows } = this.#settings;
    const spacing = spans.records > 1 ? (last - first) / (spans.records - 1) : 0;
    let at = first;
    while (spans.records > 0) {
      this.flushDue(at);
      const left = spans.records;
      const until = this.#timerAt();
      const inTime = spacing === 0 ? left : Math.min(left, Math.floor((until - at) / spacing) + 1);
      const taken = Math.min(inTime, maxRows - this.#rows.records);
      spans.moveFront(taken, this.#rows);
      at += taken * spacing;
      if (this.#rows.records === maxRows) this.flush(at - spacing);
    }
  }

  /** Writes what timers wanted written before `now`, ns. */
  flushDue(now: number): void {
    while (this.#timerAt() < now) {
      if (this.#rows.records > 0) this.flush(this.#timerAt());
      else this.#lastFlush += Math.max(1, Math.floor((now - this.#lastFlush - 1) / this.#settings.interval)) * this.#settings.interval; // biome-ignore format: one line
    }
  }

  /** Writes all rows at `at`, ns. */
  flush(at: number): void {
    this.#lastFlush = at;
    if (this.#rows.records === 0) return;
    this.#write(this.#rows, at, at);
    this.#rows.clear();
  }

  /** When the timer is due that writes what is there, ns; infinite: nothing is. */
  nextFlushAt(): number {
    return this.#rows.records === 0 ? Number.POSITIVE_INFINITY : this.#timerAt();
  }

  #timerAt(): number {
    return this.#lastFlush + this.#settings.interval;
  }
}
