/** Models: how large network buffers may be so that what is under way lasts for a target time: what a gate receives in the time
 *    that it has something to receive, smoothed, over the buffers in use.
 *  Source: flink BufferDebloater, BufferSizeEMA, ThroughputCalculator (Flink 2.1).
 *  Leaves out: gates of one task apart (they share one measure). */

/** Durations in ns, sizes in bytes. */
export interface BufferDebloatSettings {
  /** `taskmanager.network.memory.buffer-debloat.target`, `.period` */
  readonly target: number;
  readonly period: number;
  /** `.samples` of the moving average. */
  readonly samples: number;
  /** `.threshold-percentages`: a lesser change is not announced. */
  readonly threshold: number;
  /** `taskmanager.memory.min-segment-size`, `.starting-segment-size`, `.segment-size` */
  readonly least: number;
  readonly start: number;
  readonly most: number;
}

export class BufferDebloater {
  readonly #settings: BufferDebloatSettings;
  #size: number;
  #announced: number;
  /** ms that what was under way at the last look takes to be consumed. */
  timeToConsume = 0;
  /** bytes a ns. */
  #throughput = 0;

  constructor(settings: BufferDebloatSettings) {
    this.#settings = settings;
    this.#size = settings.start;
    this.#announced = settings.start;
  }

  /** bytes of a buffer as it should be, announced or not. */
  get size(): number {
    return this.#size;
  }

  /** A period is over. @param bytes that were received in `time` ns, in which there was something to receive.
   *  @returns the size that senders are told; 0: nothing new. */
  recalculate(bytes: number, time: number, buffersInUse: number): number {
    const { target, samples, threshold, least, most } = this.#settings;
    if (time > 0) this.#throughput = bytes / time;
    const desired = Math.min(
      Math.trunc(this.#throughput * target) / Math.max(1, buffersInUse),
      2 * this.#size,
    );
    const smoothed = this.#size + (2 / (samples + 1)) * (desired - this.#size);
    this.#size = Math.trunc(Math.min(most, Math.max(least, smoothed)));
    const perSecond = Math.max(1, this.#throughput * 1e9);
    this.timeToConsume = Math.trunc((this.#size * Math.max(1, buffersInUse) * 1000) / perSecond);
    const change = Math.abs(this.#size - this.#announced);
    const isAtBound = this.#size === least || this.#size === most;
    if (change === 0 || (!isAtBound && change < (this.#announced * threshold) / 100)) return 0;
    this.#announced = this.#size;
    return this.#size;
  }
}
