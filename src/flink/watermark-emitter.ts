/** Models: a source subtask that looks every pipeline.auto-watermark-interval at what its splits have emitted, and emits a
 *    watermark.
 *  Source: flink SourceOperator, ProgressiveTimestampsAndWatermarks.startPeriodicWatermarkEmits (2.1); FLINK-35886.
 *  Leaves out: that the timer's mail waits for the record in hand. */

import { NO_EVENT, type RandomStream, type Simulation } from "../engine/index.ts";
import { Outbox } from "../records/index.ts";
import {
  ACTIVE_STREAM,
  type EventTimeMetrics,
  IDLE_STREAM,
  known,
  NO_WATERMARK,
  type StreamStatus,
  UNCHANGED,
} from "./event-time.ts";
import {
  EMIT_ACTIVE,
  EMIT_IDLE,
  EMIT_WATERMARK,
  onEmitted,
  onPeriodicEmit,
  onSplitFinished,
  type SourceWatermarks,
  sourceWatermarks,
} from "./source-watermarks.ts";

/** A source's watermark strategy. Times are ns. */
export interface WatermarkStrategy {
  /** WatermarkStrategy.forBoundedOutOfOrderness */
  readonly outOfOrderness: number;
  /** withIdleness; undefined: splits are never idle. */
  readonly idleTimeout: number | undefined;
  /** pipeline.auto-watermark-interval */
  readonly interval: number;
  /** largest lateness of the timer. */
  readonly oversleep: number;
  /** Whether idleness waits while the output is not available: from Flink 2.0 on. */
  readonly pausesWhileHeldUp: boolean;
}

const MILLISECOND = 1e6;

export class WatermarkEmitter {
  readonly #sim: Simulation;
  readonly #kind: number;
  readonly #task: number;
  readonly #strategy: WatermarkStrategy;
  readonly #random: RandomStream;
  readonly #state: SourceWatermarks;
  readonly #outbox = new Outbox();
  #event = NO_EVENT;
  /** ns: held up since; -1: not. And for how long before. */
  #heldUpSince = -1;
  #heldUp = 0;

  /** @param kind event of the timer, payload a = `task`. */
  constructor(
    sim: Simulation,
    kind: number,
    task: number,
    strategy: WatermarkStrategy,
    splits: number,
    random: RandomStream,
  ) {
    this.#sim = sim;
    this.#kind = kind;
    this.#task = task;
    this.#strategy = strategy;
    this.#random = random;
    const { outOfOrderness, idleTimeout = Number.POSITIVE_INFINITY } = strategy;
    this.#state = sourceWatermarks(splits, outOfOrderness / MILLISECOND, idleTimeout);
  }

  /** The first emission is a whole interval after the task's start. Tasks that run when the simulated time begins were started
   *  some time before; without that their timers would go off in step with the clock, and so with the windows' ends. */
  start(): void {
    const { interval } = this.#strategy;
    if (this.#sim.now > 0) this.#scheduleNext();
    else this.#schedule(Math.floor(this.#random.uniform() * interval));
  }

  dispose(): void {
    this.#sim.cancel(this.#event);
  }

  /** Neither a watermark nor idleness has been told: whoever is behind it waits. */
  get isSilent(): boolean {
    return this.#state.emitted === NO_WATERMARK && !this.#state.idle;
  }

  metrics(now: number): EventTimeMetrics {
    const watermark = known(this.#state.emitted);
    return {
      currentOutputWatermark: watermark,
      watermarkLag: watermark === null ? null : Math.floor(now / MILLISECOND) - watermark,
    };
  }

  /** The timer goes off; `emit` is due, now or when the thread is free. */
  onTimer(): void {
    this.#event = NO_EVENT;
  }

  /** The latest record of `split` was created at `createdAt`, ns. */
  onEmitted(split: number, createdAt: number): void {
    onEmitted(this.#state, split, Math.floor(createdAt / MILLISECOND));
  }

  /** `split` is read up to its end. */
  onSplitFinished(split: number): void {
    onSplitFinished(this.#state, split);
  }

  /** The task is back-pressured from here on, or no longer. */
  holdUp(now: number): void {
    if (this.#heldUpSince < 0) this.#heldUpSince = now;
  }

  goOn(now: number): void {
    if (this.#heldUpSince < 0) return;
    this.#heldUp += now - this.#heldUpSince;
    this.#heldUpSince = -1;
  }

  /** The periodic emission. @param put puts it behind what was emitted. */
  emit(put: (watermark: number, status: StreamStatus) => void): void {
    const outbox = this.#outbox;
    outbox.clear();
    onPeriodicEmit(this.#state, this.#activeTime(), outbox);
    let status: StreamStatus = UNCHANGED;
    let watermark: number = NO_WATERMARK;
    for (let i = 0; i < outbox.length; i++) {
      if (outbox.effects[i] === EMIT_WATERMARK) watermark = outbox.a[i]!;
      else if (outbox.effects[i] === EMIT_IDLE) status = IDLE_STREAM;
      else if (outbox.effects[i] === EMIT_ACTIVE) status = ACTIVE_STREAM;
    }
    if (outbox.length > 0) put(watermark, status);
    this.#scheduleNext();
  }

  #activeTime(): number {
    const { now } = this.#sim;
    if (!this.#strategy.pausesWhileHeldUp) return now;
    return now - this.#heldUp - (this.#heldUpSince < 0 ? 0 : now - this.#heldUpSince);
  }

  #scheduleNext(): void {
    const { interval, oversleep } = this.#strategy;
    const late = oversleep > 0 ? this.#random.uniform() * oversleep : 0;
    this.#schedule(Math.floor(interval + late));
  }

  #schedule(delay: number): void {
    this.#event = this.#sim.scheduleAfter(delay, this.#kind, this.#task, 0);
  }
}
