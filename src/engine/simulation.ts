import type { EngineObserver } from "./engine-observer.ts";
import { EventHeap } from "./event-heap.ts";
import {
  createEventTable,
  DOUBLES_PER_SLOT,
  GENERATION,
  INTEGERS_PER_SLOT,
  KIND,
  NEXT,
  PAYLOAD_A,
  PAYLOAD_B,
  SEQUENCE,
  TIME,
} from "./event-table.ts";
import { InvariantError, invariant } from "./invariant.ts";
import { LadderQueue } from "./ladder-queue.ts";
import { OrderFingerprint } from "./order-fingerprint.ts";
import { RandomStream } from "./random-stream.ts";
import type { SimTime } from "./sim-time.ts";
import type { StopReason } from "./stop-reason.ts";

/** What an event does. `a` and `b` are the int32 payload given when it was scheduled. */
export type EventHandler = (a: number, b: number) => void;

/** Most that a run may use. Reaching one ends the run with a {@link StopReason}. */
export interface SimulationBounds {
  /** Events executed over the whole life of the simulation. */
  readonly events?: number;
  /** Events pending at once, looked at between two events. */
  readonly pending?: number;
}

export interface SimulationOptions {
  /** The seed that all random streams are derived from. There is no default: a run must be replayable. */
  readonly seed: string;
  /** The pending-event set. All give the identical order. */
  readonly queue?: "auto" | "heap" | "ladder";
  readonly bounds?: SimulationBounds;
  readonly observer?: EngineObserver;
  /** Whether to hash the executed order; see {@link Simulation.fingerprint}. */
  readonly fingerprint?: boolean;
}

/** The handle of no event. Never returned by `scheduleAt` or `scheduleAfter`; cancelling it is allowed and does nothing. */
export const NO_EVENT = -1;

// A handle is generation * 2^24 + slot, a safe integer. A slot whose generations are used up is never handed out again, so
// that a stale handle can't match a later event, however long the run.
const SLOT_LIMIT = 2 ** 24;
const GENERATION_LIMIT = 2 ** 29;

const INITIAL_SLOTS = 64;
const NO_SLOT = -1;

const NOW = 0;
const NEXT_SEQUENCE = 1;
const EXECUTED = 2;

const NOT_INTERRUPTED = 0;
const INTERRUPTED_BY_STOP = 1;

/** A discrete-event simulation: a clock, the pending events, a table of handlers, and the random streams.
 *
 *  Guarantee: events are executed in the order (time, sequence), where the sequence counts calls of `schedule…` and
 *  `reschedule`. So of two events at one instant the one scheduled first is executed first, and the order depends on
 *  nothing but those calls.
 *
 *  The loop allocates nothing per event: an event is a row of numbers in a table, and a handler is called with two of them. */
export class Simulation {
  readonly seed: string;
  private readonly queue: EventHeap | LadderQueue;
  private readonly handlers: EventHandler[] = [];
  private readonly kindNames: string[] = [];
  private readonly streams = new Map<string, RandomStream>();
  private readonly observer: EngineObserver | undefined;
  private readonly order: OrderFingerprint | undefined;
  private readonly eventBound: number;
  private readonly pendingBound: number;

  // Counters live in a typed array because a field that passes 2^31 would change its representation in mid-run and throw away
  // the compiled loop.
  private readonly clock = new Float64Array(3);

  private table = createEventTable(INITIAL_SLOTS);
  private doubles = this.table.doubles;
  private integers = this.table.integers;
  private usedSlots = 0;
  private freeSlot = NO_SLOT;

  // Events at the present instant: first in, first out, in a ring of slots. A cancelled one leaves NO_SLOT behind.
  private immediate = new Int32Array(16);
  private immediateHead = 0;
  private immediateLength = 0;
  private immediateCancelled = 0;

  private interruption = NOT_INTERRUPTED;
  private running = false;

  constructor(options: SimulationOptions) {
    this.seed = options.seed;
    this.observer = options.observer;
    this.order = options.fingerprint === true ? new OrderFingerprint() : undefined;
    this.eventBound = options.bounds?.events ?? Number.POSITIVE_INFINITY;
    this.pendingBound = options.bounds?.pending ?? Number.POSITIVE_INFINITY;
    this.queue = options.queue === "heap" ? new EventHeap() : new LadderQueue();
    this.queue.adopt(this.table);
  }

  /** The present instant, nanoseconds since the start of the run. */
  get now(): SimTime {
    return this.clock[NOW] as SimTime;
  }

  /** How many events were executed so far. */
  get executed(): number {
    return this.clock[EXECUTED]!;
  }

  /** How many events are scheduled and neither executed nor cancelled. */
  get pending(): number {
    return this.queue.size + this.immediateLength - this.immediateCancelled;
  }

  /** Adds a kind of event. The name identifies it in traces; kinds are numbered from 0 in order of definition.
   *  @throws InvariantError when the name is taken. */
  defineKind(name: string, handler: EventHandler): number {
    if (this.kindNames.includes(name)) {
      throw new InvariantError(
        `Cannot define a kind of event: got "${name}" a second time, wanted a new name`,
      );
    }
    this.kindNames.push(name);
    return this.handlers.push(handler) - 1;
  }

  /** The name a kind was defined with. @throws InvariantError when there is no such kind. */
  kindName(kind: number): string {
    const name = this.kindNames[kind];
    invariant(name !== undefined, "Cannot name a kind of event: it was never defined");
    return name;
  }

  /** Schedules an event at an instant, now or later: whole nanoseconds. `a` and `b` are int32.
   *  @returns a handle for `cancel` and `reschedule`: an integer of 0 ..= 2^53 - 1, so store it as a double.
   *  @throws InvariantError when the time is past or not whole, the kind not defined or the payload not int32. */
  scheduleAt(time: number, kind: number, a: number, b: number): number {
    if (!(time >= this.clock[NOW]! && Math.floor(time) === time)) this.rejectTime(time);
    if (kind >>> 0 >= this.handlers.length || (a | 0) !== a || (b | 0) !== b) this.rejectEvent(kind, a, b);

    let slot = this.freeSlot;
    if (slot === NO_SLOT) slot = this.unusedSlot();
    else this.freeSlot = this.integers[slot * INTEGERS_PER_SLOT + NEXT]!;

    const base = slot * INTEGERS_PER_SLOT;
    const { integers } = this;
    integers[base + KIND] = kind;
    integers[base + PAYLOAD_A] = a;
    integers[base + PAYLOAD_B] = b;
    this.enter(slot, time);
    return integers[base + GENERATION]! * SLOT_LIMIT + slot;
  }

  /** Schedules an event `delay` nanoseconds from now; with 0 it is executed at this instant, after all that are already
   *  scheduled for it. Otherwise as {@link scheduleAt}. */
  scheduleAfter(delay: number, kind: number, a: number, b: number): number {
    return this.scheduleAt(this.clock[NOW]! + delay, kind, a, b);
  }

  /** Takes a pending event back, at once: it no longer counts as pending.
   *  @returns false when there is nothing to cancel: it was executed or cancelled before, or the handle is NO_EVENT. */
  cancel(handle: number): boolean {
    const slot = this.slotOf(handle);
    if (slot === NO_SLOT) return false;
    this.withdraw(slot);
    this.release(slot);
    return true;
  }

  /** Moves a pending event to another instant, now or later. It keeps its handle and takes a new place in the order, as if it
   *  had been scheduled just now.
   *  @returns false, and does nothing, when the event is no longer pending.
   *  @throws InvariantError when the time is past or not whole. */
  reschedule(handle: number, time: number): boolean {
    if (!(time >= this.clock[NOW]! && Math.floor(time) === time)) this.rejectTime(time);
    const slot = this.slotOf(handle);
    if (slot === NO_SLOT) return false;
    this.withdraw(slot);
    this.enter(slot, time);
    return true;
  }

  /** Whether the event of this handle is still to come. */
  isPending(handle: number): boolean {
    return this.slotOf(handle) !== NO_SLOT;
  }

  /** Executes all events up to and including the instant `until` (nanoseconds, Infinity allowed), unless something ends the run
   *  before; see {@link StopReason}. It can be called again to go on.
   *  @throws InvariantError when `until` is past or a handler calls `run`; whatever a handler throws. */
  run(until: number): StopReason {
    invariant(!this.running, "Cannot run the simulation: it is running already");
    invariant(until >= this.clock[NOW]!, "Cannot run the simulation: the end lies in the past");
    this.running = true;
    this.interruption = NOT_INTERRUPTED;
    try {
      return this.loop(until);
    } finally {
      this.running = false;
    }
  }

  /** Ends the run after the handler that calls this. */
  stop(): void {
    this.interruption = INTERRUPTED_BY_STOP;
  }

  /** The random stream of this name; the same object each time, so that its sequence goes on. */
  stream(name: string): RandomStream {
    let stream = this.streams.get(name);
    if (stream === undefined) {
      stream = new RandomStream(this.seed, name);
      this.streams.set(name, stream);
    }
    return stream;
  }

  /** A hash of the executed order so far: 16 hexadecimal digits.
   *  @throws InvariantError unless the simulation was created with `fingerprint: true`. */
  fingerprint(): string {
    invariant(this.order !== undefined, "Cannot give a fingerprint: the simulation was created without one");
    return this.order.digest();
  }

  private loop(until: number): StopReason {
    const { clock, queue, handlers, eventBound, pendingBound } = this;
    const instrumented = this.observer !== undefined || this.order !== undefined;
    const last = Math.min(until, Number.MAX_SAFE_INTEGER);
    for (;;) {
      if (this.interruption !== NOT_INTERRUPTED) return { kind: "stopped" };
      if (queue.size + this.immediateLength > pendingBound && this.pending > pendingBound) {
        return { kind: "pending-bound", bound: pendingBound };
      }

      const time = queue.nextTime();
      let slot: number;
      // What the queue holds for this instant was scheduled before the instant came, so it precedes the ring.
      if (this.immediateLength > 0 && time > clock[NOW]!) {
        if (clock[EXECUTED]! >= eventBound) return { kind: "event-bound", bound: eventBound };
        slot = this.takeImmediate();
        if (slot === NO_SLOT) continue;
      } else {
        if (time > last) return this.finish(until);
        if (clock[EXECUTED]! >= eventBound) return { kind: "event-bound", bound: eventBound };
        slot = queue.takeNext();
        clock[NOW] = time;
      }

      const base = slot * INTEGERS_PER_SLOT;
      const { integers } = this;
      const stored = integers[base + KIND]!;
      const kind = stored < 0 ? ~stored : stored;
      const a = integers[base + PAYLOAD_A]!;
      const b = integers[base + PAYLOAD_B]!;
      this.release(slot);
      clock[EXECUTED]!++;
      if (instrumented) this.report(kind, a, b);
      handlers[kind]!(a, b);
    }
  }

  private finish(until: number): StopReason {
    if (this.queue.size === 0) return { kind: "no-more-events" };
    this.clock[NOW] = until;
    return { kind: "reached-end" };
  }

  private report(kind: number, a: number, b: number): void {
    const now = this.now;
    this.order?.add(now, kind, a, b);
    if (this.observer === undefined) return;
    const sequence = this.clock[NEXT_SEQUENCE];
    const pending = this.pending;
    this.observer.onEvent(now, kind, a, b);
    invariant(
      sequence === this.clock[NEXT_SEQUENCE] &&
        pending === this.pending &&
        this.interruption === NOT_INTERRUPTED,
      "Cannot go on: the observer changed the run",
    );
  }

  /** Gives a slot its time and the next sequence number, and hands it to the ring or to the queue. */
  private enter(slot: number, time: number): void {
    const { clock } = this;
    const base = slot * DOUBLES_PER_SLOT;
    this.doubles[base + TIME] = time;
    this.doubles[base + SEQUENCE] = clock[NEXT_SEQUENCE]!++;
    if (time === clock[NOW]) this.pushImmediate(slot);
    else this.queue.insert(slot, time);
  }

  /** Takes a slot out of the ring or out of the queue, whichever holds it. */
  private withdraw(slot: number): void {
    const kindAt = slot * INTEGERS_PER_SLOT + KIND;
    const stored = this.integers[kindAt]!;
    if (stored >= 0) {
      this.queue.remove(slot);
      return;
    }
    this.integers[kindAt] = ~stored;
    const mask = this.immediate.length - 1;
    let position = this.immediateHead;
    while (this.immediate[position] !== slot) position = (position + 1) & mask;
    this.immediate[position] = NO_SLOT;
    this.immediateCancelled++;
  }

  private pushImmediate(slot: number): void {
    if (this.immediateLength === this.immediate.length) this.growImmediate();
    this.immediate[(this.immediateHead + this.immediateLength) & (this.immediate.length - 1)] = slot;
    this.immediateLength++;
    // The complement of the kind marks a slot that is in the ring.
    const kindAt = slot * INTEGERS_PER_SLOT + KIND;
    this.integers[kindAt] = ~this.integers[kindAt]!;
  }

  private takeImmediate(): number {
    const slot = this.immediate[this.immediateHead]!;
    this.immediateHead = (this.immediateHead + 1) & (this.immediate.length - 1);
    this.immediateLength--;
    if (slot === NO_SLOT) this.immediateCancelled--;
    return slot;
  }

  private growImmediate(): void {
    const { immediate, immediateHead } = this;
    const grown = new Int32Array(immediate.length * 2);
    grown.set(immediate.subarray(immediateHead));
    grown.set(immediate.subarray(0, immediateHead), immediate.length - immediateHead);
    this.immediate = grown;
    this.immediateHead = 0;
  }

  private unusedSlot(): number {
    const slot = this.usedSlots;
    if (slot === this.table.slots) this.growTable();
    this.usedSlots = slot + 1;
    return slot;
  }

  private growTable(): void {
    const { slots } = this.table;
    invariant(slots < SLOT_LIMIT, "Cannot schedule an event: more than 16,777,216 are pending");
    this.table = createEventTable(slots * 2, this.table);
    this.doubles = this.table.doubles;
    this.integers = this.table.integers;
    this.queue.adopt(this.table);
  }

  private release(slot: number): void {
    const base = slot * INTEGERS_PER_SLOT;
    const { integers } = this;
    const generation = integers[base + GENERATION]! + 1;
    integers[base + GENERATION] = generation;
    if (generation === GENERATION_LIMIT) return;
    integers[base + NEXT] = this.freeSlot;
    this.freeSlot = slot;
  }

  /** The slot of a pending event, or NO_SLOT when the handle is stale or NO_EVENT. */
  private slotOf(handle: number): number {
    if (!(handle >= 0)) return NO_SLOT;
    const generation = Math.floor(handle / SLOT_LIMIT);
    const slot = handle - generation * SLOT_LIMIT;
    if (slot >= this.usedSlots) return NO_SLOT;
    return this.integers[slot * INTEGERS_PER_SLOT + GENERATION] === generation ? slot : NO_SLOT;
  }

  private rejectTime(time: number): never {
    throw new InvariantError(
      `Cannot schedule an event: got time ${time} ns at ${this.now} ns, wanted a whole number not in the past`,
    );
  }

  private rejectEvent(kind: number, a: number, b: number): never {
    throw new InvariantError(
      `Cannot schedule an event: got kind ${kind} with payload ${a}, ${b}, wanted one of ${this.handlers.length} kinds and two int32`,
    );
  }
}
