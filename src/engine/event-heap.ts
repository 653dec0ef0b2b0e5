import type { EventTable } from "./event-table.ts";
import type { PendingEventSet } from "./pending-event-set.ts";

const INITIAL_CAPACITY = 64;

/** A binary heap in typed arrays. The times lie beside the slots, so sifting reads consecutive memory; of two children the
 *  earlier is chosen without a branch, and the sequence is looked up only when two times are equal. Each slot's position is
 *  known, which makes removal eager.
 *
 *  Methods are given slots and never times: a double that is passed to a method that wasn't inlined is allocated. */
export class EventHeap implements PendingEventSet {
  size = 0;
  private readonly table: EventTable;
  // One spare entry each: the choice of a child may look one past the last.
  private times = new Float64Array(INITIAL_CAPACITY);
  private slots = new Int32Array(INITIAL_CAPACITY);
  /** Of each slot in the heap. */
  private positions = new Int32Array(INITIAL_CAPACITY);

  constructor(table: EventTable) {
    this.table = table;
  }

  insert(slot: number): void {
    const position = this.size;
    if (position + 2 > this.slots.length || slot >= this.positions.length) this.grow(slot);
    this.size = position + 1;
    this.siftUp(position, slot);
  }

  remove(slot: number): void {
    const position = this.positions[slot]!;
    const last = this.size - 1;
    this.size = last;
    const moved = this.slots[last]!;
    this.times[last] = Number.POSITIVE_INFINITY;
    if (position === last) return;
    const parent = (position - 1) >> 1;
    if (position > 0 && this.isBefore(moved, this.slots[parent]!)) this.siftUp(position, moved);
    else this.siftDown(position, moved);
  }

  nextTime(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.times[0]!;
  }

  takeUpTo(last: number): number {
    const end = this.size - 1;
    if (end < 0 || this.times[0]! > last) return 0;
    const first = this.slots[0]!;
    this.size = end;
    // So that it loses as the right child of the last parent.
    this.times[end] = Number.POSITIVE_INFINITY;
    if (end > 0) this.siftDown(0, this.slots[end]!);
    return first;
  }

  private isBefore(slot: number, other: number): boolean {
    const { table } = this;
    const time = table.time(slot);
    const otherTime = table.time(other);
    return time < otherTime || (time === otherTime && table.sequence(slot) < table.sequence(other));
  }

  private siftUp(start: number, slot: number): void {
    const { table, times, slots, positions } = this;
    const time = table.time(slot);
    let position = start;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const parentTime = times[parent]!;
      if (parentTime < time) break;
      const parentSlot = slots[parent]!;
      if (parentTime === time && table.sequence(parentSlot) < table.sequence(slot)) break;
      times[position] = parentTime;
      slots[position] = parentSlot;
      positions[parentSlot] = position;
      position = parent;
    }
    times[position] = time;
    slots[position] = slot;
    positions[slot] = position;
  }

  private siftDown(start: number, slot: number): void {
    const { table, times, slots, positions, size } = this;
    const time = table.time(slot);
    let position = start;
    let child = 2 * position + 1;
    while (child < size) {
      const leftTime = times[child]!;
      const rightTime = times[child + 1]!;
      if (rightTime === leftTime && table.sequence(slots[child + 1]!) < table.sequence(slots[child]!))
        child++;
      child += +(rightTime < leftTime);
      const childTime = times[child]!;
      if (childTime > time) break;
      const childSlot = slots[child]!;
      if (childTime === time && table.sequence(slot) < table.sequence(childSlot)) break;
      times[position] = childTime;
      slots[position] = childSlot;
      positions[childSlot] = position;
      position = child;
      child = 2 * position + 1;
    }
    times[position] = time;
    slots[position] = slot;
    positions[slot] = position;
  }

  private grow(slot: number): void {
    const times = new Float64Array(Math.max(this.times.length, (this.size + 1) * 2));
    times.set(this.times);
    this.times = times;
    const slots = new Int32Array(times.length);
    slots.set(this.slots);
    this.slots = slots;
    const positions = new Int32Array(Math.max(this.positions.length, slot * 2));
    positions.set(this.positions);
    this.positions = positions;
  }
}
