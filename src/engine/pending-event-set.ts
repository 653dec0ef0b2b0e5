import { invariant } from "./invariant.ts";

/** What an event does. `a` and `b` are the int32 payload given when it was scheduled. */
export type EventHandler = (a: number, b: number) => void;

const INITIAL_SLOTS = 64;
const SLOT_LIMIT = 2 ** 24;

/** The events that are still to come, in the total order of their times and, among equals, of their insertion. Implementations
 *  give the identical order, so they can be exchanged without changing a run.
 *
 *  Events are rows of numbers: one slot each, 32 bytes of one ArrayBuffer, which is seen as doubles (0: time) and as 32-bit
 *  integers (2, 3: links of the implementation, 4: kind or -1, 5, 6: payload, 7: generation). Slot 0 is no event's and stands for none.
 *  No event is an object, and an event's fields share a cache line.
 *
 *  The order extends the table, where one would rather let it refer to one, because the loop then finds all arrays in one
 *  object. The layout is spelt out in literals, since a constant of a module is loaded from memory at each use, and in shifts
 *  and `or`s, since a sum is checked for overflow. */
export abstract class PendingEventSet {
  protected doubles = new Float64Array(0);
  protected integers = new Int32Array(0);
  private slots = 0;
  // A stack of the slots without an event, on slot 0.
  private unused = new Int32Array(0);
  private unusedLength = 1;
  private retired = 0;

  constructor() {
    this.resize(INITIAL_SLOTS);
  }

  /** Puts a slot in its place, after all that are there and not later. `time` is that of the slot. */
  abstract insert(slot: number, time: number): void;
  /** Takes a slot out of its place, which must have been given to it. */
  abstract remove(slot: number): void;
  /** Time of the first event, nanoseconds; Infinity when there is none. */
  abstract nextTime(): number;
  /** Removes and returns the slot of the first event if its time is at most `last`; otherwise 0. */
  abstract takeUpTo(last: number): number;

  /** How many slots have an event, whether inserted or not. */
  get size(): number {
    return this.slots - this.unusedLength - this.retired;
  }

  /** Nanoseconds. */
  time(slot: number): number {
    return this.doubles[slot << 2]!;
  }

  kind(slot: number): number {
    return this.integers[(slot << 3) | 4]!;
  }

  payloadA(slot: number): number {
    return this.integers[(slot << 3) | 5]!;
  }

  payloadB(slot: number): number {
    return this.integers[(slot << 3) | 6]!;
  }

  /** Where an event that isn't inserted waits, as its owner noted it; less than 0 when it is inserted. */
  waitingPlace(slot: number): number {
    return ~this.integers[(slot << 3) | 3]!;
  }

  setWaitingPlace(slot: number, place: number): void {
    this.integers[(slot << 3) | 3] = ~place;
  }

  setTime(slot: number, time: number): void {
    this.doubles[slot << 2] = time;
  }

  /** Gives an event a slot, which isn't inserted yet. @throws InvariantError when 2^24 have one. */
  add(time: number, kind: number, a: number, b: number): number {
    const length = this.unusedLength - 1;
    const slot = this.unused[length]!;
    const { integers } = this;
    const row = slot << 3;
    const generation = integers[row | 7]! + 1;
    if (generation > 0x1fffffff) return this.addElsewhere(slot, time, kind, a, b);
    this.unusedLength = length;
    this.doubles[slot << 2] = time;
    integers[row | 4] = kind;
    integers[row | 5] = a;
    integers[row | 6] = b;
    integers[row | 7] = generation;
    return slot;
  }

  /** Adds an event when the next unused slot can't be had. */
  private addElsewhere(slot: number, time: number, kind: number, a: number, b: number): number {
    if (slot === 0) {
      this.resize(this.slots * 2);
    } else {
      // All generations of the slot are used up. It is never used again, so that no stale handle can match a later event.
      this.unusedLength--;
      this.retired++;
    }
    return this.add(time, kind, a, b);
  }

  /** Takes the slot of an event back; its handle is stale from now on. */
  release(slot: number): void {
    this.integers[(slot << 3) | 4] = -1;
    this.unused[this.unusedLength++] = slot;
  }

  /** Takes the slot of an event back and then calls the handler of its kind. */
  execute(slot: number, handlers: readonly EventHandler[]): void {
    const { integers } = this;
    const row = slot << 3;
    const kind = integers[row | 4]!;
    integers[row | 4] = -1;
    this.unused[this.unusedLength++] = slot;
    handlers[kind]!(integers[row | 5]!, integers[row | 6]!);
  }

  handle(slot: number): number {
    return this.integers[(slot << 3) | 7]! * 0x1000000 + slot;
  }

  /** The slot of a handle, or 0 when its event is no longer there. */
  find(handle: number): number {
    if (!(handle >= 0)) return 0;
    const generation = Math.floor(handle / 0x1000000);
    const slot = handle - generation * 0x1000000;
    if (!(slot < this.slots && this.integers[(slot << 3) | 7] === generation)) return 0;
    return this.integers[(slot << 3) | 4]! >= 0 ? slot : 0;
  }

  private resize(slots: number): void {
    invariant(slots <= SLOT_LIMIT, "Cannot schedule an event: more than 16,777,215 are pending");
    const buffer = new ArrayBuffer(slots * 32);
    const integers = new Int32Array(buffer);
    integers.set(this.integers);
    this.integers = integers;
    this.doubles = new Float64Array(buffer);
    // So that slot 0 can't be had.
    integers[7] = 0x1fffffff;
    this.unused = new Int32Array(slots);
    const first = Math.max(this.slots, 1);
    for (let slot = slots - 1; slot >= first; slot--) this.unused[this.unusedLength++] = slot;
    this.slots = slots;
  }
}
