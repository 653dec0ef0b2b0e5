import { DOUBLES_PER_SLOT, type EventTable, INTEGERS_PER_SLOT, PREVIOUS, SEQUENCE } from "./event-table.ts";
import type { PendingEventSet } from "./pending-event-set.ts";

const INITIAL_CAPACITY = 64;

/** A binary heap in typed arrays. The times lie beside the slots, so sifting reads consecutive memory; the sequence is looked
 *  up in the table only when two times are equal. Each slot knows its position (in `PREVIOUS`), which makes removal eager. */
export class EventHeap implements PendingEventSet {
  size = 0;
  private times = new Float64Array(INITIAL_CAPACITY);
  private slots = new Int32Array(INITIAL_CAPACITY);
  private doubles: Float64Array = new Float64Array(0);
  private integers: Int32Array = new Int32Array(0);

  adopt(table: EventTable): void {
    this.doubles = table.doubles;
    this.integers = table.integers;
  }

  insert(slot: number, time: number): void {
    const position = this.size;
    // One spare entry: the branch-free choice of a child may look one past the last.
    if (position + 2 > this.slots.length) this.grow();
    this.size = position + 1;
    this.siftUp(position, slot, time);
  }

  remove(slot: number): void {
    const position = this.integers[slot * INTEGERS_PER_SLOT + PREVIOUS]!;
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

  takeNext(): number {
    const first = this.slots[0]!;
    const last = this.size - 1;
    this.size = last;
    if (last > 0) this.siftDown(0, this.slots[last]!, this.times[last]!);
    return first;
  }

  private isBefore(time: number, slot: number, otherTime: number, otherSlot: number): boolean {
    return time < otherTime || (time === otherTime && this.sequenceOf(slot) < this.sequenceOf(otherSlot));
  }

  private sequenceOf(slot: number): number {
    return this.doubles[slot * DOUBLES_PER_SLOT + SEQUENCE]!;
  }

  private place(position: number, slot: number, time: number): void {
    this.times[position] = time;
    this.slots[position] = slot;
    this.integers[slot * INTEGERS_PER_SLOT + PREVIOUS] = position;
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
      if (rightTime === leftTime && this.sequenceOf(slots[left + 1]!) < this.sequenceOf(slots[left]!)) {
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
