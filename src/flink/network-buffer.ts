import { SpanList } from "../records/index.ts";
import { ALIGNED, type BarrierKind } from "./barrier-handler.ts";
import { type CheckpointProperties, PERIODIC_CHECKPOINT } from "./checkpoint-properties.ts";
import { NO_WATERMARK, type StreamStatus, UNCHANGED } from "./event-time.ts";
import type { MarkerPlace } from "./latency-marker.ts";

const NO_MARKERS: readonly MarkerPlace[] = [];

/** In place of a checkpoint's id: EndOfData and EndOfPartitionEvent. */
export const END_OF_DATA = -1;
export const END_OF_PARTITION = -2;

/** What travels through a channel: a segment's worth of serialised records, or an event: a checkpoint barrier, the end of the
 *  data or that of the partition. */
export class NetworkBuffer {
  readonly spans: SpanList;
  /** 0: data; else the id of the checkpoint whose barrier this is, or one of the above. */
  barrierOf = 0;
  /** Of a barrier: how it behaves on this edge, and how its checkpoint wants to behave. */
  kind: BarrierKind = ALIGNED;
  wanted: BarrierKind = ALIGNED;
  /** ns, of a barrier: when the JobManager triggered its checkpoint. */
  triggeredAt = 0;
  properties: CheckpointProperties = PERIODIC_CHECKPOINT;
  /** Latency markers among the records, in their order. */
  markers: readonly MarkerPlace[] = NO_MARKERS;
  /** Of data: event time that its receiver learns of behind the records. */
  watermark: number = NO_WATERMARK;
  status: StreamStatus = UNCHANGED;

  constructor(separate: boolean) {
    this.spans = new SpanList(separate);
  }

  /** It takes no credit, and is in nobody's state. */
  get isEvent(): boolean {
    return this.barrierOf !== 0;
  }

  get hasEventTime(): boolean {
    return this.watermark !== NO_WATERMARK || this.status !== UNCHANGED;
  }
}

/** Buffers that are used again and again; a bookkeeping of objects, not of Flink's network memory. */
export class BufferRecycler {
  readonly separate: boolean;
  /** #count of them; what lies behind is left over. */
  readonly #free: NetworkBuffer[] = [];
  #count = 0;

  constructor(separate: boolean) {
    this.separate = separate;
  }

  take(): NetworkBuffer {
    if (this.#count === 0) return new NetworkBuffer(this.separate);
    return this.#free[--this.#count]!;
  }

  giveBack(buffer: NetworkBuffer): void {
    buffer.spans.clear();
    buffer.barrierOf = 0;
    buffer.markers = NO_MARKERS;
    buffer.watermark = NO_WATERMARK;
    buffer.status = UNCHANGED;
    if (this.#count === this.#free.length) this.#free.push(buffer);
    else this.#free[this.#count] = buffer;
    this.#count++;
  }
}
