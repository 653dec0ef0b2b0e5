/** Models: what a task thread has in hand: the records of one network buffer, or results of fired windows, served one after the
 *    other; handed on as they are done, to the network and to the sinks; held up while the thread is blocked, and without output
 *    behind the record in hand; left between two records for mails.
 *  Source: flink StreamTask.processInput, AbstractStreamTaskNetworkInput.emitNext, MailboxProcessor (Flink 2.1).
 *  Leaves out: what Service leaves out; that a latency marker behind the record in hand waits for output. */

import { invariant } from "../engine/index.ts";
import { SpanList } from "../records/index.ts";
import type { ChainedSinks } from "./chained-sinks.ts";
import type { Channel } from "./channel.ts";
import type { NetworkBuffer } from "./network-buffer.ts";
import type { OperatorTaskParts, OperatorTaskSettings } from "./operator-task-parts.ts";
import { ProcessedRecords, type RankListener } from "./processed-records.ts";
import type { RecordWriters } from "./record-writers.ts";
import { Service } from "./service.ts";
import { BUSY, type TaskGauges } from "./task-gauges.ts";

/** What of a task it works with. */
export type ServiceParts = Pick<
  OperatorTaskParts,
  "service" | "lineage" | "recycler" | "latencyStats" | "applied" | "eventTime"
>;

export class BufferInService {
  readonly #settings: Pick<OperatorTaskSettings, "oneRecord" | "longestRun">;
  readonly #parts: ServiceParts;
  readonly #sinks: ChainedSinks;
  readonly #gauges: TaskGauges;
  #writers: RecordWriters;
  readonly #service: Service;
  readonly #leaving: SpanList;
  readonly #processed: ProcessedRecords;
  /** The operator keeps the records in windows. */
  readonly #collects: boolean;
  /** Where records only go to sinks, a buffer is cut as they get them, and told of in the same runs; else as a whole. */
  #tellsRuns = false;
  #buffer: NetworkBuffer | undefined;
  #channel: Channel | undefined;
  /** Behind how many records the next latency marker comes; -1: none does. */
  #markerIndex = -1;
  /** They are results of windows: the thread runs no mail before they are out. */
  #isFiring = false;
  /** How many records are told as processed. */
  #told = 0;
  /** The thread must turn to something else when the record in hand is done, which is then; -1: it needn't. */
  #boundaryAt = -1;
  /** The output is not available, and the records rest since then; -1: no. */
  #restingSince = -1;
  /** The thread is blocked in a snapshot or a commit since then; -1: not. */
  #blockedSince = -1;
  #records: number;

  /** @param writers where records go until it is connected: nowhere. */
  constructor(
    settings: Pick<OperatorTaskSettings, "oneRecord" | "longestRun" | "restoredRecords">,
    parts: ServiceParts,
    sinks: ChainedSinks,
    gauges: TaskGauges,
    writers: RecordWriters,
  ) {
    this.#settings = settings;
    this.#parts = parts;
    this.#sinks = sinks;
    this.#gauges = gauges;
    this.#writers = writers;
    this.#service = new Service(parts.lineage);
    this.#leaving = new SpanList(parts.recycler.separate);
    this.#processed = new ProcessedRecords(listener(parts));
    this.#collects = parts.eventTime?.hasWindows === true;
    this.#records = settings.restoredRecords;
  }

  /** The task starts with these outputs. */
  connect(writers: RecordWriters): void {
    this.#writers = writers;
    this.#service.feedInto(writers.channels.length);
    this.#tellsRuns = !this.#collects && writers.channels.length === 0 && !this.#sinks.isEmpty;
  }

  get isEmpty(): boolean {
    return this.#buffer === undefined;
  }

  /** Where its buffer came through; undefined: there is none, or results are in hand. */
  get channel(): Channel | undefined {
    return this.#channel;
  }

  get isFiring(): boolean {
    return this.#isFiring;
  }

  get isBlocked(): boolean {
    return this.#blockedSince >= 0;
  }

  get isResting(): boolean {
    return this.#restingSince >= 0;
  }

  /** Nothing is being served. */
  get isHeldUp(): boolean {
    return this.#blockedSince >= 0 || this.#restingSince >= 0;
  }

  /** Its records take no time. */
  get isInstant(): boolean {
    return this.#service.perRecord === 0;
  }

  /** Records handed on since the job began. */
  get records(): number {
    return this.#records;
  }

  /** Records that are not done by `now`. */
  left(now: number): number {
    return this.#service.isIdle ? 0 : this.#service.size - this.#doneBy(now);
  }

  /** The records of `buffer`, one at least, are served from `now` on. */
  begin(buffer: NetworkBuffer, channel: Channel, now: number): void {
    this.#buffer = buffer;
    this.#channel = channel;
    if (buffer.markers.length > 0) this.passMarkers(buffer, 0, now);
    this.#serve(buffer.spans, this.#parts.service(buffer.spans.records), now);
  }

  /** Results of windows are made from `now` on; together they take `total` ns. */
  fire(results: SpanList, total: number, now: number): void {
    const buffer = this.#parts.recycler.take();
    this.#isFiring = true;
    this.#buffer = buffer;
    results.copyTo(buffer.spans);
    this.#serve(buffer.spans, total, now);
  }

  #serve(spans: SpanList, total: number, now: number): void {
    this.#service.begin(spans, now, total);
    this.#gauges.enter(BUSY, now, this.#service.busyUntil);
    if (this.#writers.channels.length === 0 || (this.#collects && !this.#isFiring)) return;
    this.#writers.foresee();
  }

  #doneBy(now: number): number {
    if (this.#restingSince >= 0) return this.#service.doneBy(this.#restingSince);
    return this.#service.doneBy(this.#blockedSince >= 0 ? this.#blockedSince : now);
  }

  /** Whether something must be handed on now: all of it, a record, or a long run. */
  isDue(now: number): boolean {
    if (this.#buffer === undefined || this.#restingSince >= 0) return false;
    const { start, served, perRecord } = this.#service;
    if (this.#service.isFinished(now) || this.#settings.oneRecord) return true;
    if (this.#markerIndex >= 0 && this.#service.doneBy(now) >= this.#markerIndex) return true;
    return now - start - served * perRecord >= this.#settings.longestRun;
  }

  /** Whether the thread may turn to something else; if not, it may when the record in hand is done. */
  isBetweenRecords(now: number): boolean {
    if (this.#buffer === undefined || this.#restingSince >= 0) return true;
    if (this.#boundaryAt < 0) this.#boundaryAt = this.#service.boundaryAt(now);
    return this.#boundaryAt <= now;
  }

  /** The thread has turned to something else. */
  leaveBoundary(): void {
    this.#boundaryAt = -1;
  }

  /** ns; when the record in hand is done, or now. */
  recordDoneAt(now: number): number {
    return this.#buffer === undefined || this.isHeldUp ? now : this.#service.boundaryAt(now);
  }

  /** Somebody waits for its end: the sender, a mail for windows to be fired, or event time behind it. */
  isAwaited(hasMail: boolean): boolean {
    if (this.#channel?.senderWaits === true) return true;
    if (this.#isFiring) return hasMail || this.#writers.channels.length > 0;
    return this.#buffer!.hasEventTime;
  }

  /** When the thread must look at it next, ns; infinite: not before somebody asks. */
  nextAt(now: number, isAwaited: boolean): number {
    const { busyUntil, served } = this.#service;
    const { oneRecord, longestRun } = this.#settings;
    if (this.#boundaryAt >= 0) return this.#boundaryAt;
    if (oneRecord) return Math.min(busyUntil, Math.ceil(this.#service.endOf(served)));
    let at = busyUntil;
    if (this.#markerIndex >= 0) at = Math.min(at, this.#service.endOf(this.#markerIndex - 1));
    else if (!isAwaited && longestRun === Number.POSITIVE_INFINITY) return longestRun;
    return Math.min(at, now + longestRun);
  }

  /** Hands on the records that are done by `now`. @returns whether all are: then the buffer is to be released. */
  settle(now: number): boolean {
    const buffer = this.#buffer;
    if (buffer === undefined || this.#restingSince >= 0) return false;
    const service = this.#service;
    const done = service.doneBy(now);
    if (done > service.served) this.#handOn(done);
    if (this.#markerIndex >= 0 && done >= this.#markerIndex) this.passMarkers(buffer, done, now);
    const finished = service.isFinished(now);
    if (finished || this.#settings.oneRecord) this.#writers.endEmission(now);
    return finished;
  }

  /** All is done. @returns the buffer, which is somebody else's to recycle. */
  release(): NetworkBuffer {
    const buffer = this.#buffer;
    invariant(buffer !== undefined, "only a buffer in service is released");
    if (!this.#tellsRuns && !this.#isFiring) this.#tellUpTo(this.#service.size);
    this.#buffer = undefined;
    this.#channel = undefined;
    this.#isFiring = false;
    this.#boundaryAt = -1;
    this.#service.end();
    return buffer;
  }

  /** The sinks get the records up to number `done`. */
  #handOn(done: number): void {
    const service = this.#service;
    const first = service.endOf(service.served);
    const last = service.endOf(done - 1);
    const count = done - service.served;
    service.served = done;
    if (!this.#isFiring) this.#records += count;
    if (this.#sinks.isEmpty || (this.#collects && !this.#isFiring)) return;
    const { spans } = this.#buffer!;
    if (this.#writers.channels.length > 0) {
      // They go to the network too.
      service.copy(done - count, done, this.#leaving);
      this.#sinks.write(this.#leaving, first, last);
      return;
    }
    if (count === spans.records) {
      if (this.#tellsRuns) this.#processed.tell(spans);
      this.#sinks.write(spans, first, last);
      return;
    }
    spans.moveFront(count, this.#leaving);
    if (this.#tellsRuns) this.#processed.tell(this.#leaving);
    this.#sinks.write(this.#leaving, first, last);
  }

  /** The records up to number `done` are processed; some of them may have been told. */
  #tellUpTo(done: number): void {
    const service = this.#service;
    if (this.#told === 0 && done === service.size) this.#processed.tell(this.#buffer!.spans);
    else if (done > this.#told) {
      const spans = new SpanList(this.#parts.recycler.separate);
      service.copy(this.#told, done, spans);
      this.#processed.tell(spans);
    }
    this.#told = done === service.size ? 0 : done;
  }

  /** What is left of the buffer, and of which nobody is told yet. */
  unserved(): SpanList {
    const rest = new SpanList(this.#parts.recycler.separate);
    const { served, size } = this.#service;
    if (this.#tellsRuns) this.#buffer!.spans.copyTo(rest);
    else {
      this.#tellUpTo(served);
      this.#service.copy(served, size, rest);
    }
    return rest;
  }

  /** Latency markers of `buffer` behind its first `done` records, and not behind fewer, go on. */
  passMarkers({ markers }: NetworkBuffer, done: number, now: number): void {
    let next = -1;
    for (const { marker, after } of markers) {
      if (after > done) {
        next = after;
        break;
      }
      if (after < this.#markerIndex) continue;
      const channel = this.#parts.latencyStats?.arrive(marker, this.#writers.edges, now);
      channel?.emitMarker(marker, now);
    }
    this.#markerIndex = next;
  }

  // ---- what reaches the network

  emitInto(channel: Channel, now: number): void {
    if (this.#collects && !this.#isFiring) return;
    this.#service.emitInto(channel, this.#doneBy(now));
  }

  /** See UpstreamTask. */
  timeOfEmission(channel: Channel, records: number, now: number): number {
    // One record at a time, the channels are looked after at each one's end.
    if (this.isHeldUp || this.#service.isIdle || this.#settings.oneRecord) return Number.POSITIVE_INFINITY;
    if (this.#collects && !this.#isFiring) return Number.POSITIVE_INFINITY;
    const missing = records - channel.open.records;
    if (missing <= 0) return now;
    const index = this.#service.indexOf(channel, missing);
    return index < this.#service.size ? this.#service.endOf(index) : Number.POSITIVE_INFINITY;
  }

  // ---- what holds it up

  /** The output is not available: the records that aren't done by `now` wait. The caller has settled. */
  rest(now: number): void {
    this.#writers.endEmission(now);
    this.#restingSince = now;
    this.#boundaryAt = -1;
  }

  resume(now: number): void {
    this.#service.delay(now - this.#restingSince);
    this.#restingSince = -1;
    this.#goOn(now);
  }

  block(now: number): void {
    if (this.#restingSince < 0 && this.#buffer !== undefined) this.#writers.endEmission(now);
    this.#blockedSince = now;
    this.#gauges.enter(BUSY, now);
  }

  unblock(now: number): void {
    invariant(this.#blockedSince >= 0, "only a blocked task is unblocked");
    const pause = now - this.#blockedSince;
    this.#blockedSince = -1;
    this.#boundaryAt = -1;
    if (this.#restingSince >= 0 || this.#buffer === undefined) return;
    this.#service.delay(pause);
    this.#goOn(now);
  }

  /** What is left takes `ratio` times as long from now on, or from when it goes on. @returns whether it goes on. */
  stretch(now: number, ratio: number): boolean {
    if (this.#buffer === undefined) return false;
    if (this.isHeldUp) {
      this.#service.stretch(this.isResting ? this.#restingSince : this.#blockedSince, ratio);
      return false;
    }
    this.#writers.endEmission(now);
    this.#service.stretch(now, ratio);
    this.#boundaryAt = -1;
    this.#goOn(now);
    return true;
  }

  #goOn(now: number): void {
    this.#gauges.enter(BUSY, now, this.#service.busyUntil);
    this.#writers.foresee();
  }
}

/** Windows hear of what is processed before anybody else. */
function listener({ applied, eventTime }: ServiceParts): RankListener | undefined {
  if (eventTime?.hasWindows !== true) return applied;
  return (originPartition, route, from, to) => {
    eventTime.process(originPartition, route, from, to);
    applied?.(originPartition, route, from, to);
  };
}
