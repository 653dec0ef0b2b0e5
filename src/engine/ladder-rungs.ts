import { PendingEventSet } from "./pending-event-set.ts";

/** A rung divides its range by about a hundred, so nine span 2^53 instants; beyond this many, which takes clusters that are
 *  scheduled ever nearer, the bottom just grows. */
export const MOST_RUNGS = 16;

/** The rungs of a ladder queue: each a row of buckets that divides one bucket of the rung above, and each bucket a doubly linked
 *  list of events, so that removal is eager and O(1). */
export abstract class LadderRungs extends PendingEventSet {
  // First slot of each bucket's list, or 0: those of rung 0, of rung 1, ... The last to be inserted is the first.
  protected heads: Int32Array = new Int32Array(256);
  // A bit for each bucket that isn't empty, the highest of a word for the first, and the word of the next of them.
  protected occupied: Int32Array = new Int32Array(8);
  protected front = 0;

  // Rung r covers times from its start; x = (time - start) * scale lies in bucket floor(x), which is monotone in time whatever
  // the rounding. Of its `width` buckets, those before `next` are used up. Four doubles a rung: start, scale, next, width.
  protected rungs = 0;
  protected readonly ranges = new Float64Array(MOST_RUNGS * 4);
  private readonly offsets = new Int32Array(MOST_RUNGS);

  protected link(slot: number, bucket: number): void {
    const { heads, integers } = this;
    const first = heads[bucket]!;
    integers[(slot << 3) | 2] = first;
    // Without a first one that is slot 0, which is nobody's; a condition would be a coin toss.
    integers[(first << 3) | 3] = slot;
    heads[bucket] = slot;
    this.occupied[bucket >> 5]! |= 1 << ~bucket;
  }

  protected unlink(slot: number, bucket: number): void {
    const { integers } = this;
    const next = integers[(slot << 3) | 2]!;
    if (this.heads[bucket] === slot) {
      this.heads[bucket] = next;
      if (next === 0) this.occupied[bucket >> 5]! &= ~(1 << ~bucket);
      return;
    }
    // Only a slot that isn't the first of its list has a previous one.
    const previous = integers[(slot << 3) | 3]!;
    integers[(previous << 3) | 2] = next;
    integers[(next << 3) | 3] = previous;
  }

  /** Empties a bucket. @returns the first slot of the list that it held. */
  protected empty(bucket: number): number {
    const first = this.heads[bucket]!;
    this.heads[bucket] = 0;
    this.occupied[bucket >> 5]! &= ~(1 << ~bucket);
    return first;
  }

  /** The bucket that holds, or would hold, an event that isn't for the top; -1 when that is the bottom. */
  protected bucketAt(slot: number): number {
    const { rungs, ranges } = this;
    const time = this.doubles[slot << 2]!;
    for (let rung = 0; rung < rungs; rung++) {
      const range = rung << 2;
      const x = (time - ranges[range]!) * ranges[range | 1]!;
      if (x >= ranges[range | 2]!) {
        const width = ranges[range | 3]!;
        return this.offsets[rung]! + (x < width ? x | 0 : width - 1);
      }
    }
    return -1;
  }

  /** The nearest bucket that isn't empty; drops the rungs that are used up. @returns -1, without rungs, when there is none. */
  protected nextBucket(): number {
    const { occupied, ranges, offsets } = this;
    for (let rung = this.rungs - 1; rung >= 0; rung--) {
      const range = rung << 2;
      const offset = offsets[rung]!;
      const end = offset + ranges[range | 3]!;
      let { front } = this;
      while (front << 5 < end && occupied[front] === 0) front++;
      if (front << 5 < end) {
        const word = occupied[front]!;
        const bucket = (front << 5) | Math.clz32(word);
        ranges[range | 2] = bucket - offset + 1;
        this.front = front;
        // Rung 0 stays even when it is used up, for what lies beyond its end belongs to the top.
        if (bucket === end - 1 && rung > 0) this.dropRung();
        return bucket;
      }
      if (rung > 0) this.dropRung();
    }
    this.rungs = 0;
    return -1;
  }

  private dropRung(): void {
    const rung = --this.rungs - 1;
    this.front = (this.offsets[rung]! + this.ranges[(rung << 2) | 2]!) >> 5;
  }

  /** @returns the first bucket of the new rung. */
  protected addRung(start: number, scale: number, width: number): number {
    const { ranges } = this;
    const rung = this.rungs++;
    // Rungs don't share words of bits.
    const offset = rung === 0 ? 0 : (this.offsets[rung - 1]! + ranges[((rung - 1) << 2) | 3]! + 31) & -32;
    if (offset + width > this.heads.length) this.growHeads(offset + width);
    this.offsets[rung] = offset;
    this.front = offset >> 5;
    ranges.set([start, scale, 0, width], rung << 2);
    return offset;
  }

  private growHeads(needed: number): void {
    const words = Math.max((needed + 31) >> 5, this.occupied.length * 2);
    const heads = new Int32Array(words << 5);
    heads.set(this.heads);
    this.heads = heads;
    const occupied = new Int32Array(words);
    occupied.set(this.occupied);
    this.occupied = occupied;
  }
}
