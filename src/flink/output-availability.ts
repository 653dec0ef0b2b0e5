/** Models: whether a task may write: its buffer pool has a segment left and no subpartition is full; and whether the record in
 *    hand gets the segments that it needs besides: so many above the pool's, the overdraft.
 *  Source: flink LocalBufferPool (min s + 1, max 2 s + 8 segments for s subpartitions; at most 10 a subpartition).
 *  Leaves out: pools that get fewer segments than they ask for. */

import type { Channel } from "./channel.ts";

export class OutputAvailability {
  readonly #mostPerChannel: number;
  readonly #channels: readonly Channel[];
  readonly #overdraft: number;
  readonly #pool: number;
  #queued = 0;
  #fullChannels = 0;

  constructor(channels: readonly Channel[], mostPerChannel: number, overdraft: number) {
    this.#mostPerChannel = mostPerChannel;
    this.#overdraft = overdraft;
    this.#channels = channels;
    // One segment of each subpartition is the one being filled.
    this.#pool = channels.length + 8;
    for (const { queuedData } of channels) this.#adopt(queuedData);
  }

  /** Segments of the pool. */
  get segments(): number {
    return this.#pool + this.#channels.length;
  }

  get available(): boolean {
    return this.#fullChannels === 0 && this.#queued < this.#pool;
  }

  /** The record in hand waits for a segment: pool and overdraft are used up. */
  get isExhausted(): boolean {
    if (this.#queued <= this.#pool + this.#overdraft) return false;
    let used = 0;
    for (const channel of this.#channels) used += channel.segmentsInUse;
    return used > this.segments + this.#overdraft;
  }

  /** A channel begins with restored buffers in its queue. */
  #adopt(queued: number): void {
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
