/** Models: the records of one network buffer as a task serves them, one after the other, and what each of the task's
 *    output channels gets of them.
 *  Source: flink StreamTask.processInput, AbstractStreamTaskNetworkInput.emitNext; KeyGroupStreamPartitioner,
 *    RebalancePartitioner and their like choose the channel.
 *  Leaves out: records that lie in a buffer only in part (they count where they end); records that an operator adds. */

import type { Lineage, SpanList } from "../records/index.ts";
import type { Channel } from "./channel.ts";

/** Share of a record that rounding may take: a wake-up planned for the end of a record must find it done. */
const ROUNDING = 1e-9;

export class Service {
  /** Records of the buffer; 0: nothing is served. */
  size = 0;
  /** Records handed on to the sinks. */
  served = 0;
  /** ns; record k (from 0) leaves at start + (k + 1) * perRecord. */
  start = 0;
  perRecord = 0;
  busyUntil = 0;
  readonly #lineage: Lineage;
  #spans: SpanList | undefined;
  // Per output channel: how many of the buffer's records it has looked at.
  #seen = new Int32Array(0);
  // Where an interleaved buffer was cut lately.
  #cut = new Int32Array(4);
  #otherCut = new Int32Array(4);
  #cutAt = -1;
  #otherCutAt = -1;

  constructor(lineage: Lineage) {
    this.#lineage = lineage;
  }

  /** Makes room for the output channels of the task. */
  feedInto(channels: number): void {
    this.#seen = new Int32Array(channels);
  }

  get isIdle(): boolean {
    return this.size === 0;
  }

  /** The records of `spans`, of which there is at least one, take `total` ns from `now` on. */
  begin(spans: SpanList, now: number, total: number): void {
    this.#spans = spans;
    this.#cutAt = -1;
    this.#otherCutAt = -1;
    this.size = spans.records;
    this.served = 0;
    this.start = now;
    this.perRecord = total / this.size;
    this.busyUntil = Math.ceil(now + total);
    for (let channel = 0; channel < this.#seen.length; channel++) this.#seen[channel] = 0;
  }

  end(): void {
    this.#spans = undefined;
    this.size = 0;
  }

  isFinished(now: number): boolean {
    return this.busyUntil <= now;
  }

  /** Records done by `now`. */
  doneBy(now: number): number {
    if (this.busyUntil <= now) return this.size;
    const done = Math.floor((now - this.start) / this.perRecord + ROUNDING);
    return done < this.size ? done : this.size - 1;
  }

  /** When the record in hand at `now` is done, ns. */
  boundaryAt(now: number): number {
    // Events come at whole ns: a record that ended less than one ago has just ended.
    const inHand = Math.max(0, Math.ceil((now - 1 - this.start) / this.perRecord - ROUNDING));
    const end = Math.ceil(this.start + inHand * this.perRecord);
    return end < this.busyUntil ? end : this.busyUntil;
  }

  /** When record `index` (from 0) is done, ns. */
  endOf(index: number): number {
    return this.start + (index + 1) * this.perRecord;
  }

  /** The task didn't serve for `pause` ns. */
  delay(pause: number): void {
    this.start += pause;
    this.busyUntil += pause;
  }

  /** What is left of the buffer at `now` takes `ratio` times as long. */
  stretch(now: number, ratio: number): void {
    const perRecord = this.perRecord * ratio;
    this.start = now - ((now - this.start) / this.perRecord) * perRecord;
    this.perRecord = perRecord;
    this.busyUntil = Math.ceil(this.start + this.size * perRecord);
  }

  /** Appends to `channel.open` what the first `done` records bring it. */
  emitInto(channel: Channel, done: number): void {
    const spans = this.#spans;
    const before = this.#seen[channel.upstreamIndex]!;
    if (spans === undefined || done <= before) return;
    this.#seen[channel.upstreamIndex] = done;
    for (let i = 0, earlier = 0; i < spans.count; i++) {
      const from = spans.from[i]!;
      const size = spans.to[i]! - from;
      const a = this.#passed(i, earlier, size, before);
      const b = this.#passed(i, earlier, size, done);
      earlier += size;
      if (b === a) continue;
      const route = spans.route[i]!;
      const partition = spans.partition[i]!;
      const part = channel.part(route);
      if (part === null) continue;
      if (part.id === route) channel.write(partition, route, from + a, from + b, spans.interleaved);
      else {
        const local = this.#lineage.localPartition(partition);
        const whole = this.#lineage.routeById(route);
        channel.write(
          partition,
          part.id,
          part.rankFrom(whole, local, from + a),
          part.rankFrom(whole, local, from + b),
          spans.interleaved,
        );
      }
    }
  }

  /** Index of the record that brings `channel` the last of `missing` more; the buffer's size when it holds fewer. */
  indexOf(channel: Channel, missing: number): number {
    const spans = this.#spans;
    const { size } = this;
    const before = this.#seen[channel.upstreamIndex]!;
    if (spans === undefined || missing > size - before) return size;
    if (spans.interleaved && spans.count > 1) return this.#bisect(channel, before, missing);
    let left = missing;
    for (let i = 0, earlier = 0; i < spans.count; i++) {
      const from = spans.from[i]!;
      const length = spans.to[i]! - from;
      const a = this.#passed(i, earlier, length, before);
      const part = a === length ? null : channel.part(spans.route[i]!);
      if (part !== null) {
        const local = this.#lineage.localPartition(spans.partition[i]!);
        const whole = this.#lineage.routeById(spans.route[i]!);
        const first = part.rankFrom(whole, local, from + a);
        const count = part.rankFrom(whole, local, from + length) - first;
        if (left <= count) return earlier + part.rankOn(whole, local, first + left - 1) - from;
        left -= count;
      }
      earlier += length;
    }
    return size;
  }

  #bisect(channel: Channel, before: number, missing: number): number {
    const { size } = this;
    if (this.#count(channel, before, size) < missing) return size;
    let low = before;
    let high = size;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#count(channel, before, middle) < missing) low = middle;
      else high = middle;
    }
    return high - 1;
  }

  /** Records that `channel` gets of those from number `before` up to `done`. */
  #count(channel: Channel, before: number, done: number): number {
    const spans = this.#spans!;
    let count = 0;
    for (let i = 0, earlier = 0; i < spans.count; i++) {
      const size = spans.to[i]! - spans.from[i]!;
      const a = this.#passed(i, earlier, size, before);
      const b = this.#passed(i, earlier, size, done);
      earlier += size;
      const part = b === a ? null : channel.part(spans.route[i]!);
      if (part === null) continue;
      const local = this.#lineage.localPartition(spans.partition[i]!);
      const whole = this.#lineage.routeById(spans.route[i]!);
      const from = spans.from[i]!;
      count += part.rankFrom(whole, local, from + b) - part.rankFrom(whole, local, from + a);
    }
    return count;
  }

  /** Appends to `into` the buffer's records from number `from` up to `to`. */
  copy(from: number, to: number, into: SpanList): void {
    const spans = this.#spans!;
    if (into.records === 0) into.interleaved = spans.interleaved;
    for (let i = 0, earlier = 0; i < spans.count; i++) {
      const first = spans.from[i]!;
      const size = spans.to[i]! - first;
      const a = this.#passed(i, earlier, size, from);
      const b = this.#passed(i, earlier, size, to);
      earlier += size;
      into.push(spans.partition[i]!, spans.route[i]!, first + a, first + b);
    }
  }

  /** How many of span i's `size` records, behind `earlier` ones in the list, are among the first `done` of the buffer. */
  #passed(i: number, earlier: number, size: number, done: number): number {
    const spans = this.#spans!;
    if (spans.interleaved && spans.count > 1) return this.#interleaved(spans, done)[i]!;
    const passed = done - earlier;
    if (passed <= 0) return 0;
    return passed < size ? passed : size;
  }

  /** How many records of each span are among the first `done`. Record k of a span's n lies at (k + 1/2) / n of the buffer, and of
   *  those at one place the first span's comes first: so whoever cuts there cuts the same records. */
  #interleaved(spans: SpanList, done: number): Int32Array {
    if (this.#cutAt === done) return this.#cut;
    // What is emitted is looked at between two numbers of records, again and again.
    [this.#cut, this.#otherCut] = [this.#otherCut, this.#cut];
    [this.#cutAt, this.#otherCutAt] = [this.#otherCutAt, this.#cutAt];
    if (this.#cutAt === done) return this.#cut;
    if (this.#cut.length < spans.count) this.#cut = new Int32Array(2 * spans.count);
    const cut = this.#cut;
    this.#cutAt = done;
    let sum = 0;
    for (let i = 0; i < spans.count; i++) {
      const size = spans.to[i]! - spans.from[i]!;
      cut[i] = Math.floor((done * size) / this.size + 0.5);
      sum += cut[i]!;
    }
    for (; sum < done; sum++) cut[this.#nextOf(spans, cut)]!++;
    for (; sum > done; sum--) cut[this.#lastOf(spans, cut)]!--;
    return cut;
  }

  /** The span whose next record comes first. */
  #nextOf(spans: SpanList, cut: Int32Array): number {
    let next = -1;
    let [place, among] = [0, 0];
    for (let i = 0; i < spans.count; i++) {
      const size = spans.to[i]! - spans.from[i]!;
      const one = 2 * cut[i]! + 1;
      if (cut[i] === size || (next >= 0 && one * among >= place * size)) continue;
      [next, place, among] = [i, one, size];
    }
    return next;
  }

  /** The span whose last record so far came last. */
  #lastOf(spans: SpanList, cut: Int32Array): number {
    let last = -1;
    let [place, among] = [0, 0];
    for (let i = 0; i < spans.count; i++) {
      const size = spans.to[i]! - spans.from[i]!;
      const one = 2 * cut[i]! - 1;
      if (cut[i] === 0 || (last >= 0 && one * among < place * size)) continue;
      [last, place, among] = [i, one, size];
    }
    return last;
  }
}
