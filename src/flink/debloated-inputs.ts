/** Models: a task measuring what it receives, and telling the senders how large a buffer may be, period by period.
 *  Source: flink StreamTask.debloat, SingleInputGate.triggerDebloating, ThroughputCalculator (2.1).
 *  Leaves out: gates of one task apart. */

import { NO_EVENT, type Simulation } from "../engine/index.ts";
import { BufferDebloater, type BufferDebloatSettings } from "./buffer-debloater.ts";
import type { InputGates } from "./input-gates.ts";
import type { DebloatGauges } from "./task-metrics.ts";

export class DebloatedInputs {
  readonly #sim: Simulation;
  readonly #kind: number;
  readonly #task: number;
  readonly #settings: BufferDebloatSettings;
  readonly #inputs: InputGates;
  readonly #debloater: BufferDebloater;
  #event = NO_EVENT;
  /** ns; there has been something to receive since; -1: there isn't. And for how long in this period. */
  #receivingSince = -1;
  #receivingTime = 0;
  /** Bytes read in this period. */
  #bytes = 0;

  /** Begins now. @param kind event whose handler is onPeriodOver, payload a = `task`. */
  constructor(
    sim: Simulation,
    kind: number,
    task: number,
    settings: BufferDebloatSettings,
    inputs: InputGates,
  ) {
    this.#sim = sim;
    this.#kind = kind;
    this.#task = task;
    this.#settings = settings;
    this.#inputs = inputs;
    this.#debloater = new BufferDebloater(settings);
    this.#schedule();
  }

  get gauges(): DebloatGauges {
    return {
      debloatedBufferSize: this.#debloater.size,
      estimatedTimeToConsumeBuffersMs: this.#debloater.timeToConsume,
    };
  }

  dispose(): void {
    this.#sim.cancel(this.#event);
  }

  onBytesRead(bytes: number, now: number): void {
    if (this.#receivingSince < 0) this.#receivingSince = now;
    this.#bytes += bytes;
  }

  /** There is nothing to receive. */
  onIdle(now: number): void {
    if (this.#receivingSince < 0) return;
    this.#receivingTime += now - this.#receivingSince;
    this.#receivingSince = -1;
  }

  /** The timer has gone off. */
  onTimer(): void {
    this.#event = NO_EVENT;
  }

  /** A period is over, and senders may be told another size of buffers. */
  onPeriodOver(): void {
    const now = this.#sim.now;
    if (this.#receivingSince >= 0) {
      this.onIdle(now);
      this.#receivingSince = now;
    }
    const size = this.#debloater.recalculate(this.#bytes, this.#receivingTime, this.#inputs.buffersInUse);
    this.#bytes = 0;
    this.#receivingTime = 0;
    if (size > 0) for (const channel of this.#inputs.channels) channel.announceBufferSize(size);
    this.#schedule();
  }

  #schedule(): void {
    this.#event = this.#sim.scheduleAfter(this.#settings.period, this.#kind, this.#task, 0);
  }
}
