import type { EventTable } from "./event-table.ts";
import type { PendingEventSet } from "./pending-event-set.ts";

const INITIAL_CAPACITY = 64;

/** A binary heap in typed arrays. The times lie beside the slots, so sifting reads consecutive memory; the sequence is looked
 *  up in the table only when two times are equal. Each slot knows its position (in `PREVIOUS`), which makes removal eager. */
export class EventHeap implements PendingEventSet {
  private size = 0;
  private readonly table: EventTable;
  private times = new Float64Array(INITIAL_CAPACITY);
  private slots = new Int32Array(INITIAL_CAPACITY);

  constructor(table: EventTable) {
    this.table = table;
  }

  insert(slot: number, time: number): void {
    const position = this.size;
    // One spare entry: the branch-free choice of a child may look one past the last.
    if (position + 2 > this.slots.length) this.grow();
    this.size = position + 1;
    this.siftUp(position, slot, time);
  }

  remove(slot: number): void {
    const position = this.table.previous(slot);
    const last = this.size - 1;
    this.size = last;
    if (position === last) return;
    const moved = this.slots[last]!;
    const movedTime = this.times[last]!;
    const parent = (position - 1) >> 1;
    if (position > 0 && this.isBefore(movedTime, moved, this.times[parent]!, this.slots[parent]!)) {
      this.siftUp(position, moved, movedTime);
    } else {
      this.siftDown(position, moved, movedTime);
    }
  }

  nextTime(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.times[0]!;
  }

  takeUpTo(last: number): number {
    if (this.size === 0 || this.times[0]! > last) return -1;
    return this.takeFirst();
  }

  private takeFirst(): number {
    const first = this.slots[0]!;
    const last = this.size - 1;
    this.size = last;
    if (last > 0) this.siftDown(0, this.slots[last]!, this.times[last]!);
    return first;
  }

  private isBefore(time: number, slot: number, otherTime: number, otherSlot: number): boolean {
    return (
      time < otherTime || (time === otherTime && this.table.sequence(slot) < this.table.sequence(otherSlot))
    );
  }

  private place(position: number, slot: number, time: number): void {
    this.times[position] = time;
    this.slots[position] = slot;
    this.table.setPrevious(slot, position);
  }

  private siftUp(start: number, slot: number, time: number): void {
    const { times, slots } = this;
    let position = start;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const parentTime = times[parent]!;
      const parentSlot = slots[parent]!;
      if (!this.isBefore(time, slot, parentTime, parentSlot)) break;
      this.place(position, parentSlot, parentTime);
      position = parent;
    }
    this.place(position, slot, time);
  }

  private siftDown(start: number, slot: number, time: number): void {
    const { times, slots, size } = this;
    // So that the right child of the last parent loses when it doesn't exist.
    times[size] = Number.POSITIVE_INFINITY;
    let position = start;
    for (;;) {
      const left = 2 * position + 1;
      if (left >= size) break;
      const leftTime = times[left]!;
      const rightTime = times[left + 1]!;
      let child = left + +(rightTime < leftTime);
      if (
        rightTime === leftTime &&
        this.table.sequence(slots[left + 1]!) < this.table.sequence(slots[left]!)
      ) {
        child = left + 1;
      }
      const childTime = times[child]!;
      const childSlot = slots[child]!;
      if (!this.isBefore(childTime, childSlot, time, slot)) break;
      this.place(position, childSlot, childTime);
      position = child;
    }
    this.place(position, slot, time);
  }

  private grow(): void {
    const times = new Float64Array(this.times.length * 2);
    times.set(this.times);
    this.times = times;
    const slots = new Int32Array(this.slots.length * 2);
    slots.set(this.slots);
    this.slots = slots;
  }
}
