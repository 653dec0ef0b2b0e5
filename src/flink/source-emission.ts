/** Models: what a source emits, record by record at one emission time each, and which of its channels gets it: as records come, in
 *    closed form, or a chunk after the other where it is behind; what an interruption leaves of a chunk; up to where each split has
 *    been emitted.
 *  Source: flink SourceOperator.emitNext, SourceReaderBase.pollNext, KafkaRecordEmitter, RecordWriter.emit.
 *  Leaves out: the order of records of several splits in closed form (a buffer mixes them evenly). */

import type { Lineage, Route } from "../records/index.ts";
import type { Channel } from "./channel.ts";
import { ALL_ROUTES, type Chunk, type SourceFeed } from "./source-feed.ts";
import type { TaskGauges } from "./task-gauges.ts";
import type { WatermarkEmitter } from "./watermark-emitter.ts";

/** `live`: emission follows the closed form; `ramp`: a chunk at emission speed; `idle`: nothing to emit;
 *  `paused`: snapshot or no output. */
export type EmissionMode = "live" | "ramp" | "idle" | "paused";

export class SourceEmission {
  readonly #feed: SourceFeed;
  readonly #lineage: Lineage;
  /** ns to deserialise and emit one record, usually, and how many times as long it takes now. */
  readonly #usualTime: number;
  #slowness = 1;
  readonly #gauges: TaskGauges;
  /** Told of the latest record of each split. */
  readonly #watermarks: WatermarkEmitter | undefined;
  #mode: EmissionMode = "idle";
  #channels: readonly Channel[] = [];
  /** Per channel and split of a feed in closed form: the split's records that come through the channel. */
  #routes: (Route | null)[][] = [];
  // The chunk being emitted: its record k at #rampStart + (k + 1) * the time of one.
  readonly #chunk: Chunk = { split: 0, originPartition: 0, route: ALL_ROUTES, from: 0, to: 0 };
  #rampStart = 0;
  /** Of a chunk of ranks, by channel: those that come through it, and the first that it hasn't got. */
  readonly #rampRoutes: (Route | null)[] = [];
  readonly #rampCursors: number[] = [];
  /** What is left of an interrupted chunk is emitted first. */
  #interrupted = false;
  #emittedAt = -1;
  readonly #emitted: Float64Array;
  /** Live: offset in each split less that in its origin. */
  readonly #shifts: Float64Array;
  /** Live: records of each split that the watermarks know of. */
  readonly #noted: Float64Array;
  /** Records emitted since the task began, without those of the ramp under way. */
  #recordsOut = 0;

  /** @param time ns to deserialise and emit one record. */
  constructor(
    feed: SourceFeed,
    lineage: Lineage,
    time: number,
    gauges: TaskGauges,
    watermarks: WatermarkEmitter | undefined,
  ) {
    this.#feed = feed;
    this.#lineage = lineage;
    this.#usualTime = time;
    this.#gauges = gauges;
    this.#watermarks = watermarks;
    this.#emitted = new Float64Array(feed.splits);
    this.#shifts = new Float64Array(feed.splits);
    this.#noted = new Float64Array(feed.splits);
  }

  /** Called once, with all channels of the output. */
  connect(channels: readonly Channel[]): void {
    this.#channels = channels;
    if (this.#feed.readsOrigins) {
      this.#routes = channels.map((channel) =>
        Array.from({ length: this.#feed.splits }, (_, split) =>
          channel.part(this.#lineage.everyKey(this.#feed.originPartition(split)).id),
        ),
      );
    }
    this.#aimAtPositions();
  }

  get mode(): EmissionMode {
    return this.#mode;
  }

  /** From now on a record takes `slowness` times as long as usually; nothing is being emitted. */
  slowDown(slowness: number): void {
    this.#slowness = slowness;
  }

  /** ns to deserialise and emit one record. */
  #emission(): number {
    return this.#usualTime * this.#slowness;
  }

  // ---- what is emitted next

  /** Goes on with an interrupted chunk, or takes the next.
   *  @returns when its last record is emitted, ns; -1: there is nothing to take. */
  beginChunk(now: number): number {
    if (!this.#interrupted && !this.#feed.take(now, this.#chunk)) return -1;
    this.#interrupted = false;
    this.#mode = "ramp";
    this.#rampStart = now;
    const chunk = this.#chunk;
    if (chunk.route !== ALL_ROUTES) this.#aimAtRoutes();
    else if (this.#feed.jumps) this.#aimAt(chunk.split, chunk.from);
    return now + (chunk.to - chunk.from) * this.#emission();
  }

  /** The chunk is emitted, and its channels have it. */
  finishChunk(): void {
    const size = this.#chunk.to - this.#chunk.from;
    this.#noteChunk(size);
    this.#recordsOut += size;
    this.#mode = "idle";
  }

  /** Whether emission has a closed form now that there is no chunk to take. */
  get mayBeLive(): boolean {
    return this.#feed.closedForm && this.#slowness === 1;
  }

  beginLive(): void {
    this.#mode = "live";
    this.#emittedAt = -1;
    this.#emitted.set(this.#feed.position);
    this.#noted.set(this.#feed.position);
    if (this.#feed.jumps) this.#aimAtPositions();
  }

  /** Nothing is emitted from here on; nothing was. */
  rest(mode: "idle" | "paused"): void {
    this.#mode = mode;
  }

  /** The emission stops at `now`, and its channels have what was emitted: what wasn't stays with the feed or in the interrupted
   *  chunk. */
  interrupt(now: number): void {
    this.noteEmitted(now);
    if (this.#mode === "live") {
      this.#emitUpTo(now);
      this.#feed.position.set(this.#emitted);
    } else if (this.#mode === "ramp") {
      const count = this.#rampCount(now);
      this.#chunk.from += count;
      this.#recordsOut += count;
      this.#interrupted = this.#chunk.from < this.#chunk.to;
    }
    this.#mode = "paused";
  }

  /** All splits are read up to their stopping offsets. A source without splits has nothing to read, and nothing more will be
   *  assigned to it. */
  get isAtEnd(): boolean {
    const { stoppingOffsets, splits, position } = this.#feed;
    if (stoppingOffsets === undefined || this.#interrupted) return false;
    for (let split = 0; split < splits; split++) if (position[split]! < stoppingOffsets[split]!) return false;
    return true;
  }

  /** Live: when the last record before the stopping offsets is emitted, ns and after `now`; infinite when it isn't foreseen. */
  endAfter(now: number): number {
    const { stoppingOffsets, splits, position } = this.#feed;
    if (stoppingOffsets === undefined) return Number.POSITIVE_INFINITY;
    let end: number = now + 1;
    for (let split = 0; split < splits; split++) {
      const stop = stoppingOffsets[split]!;
      if (position[split]! >= stop) continue;
      end = Math.max(end, this.#feed.availableAt(split, stop - 1) + this.#emission());
    }
    return end;
  }

  // ---- what has been emitted

  /** Records emitted by `now` since the task began. */
  recordsOut(now: number): number {
    if (this.#mode === "live") this.#emitUpTo(now);
    return this.#recordsOut + (this.#mode === "ramp" ? this.#rampCount(now) : 0);
  }

  /** Live: records that were emitted by `now` and not yet taken from the feed, whose position follows when emission is interrupted. */
  aheadOfFeed(now: number): number {
    if (this.#mode !== "live") return 0;
    this.#emitUpTo(now);
    let ahead = 0;
    for (let split = 0; split < this.#feed.splits; split++)
      ahead += this.#emitted[split]! - this.#feed.position[split]!;
    return ahead;
  }

  /** Offset of the split behind the last record that was emitted by `now`. */
  emittedOffset(split: number, now: number): number {
    if (this.#mode === "live") {
      this.#emitUpTo(now);
      return this.#emitted[split]!;
    }
    const isInRamp = this.#mode === "ramp" && this.#chunk.split === split;
    const left = isInRamp ? this.#chunk.to - this.#chunk.from - this.#rampCount(now) : 0;
    return this.nextOffset(split) - left;
  }

  /** Interrupted: the next offset of the split: what is taken from the feed and not emitted is not in the state. */
  nextOffset(split: number): number {
    const left = this.#isInHand(split) ? this.#chunk.to - this.#chunk.from : 0;
    return this.#feed.position[split]! - left;
  }

  /** The same as an offset of the split's origin partition. */
  nextOffsetOfOrigin(split: number): number {
    if (this.#feed.readsOrigins && this.#isInHand(split)) return this.#chunk.from;
    return this.nextOffset(split) - this.#feed.shift(split);
  }

  /** Whether a chunk of the split is emitted in part, and of an origin's offsets. */
  #isInHand(split: number): boolean {
    return this.#interrupted && this.#chunk.split === split;
  }

  /** Tells the watermarks of the latest record of each split that was emitted up to `now`. */
  noteEmitted(now: number): void {
    if (this.#watermarks === undefined) return;
    if (this.#mode === "ramp") this.#noteChunk(this.#rampCount(now));
    if (this.#mode !== "live") return;
    this.#emitUpTo(now);
    for (let split = 0; split < this.#feed.splits; split++) {
      const count = this.#emitted[split]!;
      if (count === this.#noted[split]!) continue;
      this.#noted[split] = count;
      const offset = count - 1 - this.#shifts[split]!;
      const createdAt = this.#lineage.createdAt(this.#feed.originPartition(split), offset);
      this.#watermarks.onEmitted(split, createdAt);
    }
  }

  /** Tells the watermarks which splits are read up to their stopping offsets at `now`. */
  noteFinished(now: number): void {
    const { stoppingOffsets, splits } = this.#feed;
    if (stoppingOffsets === undefined) return;
    for (let split = 0; split < splits; split++)
      if (this.emittedOffset(split, now) >= stoppingOffsets[split]!) this.#watermarks?.onSplitFinished(split);
  }

  /** The first `count` records of the chunk are emitted. */
  #noteChunk(count: number): void {
    if (this.#watermarks === undefined || count === 0) return;
    const { split, originPartition, route, from } = this.#chunk;
    const last = from + count - 1;
    const offset = route === ALL_ROUTES ? last : this.#lineage.offsetOf(originPartition, route, last);
    this.#watermarks.onEmitted(split, this.#lineage.createdAt(originPartition, offset));
  }

  #rampCount(now: number): number {
    const size = this.#chunk.to - this.#chunk.from;
    const emission = this.#emission();
    if (emission === 0) return size;
    const count = Math.floor((now - this.#rampStart) / emission);
    return count < size ? count : size;
  }

  /** Live: the offsets emitted up to `now`, into #emitted. */
  #emitUpTo(now: number): void {
    if (this.#emittedAt === now) return;
    this.#emittedAt = now;
    const feed = this.#feed;
    const emission = this.#emission();
    const time = now - emission;
    let more = 0;
    for (let split = 0; split < feed.splits; split++) {
      const count = feed.availableCount(split, time);
      const before = this.#emitted[split]!;
      if (count <= before) continue;
      more += count - before;
      this.#emitted[split] = count;
    }
    this.#recordsOut += more;
    this.#gauges.worked(more * emission, now);
  }

  // ---- into the channels

  /** Puts what was emitted up to `now` into `channel.open`. */
  emitInto(channel: Channel, now: number): void {
    if (this.#mode === "live") {
      this.#emitUpTo(now);
      if (this.#feed.splits > 1) channel.open.interleaved = true;
      for (let split = 0; split < this.#feed.splits; split++) {
        this.#emitOffsets(channel, split, this.#emitted[split]! - this.#shifts[split]!);
      }
    } else if (this.#mode === "ramp") {
      const chunk = this.#chunk;
      const upTo = chunk.from + this.#rampCount(now);
      if (chunk.route === ALL_ROUTES) this.#emitOffsets(channel, chunk.split, upTo);
      else this.#emitRanks(channel, upTo);
    }
  }

  /** When `channel.open` will hold `records` records; infinite if not foreseen, ns. */
  timeOfEmission(channel: Channel, records: number, now: number): number {
    const missing = records - channel.open.records;
    if (missing <= 0) return now;
    if (this.#mode === "live") {
      return this.#feed.splits === 1
        ? this.#liveTimeOfOne(channel, missing)
        : this.#liveTimeOfMany(channel, missing, now);
    }
    if (this.#mode !== "ramp") return Number.POSITIVE_INFINITY;
    const k = this.#rampIndex(channel, missing);
    if (k >= this.#chunk.to - this.#chunk.from) return Number.POSITIVE_INFINITY;
    return this.#rampStart + (k + 1) * this.#emission();
  }

  #emitOffsets(channel: Channel, split: number, offset: number): void {
    const origin = this.#feed.originPartition(split);
    const route = this.#routes[channel.upstreamIndex]![split]!;
    if (route === null) return;
    const rank = route.rankOf(this.#lineage.localPartition(origin), offset);
    const cursor = channel.cursor[split]!;
    if (rank <= cursor) return;
    channel.open.push(origin, route.id, cursor, rank);
    channel.cursor[split] = rank;
  }

  #liveTimeOfOne(channel: Channel, missing: number): number {
    const origin = this.#feed.originPartition(0);
    const route = this.#routes[channel.upstreamIndex]![0]!;
    if (route === null) return Number.POSITIVE_INFINITY;
    const local = this.#lineage.localPartition(origin);
    const offset = route.offsetOf(local, channel.cursor[0]! + missing - 1);
    return this.#feed.availableAt(0, offset + this.#shifts[0]!) + this.#emission();
  }

  /** Bisection over time on the number of records that all splits will have given, to a microsecond. */
  #liveTimeOfMany(channel: Channel, missing: number, now: number): number {
    let low = now;
    let step = 1e6;
    let high = now + step;
    while (this.#liveCount(channel, high) < missing) {
      low = high;
      step *= 2;
      high += step;
      if (step > 1e13) return Number.POSITIVE_INFINITY;
    }
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2);
      if (this.#liveCount(channel, middle) < missing) low = middle;
      else high = middle;
    }
    return high;
  }

  /** Records that the channel will have got between its cursors and `time`. */
  #liveCount(channel: Channel, time: number): number {
    const feed = this.#feed;
    let count = 0;
    for (let split = 0; split < feed.splits; split++) {
      const route = this.#routes[channel.upstreamIndex]![split]!;
      if (route === null) continue;
      const available = feed.availableCount(split, time - this.#emission()) - this.#shifts[split]!;
      const rank = route.rankOf(this.#lineage.localPartition(feed.originPartition(split)), available);
      if (rank > channel.cursor[split]!) count += rank - channel.cursor[split]!;
    }
    return count;
  }

  /** A feed that starts at other positions than 0 has given its channels what lies before. */
  #aimAtPositions(): void {
    const feed = this.#feed;
    if (!feed.readsOrigins) return;
    for (let split = 0; split < feed.splits; split++) {
      const position = feed.position[split]!;
      const shift = feed.shift(split);
      this.#shifts[split] = shift;
      if (position !== 0) this.#aimAt(split, position - shift);
    }
  }

  /** What every channel gets next of `split` begins at `offset` of its origin partition. */
  #aimAt(split: number, offset: number): void {
    const local = this.#lineage.localPartition(this.#feed.originPartition(split));
    this.#channels.forEach((channel, i) => {
      const part = this.#routes[i]![split]!;
      if (part !== null) channel.cursor[split] = part.rankOf(local, offset);
    });
  }

  #aimAtRoutes(): void {
    const { originPartition, route, from } = this.#chunk;
    const source = this.#lineage.routeById(route);
    this.#channels.forEach((channel, i) => {
      const part = channel.part(route);
      this.#rampRoutes[i] = part;
      this.#rampCursors[i] = part === null ? 0 : this.#lineage.translate(originPartition, source, part, from);
    });
  }

  #emitRanks(channel: Channel, upTo: number): void {
    const i = channel.upstreamIndex;
    const shared = this.#rampRoutes[i]!;
    if (shared === null) return;
    const { originPartition, route } = this.#chunk;
    const rank = this.#lineage.translate(originPartition, this.#lineage.routeById(route), shared, upTo);
    if (rank <= this.#rampCursors[i]!) return;
    channel.open.push(originPartition, shared.id, this.#rampCursors[i]!, rank);
    this.#rampCursors[i] = rank;
  }

  /** Index in the chunk of the record that brings `channel` the last of `missing` more; the chunk's size or more when
   *  it holds fewer. */
  #rampIndex(channel: Channel, missing: number): number {
    const { originPartition, route, from, split } = this.#chunk;
    const local = this.#lineage.localPartition(originPartition);
    if (route === ALL_ROUTES) {
      const part = this.#routes[channel.upstreamIndex]![split]!;
      if (part === null) return Number.POSITIVE_INFINITY;
      return part.offsetOf(local, channel.cursor[split]! + missing - 1) - from;
    }
    const shared = this.#rampRoutes[channel.upstreamIndex]!;
    if (shared === null) return Number.POSITIVE_INFINITY;
    const offset = shared.offsetOf(local, this.#rampCursors[channel.upstreamIndex]! + missing - 1);
    // No key of the origin belongs to the channel.
    if (offset === Number.POSITIVE_INFINITY) return offset;
    return this.#lineage.routeById(route).rankOf(local, offset) - from;
  }
}
