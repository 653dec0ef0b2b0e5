import { LadderRungs, MOST_RUNGS } from "./ladder-rungs.ts";

/** Most events that are kept sorted; more are spread over buckets. With evenly scattered times half as many would be a little faster, with
 *  the few timers and many near events of a pipeline slower. */
const BOTTOM_LIMIT = 48;
/** Rung 0 reaches so many means of the times that it is made from, with so many buckets for each of its events: of few events
 *  each wants a bucket of its own, of many the buckets wouldn't fit the cache. */
const FEW = { limit: 1024, reach: 16, buckets: 64 } as const;
const MANY = { reach: 4, buckets: 2 } as const;
/** Of a lower rung. */
const BUCKETS_PER_EVENT = 2;
/** What stands in the place of rung 0 while there is none: all times come before it, or all lie beyond. */
const ALL_BELOW = [0, 0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] as const;
const ALL_BEYOND = [0, 0, 0, 0] as const;

/** A ladder queue after Tang, Goh and Thng, "Ladder queue: an O(1) priority queue structure for large-scale discrete event
 *  simulation", ACM TOMACS 15(3), 2005. Far events lie unsorted in the top; nearer ones in rungs of buckets, each rung
 *  dividing one bucket of the rung above; the nearest few, sorted, in the bottom.
 *
 *  Four things differ from the paper. Buckets are doubly linked, so that removal is eager and O(1). Rung 0 divides the times by
 *  their mean and leaves the far ones in the top, so that a long tail doesn't crowd the nearest buckets. A bottom that overflows
 *  isn't spread at once but collected in the top or in a rung of one bucket, so that a burst of insertions costs the same each. And as
 *  long as there are few events, all are in the bottom.
 *
 *  Equal times need no sequence numbers: they are always in the same place, in the order of their insertion. */
export class LadderQueue extends LadderRungs {
  // In the order of insertion. A removed event leaves 0 behind.
  private topLength = 0;
  private topTimes: Float64Array = new Float64Array(256);
  private topSlots: Int32Array = new Int32Array(256);

  // Sorted, the next event last. A removed event leaves 0 behind and keeps its time.
  private bottomLength = 0;
  private bottomTimes: Float64Array = new Float64Array(256);
  private bottomSlots: Int32Array = new Int32Array(256);

  constructor() {
    super();
    this.sendAllToBottom();
  }

  insert(slot: number, time: number): void {
    const { ranges } = this;
    const x = (time - ranges[0]!) * ranges[1]!;
    if (x >= ranges[3]!) this.append(slot);
    else if (x >= ranges[2]!) this.link(slot, x | 0);
    else this.insertBelow(slot);
  }

  remove(slot: number): void {
    const { ranges } = this;
    const x = (this.doubles[slot << 2]! - ranges[0]!) * ranges[1]!;
    if (x >= ranges[3]!) this.topSlots[this.integers[(slot << 3) | 3]!] = 0;
    else if (x >= ranges[2]!) this.unlink(slot, x | 0);
    else this.removeBelow(slot);
  }

  nextTime(): number {
    const last = this.bottomLength - 1;
    if (last >= 0 && this.bottomSlots[last] !== 0) return this.bottomTimes[last]!;
    return this.refill();
  }

  takeUpTo(last: number): number {
    const end = this.bottomLength - 1;
    if (end >= 0) {
      const slot = this.bottomSlots[end]!;
      if (slot !== 0) {
        if (this.bottomTimes[end]! > last) return 0;
        this.bottomLength = end;
        return slot;
      }
    } else {
      // Most buckets have one event, which needs no sorting.
      const word = this.occupied[this.front]!;
      const bucket = (this.front << 5) | Math.clz32(word);
      const slot = this.heads[bucket]!;
      if (word !== 0 && this.integers[(slot << 3) | 2] === 0) {
        if (this.doubles[slot << 2]! > last) return 0;
        this.heads[bucket] = 0;
        this.occupied[this.front] = word & (0x7fffffff >> bucket);
        return slot;
      }
    }
    return this.refillAndTake(last);
  }

  private refillAndTake(last: number): number {
    if (this.refill() > last) return 0;
    return this.bottomSlots[--this.bottomLength]!;
  }

  private append(slot: number): void {
    if (this.topLength === this.topSlots.length) this.makeRoomInTop();
    const length = this.topLength;
    this.topTimes[length] = this.doubles[slot << 2]!;
    this.topSlots[length] = slot;
    this.integers[(slot << 3) | 3] = length;
    this.topLength = length + 1;
  }

  /** Inserts an event that comes before what is left of rung 0, or without rungs. */
  private insertBelow(slot: number): void {
    const bucket = this.rungs > 1 ? this.bucketAt(slot) : -1;
    if (bucket >= 0) this.link(slot, bucket);
    else if (this.bottomLength < BOTTOM_LIMIT) this.insertIntoBottom(slot);
    else this.insertIntoFullBottom(slot);
  }

  private insertIntoFullBottom(slot: number): void {
    if (this.rungs === 0) {
      this.sendAllToTop();
      this.append(slot);
    } else if (this.rungs < MOST_RUNGS) {
      this.link(slot, this.collectBottom());
    } else {
      if (this.bottomLength === this.bottomSlots.length) this.growBottom();
      this.insertIntoBottom(slot);
    }
  }

  /** Inserts an event behind its ties, since it is the last to be inserted. */
  private insertIntoBottom(slot: number): void {
    const { bottomTimes, bottomSlots } = this;
    const time = this.doubles[slot << 2]!;
    let position = this.bottomLength;
    this.bottomLength = position + 1;
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

  private removeBelow(slot: number): void {
    const bucket = this.bucketAt(slot);
    if (bucket >= 0) this.unlink(slot, bucket);
    else this.removeFromBottom(slot);
  }

  private removeFromBottom(slot: number): void {
    const { bottomTimes, bottomSlots } = this;
    const time = this.doubles[slot << 2]!;
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
      const bucket = this.nextBucket();
      if (bucket >= 0) {
        this.gather(bucket);
      } else if (this.topLength > 0) {
        this.divideTop();
      } else {
        this.sendAllToBottom();
        return Number.POSITIVE_INFINITY;
      }
    }
  }

  private sendAllToBottom(): void {
    this.ranges.set(ALL_BELOW);
  }

  private sendAllToTop(): void {
    this.ranges.set(ALL_BEYOND);
    const { bottomSlots, bottomLength } = this;
    this.bottomLength = 0;
    for (let i = bottomLength - 1; i >= 0; i--) if (bottomSlots[i] !== 0) this.append(bottomSlots[i]!);
  }

  /** Moves a bucket's events into the empty bottom, sorted, or into a new rung when they are many. */
  private gather(bucket: number): void {
    const { doubles, integers, bottomTimes, bottomSlots } = this;
    let length = 0;
    let slot = this.empty(bucket);
    while (slot !== 0 && length < BOTTOM_LIMIT) {
      const time = doubles[slot << 2]!;
      let position = length++;
      while (position > 0) {
        const other = bottomTimes[position - 1]!;
        if (other >= time) break;
        bottomTimes[position] = other;
        bottomSlots[position] = bottomSlots[position - 1]!;
        position--;
      }
      bottomTimes[position] = time;
      bottomSlots[position] = slot;
      slot = integers[(slot << 3) | 2]!;
    }
    this.bottomLength = length;
    if (slot !== 0) this.divideBucket(slot);
  }

  private divideBucket(rest: number): void {
    for (let slot = rest; slot !== 0; slot = this.integers[(slot << 3) | 2]!) {
      if (this.bottomLength === this.bottomSlots.length) this.growBottom();
      this.bottomTimes[this.bottomLength] = this.doubles[slot << 2]!;
      this.bottomSlots[this.bottomLength++] = slot;
    }
    const { bottomTimes, bottomSlots, bottomLength } = this;
    let earliest = Number.POSITIVE_INFINITY;
    let latest = 0;
    for (let i = 0; i < bottomLength; i++) {
      const time = bottomTimes[i]!;
      if (time < earliest) earliest = time;
      if (time > latest) latest = time;
    }
    if (earliest === latest) return;
    if (this.rungs === MOST_RUNGS) {
      this.sortBottom();
      return;
    }
    const width = bottomLength * BUCKETS_PER_EVENT;
    const scale = (width - 0.5) / (latest - earliest);
    const offset = this.addRung(earliest, scale, width);
    this.bottomLength = 0;
    for (let i = bottomLength - 1; i >= 0; i--) {
      this.link(bottomSlots[i]!, offset + (((bottomTimes[i]! - earliest) * scale) | 0));
    }
  }

  /** Makes rung 0 from the top, or moves it into the bottom when it is short or all tied. */
  private divideTop(): void {
    const { integers, topTimes, topSlots, topLength } = this;
    let count = 0;
    let earliest = Number.POSITIVE_INFINITY;
    let latest = 0;
    let sum = 0;
    const origin = topTimes[0]!;
    for (let i = 0; i < topLength; i++) {
      if (topSlots[i] === 0) continue;
      const time = topTimes[i]!;
      if (time < earliest) earliest = time;
      if (time > latest) latest = time;
      sum += time - origin;
      count++;
    }
    if (count <= BOTTOM_LIMIT || earliest === latest) {
      this.moveTopToBottom();
      if (earliest < latest) this.sortBottom();
      return;
    }
    const mean = origin - earliest + sum / count;
    const { reach, buckets } = count <= FEW.limit ? FEW : MANY;
    const width = count * buckets;
    // Rounding can make a mean of 0.
    const scale = width / (mean > 0 ? reach * mean : latest - earliest);
    this.addRung(earliest, scale, width);
    let kept = 0;
    for (let i = 0; i < topLength; i++) {
      const slot = topSlots[i]!;
      if (slot === 0) continue;
      const time = topTimes[i]!;
      const x = (time - earliest) * scale;
      if (x < width) {
        this.link(slot, x | 0);
      } else {
        topTimes[kept] = time;
        topSlots[kept] = slot;
        integers[(slot << 3) | 3] = kept++;
      }
    }
    this.topLength = kept;
  }

  private moveTopToBottom(): void {
    while (this.bottomSlots.length <= this.topLength) this.growBottom();
    const { topTimes, topSlots } = this;
    for (let i = this.topLength - 1; i >= 0; i--) {
      if (topSlots[i] === 0) continue;
      this.bottomTimes[this.bottomLength] = topTimes[i]!;
      this.bottomSlots[this.bottomLength++] = topSlots[i]!;
    }
    this.topLength = 0;
    this.sendAllToBottom();
  }

  /** Moves the bottom into a new lowest rung with one bucket for all times, so that however many events follow, each costs the
   *  same; they are spread when the first of them is wanted. @returns the bucket. */
  private collectBottom(): number {
    const { bottomSlots, bottomLength } = this;
    const bucket = this.addRung(0, 0, 1);
    this.bottomLength = 0;
    for (let i = bottomLength - 1; i >= 0; i--) if (bottomSlots[i] !== 0) this.link(bottomSlots[i]!, bucket);
    return bucket;
  }

  /** Keeps ties as they are. */
  private sortBottom(): void {
    const { bottomTimes, bottomSlots, bottomLength } = this;
    const entries: { readonly time: number; readonly slot: number }[] = [];
    for (let i = 0; i < bottomLength; i++) entries.push({ time: bottomTimes[i]!, slot: bottomSlots[i]! });
    entries.sort((one, other) => other.time - one.time);
    for (let i = 0; i < bottomLength; i++) {
      bottomTimes[i] = entries[i]!.time;
      bottomSlots[i] = entries[i]!.slot;
    }
  }

  private makeRoomInTop(): void {
    const { integers, topTimes, topSlots, topLength } = this;
    let kept = 0;
    for (let i = 0; i < topLength; i++) {
      const slot = topSlots[i]!;
      if (slot === 0) continue;
      topTimes[kept] = topTimes[i]!;
      topSlots[kept] = slot;
      integers[(slot << 3) | 3] = kept++;
    }
    this.topLength = kept;
    if (kept <= topSlots.length >> 1) return;
    const times = new Float64Array(topSlots.length * 2);
    times.set(topTimes);
    this.topTimes = times;
    const slots = new Int32Array(topSlots.length * 2);
    slots.set(topSlots);
    this.topSlots = slots;
  }

  private growBottom(): void {
    const times = new Float64Array(this.bottomTimes.length * 2);
    times.set(this.bottomTimes);
    this.bottomTimes = times;
    const slots = new Int32Array(this.bottomSlots.length * 2);
    slots.set(this.bottomSlots);
    this.bottomSlots = slots;
  }
}
