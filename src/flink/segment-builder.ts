/** Models: the segment of a subpartition that is being filled: records, whole or in part, latency markers and event time among them;
 *    how many make it full, and what goes into a buffer when it is cut.
 *  Source: flink BufferBuilder, BufferWritingResultPartition, RecordWriter.serializeRecord (Flink 2.1).
 *  Leaves out: bytes of latency markers and watermarks; debloated segments smaller than a record. */

import { SpanList } from "../records/index.ts";
import { NO_WATERMARK, type StreamStatus, UNCHANGED } from "./event-time.ts";
import type { LatencyMarker, MarkerPlace } from "./latency-marker.ts";
import type { NetworkBuffer } from "./network-buffer.ts";

export class SegmentBuilder {
  /** emitted and not yet cut into a buffer. */
  readonly open: SpanList;
  /** Latency markers among the records in `open`. */
  #markers: MarkerPlace[] = [];
  /** Event time that was emitted behind so many records of `open`, and waits for them to be cut. */
  #watermark: number = NO_WATERMARK;
  #status: StreamStatus = UNCHANGED;
  #eventTimeAfter = 0;
  /** bytes of one serialised record. */
  readonly #recordBytes: number;
  /** bytes of the segment being filled, and of those behind it. */
  #size: number;
  #nextSize: number;
  /** bytes of the segment that earlier flushes have handed out. */
  #fill = 0;
  /** bytes in this segment of a record that began in the one before; 0: none. */
  #carry = 0;
  // Of segments that were finished.
  #buffersOut = 0;
  #bytesOut = 0;

  /** @param separate keeps records apart: the reference for spans. */
  constructor(size: number, recordBytes: number, separate: boolean) {
    this.open = new SpanList(separate);
    this.#size = size;
    this.#nextSize = size;
    this.#recordBytes = recordBytes;
  }

  /** Segments that are finished, full or before a barrier. Source: flink BufferWritingResultPartition. */
  get buffersOut(): number {
    return this.#buffersOut + this.#fullWhileFlushed();
  }

  /** Their bytes. */
  get bytesOut(): number {
    return this.#bytesOut + this.#fullWhileFlushed() * this.#size;
  }

  /** Where every record is flushed by itself, full segments are not cut. */
  #fullWhileFlushed(): number {
    return Math.floor(this.#fill / this.#size);
  }

  /** From the next segment on they have so many bytes. */
  resize(bytes: number): void {
    this.#nextSize = bytes;
  }

  /** A latency marker follows what is open. */
  addMarker(marker: LatencyMarker): void {
    this.#markers.push({ marker, after: this.open.records });
  }

  /** Event time follows what is open; a later one that finds it still waiting takes its place. */
  addEventTime(watermark: number, status: StreamStatus): void {
    if (watermark !== NO_WATERMARK) this.#watermark = watermark;
    if (status !== UNCHANGED) this.#status = status;
    this.#eventTimeAfter = this.open.records;
  }

  /** Something was emitted that no buffer holds. */
  get hasOpen(): boolean {
    return this.open.records > 0 || this.#markers.length > 0 || this.#hasEventTime();
  }

  /** A part of the segment is filled, handed out or not. */
  get isBegun(): boolean {
    return this.#fill > 0 || this.#carry > 0 || this.hasOpen;
  }

  #hasEventTime(): boolean {
    return this.#watermark !== NO_WATERMARK || this.#status !== UNCHANGED;
  }

  /** Records needed in `open` for the segment to be full. A record may span two segments. */
  recordsToFill(): number {
    const room = this.#size - this.#fill;
    return this.#carry > 0
      ? 1 + Math.ceil((room - this.#carry) / this.#recordBytes)
      : Math.ceil(room / this.#recordBytes);
  }

  #bytesOf(records: number): number {
    return this.#carry > 0 ? this.#carry + (records - 1) * this.#recordBytes : records * this.#recordBytes;
  }

  /** The segment is full with the first `records` of what is open: the next one begins. The last of them belongs to the segment that
   *  it ends in. @returns how many are whole in this one. */
  cutFull(records: number): number {
    const excess = this.#fill + this.#bytesOf(records) - this.#size;
    this.#fill = 0;
    this.#carry = excess;
    this.#buffersOut++;
    this.#bytesOut += this.#size;
    this.#size = this.#nextSize;
    return excess === 0 ? records : records - 1;
  }

  /** The record that spans segments ends in this one. */
  get endsRecord(): boolean {
    return this.#carry < this.#size;
  }

  /** Hands out what is open, a part of the segment, into `buffer`. */
  closeInto(buffer: NetworkBuffer): void {
    if (this.open.records > 0) {
      this.#fill += this.#bytesOf(this.open.records);
      this.#carry = 0;
    }
    this.moveOpen(this.open.records, buffer);
  }

  /** What is handed out is all of the segment: the next one begins. */
  finish(): void {
    if (this.#fill > 0) {
      this.#buffersOut += Math.ceil(this.#fill / this.#size);
      this.#bytesOut += this.#fill;
    }
    this.#fill = 0;
    this.#carry = 0;
    this.#size = this.#nextSize;
  }

  /** Moves the first `records` of what is open behind those of `buffer`, the markers among them, and event time that was
   *  emitted behind one of them. */
  moveOpen(records: number, buffer: NetworkBuffer): void {
    if (this.#markers.length > 0) {
      const before = buffer.spans.records;
      const moved: MarkerPlace[] = [];
      const left: MarkerPlace[] = [];
      for (const { marker, after } of this.#markers) {
        if (after <= records) moved.push({ marker, after: before + after });
        else left.push({ marker, after: after - records });
      }
      buffer.markers = [...buffer.markers, ...moved];
      this.#markers = left;
    }
    if (this.#hasEventTime()) this.#moveEventTime(records, buffer);
    this.open.moveFront(records, buffer.spans);
  }

  #moveEventTime(records: number, buffer: NetworkBuffer): void {
    this.#eventTimeAfter -= records;
    if (this.#eventTimeAfter > 0) return;
    if (this.#watermark !== NO_WATERMARK) buffer.watermark = this.#watermark;
    if (this.#status !== UNCHANGED) buffer.status = this.#status;
    this.#watermark = NO_WATERMARK;
    this.#status = UNCHANGED;
  }
}
