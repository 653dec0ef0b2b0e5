/** Models: the input side of a task: the channels of all its gates, in which order data is taken from them, and the
 *    floating buffers that the channels of a gate share.
 *  Source: flink SingleInputGate, UnionInputGate, BufferManager, RemoteInputChannel.onSenderBacklog (Flink 2.1).
 *  Leaves out: pools that get fewer segments than they ask for. */

import type { SpanList } from "../records/index.ts";
import type { ChannelState } from "./alignment.ts";
import type { Channel } from "./channel.ts";
import type { DownstreamTask } from "./channel-ends.ts";
import { Fifo } from "./fifo.ts";
import type { TaskQueues } from "./task-metrics.ts";

export interface InputGateSettings {
  readonly floatingBuffers: number;
  readonly buffersPerChannel: number;
}

/** Source: flink InputBuffersGauge, which leaves local channels out, and those named below. */
export type InputUsage = Pick<
  TaskQueues,
  "inputQueueLength" | "inPoolUsage" | "inputFloatingBuffersUsage" | "inputExclusiveBuffersUsage"
>;

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

export class InputGates {
  /** All channels, gate after gate; a channel's `downstreamIndex` is its place. */
  readonly channels: readonly Channel[];
  readonly #settings: InputGateSettings;
  // Channels with data, in the order in which they got it.
  readonly #ready = new Fifo<Channel>();
  readonly #isReady: Uint8Array;
  readonly #floatingHeld: Int32Array;
  /** Per gate. */
  readonly #floatingFree: Int32Array;

  constructor(settings: InputGateSettings, gates: readonly (readonly Channel[])[]) {
    this.#settings = settings;
    this.channels = gates.flat();
    this.#isReady = new Uint8Array(this.channels.length);
    this.#floatingHeld = new Int32Array(this.channels.length);
    this.#floatingFree = new Int32Array(gates.length).fill(settings.floatingBuffers);
  }

  connect(task: DownstreamTask): void {
    for (const channel of this.channels) channel.connect(task);
  }

  /** The task is gone. */
  dispose(): void {
    for (const channel of this.channels) channel.loseReceiver();
  }

  /** How many of the buffers of the remote channels hold data: a buffer that comes takes a floating one first.
   *  @param serving the channel whose buffer is in service.
   *  Source: flink CreditBasedInputBuffersUsageGauge, FloatingBuffersUsageGauge, ExclusiveBuffersUsageGauge, BufferManager. */
  usage(serving: Channel | undefined): InputUsage {
    const { floatingBuffers, buffersPerChannel } = this.#settings;
    let queued = 0;
    let floating = 0;
    let exclusive = 0;
    let exclusiveTotal = 0;
    for (const channel of this.channels) {
      if (channel.local) continue;
      const received = channel.buffersReceived;
      const filled = received + (channel === serving ? 1 : 0);
      const ofGate = Math.min(filled, this.#floatingHeld[channel.downstreamIndex]!);
      queued += received;
      floating += ofGate;
      exclusive += Math.min(buffersPerChannel, filled - ofGate);
      exclusiveTotal += buffersPerChannel;
    }
    const floatingTotal = floatingBuffers * this.#floatingFree.length;
    return {
      inputQueueLength: queued,
      inPoolUsage: share(floating + exclusive, floatingTotal + exclusiveTotal),
      inputFloatingBuffersUsage: share(floating, floatingTotal),
      inputExclusiveBuffersUsage: share(exclusive, exclusiveTotal),
    };
  }

  /** Data buffers of all channels that are under way. */
  get buffersInUse(): number {
    return this.channels.reduce((sum, channel) => sum + channel.buffersInUse, 0);
  }

  get hasData(): boolean {
    return this.#ready.length > 0;
  }

  onData(channel: Channel): void {
    this.#offerFloating(channel);
    if (this.#isReady[channel.downstreamIndex] === 0 && channel.hasData) this.#pushReady(channel);
  }

  /** The channel whose turn it is; it is asked again once its buffer is taken, see `afterTake`. */
  next(): Channel {
    const channel = this.#ready.shift()!;
    this.#isReady[channel.downstreamIndex] = 0;
    return channel;
  }

  afterTake(channel: Channel): void {
    if (this.#isReady[channel.downstreamIndex] === 0 && channel.hasData) this.#pushReady(channel);
  }

  /** A buffer of `channel` has been read: it is credit again, or a floating buffer for whoever needs it. */
  recycle(channel: Channel): void {
    if (channel.local) return;
    const i = channel.downstreamIndex;
    if (this.#floatingHeld[i]! > 0 && !channel.senderWaits) {
      this.#floatingHeld[i]!--;
      this.#floatingFree[channel.gate]!++;
      for (const other of this.channels) {
        if (other.gate === channel.gate && other.senderWaits) this.#offerFloating(other);
      }
      return;
    }
    channel.grantCredit();
  }

  /** The snapshot of `checkpoint` begins while records are under way: they become its state, `unserved` of the buffer in service,
   *  which came through `serving`, ahead of what that channel has. */
  beginCapture(checkpoint: number, serving: Channel | undefined, unserved: SpanList | undefined): void {
    for (const channel of this.channels)
      channel.beginCapture(checkpoint, channel === serving ? unserved : undefined);
  }

  endCapture(): void {
    for (const channel of this.channels) channel.endCapture();
  }

  /** Nobody wants the records that were captured. */
  dropState(): void {
    for (const { inputState } of this.channels) inputState.clear();
  }

  /** Takes the records that were captured. */
  takeState(): readonly ChannelState[] {
    const states: ChannelState[] = [];
    for (const { downstreamIndex, inputState } of this.channels) {
      if (inputState.records === 0) continue;
      states.push({ channel: downstreamIndex, side: "input", spans: inputState.rows() });
      inputState.clear();
    }
    return states;
  }

  /** bytes of those records. */
  get stateBytes(): number {
    let bytes = 0;
    for (const channel of this.channels) bytes += channel.bytesOf(channel.inputState);
    return bytes;
  }

  /** Floating buffers are asked for until the credit covers the sender's backlog and the exclusive buffers. */
  #offerFloating(channel: Channel): void {
    if (channel.local) return;
    const { gate, downstreamIndex } = channel;
    const wanted = channel.queuedData + this.#settings.buffersPerChannel;
    while (
      this.#floatingFree[gate]! > 0 &&
      channel.unusedCredit + this.#floatingHeld[downstreamIndex]! < wanted
    ) {
      this.#floatingFree[gate]!--;
      this.#floatingHeld[downstreamIndex]!++;
      channel.grantCredit();
    }
  }

  #pushReady(channel: Channel): void {
    this.#ready.push(channel);
    this.#isReady[channel.downstreamIndex] = 1;
  }
}
