import {
  DOUBLES_PER_SLOT,
  type EventTable,
  INTEGERS_PER_SLOT,
  NEXT,
  PREVIOUS,
  SEQUENCE,
  TIME,
} from "./event-table.ts";
import type { PendingEventSet } from "./pending-event-set.ts";

/** Most events kept in the bottom before they are spread over a rung of their own. */
const BOTTOM_LIMIT = 48;
/** Each rung divides its range by more than BOTTOM_LIMIT, so ten span 2^53 instants; beyond this many, which takes clusters
 *  that are scheduled ever nearer, the bottom just grows. */
const MOST_RUNGS = 16;
/** Below this many, insertion sort; above, heap sort, whose worst case is no worse. */
const INSERTION_SORT_LIMIT = 64;
const TOP = 0;
const NO_SLOT = -1;
/** In `PREVIOUS`: the slot is in the bottom. No bucket's complement is that low. */
const IN_BOTTOM = -0x80000000;

/** A ladder queue after Tang, Goh and Thng, "Ladder queue: an O(1) priority queue structure for large-scale discrete event
 *  simulation", ACM TOMACS 15(3), 2005. Far events lie unsorted in the top; nearer ones in rungs of buckets, each rung
 *  dividing one bucket of the rung above; the nearest few, sorted, in the bottom.
 *
 *  Two things differ from the paper. Buckets are doubly linked through the event table, so that removal is eager and O(1); and
 *  ties are broken by the sequence when a bucket is sorted, so that no list has to preserve an order. */
export class LadderQueue implements PendingEventSet {
  size = 0;
  private doubles: Float64Array = new Float64Array(0);
  private integers: Int32Array = new Int32Array(0);

  // First slot of each bucket's list: the top's, then those of rung 0, of rung 1, ...
  private heads: Int32Array = new Int32Array(256).fill(NO_SLOT);

  // Rung r covers times from starts[r]; x = (time - starts[r]) * scales[r] lies in bucket floor(x), which is monotone in time
  // whatever the rounding. Its buckets are heads[offsets[r] ..]; those before nexts[r] are used up.
  private rungs = 0;
  private readonly starts = new Float64Array(MOST_RUNGS);
  private readonly scales = new Float64Array(MOST_RUNGS);
  private readonly offsets = new Int32Array(MOST_RUNGS);
  private readonly widths = new Int32Array(MOST_RUNGS);
  private readonly nexts = new Int32Array(MOST_RUNGS);

  // Sorted, the next event last. A removed event leaves NO_SLOT behind and keeps its time.
  private bottomLength = 0;
  private bottomTimes: Float64Array = new Float64Array(256);
  private bottomSlots: Int32Array = new Int32Array(256);

  adopt(table: EventTable): void {
    this.doubles = table.doubles;
    this.integers = table.integers;
  }

  insert(slot: number, time: number): void {
    this.size++;
    const { rungs } = this;
    for (let rung = 0; rung < rungs; rung++) {
      const x = (time - this.starts[rung]!) * this.scales[rung]!;
      if (x >= this.nexts[rung]!) {
        const width = this.widths[rung]!;
        if (x < width) {
          this.link(slot, this.offsets[rung]! + (x | 0));
        } else {
          this.link(slot, rung === 0 ? TOP : this.offsets[rung]! + width - 1);
        }
        return;
      }
    }
    this.insertIntoBottom(slot, time);
  }

  remove(slot: number): void {
    this.size--;
    const { integers } = this;
    const base = slot * INTEGERS_PER_SLOT;
    const previous = integers[base + PREVIOUS]!;
    if (previous === IN_BOTTOM) {
      this.removeFromBottom(slot);
      return;
    }
    const next = integers[base + NEXT]!;
    if (previous >= 0) integers[previous * INTEGERS_PER_SLOT + NEXT] = next;
    else this.heads[~previous] = next;
    if (next !== NO_SLOT) integers[next * INTEGERS_PER_SLOT + PREVIOUS] = previous;
  }

  nextTime(): number {
    const last = this.bottomLength - 1;
    if (last >= 0 && this.bottomSlots[last] !== NO_SLOT) return this.bottomTimes[last]!;
    return this.refill();
  }

  takeNext(): number {
    this.size--;
    const last = this.bottomLength - 1;
    this.bottomLength = last;
    return this.bottomSlots[last]!;
  }

  private link(slot: number, bucket: number): void {
    const { heads, integers } = this;
    const first = heads[bucket]!;
    const base = slot * INTEGERS_PER_SLOT;
    integers[base + NEXT] = first;
    integers[base + PREVIOUS] = ~bucket;
    if (first !== NO_SLOT) integers[first * INTEGERS_PER_SLOT + PREVIOUS] = slot;
    heads[bucket] = slot;
  }

  /** Inserts an event that is later in sequence than all others, so behind its ties. */
  private insertIntoBottom(slot: number, time: number): void {
    if (this.bottomLength >= BOTTOM_LIMIT) {
      if (this.rungs < MOST_RUNGS) {
        this.link(slot, this.collectBottom());
        return;
      }
      if (this.bottomLength === this.bottomSlots.length) this.growBottom();
    }
    const { bottomTimes, bottomSlots } = this;
    let position = this.bottomLength++;
    while (position > 0) {
      const other = bottomTimes[position - 1]!;
      if (other > time) break;
      bottomTimes[position] = other;
      bottomSlots[position] = bottomSlots[position - 1]!;
      position--;
    }
    bottomTimes[position] = time;
    bottomSlots[position] = slot;
    this.integers[slot * INTEGERS_PER_SLOT + PREVIOUS] = IN_BOTTOM;
  }

  private removeFromBottom(slot: number): void {
    const { bottomTimes, bottomSlots } = this;
    const time = this.doubles[slot * DOUBLES_PER_SLOT + TIME]!;
    // First position whose time is not later; ties follow.
    let low = 0;
    let high = this.bottomLength;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (bottomTimes[middle]! > time) low = middle + 1;
      else high = middle;
    }
    while (bottomSlots[low] !== slot) low++;
    bottomSlots[low] = NO_SLOT;
  }

  /** Fills the bottom from the nearest bucket that isn't empty. @returns the time of the first event, or Infinity. */
  private refill(): number {
    for (;;) {
      while (this.bottomLength > 0) {
        const last = this.bottomLength - 1;
        if (this.bottomSlots[last] !== NO_SLOT) return this.bottomTimes[last]!;
        this.bottomLength = last;
      }
      if (this.rungs === 0) return Number.POSITIVE_INFINITY;
      const bucket = this.nextBucket();
      this.gather(bucket);
      if (this.bottomLength > BOTTOM_LIMIT && this.rungs < MOST_RUNGS && !this.isBottomTied()) this.spread();
      else this.sortBottom();
    }
  }

  /** The nearest bucket that isn't empty; drops the rungs that are used up, and with the last of them gives the top. */
  private nextBucket(): number {
    const { heads } = this;
    for (let rung = this.rungs - 1; rung >= 0; rung--) {
      const offset = this.offsets[rung]!;
      const end = offset + this.widths[rung]!;
      let bucket = offset + this.nexts[rung]!;
      while (bucket < end && heads[bucket] === NO_SLOT) bucket++;
      this.nexts[rung] = bucket - offset + 1;
      if (bucket < end) {
        // Rung 0 stays even when it is used up, for what lies beyond its end belongs to the top.
        const isUsedUp = bucket === end - 1 && (rung > 0 || this.scales[0] === 0);
        this.rungs = isUsedUp ? rung : rung + 1;
        return bucket;
      }
    }
    this.rungs = 0;
    return TOP;
  }

  /** Moves a bucket's events into the empty bottom, unsorted. */
  private gather(bucket: number): void {
    const { doubles, integers, heads } = this;
    let { bottomTimes, bottomSlots } = this;
    let length = 0;
    let slot = heads[bucket]!;
    heads[bucket] = NO_SLOT;
    while (slot !== NO_SLOT) {
      if (length === bottomSlots.length) {
        this.growBottom();
        bottomTimes = this.bottomTimes;
        bottomSlots = this.bottomSlots;
      }
      bottomTimes[length] = doubles[slot * DOUBLES_PER_SLOT + TIME]!;
      bottomSlots[length++] = slot;
      const base = slot * INTEGERS_PER_SLOT;
      slot = integers[base + NEXT]!;
      integers[base + PREVIOUS] = IN_BOTTOM;
    }
    this.bottomLength = length;
  }

  private isBottomTied(): boolean {
    const { bottomTimes, bottomLength } = this;
    const first = bottomTimes[0]!;
    for (let i = 1; i < bottomLength; i++) if (bottomTimes[i] !== first) return false;
    return true;
  }

  /** Moves the bottom into a new lowest rung with one bucket for all times, so that however many events follow, each costs the
   *  same; they are spread when the first of them is wanted. @returns the bucket. */
  private collectBottom(): number {
    const { bottomSlots, bottomLength } = this;
    const bucket = this.addRung(0, 0, 1);
    this.bottomLength = 0;
    for (let i = 0; i < bottomLength; i++) {
      const slot = bottomSlots[i]!;
      if (slot !== NO_SLOT) this.link(slot, bucket);
    }
    return bucket;
  }

  /** @returns the first bucket of the new rung. */
  private addRung(start: number, scale: number, width: number): number {
    const rung = this.rungs++;
    const offset = rung === 0 ? TOP + 1 : this.offsets[rung - 1]! + this.widths[rung - 1]!;
    if (offset + width > this.heads.length) this.growHeads(offset + width);
    this.starts[rung] = start;
    this.scales[rung] = scale;
    this.offsets[rung] = offset;
    this.widths[rung] = width;
    this.nexts[rung] = 0;
    return offset;
  }

  /** Spreads the bottom over a new rung, the lowest, and leaves the bottom empty. */
  private spread(): void {
    const { bottomTimes, bottomSlots, bottomLength } = this;
    let earliest = Number.POSITIVE_INFINITY;
    let latest = 0;
    for (let i = 0; i < bottomLength; i++) {
      const time = bottomTimes[i]!;
      if (time < earliest) earliest = time;
      if (time > latest) latest = time;
    }
    // Half a bucket less than the range, so that rounding can't carry the latest past the end.
    const scale = (bottomLength - 0.5) / (latest - earliest);
    const offset = this.addRung(earliest, scale, bottomLength);
    this.bottomLength = 0;
    for (let i = 0; i < bottomLength; i++) {
      this.link(bottomSlots[i]!, offset + (((bottomTimes[i]! - earliest) * scale) | 0));
    }
  }

  private sortBottom(): void {
    const { bottomLength } = this;
    if (bottomLength > INSERTION_SORT_LIMIT) {
      this.heapSortBottom();
      return;
    }
    const { bottomTimes, bottomSlots } = this;
    for (let i = 1; i < bottomLength; i++) {
      const time = bottomTimes[i]!;
      const slot = bottomSlots[i]!;
      let position = i;
      while (position > 0) {
        const other = bottomTimes[position - 1]!;
        if (other > time || (other === time && this.isLaterInSequence(bottomSlots[position - 1]!, slot)))
          break;
        bottomTimes[position] = other;
        bottomSlots[position] = bottomSlots[position - 1]!;
        position--;
      }
      bottomTimes[position] = time;
      bottomSlots[position] = slot;
    }
  }

  private heapSortBottom(): void {
    const { bottomTimes, bottomSlots, bottomLength } = this;
    for (let root = (bottomLength >> 1) - 1; root >= 0; root--) this.sink(root, bottomLength);
    for (let end = bottomLength - 1; end > 0; end--) {
      const time = bottomTimes[0]!;
      const slot = bottomSlots[0]!;
      bottomTimes[0] = bottomTimes[end]!;
      bottomSlots[0] = bottomSlots[end]!;
      bottomTimes[end] = time;
      bottomSlots[end] = slot;
      this.sink(0, end);
    }
  }

  /** Restores the heap whose root is the earliest event, for a sort that puts the latest first. */
  private sink(root: number, end: number): void {
    const { bottomTimes, bottomSlots } = this;
    const time = bottomTimes[root]!;
    const slot = bottomSlots[root]!;
    let position = root;
    for (;;) {
      let child = 2 * position + 1;
      if (child >= end) break;
      if (
        child + 1 < end &&
        this.isLater(
          bottomTimes[child]!,
          bottomSlots[child]!,
          bottomTimes[child + 1]!,
          bottomSlots[child + 1]!,
        )
      ) {
        child++;
      }
      if (!this.isLater(time, slot, bottomTimes[child]!, bottomSlots[child]!)) break;
      bottomTimes[position] = bottomTimes[child]!;
      bottomSlots[position] = bottomSlots[child]!;
      position = child;
    }
    bottomTimes[position] = time;
    bottomSlots[position] = slot;
  }

  private isLater(time: number, slot: number, otherTime: number, otherSlot: number): boolean {
    return time > otherTime || (time === otherTime && this.isLaterInSequence(slot, otherSlot));
  }

  private isLaterInSequence(slot: number, otherSlot: number): boolean {
    return (
      this.doubles[slot * DOUBLES_PER_SLOT + SEQUENCE]! >
      this.doubles[otherSlot * DOUBLES_PER_SLOT + SEQUENCE]!
    );
  }

  private growBottom(): void {
    const times = new Float64Array(this.bottomTimes.length * 2);
    times.set(this.bottomTimes);
    this.bottomTimes = times;
    const slots = new Int32Array(this.bottomSlots.length * 2);
    slots.set(this.bottomSlots);
    this.bottomSlots = slots;
  }

  private growHeads(needed: number): void {
    const heads = new Int32Array(Math.max(needed, this.heads.length * 2)).fill(NO_SLOT);
    heads.set(this.heads);
    this.heads = heads;
  }
}
