/** Models: the record of the buffer in service at which an operator will throw: those before it are served, those behind it are
 *    not.
 *  Source: flink StreamTask.processInput (Flink 2.1).
 *  Leaves out: what PoisonRecord leaves out. */

import { SpanList } from "../records/index.ts";
import type { PoisonRecord } from "./poison-record.ts";

export class PoisonAhead {
  readonly #records: readonly PoisonRecord[];
  readonly #separate: boolean;
  #next: PoisonRecord | undefined;
  /** The record and what was behind it in its buffer. */
  readonly #rest: SpanList;

  constructor(records: readonly PoisonRecord[], separate: boolean) {
    this.#records = records;
    this.#separate = separate;
    this.#rest = new SpanList(separate);
  }

  /** The record behind the buffer in service; undefined: none. */
  get next(): PoisonRecord | undefined {
    return this.#next;
  }

  /** A buffer's records come: it ends in front of the first at which an operator throws. */
  cut(spans: SpanList): void {
    let first = spans.records;
    for (const record of this.#records) {
      const index = record.indexIn(spans);
      if (index < 0 || index >= first) continue;
      first = index;
      this.#next = record;
    }
    if (this.#next === undefined) return;
    const front = new SpanList(this.#separate);
    spans.moveFront(first, front);
    spans.copyTo(this.#rest);
    spans.clear();
    front.copyTo(spans);
  }

  /** Appends what was cut off. */
  copyTo(spans: SpanList): void {
    this.#rest.copyTo(spans);
  }
}
