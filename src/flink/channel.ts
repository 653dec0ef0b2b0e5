/** Models: one channel between two subtasks: the subpartition's queue, the credits, the link, and the input channel with what was
 *    received.
 *  Source: flink PipelinedSubpartition, CreditBasedSequenceNumberingViewReader, RemoteInputChannel,
 *    LocalInputChannel (Flink 2.1).
 *  Leaves out: bandwidth of the link; the
 *    backlog is the sender's when a buffer arrives, not as it was when the buffer was sent. */

import { invariant, NO_EVENT, type Simulation } from "../engine/index.ts";
import { type Route, SpanList } from "../records/index.ts";
import type { ChannelState } from "./alignment.ts";
import {
  ALIGNED,
  type BarrierKind,
  blocksChannel,
  CONVERTED,
  FORCED_ALIGNED,
  TIMEOUTABLE,
  UNALIGNED,
} from "./barrier-handler.ts";
import type { DivideRanks } from "./chained-sinks.ts";
import {
  type ChannelEnds,
  type ChannelKinds,
  type ChannelSettings,
  type DownstreamTask,
  FINISHED,
  NOBODY,
  type UpstreamTask,
} from "./channel-ends.ts";
import { ChannelPartitioner } from "./channel-partitioner.ts";
import { ChannelStatePersister, isOvertaking, placeOfTimeoutable } from "./channel-state-persister.ts";
import { type CheckpointProperties, PERIODIC_CHECKPOINT } from "./checkpoint-properties.ts";
import type { StreamStatus } from "./event-time.ts";
import { Fifo } from "./fifo.ts";
import type { LatencyMarker } from "./latency-marker.ts";
import { END_OF_DATA, END_OF_PARTITION, type NetworkBuffer } from "./network-buffer.ts";
import { SegmentBuilder } from "./segment-builder.ts";

export class Channel {
  readonly number: number;
  /** position among the output channels of the upstream task, and among the input channels of the downstream task. */
  readonly upstreamIndex: number;
  readonly downstreamIndex: number;
  /** which record writer of the upstream task fills it, and which input gate of the downstream task it belongs to. */
  readonly writer: number;
  readonly gate: number;
  /** both ends live in one TaskManager. */
  readonly local: boolean;
  readonly #partitioner: ChannelPartitioner;
  readonly #supportsUnaligned: boolean;
  /** emitted and not yet cut into a buffer. */
  readonly open: SpanList;
  readonly #segment: SegmentBuilder;
  readonly #persister: ChannelStatePersister;
  /** per split of an upstream source: the rank up to which its records are in `open` or gone. */
  readonly cursor: Float64Array;
  readonly #sim: Simulation;
  readonly #kinds: ChannelKinds;
  readonly #settings: ChannelSettings;
  readonly #divide: DivideRanks | undefined;
  #upstream: UpstreamTask;
  /** The sender has finished: what is here goes its way without it. */
  #isFinished = false;
  /** Until the receiver is there, what comes waits. */
  #downstream: DownstreamTask = NOBODY;
  readonly #queue = new Fifo<NetworkBuffer>();
  readonly #travelling = new Fifo<NetworkBuffer>();
  readonly #received = new Fifo<NetworkBuffer>();
  #credit: number;
  #blocked = false;
  #isDisposed = false;
  /** It holds restored buffers, and the task that is to send them isn't there yet: credit for them may come before it. */
  #isHeld = false;
  #isReceiverLost = false;
  #flushRequested = false;
  /** What a flush has made visible to a local receiver that hasn't polled it: the head of the queue, part of a segment that
   *  goes on filling. */
  #unpolled: NetworkBuffer | undefined;
  #queuedData = 0;
  #fullEvent = NO_EVENT;

  constructor(sim: Simulation, kinds: ChannelKinds, settings: ChannelSettings, ends: ChannelEnds) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.#settings = settings;
    this.number = ends.number;
    this.#upstream = ends.upstream;
    this.upstreamIndex = ends.upstreamIndex;
    this.downstreamIndex = ends.downstreamIndex;
    this.writer = ends.writer;
    this.gate = ends.gate;
    this.local = ends.local;
    this.#partitioner = new ChannelPartitioner(ends.select);
    this.#divide = ends.divide;
    this.#supportsUnaligned = ends.supportsUnaligned;
    const { separate } = settings.recycler;
    this.#persister = new ChannelStatePersister(separate);
    this.inputState = this.#persister.state;
    this.outputState = new SpanList(separate);
    this.cursor = new Float64Array(ends.splits);
    const { startingSegmentSize: size = settings.segmentSize, recordBytes } = settings;
    this.#segment = new SegmentBuilder(size, recordBytes, separate);
    this.open = this.#segment.open;
    this.#credit = settings.buffersPerChannel;
  }

  /** The receiver is there, and asks for what the channel has. */
  connect(downstream: DownstreamTask): void {
    this.#downstream = downstream;
    if (this.hasData) this.#sim.scheduleAfter(0, this.#kinds.asked, this.number, 0);
  }

  /** Handler of `asked`. */
  onAsked(): void {
    if (!this.#isDisposed) this.#downstream.onData(this);
  }

  /** The records of the route with this number that come through here; null: none. */
  part(route: number): Route | null {
    return this.#partitioner.part(route);
  }

  /** The records that come next are [from, to) of a route, which part() told; `interleaved`: they pass together with others. */
  write(partition: number, route: number, from: number, to: number, interleaved: boolean): void {
    const { open } = this;
    if (open.records === 0) open.interleaved = interleaved || this.#divide !== undefined;
    if (this.#divide === undefined) open.push(partition, route, from, to);
    else
      for (const [part, start, end] of this.#divide(partition, route, from, to))
        open.push(partition, part.route.id, start, end);
  }

  /** Its receiver is gone, and the sender doesn't know: what is sent comes to nobody, no credit comes back, and so the sender's
   *  buffers fill, until it stands still. */
  loseReceiver(): void {
    this.#downstream = NOBODY;
    this.#isReceiverLost = true;
    if (this.#isFinished) this.dispose();
  }

  /** Its sender is gone, and with it all that is under way; events and messages that come yet are ignored. */
  dispose(): void {
    this.#isDisposed = true;
    this.#sim.cancel(this.#fullEvent);
    this.#fullEvent = NO_EVENT;
  }

  /** Puts records in flight, as a snapshot holds them, into the channel again: received ones before those that were waiting
   *  at the sender. To be called before its upstream task starts. */
  restore(spans: ChannelState["spans"]): void {
    const { segmentSize, recordBytes } = this.#settings;
    const most = Math.max(1, Math.floor(segmentSize / recordBytes));
    const rest = new SpanList(this.#settings.recycler.separate);
    this.#isHeld = true;
    for (const [partition, route, from, to] of spans) rest.push(partition, route, from, to);
    while (rest.records > 0) {
      const buffer = this.#settings.recycler.take();
      rest.moveFront(Math.min(most, rest.records), buffer.spans);
      this.#queue.push(buffer);
      this.#queuedData++;
    }
  }

  /** Both ends are there: what was restored goes on its way. */
  sendRestored(): void {
    this.#isHeld = false;
    this.#send();
  }

  // ---- sender

  /** Data buffers in the subpartition's queue. */
  get queuedData(): number {
    return this.#queuedData;
  }

  /** Segments that the sender has finished, full or before a barrier, and their bytes. */
  get buffersOut(): number {
    return this.#segment.buffersOut;
  }

  get bytesOut(): number {
    return this.#segment.bytesOut;
  }

  /** Segments that are queued, and the one being filled, of which a part may be queued. */
  get segmentsInUse(): number {
    const isFilled = this.#unpolled === undefined && this.#segment.isBegun;
    return this.#queuedData + (isFilled ? 1 : 0);
  }

  /** Something waits here that the receiver's credit (or its poll) would free. */
  get senderWaits(): boolean {
    return this.#queue.length > 0 || this.#flushRequested;
  }

  /** Foresees when the segment will be full; to be called whenever the emission changes. */
  foresee(): void {
    this.#sim.cancel(this.#fullEvent);
    this.#fullEvent = NO_EVENT;
    if (this.#isDisposed) return;
    const wanted = this.#settings.flushAlways ? this.open.records + 1 : this.#segment.recordsToFill();
    const at = this.#upstream.timeOfEmission(this, wanted);
    if (at === Number.POSITIVE_INFINITY) return;
    const now = this.#sim.now;
    this.#fullEvent = this.#sim.scheduleAt(
      at > now ? Math.ceil(at) : now,
      this.#kinds.segmentFull,
      this.number,
      0,
    );
  }

  /** The emission stops at `now`: takes what was emitted, and foresees nothing any more. */
  endEmission(now: number): void {
    this.#sim.cancel(this.#fullEvent);
    this.#fullEvent = NO_EVENT;
    this.#handOut(now);
  }

  /** Handler of `segmentFull`. */
  onSegmentFull(): void {
    this.#fullEvent = NO_EVENT;
    if (this.#isDisposed) return;
    this.#handOut(this.#sim.now);
    this.foresee();
    this.#upstream.afterSegmentFull();
  }

  /** The buffer flusher: what was emitted up to `now` becomes visible to the consumer. */
  flush(now: number): void {
    if (this.#isDisposed) return;
    this.#takeEmitted(now);
    if (!this.#segment.hasOpen) return;
    if (this.#queue.length > 0 || this.#blocked || (!this.local && this.#credit === 0)) {
      this.#flushRequested = true;
      if (!this.local && !this.#blocked) this.#downstream.touch();
      return;
    }
    this.#queueOpen();
    this.#send();
  }

  /** A latency marker follows what was emitted up to `now`. */
  emitMarker(marker: LatencyMarker, now: number): void {
    this.#handOut(now);
    this.#segment.addMarker(marker);
    if (this.#settings.flushAlways) this.flush(now);
  }

  /** Event time behind what was emitted up to `now`. It comes to the receiver with the buffer of these records, behind all of
   *  it; a later one that finds it still waiting takes its place. */
  emitEventTime(watermark: number, status: StreamStatus, now: number): void {
    if (this.#isDisposed) return;
    this.#takeEmitted(now);
    this.#segment.addEventTime(watermark, status);
    if (this.#settings.flushAlways) this.flush(now);
  }

  /** Finishes the segment with what was emitted up to `now`, and queues the barrier behind it. */
  broadcast(
    checkpoint: number,
    triggeredAt: number,
    now: number,
    kind: BarrierKind = ALIGNED,
    properties: CheckpointProperties = PERIODIC_CHECKPOINT,
  ): void {
    this.outputState.clear();
    this.#finishSegment(now);
    const barrier = this.#settings.recycler.take();
    barrier.barrierOf = checkpoint;
    barrier.triggeredAt = triggeredAt;
    barrier.properties = properties;
    barrier.wanted = kind;
    const mayOvertake = kind === UNALIGNED || kind === TIMEOUTABLE;
    barrier.kind = mayOvertake && !this.#supportsUnaligned ? FORCED_ALIGNED : kind;
    if (barrier.kind === UNALIGNED) this.#overtake(barrier);
    else this.#queue.push(barrier);
    this.#send();
  }

  /** What was emitted up to `now` is in the queue. */
  #finishSegment(now: number): void {
    this.#takeEmitted(now);
    if (this.#segment.hasOpen) this.#queueOpen();
    this.#unpolled = undefined;
    this.#segment.finish();
  }

  /** Nothing comes behind what was emitted up to `now`, but for barriers. */
  endData(now: number): void {
    this.#queueEnd(END_OF_DATA, now);
  }

  /** The sender finishes, and the channel lives on until its receiver has all that is in it. */
  finish(now: number): void {
    this.#queueEnd(END_OF_PARTITION, now);
    this.#sim.cancel(this.#fullEvent);
    this.#fullEvent = NO_EVENT;
    this.#upstream = FINISHED;
    this.#isFinished = true;
    if (this.#isReceiverLost) this.dispose();
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  #queueEnd(event: typeof END_OF_DATA | typeof END_OF_PARTITION, now: number): void {
    this.#finishSegment(now);
    const end = this.#settings.recycler.take();
    end.barrierOf = event;
    end.kind = ALIGNED;
    this.#queue.push(end);
    this.#send();
  }

  /** The receiver has processed all that came before EndOfData; the sender learns of it one latency later. */
  acknowledgeAllRecordsProcessed(): void {
    this.#sim.scheduleAfter(this.local ? 0 : this.#settings.latency, this.#kinds.processed, this.number, 0);
  }

  /** Handler of `processed`. */
  onAllRecordsProcessed(): void {
    if (!this.#isDisposed) this.#upstream.onAllRecordsProcessed(this);
  }

  /** The barrier of `checkpoint` waits in the queue and may overtake later. */
  holdsTimeoutable(checkpoint: number): boolean {
    return placeOfTimeoutable(this.#queue, checkpoint) >= 0;
  }

  /** The alignment took too long: the barrier of `checkpoint`, if it still waits here, overtakes. */
  letOvertake(checkpoint: number): void {
    const place = placeOfTimeoutable(this.#queue, checkpoint);
    if (place < 0) return;
    const barrier = this.#queue.removeAt(place)!;
    barrier.kind = UNALIGNED;
    this.#overtake(barrier, place);
    this.#send();
  }

  /** What the barrier passes becomes output state of its checkpoint. */
  #overtake(barrier: NetworkBuffer, passed = this.#queue.length): void {
    this.outputState.clear();
    for (let i = 0; i < passed; i++) {
      const buffer = this.#queue.at(i)!;
      if (!buffer.isEvent) buffer.spans.copyTo(this.outputState);
    }
    this.#queue.unshift(barrier);
  }

  // ---- channel state

  /** Records that the snapshot of the latest unaligned checkpoint holds: received and not served, and waiting at the
   *  sender; in the order of the channel the first come first. */
  readonly inputState: SpanList;
  readonly outputState: SpanList;
  /** The receiver's snapshot begins. @param unserved what is left of its buffer in service, if that came through here. */
  beginCapture(checkpoint: number, unserved?: SpanList): void {
    this.#persister.begin(checkpoint, unserved, this.local ? undefined : this.#received);
  }

  /** The checkpoint's last barrier has come, or it is given up. */
  endCapture(): void {
    this.#persister.end();
  }

  bytesOf(spans: SpanList): number {
    return spans.records * this.#settings.recordBytes;
  }

  /** Data buffers between the sender's hands and the receiver's, as the receiver knows of them.
   *  Source: flink RemoteInputChannel and LocalInputChannel.getBuffersInUseCount. */
  get buffersInUse(): number {
    return this.#queuedData + this.buffersReceived;
  }

  /** The receiver wants buffers of so many bytes: the sender hears of it, and fills no larger ones from the next on. */
  announceBufferSize(bytes: number): void {
    const latency = this.local ? 0 : this.#settings.latency;
    // A segment holds a record at least.
    const size = Math.max(bytes, this.#settings.recordBytes);
    this.#sim.scheduleAfter(latency, this.#kinds.bufferSize, this.number, size);
  }

  /** Handler of `bufferSize`. */
  onBufferSize(bytes: number): void {
    this.#segment.resize(bytes);
  }

  /** Handler of `credit`. */
  onCredit(): void {
    if (this.#isDisposed) return;
    this.#credit++;
    this.#send();
  }

  /** Handler of `resume`: the receiver has aligned and takes data again. */
  onResume(): void {
    if (this.#isDisposed) return;
    invariant(this.#blocked, "only a channel behind a barrier is resumed");
    this.#blocked = false;
    this.#send();
  }

  /** Takes what was emitted up to `now`; full segments are cut. */
  #takeEmitted(now: number): void {
    this.#upstream.emitInto(this, now);
    if (!this.#settings.flushAlways) this.#cutFullSegments();
  }

  /** The same, and where every record is flushed by itself, flushes. */
  #handOut(now: number): void {
    if (this.#settings.flushAlways) this.flush(now);
    else this.#takeEmitted(now);
  }

  #cutFullSegments(): void {
    const segment = this.#segment;
    let needed = segment.recordsToFill();
    while (this.open.records >= needed) {
      const whole = segment.cutFull(needed);
      const unpolled = this.#unpolledTail();
      if (unpolled !== undefined) {
        segment.moveOpen(whole, unpolled);
      } else {
        // Without a whole record it is a part of one that ends in a later segment.
        const buffer = this.#settings.recycler.take();
        segment.moveOpen(whole, buffer);
        this.#push(buffer);
        // The other segments of a record come along, before a flush that was asked for.
        if (segment.endsRecord) this.#send();
      }
      this.#unpolled = undefined;
      needed = segment.recordsToFill();
    }
  }

  #queueOpen(): void {
    this.#flushRequested = false;
    const unpolled = this.#unpolledTail();
    if (unpolled !== undefined) {
      this.#segment.closeInto(unpolled);
      return;
    }
    const buffer = this.#settings.recycler.take();
    this.#segment.closeInto(buffer);
    if (this.local) this.#unpolled = buffer;
    this.#push(buffer);
  }

  /** The unpolled part of the segment, unless something is queued behind it. */
  #unpolledTail(): NetworkBuffer | undefined {
    return this.#queue.length === 1 ? this.#unpolled : undefined;
  }

  #push(buffer: NetworkBuffer): void {
    this.#queue.push(buffer);
    this.#queuedData++;
    this.#upstream.onBufferQueued(this);
  }

  #send(): void {
    if (this.#isDisposed || this.#isHeld) return;
    if (this.local) {
      if (this.#blocked) return;
      this.#queueRequestedFlush();
      if (this.#queue.length > 0) this.#sim.scheduleAfter(0, this.#kinds.arrival, this.number, 0);
      return;
    }
    while (!this.#blocked) {
      const head = this.#queue.peek();
      if (head === undefined) {
        if (this.#credit > 0) this.#queueRequestedFlush();
        if (this.#queue.length === 0) return;
        continue;
      }
      if (!head.isEvent) {
        if (this.#credit === 0) {
          this.#downstream.touch();
          return;
        }
        this.#credit--;
      }
      this.#takeFromQueue();
      this.#travelling.push(head);
      this.#sim.scheduleAfter(this.#settings.latency, this.#kinds.arrival, this.number, 0);
    }
  }

  #takeFromQueue(): NetworkBuffer {
    const head = this.#queue.shift()!;
    if (head.isEvent) {
      this.#blocked = head.barrierOf > 0 && blocksChannel(head.kind);
      if (head.kind === TIMEOUTABLE) this.#upstream.onTimeoutableBarrierSent(this, head.barrierOf);
    } else {
      this.#queuedData--;
      this.#upstream.onBufferTaken(this);
    }
    return head;
  }

  // ---- receiver

  /** Handler of `arrival`. */
  onArrival(): void {
    if (this.#isDisposed) return;
    const downstream = this.#downstream;
    if (this.local) {
      const head = this.#queue.peek();
      if (head !== undefined && isOvertaking(head)) downstream.onPriorityBarrier(this);
      downstream.onData(this);
      return;
    }
    const buffer = this.#travelling.shift()!;
    if (this.#isReceiverLost) return;
    if (isOvertaking(buffer)) {
      this.#persister.onOvertaken(buffer);
      this.#received.unshift(buffer);
      downstream.onPriorityBarrier(this);
      return;
    }
    this.#persister.onReceived(buffer);
    this.#received.push(buffer);
    if (buffer.isEvent && buffer.kind === TIMEOUTABLE)
      downstream.onAnnouncement(this, buffer.barrierOf, buffer.triggeredAt);
    downstream.onData(this);
  }

  /** A barrier that overtakes is at the head; undefined: it was taken already. */
  takeBarrier(): NetworkBuffer | undefined {
    const queue = this.local ? this.#queue : this.#received;
    const head = queue.peek();
    return head !== undefined && isOvertaking(head) ? this.take() : undefined;
  }

  /** The announced barrier of `checkpoint` overtakes what was received before it. @returns whether there was one. */
  convertAnnounced(checkpoint: number): boolean {
    if (this.local) return false;
    const place = placeOfTimeoutable(this.#received, checkpoint);
    if (place < 0) return false;
    const barrier = this.#received.removeAt(place)!;
    barrier.kind = CONVERTED;
    this.#received.unshift(barrier);
    return true;
  }

  get hasData(): boolean {
    if (!this.local) return this.#received.length > 0;
    return !this.#blocked && !this.#isHeld && this.#queue.length > 0;
  }

  /** Data buffers that have come to a remote receiver and wait. */
  get buffersReceived(): number {
    if (this.local) return 0;
    let data = 0;
    for (let i = 0; i < this.#received.length; i++) if (this.#received.at(i)?.isEvent === false) data++;
    return data;
  }

  /** The next buffer. The caller has seen hasData. */
  take(): NetworkBuffer {
    if (!this.local) return this.#received.shift()!;
    const buffer = this.#takeFromQueue();
    if (buffer === this.#unpolled) {
      if (this.#queue.length === 0) this.#fillUpTo(this.#sim.now, buffer);
      this.#unpolled = undefined;
    }
    this.#persister.onTaken(buffer);
    if (isOvertaking(buffer)) this.#persister.onOvertaken(buffer);
    if (!this.#blocked) this.#queueRequestedFlush();
    return buffer;
  }

  /** A flush makes a buffer visible, the poll of its local receiver cuts it: what was written meanwhile comes along. (A remote
   *  one is polled by the network thread as soon as there is credit.)
   *  Source: flink PipelinedSubpartition.pollBuffer, BufferConsumer.build. */
  #fillUpTo(now: number, buffer: NetworkBuffer): void {
    this.#takeEmitted(now);
    if (this.#queue.length > 0 || !this.#segment.hasOpen) return;
    this.#segment.closeInto(buffer);
  }

  /** A flush that came while something else was in the way becomes visible once the queue is empty. */
  #queueRequestedFlush(): void {
    if (!this.#flushRequested || this.#queue.length > 0) return;
    this.#flushRequested = false;
    this.#takeEmitted(this.#sim.now);
    if (!this.#segment.hasOpen) return;
    if (this.#queue.length > 0) this.#flushRequested = true;
    else this.#queueOpen();
  }

  /** Credits the receiver has given and the sender has not used. */
  get unusedCredit(): number {
    return this.#credit;
  }

  /** The receiver gives one more buffer. Nobody can tell when it comes while the sender waits for nothing. */
  grantCredit(): void {
    if (this.senderWaits) this.#sim.scheduleAfter(this.#settings.latency, this.#kinds.credit, this.number, 0);
    else this.#credit++;
  }

  /** The receiver unblocks the channel; the sender learns of it one latency later. */
  resumeConsumption(): void {
    this.#sim.scheduleAfter(this.local ? 0 : this.#settings.latency, this.#kinds.resume, this.number, 0);
  }
}
