/** Layout of the table of pending events, shared by the simulation and both pending-event sets. One slot per event, 40 bytes,
 *  one ArrayBuffer seen as doubles and as 32-bit integers: an event's fields share a cache line, and no event is an object. */

/** Doubles a slot: time, sequence, then the integers. */
export const DOUBLES_PER_SLOT = 5;
/** 32-bit integers a slot; the first four overlie the two doubles. */
export const INTEGERS_PER_SLOT = 10;

/** Offsets of the doubles within a slot. */
export const TIME = 0;
export const SEQUENCE = 1;

/** Offsets of the integers within a slot. `NEXT` and `PREVIOUS` belong to the pending-event set that holds the slot. */
export const NEXT = 4;
export const PREVIOUS = 5;
export const KIND = 6;
export const PAYLOAD_A = 7;
export const PAYLOAD_B = 8;
/** How often the slot was used: tells a handle to the present event from a stale one. */
export const GENERATION = 9;

/** The two views of one table. */
export interface EventTable {
  readonly doubles: Float64Array;
  readonly integers: Int32Array;
  readonly slots: number;
}

/** A table of `slots` slots that begins with a copy of `from`. */
export function createEventTable(slots: number, from?: EventTable): EventTable {
  const buffer = new ArrayBuffer(slots * DOUBLES_PER_SLOT * Float64Array.BYTES_PER_ELEMENT);
  const table = { doubles: new Float64Array(buffer), integers: new Int32Array(buffer), slots };
  if (from !== undefined) table.integers.set(from.integers);
  return table;
}
