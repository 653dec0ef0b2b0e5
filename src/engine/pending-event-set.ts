/** The events that are still to come, as slots of an event table, in the total order (time, sequence). Implementations give
 *  the identical order, so they can be exchanged without changing a run. */
export interface PendingEventSet {
  /** Adds a slot, whose time and sequence are already in the table. */
  insert(slot: number): void;
  /** Removes a slot that it holds. */
  remove(slot: number): void;
  /** Time of the first event, nanoseconds; Infinity when it is empty. */
  nextTime(): number;
  /** Removes and returns the slot of the first event if its time is at most `last`; otherwise 0. */
  takeUpTo(last: number): number;
}
