/** Models: how a task's time divides into busy, idle and back-pressured, as Flink's gauges show it: the mean over the last
 *    60 s, in 12 slots of 5 s, of those that are full, in whole ms; and the sum since the task began.
 *  Source: flink TimerGauge, TaskIOMetricGroup, StreamTask.processInput, MetricNames (Flink 2.1).
 *  Leaves out: the rounding of each stretch to ms, that sums grow with the end of a stretch or a slot, the changelog's own time;
 *    within a slot a source that keeps up is busy evenly. */

/** What a task thread does: it works, or is blocked in a flush, a commit or a snapshot; it has no input, or the channels
 *  that it may read have none; its output is not available, and it rests between two records (soft) or in the middle of one that
 *  gets no buffer (hard). */
export const BUSY = 0;
export const IDLE = 1;
export const SOFT_BACK_PRESSURED = 2;
export const HARD_BACK_PRESSURED = 3;
type TaskActivity = typeof BUSY | typeof IDLE | typeof SOFT_BACK_PRESSURED | typeof HARD_BACK_PRESSURED;

const ACTIVITIES = 4;
const SLOTS = 12;
/** ns between two updates. */
export const UPDATE_INTERVAL = 5e9;
const MILLISECOND = 1e6;
/** Part of a ms that sums of stretches may be off by. */
const ROUNDING = 1e-6;

/** Times of a task, under Flink's names: `…PerSecond` ms/s from 0 to 1000, `accumulate…` ms, `max…` ms: the longest stretch of the
 *  last full slot, as long as it had lasted by that slot's end. */
export interface TaskTimes {
  readonly busyTimeMsPerSecond: number;
  readonly idleTimeMsPerSecond: number;
  readonly backPressuredTimeMsPerSecond: number;
  readonly softBackPressuredTimeMsPerSecond: number;
  readonly hardBackPressuredTimeMsPerSecond: number;
  readonly maxSoftBackPressureTimeMs: number;
  readonly maxHardBackPressureTimeMs: number;
  readonly accumulateBusyTimeMs: number;
  readonly accumulateIdleTimeMs: number;
  readonly accumulateBackPressuredTimeMs: number;
}

export class TaskGauges {
  /** ns, when the task began, and up to when its time is accounted for. Before it begins there is nothing to account for. */
  #began = Number.POSITIVE_INFINITY;
  #at = Number.POSITIVE_INFINITY;
  #activity: TaskActivity = IDLE;
  /** ns, since when. */
  #since = 0;
  /** A busy task is idle from then on, ns. */
  #busyUntil = 0;
  /** Work not yet accounted for, ns: it is more than the time it was reported for. */
  #owed = 0;
  // By activity, ns: in all, in the slot being filled, in each of the last full ones (slot by slot).
  readonly #sums = new Float64Array(ACTIVITIES);
  readonly #inSlot = new Float64Array(ACTIVITIES);
  readonly #slots = new Float64Array(ACTIVITIES * SLOTS);
  // By activity, ns: the longest stretch in the slot being filled, and in the last full one.
  readonly #longestInSlot = new Float64Array(ACTIVITIES);
  readonly #longest = new Float64Array(ACTIVITIES);
  #slotEnd = UPDATE_INTERVAL;
  #slot = 0;
  #full = 0;

  /** The task begins at `now`, idle. Slots end with the updates of its process, every 5 s of the clock. */
  begin(now: number): void {
    this.#began = now;
    this.#at = now;
    this.#since = now;
    this.#slotEnd = (Math.floor(now / UPDATE_INTERVAL) + 1) * UPDATE_INTERVAL;
  }

  /** The task is at `activity` from `now` on. @param until ns: a task that is busy is idle from then on, if nothing else is
   *  said. */
  enter(activity: TaskActivity, now: number, until: number = Number.POSITIVE_INFINITY): void {
    this.#pass(now);
    if (activity !== this.#activity) {
      this.#endStretch(now);
      this.#activity = activity;
      this.#since = now;
    }
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
    this.#spend(now, IDLE, (span - spent) / span);
  }

  /** Times as the gauges show them at `now`. Until the first update they show no idle and no back-pressured time, as in
   *  Flink, and so 1000 ms/s busy. */
  read(now: number): TaskTimes {
    this.#pass(now);
    const sums = this.#sums;
    const idle = this.#mean(IDLE);
    const soft = this.#mean(SOFT_BACK_PRESSURED);
    const hard = this.#mean(HARD_BACK_PRESSURED);
    const backPressured = sums[SOFT_BACK_PRESSURED]! + sums[HARD_BACK_PRESSURED]!;
    const busy = now - this.#began - sums[IDLE]! - backPressured;
    return {
      busyTimeMsPerSecond: 1000 - Math.min(1000, idle + soft + hard),
      idleTimeMsPerSecond: idle,
      backPressuredTimeMsPerSecond: soft + hard,
      softBackPressuredTimeMsPerSecond: soft,
      hardBackPressuredTimeMsPerSecond: hard,
      maxSoftBackPressureTimeMs: whole(this.#longest[SOFT_BACK_PRESSURED]! / MILLISECOND),
      maxHardBackPressureTimeMs: whole(this.#longest[HARD_BACK_PRESSURED]! / MILLISECOND),
      accumulateBusyTimeMs: Math.max(0, busy) / MILLISECOND,
      accumulateIdleTimeMs: sums[IDLE]! / MILLISECOND,
      accumulateBackPressuredTimeMs: backPressured / MILLISECOND,
    };
  }

  /** ms/s over the full slots among the last 12. */
  #mean(activity: TaskActivity): number {
    if (this.#full === 0) return 0;
    let sum = 0;
    for (let slot = 0; slot < this.#full; slot++) sum += this.#slots[slot * ACTIVITIES + activity]!;
    return Math.min(1000, whole((sum / (this.#full * UPDATE_INTERVAL)) * 1000));
  }

  /** Accounts for the time up to `now` by what the task is at. */
  #pass(now: number): void {
    if (now <= this.#at) return;
    if (this.#activity === BUSY) {
      this.#spend(now < this.#busyUntil ? now : this.#busyUntil, BUSY, 1);
      this.#spend(now, IDLE, 1);
    } else this.#spend(now, this.#activity, 1);
  }

  /** The time up to `to`: a share of it at `activity`, and busy otherwise. */
  #spend(to: number, activity: TaskActivity, share: number): void {
    while (to >= this.#slotEnd) {
      this.#add(this.#slotEnd, activity, share);
      this.#update();
    }
    this.#add(to, activity, share);
  }

  #add(to: number, activity: TaskActivity, share: number): void {
    const span = to - this.#at;
    if (span <= 0) return;
    this.#at = to;
    this.#sums[activity]! += span * share;
    this.#inSlot[activity]! += span * share;
  }

  #endStretch(now: number): void {
    const length = now - this.#since;
    if (length > this.#longestInSlot[this.#activity]!) this.#longestInSlot[this.#activity] = length;
  }

  #update(): void {
    this.#endStretch(this.#slotEnd);
    this.#longest.set(this.#longestInSlot);
    this.#longestInSlot.fill(0);
    this.#slots.set(this.#inSlot, this.#slot * ACTIVITIES);
    this.#inSlot.fill(0);
    this.#slot = (this.#slot + 1) % SLOTS;
    if (this.#full < SLOTS) this.#full++;
    this.#slotEnd += UPDATE_INTERVAL;
  }
}

function whole(ms: number): number {
  return Math.floor(ms + ROUNDING);
}
