/** Models: what a channel's receiver keeps of it for an unaligned snapshot: what it had received and not served when the snapshot
 *    began, and what comes until the channel's barrier does.
 *  Source: flink ChannelStatePersister, RemoteInputChannel.checkpointStarted, LocalInputChannel (Flink 2.1).
 *  Leaves out: files that subtasks share. */

import { SpanList } from "../records/index.ts";
import { CONVERTED, TIMEOUTABLE, UNALIGNED } from "./barrier-handler.ts";
import type { Fifo } from "./fifo.ts";
import type { NetworkBuffer } from "./network-buffer.ts";

export class ChannelStatePersister {
  /** Records in the order of the channel. */
  readonly state: SpanList;
  #capturing = false;
  /** Received buffers behind a barrier that overtook; -1: none has come. */
  #behindBarrier = -1;
  /** The checkpoint of that barrier. */
  #overtakenBy = 0;

  /** @param separate keeps records apart: the reference for spans. */
  constructor(separate: boolean) {
    this.state = new SpanList(separate);
  }

  /** The receiver's snapshot begins: what is left of its buffer in service, if that came through here, and what is received
   *  and not served becomes state, up to the barrier if that is here already, else also what comes until it does.
   *  @param received undefined: what a local channel holds is the sender's to persist. */
  begin(checkpoint: number, unserved: SpanList | undefined, received: Fifo<NetworkBuffer> | undefined): void {
    this.state.clear();
    unserved?.copyTo(this.state);
    if (this.#overtakenBy !== checkpoint) this.#behindBarrier = -1;
    this.#capturing = this.#behindBarrier < 0;
    if (received === undefined) return;
    const ahead = received.length - Math.max(0, this.#behindBarrier);
    for (let i = 0; i < ahead; i++) {
      const buffer = received.at(i)!;
      if (!buffer.isEvent) buffer.spans.copyTo(this.state);
      else if (!isOvertaking(buffer)) {
        this.#capturing = false;
        return;
      }
    }
  }

  /** The checkpoint's last barrier has come, or it is given up. */
  end(): void {
    this.#capturing = false;
    this.#behindBarrier = -1;
  }

  /** A barrier has overtaken what was in the channel. */
  onOvertaken({ barrierOf }: NetworkBuffer): void {
    this.#capturing = false;
    this.#behindBarrier = 0;
    this.#overtakenBy = barrierOf;
  }

  /** A buffer has come that overtakes nothing. */
  onReceived(buffer: NetworkBuffer): void {
    if (this.#behindBarrier >= 0) this.#behindBarrier++;
    this.onTaken(buffer);
  }

  /** The same of a local channel, whose receiver takes it at once. */
  onTaken(buffer: NetworkBuffer): void {
    if (buffer.isEvent) this.#capturing = false;
    else if (this.#capturing) buffer.spans.copyTo(this.state);
  }
}

/** A barrier at the head of its queue, whatever was there before it. */
export function isOvertaking({ isEvent, kind }: NetworkBuffer): boolean {
  return isEvent && (kind === UNALIGNED || kind === CONVERTED);
}

/** Where in `queue` the barrier of `checkpoint` waits that may overtake later; -1: it doesn't. */
export function placeOfTimeoutable(queue: Fifo<NetworkBuffer>, checkpoint: number): number {
  for (let i = 0; i < queue.length; i++) {
    const { barrierOf, kind } = queue.at(i)!;
    if (barrierOf === checkpoint && kind === TIMEOUTABLE) return i;
  }
  return -1;
}
