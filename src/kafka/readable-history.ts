/** Models: what a partition had to give to readers of one isolation level, kept so that a source can go back to a position
 *    that a checkpoint holds.
 *  Source: kafka UnifiedLog (a consumer may seek to any offset that is still there); KafkaPartitionSplit.
 *  Leaves out: retention.ms and retention.bytes (what no checkpoint needs is forgotten), offsets taken by control records
 *    and by records of aborted transactions: a position counts records that this level may read. */

import { invariant } from "../engine/index.ts";
import type { IsolationLevel } from "./isolation-level.ts";
import type { LogConsumer } from "./log-consumer.ts";

/** Positions count from 0. */
export class ReadableHistory implements LogConsumer {
  readonly partition: number;
  readonly isolationLevel: IsolationLevel;
  /** Rows of ROW numbers; the first kept one is at #head. */
  #rows = new Float64Array(16 * ROW);
  #head = 0;
  #tail = 0;
  #end = 0;

  readonly #kept: boolean;

  /** @param kept false: nobody will go back, so that records are only counted. */
  constructor(partition: number, isolationLevel: IsolationLevel, kept: boolean) {
    this.partition = partition;
    this.isolationLevel = isolationLevel;
    this.#kept = kept;
  }

  /** Position behind the last record. */
  get end(): number {
    return this.#end;
  }

  /** The first position that is still kept. */
  get start(): number {
    return this.#head === this.#tail ? this.#end : this.#rows[this.#head * ROW + START]!;
  }

  readable(
    _partition: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
    transaction: number,
  ): void {
    if (!this.#kept) {
      this.#end += to - from;
      return;
    }
    if (this.#tail * ROW === this.#rows.length) this.#makeRoom();
    const rows = this.#rows;
    const row = this.#tail++ * ROW;
    rows[row + ORIGIN] = originPartition;
    rows[row + ROUTE] = route;
    rows[row + FROM] = from;
    rows[row + TO] = to;
    rows[row + FIRST] = first;
    rows[row + LAST] = last;
    rows[row + TRANSACTION] = transaction;
    rows[row + START] = this.#end;
    this.#end += to - from;
  }

  /** Gives `consumer`, as readable from `now` on (ns), all records from `position` on that have come so far. */
  replay(position: number, now: number, consumer: LogConsumer): void {
    invariant(position >= this.start && position <= this.#end, "a position that is still needed is kept");
    const rows = this.#rows;
    for (let i = this.#head; i < this.#tail; i++) {
      const row = i * ROW;
      const size = rows[row + TO]! - rows[row + FROM]!;
      const skipped = Math.max(0, position - rows[row + START]!);
      if (skipped >= size) continue;
      const first = rows[row + FIRST]!;
      const last = rows[row + LAST]!;
      const spacing = size > 1 ? (last - first) / (size - 1) : 0;
      consumer.readable(
        this.partition,
        rows[row + ORIGIN]!,
        rows[row + ROUTE]!,
        rows[row + FROM]! + skipped,
        rows[row + TO]!,
        Math.max(now, first + skipped * spacing),
        Math.max(now, last),
        rows[row + TRANSACTION]!,
      );
    }
  }

  /** No reader will ask for a position before `position` any more. */
  forgetBefore(position: number): void {
    const rows = this.#rows;
    while (this.#head < this.#tail) {
      const row = this.#head * ROW;
      if (rows[row + START]! + rows[row + TO]! - rows[row + FROM]! > position) return;
      this.#head++;
    }
    this.#head = this.#tail = 0;
  }

  #makeRoom(): void {
    const kept = this.#rows.subarray(this.#head * ROW, this.#tail * ROW);
    if (this.#head >= this.#tail / 2 && this.#head > 0) this.#rows.copyWithin(0, this.#head * ROW);
    else {
      const bigger = new Float64Array(this.#rows.length * 2);
      bigger.set(kept);
      this.#rows = bigger;
    }
    this.#tail -= this.#head;
    this.#head = 0;
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
const START = 7;
