/** Models: tumbling event-time windows of one subtask: which records each window holds, and which windows a watermark
 *    fires.
 *  Source: flink TumblingEventTimeWindows, TimeWindow, EventTimeTrigger, WindowOperator (2.1).
 *  Leaves out: allowed lateness above 0, early and repeated firing. */

import { invariant } from "../engine/index.ts";
import { type WindowedSpan, windowStart } from "../records/index.ts";

/** A window [start, start + size), ms of event time, plain data. */
export interface OpenWindow {
  readonly start: number;
  records: number;
  readonly spans: WindowedSpan[];
}

/** A window that is fired, ms of event time. */
export interface FiredWindow {
  readonly start: number;
  readonly maxTimestamp: number;
  readonly records: number;
  readonly spans: readonly WindowedSpan[];
}

/** What windows have to know of records. Times are ns. */
export interface RecordTimes {
  createdAt(originPartition: number, route: number, rank: number): number;
  /** Records on the route created at or before `time`. */
  rankAt(originPartition: number, route: number, time: number): number;
}

/** Plain data, for a snapshot. */
export interface TumblingWindowsState {
  readonly open: readonly OpenWindow[];
  readonly eventTimeWatermark: number;
  readonly fired: number;
  readonly late: number;
}

const MILLISECOND = 1e6;

export class TumblingWindows {
  readonly #size: number;
  readonly #offset: number;
  readonly #times: RecordTimes;
  #open: OpenWindow[] = [];
  #watermark = Number.NEGATIVE_INFINITY;
  #fired = 0;
  #late = 0;

  /** @param size ms. @param offset ms, 0 <= offset < size. */
  constructor(size: number, offset: number, times: RecordTimes) {
    invariant(size > 0 && offset >= 0 && offset < size, "a window has a size, and an offset within it");
    this.#size = size;
    this.#offset = offset;
    this.#times = times;
  }

  /** Records that windows have fired, hold open, and that came when theirs had been fired and were dropped. Together they are
   *  all that came in. */
  get records(): { readonly fired: number; readonly open: number; readonly late: number } {
    const open = this.#open.reduce((sum, window) => sum + window.records, 0);
    return { fired: this.#fired, open, late: this.#late };
  }

  /** Records that came when their window had been fired. */
  get late(): number {
    return this.#late;
  }

  /** Windows that hold records, oldest first. */
  get open(): readonly OpenWindow[] {
    return this.#open;
  }

  snapshot(): TumblingWindowsState {
    return structuredClone({
      open: this.#open,
      eventTimeWatermark: this.#watermark,
      fired: this.#fired,
      late: this.#late,
    });
  }

  /** The watermark is not part of a checkpoint: after a restore it begins anew. */
  restore(state: TumblingWindowsState): void {
    this.#open = structuredClone([...state.open]);
    this.#fired = state.fired;
    this.#late = state.late;
    this.#watermark = Number.NEGATIVE_INFINITY;
  }

  /** Ranks [from, to) have come; each goes to the window of its creation time. @returns how many were late, and dropped. */
  add(originPartition: number, route: number, from: number, to: number): number {
    const before = this.#late;
    let at = from;
    while (at < to) {
      const timestamp = Math.floor(this.#times.createdAt(originPartition, route, at) / MILLISECOND);
      const start = windowStart(timestamp, this.#size, this.#offset);
      const nextWindow = (start + this.#size) * MILLISECOND;
      const end = Math.min(to, this.#times.rankAt(originPartition, route, nextWindow - 1));
      invariant(end > at, "a record lies in its window");
      if (start + this.#size - 1 <= this.#watermark) this.#late += end - at;
      else this.#put(start, { originPartition, route, from: at, to: end });
      at = end;
    }
    return this.#late - before;
  }

  /** The watermark has come to `eventTimeWatermark`, ms. @returns what fires, in order: every window whose last timestamp
   *  it has reached. */
  advance(eventTimeWatermark: number): FiredWindow[] {
    if (eventTimeWatermark <= this.#watermark) return [];
    this.#watermark = eventTimeWatermark;
    const fired: FiredWindow[] = [];
    let window = this.#open[0];
    while (window !== undefined && window.start + this.#size - 1 <= eventTimeWatermark) {
      const { start, records, spans } = window;
      fired.push({ start, maxTimestamp: start + this.#size - 1, records, spans });
      this.#fired += records;
      this.#open.shift();
      window = this.#open[0];
    }
    return fired;
  }

  #put(start: number, span: WindowedSpan): void {
    let at = this.#open.length;
    while (at > 0 && this.#open[at - 1]!.start > start) at--;
    let window = this.#open[at - 1];
    if (window?.start !== start) {
      window = { start, records: 0, spans: [] };
      this.#open.splice(at, 0, window);
    }
    window.records += span.to - span.from;
    const last = window.spans.findLastIndex(
      (one) =>
        one.originPartition === span.originPartition && one.route === span.route && one.to === span.from,
    );
    if (last < 0) window.spans.push(span);
    else window.spans[last] = { ...span, from: window.spans[last]!.from };
  }
}
