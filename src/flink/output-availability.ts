/** Models: whether a task may write: its buffer pool has a segment left and no subpartition is full.
 *  Source: flink LocalBufferPool (min s + 1, max 2 s + 8 segments for s subpartitions; at most 10 a subpartition).
 *  Leaves out: overdraft buffers, pools that get fewer segments than they ask for. */

import type { Channel } from "./channel.ts";

export class OutputAvailability {
  readonly #mostPerChannel: number;
  readonly #channels: number;
  readonly #pool: number;
  #queued = 0;
  #fullChannels = 0;

  constructor(channels: number, mostPerChannel: number) {
    this.#mostPerChannel = mostPerChannel;
    this.#channels = channels;
    // One segment of each subpartition is the one being filled.
    this.#pool = 2 * channels + 8 - channels;
  }

  /** Segments of the pool. */
  get segments(): number {
    return this.#pool + this.#channels;
  }

  get available(): boolean {
    return this.#fullChannels === 0 && this.#queued < this.#pool;
  }

  /** A channel begins with restored buffers in its queue. */
  adopt(queued: number): void {
    this.#queued += queued;
    if (queued >= this.#mostPerChannel) this.#fullChannels++;
  }

  onQueued(channel: Channel): void {
    this.#queued++;
    if (channel.queuedData === this.#mostPerChannel) this.#fullChannels++;
  }

  onTaken(channel: Channel): void {
    this.#queued--;
    if (channel.queuedData === this.#mostPerChannel - 1) this.#fullChannels--;
  }
}
