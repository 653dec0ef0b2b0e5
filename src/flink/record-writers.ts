/** Models: the network output of a task: one record writer for each edge of the job graph that leaves it, each with its
 *    buffer pool and its own buffer flusher, which sleeps the buffer timeout and then flushes, whatever the records do.
 *  Source: flink RecordWriter.OutputFlusher, MultipleRecordWriters, BufferWritingResultPartition (Flink 2.1).
 *  Leaves out: nothing of the above. */

import type { RandomStream, Simulation } from "../engine/index.ts";
import type { Channel } from "./channel.ts";
import type { CheckpointProperties } from "./checkpoint-properties.ts";
import { OutputAvailability } from "./output-availability.ts";

export interface RecordWriterSettings {
  /** ns; undefined: no flusher. */
  readonly bufferTimeout: number | undefined;
  /** ns, largest lateness of the flusher's timer. */
  readonly oversleep: number;
  readonly maxBuffersPerChannel: number;
}

export class RecordWriters {
  /** All channels, writer after writer. */
  readonly channels: readonly Channel[];
  readonly #sim: Simulation;
  readonly #flushKind: number;
  readonly #task: number;
  readonly #settings: RecordWriterSettings;
  readonly #edges: readonly (readonly Channel[])[];
  readonly #availability: readonly OutputAvailability[];
  readonly #randoms: readonly RandomStream[];

  /** @param flushKind event kind of a flusher; payload a = number of the task, b = which writer.
   *  @param randoms one stream for each writer's flusher. */
  constructor(
    sim: Simulation,
    flushKind: number,
    task: number,
    settings: RecordWriterSettings,
    edges: readonly (readonly Channel[])[],
    randoms: readonly RandomStream[],
  ) {
    this.#sim = sim;
    this.#flushKind = flushKind;
    this.#task = task;
    this.#settings = settings;
    this.#edges = edges;
    this.#randoms = randoms;
    this.channels = edges.flat();
    this.#availability = edges.map(
      (channels) => new OutputAvailability(channels.length, settings.maxBuffersPerChannel),
    );
  }

  /** Every writer's pool has a segment left and none of the subpartitions is full. */
  get available(): boolean {
    for (let i = 0; i < this.#availability.length; i++) if (!this.#availability[i]!.available) return false;
    return true;
  }

  /** Each flusher starts in a phase of its own. */
  startFlushers(): void {
    const timeout = this.#settings.bufferTimeout;
    if (timeout === undefined || timeout === 0) return;
    this.#randoms.forEach((random, writer) => {
      const phase = Math.floor(random.uniform() * timeout);
      this.#sim.scheduleAfter(phase, this.#flushKind, this.#task, writer);
    });
  }

  /** Handler of the flusher of `writer`. */
  flush(writer: number): void {
    const now = this.#sim.now;
    const { bufferTimeout, oversleep } = this.#settings;
    const late = oversleep > 0 ? this.#randoms[writer]!.uniform() * oversleep : 0;
    this.#sim.scheduleAfter(Math.floor(bufferTimeout! + late), this.#flushKind, this.#task, writer);
    const channels = this.#edges[writer]!;
    for (let i = 0; i < channels.length; i++) channels[i]!.flush(now);
  }

  onBufferQueued(channel: Channel): void {
    this.#availability[channel.writer]!.onQueued(channel);
  }

  /** @returns whether the output has just become available. */
  onBufferTaken(channel: Channel): boolean {
    const before = this.available;
    this.#availability[channel.writer]!.onTaken(channel);
    return !before && this.available;
  }

  /** Foresees in every channel when its segment will be full. */
  foresee(): void {
    for (let i = 0; i < this.channels.length; i++) this.channels[i]!.foresee();
  }

  /** Every channel takes what was emitted up to `now` and foresees nothing any more. */
  endEmission(now: number): void {
    for (let i = 0; i < this.channels.length; i++) this.channels[i]!.endEmission(now);
  }

  /** A barrier behind what was emitted up to `now`, in every channel. */
  broadcast(checkpoint: number, triggeredAt: number, now: number, properties: CheckpointProperties): void {
    for (let i = 0; i < this.channels.length; i++) {
      this.channels[i]!.broadcast(checkpoint, triggeredAt, now, properties);
    }
  }
}
