/** Models: how a task's time divides into busy, idle and back-pressured, as Flink's gauges show it: the mean over the last
 *    60 s, in 12 slots of 5 s, and the sum since the task began.
 *  Source: flink TimerGauge, TaskIOMetricGroup, StreamTask.processInput, MetricNames (Flink 2.1).
 *  Leaves out: hard back-pressure (a task here never blocks within a record), the rounding of each stretch to ms, the
 *    changelog's own time; within a slot a source that keeps up is busy evenly. */

/** What a task thread does: it works, or is blocked in a flush, a commit or a snapshot; it has no input, or the channels
 *  that it may read have none; its output is not available. */
export const BUSY = 0;
export const IDLE = 1;
export const BACK_PRESSURED = 2;
type TaskActivity = typeof BUSY | typeof IDLE | typeof BACK_PRESSURED;

const SLOTS = 12;
/** ns between two updates. */
const UPDATE_INTERVAL = 5e9;
const MILLISECOND = 1e6;

/** Times of a task, under Flink's names: `…PerSecond` ms/s from 0 to 1000, `accumulate…` ms. */
export interface TaskTimes {
  readonly busyTimeMsPerSecond: number;
  readonly idleTimeMsPerSecond: number;
  readonly backPressuredTimeMsPerSecond: number;
  readonly accumulateBusyTimeMs: number;
  readonly accumulateIdleTimeMs: number;
  readonly accumulateBackPressuredTimeMs: number;
}

/** What a task has taken in and given out since it began, under Flink's names. */
export interface TaskCounters {
  readonly numRecordsIn: number;
  readonly numRecordsOut: number;
  readonly numBytesIn: number;
  readonly numBytesOut: number;
  readonly numBuffersOut: number;
  /** Buffers of the remote channels that have come and wait. */
  readonly inputQueueLength: number;
  /** Buffers in the subpartitions' queues. */
  readonly outputQueueLength: number;
}

export type TaskMetrics = TaskTimes & TaskCounters;

export class TaskGauges {
  /** ns, when the task began, and up to when its time is accounted for. Before it begins there is nothing to account for. */
  #began = Number.POSITIVE_INFINITY;
  #at = Number.POSITIVE_INFINITY;
  #activity: TaskActivity = IDLE;
  /** A busy task is idle from then on, ns. */
  #busyUntil = 0;
  /** Work not yet accounted for, ns: it is more than the time it was reported for. */
  #owed = 0;
  // ns in all.
  #idle = 0;
  #backPressured = 0;
  // ns in the slot being filled, and in the last full ones.
  #idleInSlot = 0;
  #backPressuredInSlot = 0;
  #slotEnd = UPDATE_INTERVAL;
  #slot = 0;
  #slots = 0;
  readonly #idleSlots = new Float64Array(SLOTS);
  readonly #backPressuredSlots = new Float64Array(SLOTS);

  /** The task begins at `now`, idle. Slots end with the updates of its process, every 5 s of the clock. */
  begin(now: number): void {
    this.#began = now;
    this.#at = now;
    this.#slotEnd = (Math.floor(now / UPDATE_INTERVAL) + 1) * UPDATE_INTERVAL;
  }

  /** The task is at `activity` from `now` on. @param until ns: a task that is busy is idle from then on, if nothing else is
   *  said. */
  enter(activity: TaskActivity, now: number, until: number = Number.POSITIVE_INFINITY): void {
    this.#pass(now);
    this.#activity = activity;
    this.#busyUntil = until;
  }

  /** Of the time since the last call, up to `now`, the task worked `busy` ns, evenly, and was idle otherwise. */
  worked(busy: number, now: number): void {
    const span = now - this.#at;
    if (span <= 0) {
      this.#owed += busy;
      return;
    }
    const owed = this.#owed + busy;
    const spent = owed < span ? owed : span;
    this.#owed = owed - spent;
    this.#spend(now, (span - spent) / span, 0);
  }

  /** Times as the gauges show them at `now`. Until the first update they show no idle and no back-pressured time, as in
   *  Flink, and so 1000 ms/s busy. */
  read(now: number): TaskTimes {
    this.#pass(now);
    const idle = this.#mean(this.#idleSlots);
    const backPressured = this.#mean(this.#backPressuredSlots);
    const busy = now - this.#began - this.#idle - this.#backPressured;
    return {
      busyTimeMsPerSecond: 1000 - Math.min(1000, idle + backPressured),
      idleTimeMsPerSecond: idle,
      backPressuredTimeMsPerSecond: backPressured,
      accumulateBusyTimeMs: Math.max(0, busy) / MILLISECOND,
      accumulateIdleTimeMs: this.#idle / MILLISECOND,
      accumulateBackPressuredTimeMs: this.#backPressured / MILLISECOND,
    };
  }

  /** ms/s over the full slots among the last 12. */
  #mean(slots: Float64Array): number {
    if (this.#slots === 0) return 0;
    let sum = 0;
    for (let i = 0; i < this.#slots; i++) sum += slots[i]!;
    return Math.min(1000, (sum / (this.#slots * UPDATE_INTERVAL)) * 1000);
  }

  /** Accounts for the time up to `now` by what the task is at. */
  #pass(now: number): void {
    if (now <= this.#at) return;
    if (this.#activity === BUSY) {
      this.#spend(now < this.#busyUntil ? now : this.#busyUntil, 0, 0);
      this.#spend(now, 1, 0);
    } else if (this.#activity === IDLE) this.#spend(now, 1, 0);
    else this.#spend(now, 0, 1);
  }

  /** The time up to `to`, of which those shares are idle and back-pressured. */
  #spend(to: number, idleShare: number, backPressuredShare: number): void {
    while (to >= this.#slotEnd) {
      this.#add(this.#slotEnd, idleShare, backPressuredShare);
      this.#update();
    }
    this.#add(to, idleShare, backPressuredShare);
  }

  #add(to: number, idleShare: number, backPressuredShare: number): void {
    const span = to - this.#at;
    if (span <= 0) return;
    this.#at = to;
    this.#idle += span * idleShare;
    this.#idleInSlot += span * idleShare;
    this.#backPressured += span * backPressuredShare;
    this.#backPressuredInSlot += span * backPressuredShare;
  }

  #update(): void {
    this.#idleSlots[this.#slot] = this.#idleInSlot;
    this.#backPressuredSlots[this.#slot] = this.#backPressuredInSlot;
    this.#slot = (this.#slot + 1) % SLOTS;
    if (this.#slots < SLOTS) this.#slots++;
    this.#idleInSlot = 0;
    this.#backPressuredInSlot = 0;
    this.#slotEnd += UPDATE_INTERVAL;
  }
}
