import type { EventTable } from "./event-table.ts";

/** The events that are still to come, as slots of an event table, in the total order (time, sequence). Implementations give
 *  the identical order, so they can be exchanged without changing a run. */
export interface PendingEventSet {
  /** How many slots it holds. */
  readonly size: number;
  /** Reads the slots from this table from now on; called at the start and whenever the table has grown. */
  adopt(table: EventTable): void;
  /** Adds a slot, whose time and sequence are already in the table; `time` repeats the time. */
  insert(slot: number, time: number): void;
  /** Removes a slot that it holds. */
  remove(slot: number): void;
  /** Time of the first event, nanoseconds; Infinity when it is empty. */
  nextTime(): number;
  /** Removes and returns the slot of the first event. Valid only right after `nextTime()` returned a finite time. */
  takeNext(): number;
}
