import type { EngineObserver } from "./engine-observer.ts";
import { EventHeap } from "./event-heap.ts";
import { InvariantError, invariant } from "./invariant.ts";
import { LadderQueue } from "./ladder-queue.ts";
import { OrderFingerprint } from "./order-fingerprint.ts";
import type { EventHandler, PendingEventSet } from "./pending-event-set.ts";
import { RandomStream } from "./random-stream.ts";
import type { SimTime } from "./sim-time.ts";
import type { StopReason } from "./stop-reason.ts";

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
  /** The pending-event set. All give the identical order; `auto` is the ladder, which was the faster one at every size measured,
   *  and the heap remains as what it is tested against. */
  readonly queue?: "auto" | "heap" | "ladder";
  readonly bounds?: SimulationBounds;
  readonly observer?: EngineObserver;
  /** Whether to hash the executed order; see {@link Simulation.fingerprint}. */
  readonly fingerprint?: boolean;
}

/** The handle of no event. Never returned by `scheduleAt` or `scheduleAfter`; cancelling it is allowed and does nothing. */
export const NO_EVENT = -1;

/** A discrete-event simulation: a clock, the pending events, a table of handlers, and the random streams.
 *
 *  Guarantee: events are executed in the order (time, sequence), where the sequence counts calls of `schedule…` and
 *  `reschedule`. So of two events at one instant the one scheduled first is executed first, and the order depends on
 *  nothing but those calls.
 *
 *  The loop allocates nothing per event: an event is a row of numbers in a table, and a handler is called with two of them. */
export class Simulation {
  readonly seed: string;
  private readonly queue: PendingEventSet;
  private readonly handlers: EventHandler[] = [];
  private readonly kindNames: string[] = [];
  private readonly streams = new Map<string, RandomStream>();
  private readonly observer: EngineObserver | undefined;
  private readonly order: OrderFingerprint | undefined;
  private readonly eventBound: number;
  private readonly pendingBound: number;

  // Minus zero is a double and never a small integer: these fields pass 2^31, and a field that changes its representation in
  // mid-run throws away the compiled loop.
  private time = -0;
  private executedEvents = -0;
  private withdrawnEvents = -0;
  // The time of the event that is being scheduled. A field and not passed on, because a double is allocated when it is given to a
  // function that wasn't inlined; and what is inlined into a handler is little, so it had better be this.
  private target = -0;

  // Events at the present instant: first in, first out, in a ring of slots. A cancelled one leaves 0 behind.
  private immediate = new Int32Array(16);
  private immediateHead = 0;
  private immediateLength = 0;
  private immediateCancelled = 0;
  // The last instant for which the queue was found to hold nothing more.
  private drainedAt = Number.NaN;

  private isStopped = false;
  // Whether each event is reported or counted against a bound of the pending ones.
  private readonly isWatched: boolean;
  // Whether anything but the queue matters to the next event.
  private needsCare = true;
  private running = false;

  constructor(options: SimulationOptions) {
    this.seed = options.seed;
    this.observer = options.observer;
    this.order = options.fingerprint === true ? new OrderFingerprint() : undefined;
    this.eventBound = options.bounds?.events ?? Number.POSITIVE_INFINITY;
    this.pendingBound = options.bounds?.pending ?? Number.POSITIVE_INFINITY;
    this.isWatched =
      this.observer !== undefined || this.order !== undefined || this.pendingBound < Number.POSITIVE_INFINITY;
    this.queue = options.queue === "heap" ? new EventHeap() : new LadderQueue();
  }

  /** The present instant, nanoseconds since the start of the run. */
  get now(): SimTime {
    return this.time as SimTime;
  }

  /** How many events were executed so far. */
  get executed(): number {
    return this.executedEvents;
  }

  /** How many events are scheduled and neither executed nor cancelled. */
  get pending(): number {
    return this.queue.size;
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
    this.target = time;
    return this.queue.handle(this.schedule(kind, a, b));
  }

  /** Schedules an event `delay` nanoseconds from now; with 0 it is executed at this instant, after all that are already
   *  scheduled for it. Otherwise as {@link scheduleAt}. */
  scheduleAfter(delay: number, kind: number, a: number, b: number): number {
    this.target = this.time + delay;
    return this.queue.handle(this.schedule(kind, a, b));
  }

  /** Takes a pending event back, at once: it no longer counts as pending.
   *  @returns false when there is nothing to cancel: it was executed or cancelled before, or the handle is NO_EVENT. */
  cancel(handle: number): boolean {
    const slot = this.queue.find(handle);
    if (slot === 0) return false;
    this.withdraw(slot);
    this.queue.release(slot);
    return true;
  }

  /** Moves a pending event to another instant, now or later. It keeps its handle and takes a new place in the order, as if it
   *  had been scheduled just now.
   *  @returns false, and does nothing, when the event is no longer pending.
   *  @throws InvariantError when the time is past or not whole. */
  reschedule(handle: number, time: number): boolean {
    if (!(time >= this.time && Number.isSafeInteger(time))) this.rejectTime(time);
    const slot = this.queue.find(handle);
    if (slot === 0) return false;
    this.withdraw(slot);
    this.queue.setTime(slot, time);
    if (time === this.time) this.pushImmediate(slot);
    else this.queue.insert(slot, time);
    return true;
  }

  /** Whether the event of this handle is still to come. */
  isPending(handle: number): boolean {
    return this.queue.find(handle) !== 0;
  }

  /** Executes all events up to and including the instant `until` (nanoseconds, Infinity allowed), unless something ends the run
   *  before; see {@link StopReason}. It can be called again to go on.
   *  @throws InvariantError when `until` is past or a handler calls `run`; whatever a handler throws. */
  run(until: number): StopReason {
    invariant(!this.running, "Cannot run the simulation: it is running already");
    invariant(until >= this.time, "Cannot run the simulation: the end lies in the past");
    this.running = true;
    this.isStopped = false;
    this.needsCare = true;
    try {
      return this.loop(until);
    } finally {
      this.running = false;
    }
  }

  /** Ends the run after the handler that calls this. */
  stop(): void {
    this.isStopped = true;
    this.needsCare = true;
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

  /** Schedules an event at the target. @returns its slot. */
  private schedule(kind: number, a: number, b: number): number {
    const time = this.target;
    if (!(time >= this.time && Number.isSafeInteger(time))) this.rejectTime(time);
    if (!(kind >>> 0 < this.handlers.length && (a | 0) === a && (b | 0) === b)) this.rejectEvent(kind, a, b);
    const slot = this.queue.add(time, kind, a, b);
    if (time === this.time) this.pushImmediate(slot);
    else this.queue.insert(slot, time);
    return slot;
  }

  private loop(until: number): StopReason {
    const { queue, handlers, eventBound } = this;
    const last = Math.min(until, Number.MAX_SAFE_INTEGER);
    for (;;) {
      // The loop is kept small, because what is inlined into it is limited: all that is rare is behind one flag.
      const needsCare = this.needsCare || this.executedEvents >= eventBound;
      const slot = needsCare ? this.takeWithCare(last) : queue.takeUpTo(last);
      if (slot === 0) {
        const reason = this.reasonToEnd(until);
        if (reason !== undefined) return reason;
        continue;
      }
      this.time = queue.time(slot);
      this.executedEvents++;
      queue.execute(slot, handlers);
    }
  }

  /** The slot of the next event, when there is more to look at than the queue; 0 when the run may have to end. */
  private takeWithCare(last: number): number {
    if (this.isStopped || this.pending > this.pendingBound) return 0;
    if (this.executedEvents >= this.eventBound && this.hasEventUpTo(last)) return 0;
    const slot = this.immediateLength > 0 ? this.takeAtThisInstant() : this.queue.takeUpTo(last);
    this.needsCare = this.isWatched || this.immediateLength > 0;
    if (slot !== 0 && this.isWatched) this.report(slot);
    return slot;
  }

  private reasonToEnd(until: number): StopReason | undefined {
    if (this.isStopped) return { kind: "stopped" };
    if (this.pending > this.pendingBound) return { kind: "pending-bound", bound: this.pendingBound };
    const last = Math.min(until, Number.MAX_SAFE_INTEGER);
    if (this.hasEventUpTo(last)) {
      return this.executedEvents >= this.eventBound
        ? { kind: "event-bound", bound: this.eventBound }
        : undefined;
    }
    return this.finish(until);
  }

  private hasEventUpTo(last: number): boolean {
    return this.immediateLength > this.immediateCancelled || this.queue.nextTime() <= last;
  }

  private finish(until: number): StopReason {
    if (this.pending === 0) return { kind: "no-more-events" };
    this.time = until;
    return { kind: "reached-end" };
  }

  private report(slot: number): void {
    const { queue } = this;
    const now = queue.time(slot) as SimTime;
    const kind = queue.kind(slot);
    const a = queue.payloadA(slot);
    const b = queue.payloadB(slot);
    this.order?.add(now, kind, a, b);
    if (this.observer === undefined) return;
    const { pending, withdrawnEvents } = this;
    this.observer.onEvent(now, kind, a, b);
    invariant(
      pending === this.pending && withdrawnEvents === this.withdrawnEvents && !this.isStopped,
      "Cannot go on: the observer changed the run",
    );
  }

  /** Takes a slot out of the ring or out of the queue, whichever holds it. */
  private withdraw(slot: number): void {
    this.withdrawnEvents++;
    const position = this.queue.waitingPlace(slot);
    if (position < 0) {
      this.queue.remove(slot);
      return;
    }
    this.queue.setWaitingPlace(slot, -1);
    this.immediate[position] = 0;
    this.immediateCancelled++;
  }

  private pushImmediate(slot: number): void {
    if (this.immediateLength === this.immediate.length) this.growImmediate();
    const position = (this.immediateHead + this.immediateLength) & (this.immediate.length - 1);
    this.immediate[position] = slot;
    this.immediateLength++;
    this.needsCare = true;
    this.queue.setWaitingPlace(slot, position);
  }

  /** The slot of the next event at the present instant, or 0 when that one was cancelled. */
  private takeAtThisInstant(): number {
    // What the queue holds for this instant was scheduled before the instant came, so it precedes the ring; and once there is no
    // more of it, none can come.
    if (this.drainedAt !== this.time) {
      const slot = this.queue.takeUpTo(this.time);
      if (slot !== 0) return slot;
      this.drainedAt = this.time;
    }
    const slot = this.immediate[this.immediateHead]!;
    this.immediateHead = (this.immediateHead + 1) & (this.immediate.length - 1);
    this.immediateLength--;
    if (slot === 0) this.immediateCancelled--;
    else this.queue.setWaitingPlace(slot, -1);
    return slot;
  }

  private growImmediate(): void {
    const { immediate, immediateHead } = this;
    const grown = new Int32Array(immediate.length * 2);
    grown.set(immediate.subarray(immediateHead));
    grown.set(immediate.subarray(0, immediateHead), immediate.length - immediateHead);
    this.immediate = grown;
    this.immediateHead = 0;
    for (let position = 0; position < immediate.length; position++) {
      const slot = grown[position]!;
      if (slot !== 0) this.queue.setWaitingPlace(slot, position);
    }
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
