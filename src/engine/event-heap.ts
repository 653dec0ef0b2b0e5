import { PendingEventSet } from "./pending-event-set.ts";

const INITIAL_CAPACITY = 64;

/** A binary heap in typed arrays, ordered by time and, among equals, by a number counted up at each insertion. The times lie
 *  beside the slots, so sifting reads consecutive memory; of two children the earlier is chosen without a branch, and the number
 *  is looked up only when two times are equal. Each slot's position is known, which makes removal eager.
 *
 *  It is short and obviously right: what the ladder is tested against. */
export class EventHeap extends PendingEventSet {
  private count = 0;
  // Minus zero, lest it change its representation at 2^31.
  private nextSequence = -0;
  // One spare entry each: the choice of a child may look one past the last.
  private times = new Float64Array(INITIAL_CAPACITY);
  private positioned = new Int32Array(INITIAL_CAPACITY);
  // By slot.
  private positions = new Int32Array(INITIAL_CAPACITY);
  private sequences = new Float64Array(INITIAL_CAPACITY);

  insert(slot: number, _time: number): void {
    const position = this.count;
    if (position + 2 > this.times.length || slot >= this.positions.length) this.grow(slot);
    this.count = position + 1;
    this.sequences[slot] = this.nextSequence++;
    this.siftUp(position, slot);
  }

  remove(slot: number): void {
    const position = this.positions[slot]!;
    const last = this.count - 1;
    this.count = last;
    const moved = this.positioned[last]!;
    this.times[last] = Number.POSITIVE_INFINITY;
    if (position === last) return;
    const parent = (position - 1) >> 1;
    if (position > 0 && this.isBefore(moved, this.positioned[parent]!)) this.siftUp(position, moved);
    else this.siftDown(position, moved);
  }

  nextTime(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : this.times[0]!;
  }

  takeUpTo(last: number): number {
    const end = this.count - 1;
    if (end < 0 || this.times[0]! > last) return 0;
    const first = this.positioned[0]!;
    this.count = end;
    // So that it loses as the right child of the last parent.
    this.times[end] = Number.POSITIVE_INFINITY;
    if (end > 0) this.siftDown(0, this.positioned[end]!);
    return first;
  }

  private isBefore(slot: number, other: number): boolean {
    const time = this.time(slot);
    const otherTime = this.time(other);
    return time < otherTime || (time === otherTime && this.sequences[slot]! < this.sequences[other]!);
  }

  private siftUp(start: number, slot: number): void {
    const { times, positioned, positions, sequences } = this;
    const time = this.time(slot);
    let position = start;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const parentTime = times[parent]!;
      if (parentTime < time) break;
      const parentSlot = positioned[parent]!;
      if (parentTime === time && sequences[parentSlot]! < sequences[slot]!) break;
      times[position] = parentTime;
      positioned[position] = parentSlot;
      positions[parentSlot] = position;
      position = parent;
    }
    times[position] = time;
    positioned[position] = slot;
    positions[slot] = position;
  }

  private siftDown(start: number, slot: number): void {
    const { times, positioned, positions, sequences, count } = this;
    const time = this.time(slot);
    let position = start;
    let child = 2 * position + 1;
    while (child < count) {
      const leftTime = times[child]!;
      const rightTime = times[child + 1]!;
      if (rightTime === leftTime && sequences[positioned[child + 1]!]! < sequences[positioned[child]!]!)
        child++;
      child += +(rightTime < leftTime);
      const childTime = times[child]!;
      if (childTime > time) break;
      const childSlot = positioned[child]!;
      if (childTime === time && sequences[slot]! < sequences[childSlot]!) break;
      times[position] = childTime;
      positioned[position] = childSlot;
      positions[childSlot] = position;
      position = child;
      child = 2 * position + 1;
    }
    times[position] = time;
    positioned[position] = slot;
    positions[slot] = position;
  }

  private grow(slot: number): void {
    const times = new Float64Array(Math.max(this.times.length, (this.count + 1) * 2));
    times.set(this.times);
    this.times = times;
    const positioned = new Int32Array(times.length);
    positioned.set(this.positioned);
    this.positioned = positioned;
    const positions = new Int32Array(Math.max(this.positions.length, slot * 2));
    positions.set(this.positions);
    this.positions = positions;
    const sequences = new Float64Array(positions.length);
    sequences.set(this.sequences);
    this.sequences = sequences;
  }
}
