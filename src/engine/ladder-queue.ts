import type { EventTable } from "./event-table.ts";
import type { PendingEventSet } from "./pending-event-set.ts";

/** Most events kept in the bottom before they are spread over a rung of their own. */
const BOTTOM_LIMIT = 48;
/** Each rung divides its range by more than BOTTOM_LIMIT, so ten span 2^53 instants; beyond this many, which takes clusters
 *  that are scheduled ever nearer, the bottom just grows. */
const MOST_RUNGS = 16;
/** Where the top's list begins, in `heads`. */
const TOP = 0;

/** A ladder queue after Tang, Goh and Thng, "Ladder queue: an O(1) priority queue structure for large-scale discrete event
 *  simulation", ACM TOMACS 15(3), 2005. Far events lie unsorted in the top; nearer ones in rungs of buckets, each rung
 *  dividing one bucket of the rung above; the nearest few, sorted, in the bottom.
 *
 *  Three things differ from the paper. Buckets are doubly linked through the event table, so that removal is eager and O(1).
 *  Ties are broken by the sequence when a bucket is sorted, so that no list has to preserve an order. And a bottom that
 *  overflows isn't spread at once but collected in a rung of one bucket, so that a burst of insertions costs the same each. */
export class LadderQueue implements PendingEventSet {
  private readonly table: EventTable;

  // First slot of each bucket's list, or 0: the top's, then those of rung 0, of rung 1, ...
  private heads: Int32Array = new Int32Array(256);

  // Rung r covers times from its start; x = (time - start) * scale lies in bucket floor(x), which is monotone in time whatever
  // the rounding. Of its `width` buckets, those before `next` are used up. Four doubles a rung: start, scale, next, width.
  private rungs = 0;
  private readonly ranges = new Float64Array(MOST_RUNGS * 4);
  private readonly offsets = new Int32Array(MOST_RUNGS);

  // Sorted, the next event last. A removed event leaves 0 behind and keeps its time.
  private bottomLength = 0;
  private bottomTimes: Float64Array = new Float64Array(256);
  private bottomSlots: Int32Array = new Int32Array(256);

  constructor(table: EventTable) {
    this.table = table;
    this.dropRungs();
  }

  insert(slot: number): void {
    const time = this.table.time(slot);
    // Rung 0, or the top, takes most; this is bucketAt for them.
    const { ranges } = this;
    const x = (time - ranges[0]!) * ranges[1]!;
    if (x >= ranges[2]!) this.link(slot, x < ranges[3]! ? (x | 0) + 1 : 0);
    else this.insertBelow(slot, time);
  }

  /** Inserts an event that comes before what is left of rung 0. */
  private insertBelow(slot: number, time: number): void {
    const bucket = this.rungs > 1 ? this.bucketAt(time) : -1;
    if (bucket >= 0) this.link(slot, bucket);
    else if (this.bottomLength < BOTTOM_LIMIT) this.insertIntoBottom(slot, time);
    else this.insertIntoFullBottom(slot, time);
  }

  private insertIntoFullBottom(slot: number, time: number): void {
    if (this.rungs < MOST_RUNGS) {
      this.link(slot, this.collectBottom());
      return;
    }
    if (this.bottomLength === this.bottomSlots.length) this.growBottom();
    this.insertIntoBottom(slot, time);
  }

  remove(slot: number): void {
    const { table } = this;
    const bucket = this.bucketAt(table.time(slot));
    if (bucket < 0) {
      this.removeFromBottom(slot);
      return;
    }
    const next = table.next(slot);
    if (this.heads[bucket] === slot) {
      this.heads[bucket] = next;
      return;
    }
    // Only a slot that isn't the first of its list has a previous one.
    const previous = table.previous(slot);
    table.setNext(previous, next);
    table.setPrevious(next, previous);
  }

  nextTime(): number {
    const last = this.bottomLength - 1;
    if (last >= 0 && this.bottomSlots[last] !== 0) return this.bottomTimes[last]!;
    return this.refill();
  }

  takeUpTo(last: number): number {
    let end = this.bottomLength - 1;
    if (end < 0 || this.bottomSlots[end] === 0) {
      this.refill();
      end = this.bottomLength - 1;
      if (end < 0) return 0;
    }
    if (this.bottomTimes[end]! > last) return 0;
    this.bottomLength = end;
    return this.bottomSlots[end]!;
  }

  /** The bucket that holds, or would hold, an event of this time; -1 when that is the bottom. */
  private bucketAt(time: number): number {
    const { rungs, ranges } = this;
    for (let rung = 0; rung < rungs; rung++) {
      const range = rung << 2;
      const x = (time - ranges[range]!) * ranges[range | 1]!;
      if (x >= ranges[range | 2]!) {
        const width = ranges[range | 3]!;
        if (x < width) return this.offsets[rung]! + (x | 0);
        return rung === 0 ? 0 : this.offsets[rung]! + width - 1;
      }
    }
    return -1;
  }

  private link(slot: number, bucket: number): void {
    const { heads, table } = this;
    const first = heads[bucket]!;
    table.setNext(slot, first);
    // Without a first one that is slot 0, which is nobody's; a condition would be a coin toss.
    table.setPrevious(first, slot);
    heads[bucket] = slot;
  }

  /** Inserts an event that is later in sequence than all others, so behind its ties. */
  private insertIntoBottom(slot: number, time: number): void {
    let position = this.bottomLength++;
    const { bottomTimes, bottomSlots } = this;
    while (position > 0) {
      const other = bottomTimes[position - 1]!;
      if (other > time) break;
      bottomTimes[position] = other;
      bottomSlots[position] = bottomSlots[position - 1]!;
      position--;
    }
    bottomTimes[position] = time;
    bottomSlots[position] = slot;
  }

  private removeFromBottom(slot: number): void {
    const { bottomTimes, bottomSlots } = this;
    const time = this.table.time(slot);
    // First position whose time is not later; ties follow.
    let low = 0;
    let high = this.bottomLength;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (bottomTimes[middle]! > time) low = middle + 1;
      else high = middle;
    }
    while (bottomSlots[low] !== slot) low++;
    bottomSlots[low] = 0;
  }

  /** Fills the bottom from the nearest bucket that isn't empty. @returns the time of the first event, or Infinity. */
  private refill(): number {
    for (;;) {
      while (this.bottomLength > 0) {
        const last = this.bottomLength - 1;
        if (this.bottomSlots[last] !== 0) return this.bottomTimes[last]!;
        this.bottomLength = last;
      }
      if (this.rungs === 0) return Number.POSITIVE_INFINITY;
      this.gather(this.nextBucket());
      if (this.bottomLength > BOTTOM_LIMIT) this.spreadOrSort();
    }
  }

  /** The nearest bucket that isn't empty; drops the rungs that are used up, and with the last of them gives the top. */
  private nextBucket(): number {
    const { heads, ranges } = this;
    for (let rung = this.rungs - 1; rung >= 0; rung--) {
      const range = rung << 2;
      const offset = this.offsets[rung]!;
      const end = offset + ranges[range | 3]!;
      let bucket = offset + ranges[range | 2]!;
      while (bucket < end && heads[bucket] === 0) bucket++;
      ranges[range | 2] = bucket - offset + 1;
      if (bucket < end) {
        // Rung 0 stays even when it is used up, for what lies beyond its end belongs to the top.
        const isUsedUp = bucket === end - 1 && (rung > 0 || ranges[1] === 0);
        if (!isUsedUp) this.rungs = rung + 1;
        else if (rung > 0) this.rungs = rung;
        else this.dropRungs();
        return bucket;
      }
    }
    this.dropRungs();
    return TOP;
  }

  private dropRungs(): void {
    this.rungs = 0;
    // Without a rung 0, no time lies in it or beyond.
    this.ranges[2] = Number.POSITIVE_INFINITY;
  }

  /** Moves a bucket's events into the empty bottom, sorted unless there are more than BOTTOM_LIMIT. */
  private gather(bucket: number): void {
    const { table, heads } = this;
    let { bottomTimes, bottomSlots } = this;
    let length = 0;
    let slot = heads[bucket]!;
    heads[bucket] = 0;
    while (slot !== 0) {
      if (length === bottomSlots.length) {
        this.growBottom();
        bottomTimes = this.bottomTimes;
        bottomSlots = this.bottomSlots;
      }
      const time = table.time(slot);
      let position = length++;
      while (position > 0 && length <= BOTTOM_LIMIT) {
        const other = bottomTimes[position - 1]!;
        if (other >= time && (other > time || this.isLaterInSequence(bottomSlots[position - 1]!, slot)))
          break;
        bottomTimes[position] = other;
        bottomSlots[position] = bottomSlots[position - 1]!;
        position--;
      }
      bottomTimes[position] = time;
      bottomSlots[position] = slot;
      slot = table.next(slot);
    }
    this.bottomLength = length;
  }

  private spreadOrSort(): void {
    if (this.rungs < MOST_RUNGS && !this.isBottomTied()) this.spread();
    else this.sortBottom();
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
      if (slot !== 0) this.link(slot, bucket);
    }
    return bucket;
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

  /** @returns the first bucket of the new rung. */
  private addRung(start: number, scale: number, width: number): number {
    const { ranges } = this;
    const rung = this.rungs++;
    const offset = rung === 0 ? TOP + 1 : this.offsets[rung - 1]! + ranges[((rung - 1) << 2) | 3]!;
    if (offset + width > this.heads.length) this.growHeads(offset + width);
    this.offsets[rung] = offset;
    const range = rung << 2;
    ranges[range] = start;
    ranges[range | 1] = scale;
    ranges[range | 2] = 0;
    ranges[range | 3] = width;
    return offset;
  }

  /** Heap sort, since a bottom that is sorted only here has many ties or is out of rungs. */
  private sortBottom(): void {
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
      if (child + 1 < end && this.isLater(child, bottomTimes[child + 1]!, bottomSlots[child + 1]!)) child++;
      const childTime = bottomTimes[child]!;
      const childSlot = bottomSlots[child]!;
      if (time < childTime || (time === childTime && this.isLaterInSequence(childSlot, slot))) break;
      bottomTimes[position] = childTime;
      bottomSlots[position] = childSlot;
      position = child;
    }
    bottomTimes[position] = time;
    bottomSlots[position] = slot;
  }

  /** Whether the event at a position of the bottom comes after another one. */
  private isLater(position: number, time: number, slot: number): boolean {
    const own = this.bottomTimes[position]!;
    return own > time || (own === time && this.isLaterInSequence(this.bottomSlots[position]!, slot));
  }

  private isLaterInSequence(slot: number, otherSlot: number): boolean {
    return this.table.sequence(slot) > this.table.sequence(otherSlot);
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
    const heads = new Int32Array(Math.max(needed, this.heads.length * 2));
    heads.set(this.heads);
    this.heads = heads;
  }
}
