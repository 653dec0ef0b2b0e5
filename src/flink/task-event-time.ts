/** Models: event time at a task behind an exchange: its watermark over all channels, and the windows of its operator, which
 *    keep records until the watermark fires them.
 *  Source: flink StatusWatermarkValve, WindowOperator, InternalTimeServiceManager.advanceWatermark (2.1).
 *  Leaves out: several windowed operators in one chain, timers of other operators, interruptible timers. */

import { Outbox, SpanList, type WindowResults } from "../records/index.ts";
import {
  ACTIVE_STREAM,
  type EventTimeMetrics,
  IDLE_STREAM,
  known,
  NO_WATERMARK,
  type StreamStatus,
  UNCHANGED,
} from "./event-time.ts";
import type { FiredWindow, TumblingWindows, TumblingWindowsState } from "./tumbling-windows.ts";
import {
  OUTPUT_ACTIVE,
  OUTPUT_IDLE,
  OUTPUT_WATERMARK,
  onActive,
  onIdle,
  onWatermark,
  type WatermarkValve,
  watermarkValve,
} from "./watermark-valve.ts";

/** Windows of a task's operator. */
export interface TaskWindows {
  readonly windows: TumblingWindows;
  readonly results: WindowResults;
  /** ns that so many results take together. */
  readonly service: (results: number) => number;
  /** A window was fired with so many results. */
  readonly onFired: (window: FiredWindow, results: number) => void;
  /** So many records were dropped. */
  readonly onLate: (records: number) => void;
  /** The input has ended, and so many records are in windows that nothing fires any more. */
  readonly onLeftOpen: (records: number) => void;
}

export class TaskEventTime {
  readonly #windows: TaskWindows | undefined;
  readonly #outbox = new Outbox();
  #valve: WatermarkValve = watermarkValve(0);
  /** Results of the windows that are being fired. */
  readonly results: SpanList;
  /** What goes on when these are out; see EventTimeElement. */
  watermark: number = NO_WATERMARK;
  status: StreamStatus = UNCHANGED;
  #output: number = NO_WATERMARK;
  #resultsOut = 0;
  /** Late records that the restored state knows of. */
  readonly #lateBefore: number;

  /** @param windows undefined: the task hands watermarks on. @param restored what the windows begin with. */
  constructor(
    separate: boolean,
    windows: TaskWindows | undefined,
    restored: TumblingWindowsState | undefined,
  ) {
    this.results = new SpanList(separate);
    this.#windows = windows;
    if (restored !== undefined) windows?.windows.restore(restored);
    this.#lateBefore = restored?.late ?? 0;
  }

  get hasWindows(): boolean {
    return this.#windows !== undefined;
  }

  /** Results that were fired since the task began, those that are being fired included. */
  get resultsOut(): number {
    return this.#resultsOut;
  }

  connect(channels: number): void {
    this.#valve = watermarkValve(channels);
  }

  metrics(): EventTimeMetrics {
    const windows = this.#windows?.windows;
    return {
      currentInputWatermark: known(this.#valve.output),
      currentOutputWatermark: known(this.#output),
      ...(windows !== undefined && { numLateRecordsDropped: windows.late - this.#lateBefore }),
    };
  }

  /** State of the windows; undefined: there are none. */
  snapshot(): TumblingWindowsState | undefined {
    return this.#windows?.windows.snapshot();
  }

  /** Entries of the windows' keyed state: one a key and window. @param distinct keys among so many records. */
  entries(distinct: (records: number) => number): number {
    const open = this.#windows?.windows.open ?? [];
    return open.reduce((sum, { records }) => sum + distinct(records), 0);
  }

  /** Records were processed: windows keep them. */
  process(originPartition: number, route: number, from: number, to: number): void {
    if (this.#windows === undefined) return;
    const { windows, onLate } = this.#windows;
    const late = windows.add(originPartition, route, from, to);
    if (late > 0) onLate(late);
  }

  /** ns that the results take that are being fired. */
  serviceOfResults(): number {
    return this.#windows!.service(this.results.records);
  }

  /** An element has come through the channel at this place among the inputs. Fires windows into `results`, in order. */
  receive(channel: number, watermark: number, status: StreamStatus): void {
    const outbox = this.#outbox;
    outbox.clear();
    if (status === ACTIVE_STREAM) onActive(this.#valve, channel, outbox);
    if (watermark !== NO_WATERMARK) onWatermark(this.#valve, channel, watermark, outbox);
    if (status === IDLE_STREAM) onIdle(this.#valve, channel, outbox);
    for (let i = 0; i < outbox.length; i++) {
      if (outbox.effects[i] === OUTPUT_WATERMARK) this.#advance(outbox.a[i]!);
      else if (outbox.effects[i] === OUTPUT_IDLE) this.status = IDLE_STREAM;
      else if (outbox.effects[i] === OUTPUT_ACTIVE) this.status = ACTIVE_STREAM;
    }
  }

  /** The input has ended, and all that came of it is handed on. */
  endInput(): void {
    if (this.#windows !== undefined) this.#windows.onLeftOpen(this.#windows.windows.records.open);
  }

  /** What `receive` has put out is handed on now, behind the results. */
  handOn(put: (watermark: number, status: StreamStatus) => void): void {
    this.results.clear();
    const { watermark, status } = this;
    if (watermark === NO_WATERMARK && status === UNCHANGED) return;
    this.watermark = NO_WATERMARK;
    this.status = UNCHANGED;
    if (watermark !== NO_WATERMARK) this.#output = watermark;
    put(watermark, status);
  }

  #advance(watermark: number): void {
    this.watermark = watermark;
    if (this.#windows === undefined) return;
    const { windows, results, onFired } = this.#windows;
    for (const window of windows.advance(watermark)) {
      const { start, maxTimestamp, records, spans } = window;
      const before = this.results.records;
      results.fire(start, maxTimestamp, records, spans, this.results);
      const fired = this.results.records - before;
      this.#resultsOut += fired;
      onFired(window, fired);
    }
  }
}
