/** Models: the network output of a task: one record writer for each edge of the job graph that leaves it, each with its
 *    buffer pool and its own buffer flusher, which sleeps the buffer timeout and then flushes, whatever the records do.
 *  Source: flink RecordWriter.OutputFlusher, MultipleRecordWriters, BufferWritingResultPartition (Flink 2.1).
 *  Leaves out: nothing of the above. */

import { NO_EVENT, type RandomStream, type Simulation } from "../engine/index.ts";
import type { ChannelState } from "./alignment.ts";
import { type BarrierKind, TIMEOUTABLE } from "./barrier-handler.ts";
import type { Channel } from "./channel.ts";
import type { CheckpointProperties } from "./checkpoint-properties.ts";
import type { StreamStatus } from "./event-time.ts";
import { OutputAvailability } from "./output-availability.ts";

export interface RecordWriterSettings {
  /** ns; undefined: no flusher. */
  readonly bufferTimeout: number | undefined;
  /** ns, largest lateness of the flusher's timer. */
  readonly oversleep: number;
  readonly maxBuffersPerChannel: number;
  /** segments that a record may take above its pool's. */
  readonly overdraftBuffers: number;
  /** ns from the JobManager's trigger, after which a timeoutable barrier overtakes. */
  readonly alignedTimeout: number;
}

/** Event kinds, payload a = number of the task; `flush`: b = which writer; `outputTimeout`: b = checkpoint. */
export interface RecordWriterKinds {
  readonly flush: number;
  readonly outputTimeout: number;
}

export class RecordWriters {
  /** All channels, writer after writer. */
  readonly channels: readonly Channel[];
  readonly #sim: Simulation;
  readonly #kinds: RecordWriterKinds;
  /** Per writer. */
  readonly #flushEvents: number[] = [];
  /** Barriers of a checkpoint that wait, and may overtake yet. */
  #waiting = 0;
  #waitingOf = 0;
  #timer = NO_EVENT;
  readonly #task: number;
  readonly #settings: RecordWriterSettings;
  readonly #edges: readonly (readonly Channel[])[];
  readonly #availability: readonly OutputAvailability[];
  readonly #randoms: readonly RandomStream[];

  /** @param randoms one stream for each writer's flusher. */
  constructor(
    sim: Simulation,
    kinds: RecordWriterKinds,
    task: number,
    settings: RecordWriterSettings,
    edges: readonly (readonly Channel[])[],
    randoms: readonly RandomStream[],
  ) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.#task = task;
    this.#settings = settings;
    this.#edges = edges;
    this.#randoms = randoms;
    this.channels = edges.flat();
    const { maxBuffersPerChannel, overdraftBuffers } = settings;
    this.#availability = edges.map(
      (channels) => new OutputAvailability(channels, maxBuffersPerChannel, overdraftBuffers),
    );
  }

  /** The channels of each writer. */
  get edges(): readonly (readonly Channel[])[] {
    return this.#edges;
  }

  /** Every writer's pool has a segment left and none of the subpartitions is full. */
  get available(): boolean {
    for (let i = 0; i < this.#availability.length; i++) if (!this.#availability[i]!.available) return false;
    return true;
  }

  /** Each flusher starts in a phase of its own; restored records in flight go on. */
  start(): void {
    for (const channel of this.channels) channel.sendRestored();
    const timeout = this.#settings.bufferTimeout;
    if (timeout === undefined || timeout === 0) return;
    this.#randoms.forEach((random, writer) => {
      const phase = Math.floor(random.uniform() * timeout);
      this.#flushEvents[writer] = this.#sim.scheduleAfter(phase, this.#kinds.flush, this.#task, writer);
    });
  }

  /** The task is gone: nothing of it happens any more. */
  dispose(): void {
    for (const event of this.#flushEvents) this.#sim.cancel(event);
    this.#forgetTimer();
    for (const channel of this.channels) if (!channel.isFinished) channel.dispose();
  }

  /** EndOfData behind what was emitted up to `now`, in every channel. */
  endData(now: number): void {
    for (const channel of this.channels) channel.endData(now);
  }

  /** The task finishes: its channels live on until their receivers have all that is in them. */
  finish(now: number): void {
    for (const event of this.#flushEvents) this.#sim.cancel(event);
    this.#forgetTimer();
    for (const channel of this.channels) channel.finish(now);
  }

  /** Handler of the flusher of `writer`. */
  flush(writer: number): void {
    const now = this.#sim.now;
    const { bufferTimeout, oversleep } = this.#settings;
    const late = oversleep > 0 ? this.#randoms[writer]!.uniform() * oversleep : 0;
    const sleep = Math.floor(bufferTimeout! + late);
    this.#flushEvents[writer] = this.#sim.scheduleAfter(sleep, this.#kinds.flush, this.#task, writer);
    const channels = this.#edges[writer]!;
    for (let i = 0; i < channels.length; i++) channels[i]!.flush(now);
  }

  onBufferQueued(channel: Channel): void {
    this.#availability[channel.writer]!.onQueued(channel);
  }

  /** The record in hand waits for a segment of a pool that has none. */
  get isExhausted(): boolean {
    for (let i = 0; i < this.#availability.length; i++) if (this.#availability[i]!.isExhausted) return true;
    return false;
  }

  /** @returns whether the output has just become available, or the record in hand has just got its segments. */
  onBufferTaken(channel: Channel): boolean {
    const wasAvailable = this.available;
    const wasExhausted = !wasAvailable && this.isExhausted;
    this.#availability[channel.writer]!.onTaken(channel);
    if (wasAvailable) return false;
    return this.available || (wasExhausted && !this.isExhausted);
  }

  /** Foresees in every channel when its segment will be full. */
  foresee(): void {
    for (let i = 0; i < this.channels.length; i++) this.channels[i]!.foresee();
  }

  /** Every channel takes what was emitted up to `now` and foresees nothing any more. */
  endEmission(now: number): void {
    for (let i = 0; i < this.channels.length; i++) this.channels[i]!.endEmission(now);
  }

  /** Segments that were finished, and their bytes, since the task began; barriers don't count. */
  get buffersOut(): number {
    return this.channels.reduce((sum, channel) => sum + channel.buffersOut, 0);
  }

  get bytesOut(): number {
    return this.channels.reduce((sum, channel) => sum + channel.bytesOut, 0);
  }

  /** Data buffers in the subpartitions' queues. Source: flink OutputBuffersGauge. */
  get buffersQueued(): number {
    return this.channels.reduce((sum, channel) => sum + channel.queuedData, 0);
  }

  /** Share of the pools' segments that are queued or being filled. Source: flink OutputBufferPoolUsageGauge. */
  get poolUsage(): number {
    let used = 0;
    let size = 0;
    for (const channel of this.channels) used += channel.segmentsInUse;
    for (const { segments } of this.#availability) size += segments;
    return size === 0 ? 0 : used / size;
  }

  /** A barrier behind what was emitted up to `now`, in every channel. */
  broadcast(
    checkpoint: number,
    triggeredAt: number,
    now: number,
    kind: BarrierKind,
    properties: CheckpointProperties,
  ): void {
    const { channels } = this;
    if (checkpoint >= this.#waitingOf) {
      // Source: flink SubtaskCheckpointCoordinatorImpl.registerAlignmentTimer: an older one's timer is cancelled.
      this.#forgetTimer();
      this.#waiting = 0;
    }
    for (let i = 0; i < channels.length; i++) {
      channels[i]!.broadcast(checkpoint, triggeredAt, now, kind, properties);
    }
    if (kind === TIMEOUTABLE) this.#mindWaiting(checkpoint, triggeredAt, now);
  }

  /** An event-time watermark, ms, or a status of the stream, behind what was emitted up to `now`, in every channel. */
  emitEventTime(watermark: number, status: StreamStatus, now: number): void {
    const { channels } = this;
    for (let i = 0; i < channels.length; i++) channels[i]!.emitEventTime(watermark, status, now);
  }

  /** Barriers in the output that may yet overtake, when they have waited too long. */
  get barriersWaiting(): number {
    return this.#waiting;
  }

  #mindWaiting(checkpoint: number, triggeredAt: number, now: number): void {
    this.#waitingOf = checkpoint;
    for (const channel of this.channels) if (channel.holdsTimeoutable(checkpoint)) this.#waiting++;
    if (this.#waiting === 0) return;
    const end = Math.max(now, triggeredAt + this.#settings.alignedTimeout);
    this.#timer = this.#sim.scheduleAt(Math.ceil(end), this.#kinds.outputTimeout, this.#task, checkpoint);
  }

  /** A barrier has left a channel in time. */
  onTimeoutableBarrierSent(checkpoint: number): void {
    // One of a checkpoint that was given up says nothing of the next.
    if (this.#waiting === 0 || checkpoint !== this.#waitingOf) return;
    this.#waiting--;
    if (this.#waiting === 0) this.#forgetTimer();
  }

  /** Handler of `outputTimeout`: where the barrier of `checkpoint` still waits, it overtakes. */
  onOutputTimeout(checkpoint: number): void {
    // A process that stood still may come too late with it.
    if (this.#waiting === 0 || checkpoint !== this.#waitingOf) return;
    this.#timer = NO_EVENT;
    this.#waiting = 0;
    for (const channel of this.channels) channel.letOvertake(checkpoint);
  }

  #forgetTimer(): void {
    this.#sim.cancel(this.#timer);
    this.#timer = NO_EVENT;
  }

  /** Takes the records that the latest barriers have passed. */
  takeState(): readonly ChannelState[] {
    const states: ChannelState[] = [];
    for (const { upstreamIndex, outputState } of this.channels) {
      if (outputState.records === 0) continue;
      states.push({ channel: upstreamIndex, side: "output", spans: outputState.rows() });
      outputState.clear();
    }
    return states;
  }

  /** bytes of those records. */
  get stateBytes(): number {
    let bytes = 0;
    for (const channel of this.channels) bytes += channel.bytesOf(channel.outputState);
    return bytes;
  }
}
