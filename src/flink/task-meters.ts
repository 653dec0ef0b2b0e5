/** Models: the rates a second of a task's counters, as Flink's meters show them: what was counted between the last update and the
 *    one 60 s before, over 60 s, whether or not the task is as old; updates come every 5 s.
 *  Source: flink MeterView, ViewUpdater, TaskIOMetricGroup (Flink 2.1).
 *  Leaves out: nothing of the above. */

/** What a task has taken in and given out since it began, under Flink's names. */
export interface TaskCounters {
  readonly numRecordsIn: number;
  readonly numRecordsOut: number;
  readonly numBytesIn: number;
  readonly numBytesOut: number;
  readonly numBuffersOut: number;
}

/** The same a second. */
export interface TaskRates {
  readonly numRecordsInPerSecond: number;
  readonly numRecordsOutPerSecond: number;
  readonly numBytesInPerSecond: number;
  readonly numBytesOutPerSecond: number;
  readonly numBuffersOutPerSecond: number;
}

/** s, and the counts that are kept of it: one an update, both ends included. */
const TIME_SPAN = 60;
const KEPT = 13;

const NOTHING: TaskCounters = {
  numRecordsIn: 0,
  numRecordsOut: 0,
  numBytesIn: 0,
  numBytesOut: 0,
  numBuffersOut: 0,
};

export class TaskMeters {
  readonly #counts: TaskCounters[] = Array.from({ length: KEPT }, () => NOTHING);
  #latest = 0;

  update(counters: TaskCounters): void {
    this.#latest = (this.#latest + 1) % KEPT;
    this.#counts[this.#latest] = counters;
  }

  get rates(): TaskRates {
    const now = this.#counts[this.#latest]!;
    const before = this.#counts[(this.#latest + 1) % KEPT]!;
    return {
      numRecordsInPerSecond: (now.numRecordsIn - before.numRecordsIn) / TIME_SPAN,
      numRecordsOutPerSecond: (now.numRecordsOut - before.numRecordsOut) / TIME_SPAN,
      numBytesInPerSecond: (now.numBytesIn - before.numBytesIn) / TIME_SPAN,
      numBytesOutPerSecond: (now.numBytesOut - before.numBytesOut) / TIME_SPAN,
      numBuffersOutPerSecond: (now.numBuffersOut - before.numBuffersOut) / TIME_SPAN,
    };
  }
}
