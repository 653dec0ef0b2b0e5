import { invariant } from "./invariant.ts";

const INITIAL_SLOTS = 64;
const SLOT_LIMIT = 2 ** 24;

/** The pending events as rows of numbers: one slot each, 64 bytes of one ArrayBuffer, which is seen as doubles (0: time, 1: sequence,
 *  6: handle) and as 32-bit integers (4, 5: links, 6: kind, 7, 8: payload, 9: whether immediate). Slot 0 is no event's and stands for none. No event is an object, and an event's fields share a cache line.
 *
 *  The accessors spell the layout out in literals, since a constant of a module is loaded from memory at each use, and in shifts
 *  and `or`s, since a sum is checked for overflow. Together that is a factor of two in the whole loop. */
export class EventTable {
  private doubles = new Float64Array(0);
  private integers = new Int32Array(0);
  private slots = 0;
  private used = 1;
  private free = 0;

  constructor() {
    this.resize(INITIAL_SLOTS);
  }

  /** Nanoseconds. */
  time(slot: number): number {
    return this.doubles[slot << 3]!;
  }

  /** The place among events of the same time. */
  sequence(slot: number): number {
    return this.doubles[(slot << 3) | 1]!;
  }

  place(slot: number, time: number, sequence: number): void {
    const { doubles } = this;
    doubles[slot << 3] = time;
    doubles[(slot << 3) | 1] = sequence;
  }

  /** `next` and `previous` belong to whatever holds the slot, the pending-event set or the ring of the present instant. */
  next(slot: number): number {
    return this.integers[(slot << 4) | 4]!;
  }

  setNext(slot: number, next: number): void {
    this.integers[(slot << 4) | 4] = next;
  }

  previous(slot: number): number {
    return this.integers[(slot << 4) | 5]!;
  }

  setPrevious(slot: number, previous: number): void {
    this.integers[(slot << 4) | 5] = previous;
  }

  kind(slot: number): number {
    return this.integers[(slot << 4) | 6]!;
  }

  payloadA(slot: number): number {
    return this.integers[(slot << 4) | 7]!;
  }

  payloadB(slot: number): number {
    return this.integers[(slot << 4) | 8]!;
  }

  /** Whether the event waits in the ring of the present instant, not in the pending-event set. */
  isImmediate(slot: number): boolean {
    return this.integers[(slot << 4) | 9] !== 0;
  }

  markImmediate(slot: number, isImmediate: boolean): void {
    this.integers[(slot << 4) | 9] = +isImmediate;
  }

  /** Takes a slot for an event. @throws InvariantError when 2^24 are taken. */
  take(time: number, sequence: number, kind: number, a: number, b: number): number {
    let slot = this.free;
    if (slot === 0) slot = this.unusedSlot();
    else this.free = this.next(slot);
    this.place(slot, time, sequence);
    const { integers } = this;
    const base = slot << 4;
    integers[base | 6] = kind;
    integers[base | 7] = a;
    integers[base | 8] = b;
    return slot;
  }

  /** Gives a slot back; its handle is stale from now on. */
  release(slot: number): void {
    const handle = this.doubles[(slot << 3) | 6]! + 0x1000000;
    this.doubles[(slot << 3) | 6] = handle;
    // A slot whose 2^29 generations are used up is never handed out again, so that no stale handle can match a later event.
    if (handle >= 0x20000000000000) return;
    this.setNext(slot, this.free);
    this.free = slot;
  }

  /** The handle of the event in a slot, generation x 2^24 + slot: a safe integer. */
  handle(slot: number): number {
    return this.doubles[(slot << 3) | 6]!;
  }

  /** The slot of a handle, or 0 when its event is no longer there. */
  find(handle: number): number {
    if (!(handle >= 0)) return 0;
    const slot = handle - Math.floor(handle / 0x1000000) * 0x1000000;
    return slot < this.used && this.doubles[(slot << 3) | 6] === handle ? slot : 0;
  }

  private unusedSlot(): number {
    if (this.used === this.slots) this.resize(this.slots * 2);
    const slot = this.used++;
    this.doubles[(slot << 3) | 6] = slot;
    return slot;
  }

  private resize(slots: number): void {
    invariant(slots <= SLOT_LIMIT, "Cannot schedule an event: more than 16,777,216 are pending");
    const buffer = new ArrayBuffer(slots * 64);
    const integers = new Int32Array(buffer);
    integers.set(this.integers);
    this.integers = integers;
    this.doubles = new Float64Array(buffer);
    this.slots = slots;
  }
}
