import { type Lineage, type Route, RunPart, SpanList } from "../records/index.ts";
import type { CommittableState } from "./task-state-snapshot.ts";

/** What is chained behind an operator. Times are ns. */
export interface ChainedSink {
  /** Takes all records of `spans` (and empties it); they leave the operator evenly from `first` to `last`. */
  write(spans: SpanList, first: number, last: number): void;
  /** Whether the next record blocks the task, which is then told when it can go on; undefined: never. */
  isBlocked?(): boolean;
  /** prepareSnapshotPreBarrier at `now`. @returns when the flush is over; -1 when onFlushed will tell. */
  prepareSnapshot(checkpoint: number, now: number): number;
  /** The operator's input has ended at `now`: what is left is flushed, and handed to the committer.
   *  @returns when that is over; -1 when onFlushed will tell. */
  endInput(now: number): number;
  /** What the committer has collected and not yet committed, oldest first. */
  committables(): readonly CommittableState[];
  /** snapshotState at `now`. @returns how long it blocks the task; -1 when onSnapshotTaken will tell. */
  snapshotState(checkpoint: number, now: number): number;
  /** notifyCheckpointComplete. @returns whether the task is blocked until onCommitted. */
  notifyCheckpointComplete(checkpoint: number): boolean;
}

/** A sink and the even share of its operator's records that it gets, in lowest terms. */
export interface SinkOfTask {
  readonly sink: ChainedSink;
  readonly share: { readonly numerator: number; readonly denominator: number };
}

/** Ranks [from, to) of a route of an origin partition, as ranks of the routes that make it up and that no parallelism of the
 *  job divides. */
export type DivideRanks = (
  originPartition: number,
  route: number,
  from: number,
  to: number,
) => readonly (readonly [part: { readonly route: Route }, from: number, to: number])[];

/** The sinks chained behind one operator: each gets all of its records, or a share; one task thread does the work of all,
 *  one after the other. */
export class ChainedSinks {
  readonly #sinks: readonly SinkOfTask[];
  readonly #lineage: Lineage;
  readonly #part: RunPart;
  readonly #divide: DivideRanks | undefined;
  readonly #together: SpanList;
  #next = 0;

  /** @param divide what sinks write of a route, where the job gets another parallelism; undefined: the route. */
  constructor(sinks: readonly SinkOfTask[], lineage: Lineage, separate: boolean, divide?: DivideRanks) {
    this.#sinks = sinks;
    this.#lineage = lineage;
    this.#divide = divide;
    this.#part = new RunPart(lineage, separate);
    this.#together = new SpanList(separate);
  }

  get isEmpty(): boolean {
    return this.#sinks.length === 0;
  }

  /** Whether the next record blocks the task in one of the sinks. */
  isBlocked(): boolean {
    for (let i = 0; i < this.#sinks.length; i++) if (this.#sinks[i]!.sink.isBlocked?.() === true) return true;
    return false;
  }

  /** Takes all records of `spans`, and empties it. */
  write(spans: SpanList, first: number, last: number): void {
    if (this.#divide === undefined) this.#writeTo(spans, first, last);
    else this.#writeDivided(this.#divide, spans, first, last);
  }

  /** The parts of a span leave together, in proportion. */
  #writeDivided(divide: DivideRanks, spans: SpanList, first: number, last: number): void {
    const spacing = spans.records > 1 ? (last - first) / (spans.records - 1) : 0;
    for (let i = 0, earlier = 0; i < spans.count; i++) {
      const partition = spans.partition[i]!;
      const [from, to] = [spans.from[i]!, spans.to[i]!];
      for (const [{ route }, start, end] of divide(partition, spans.route[i]!, from, to))
        this.#together.push(partition, route.id, start, end);
      if (spans.interleaved) continue;
      this.#together.interleaved = this.#together.count > 1;
      this.#writeTo(this.#together, first + earlier * spacing, first + (earlier + to - from - 1) * spacing);
      this.#together.clear();
      earlier += to - from;
    }
    if (spans.interleaved) {
      this.#together.interleaved = this.#together.count > 1;
      this.#writeTo(this.#together, first, last);
      this.#together.clear();
    }
    spans.clear();
  }

  #writeTo(spans: SpanList, first: number, last: number): void {
    const sinks = this.#sinks;
    for (let i = 0; i < sinks.length; i++) {
      const { sink, share } = sinks[i]!;
      const isWhole = share.numerator === share.denominator;
      if (isWhole && i === sinks.length - 1) {
        sink.write(spans, first, last);
        return;
      }
      if (isWhole) {
        spans.copyTo(this.#part.spans);
        sink.write(this.#part.spans, first, last);
      } else this.#writeShare(sink, spans, share, first, last);
    }
    spans.clear();
  }

  #writeShare(
    sink: ChainedSink,
    spans: SpanList,
    { numerator, denominator }: SinkOfTask["share"],
    first: number,
    last: number,
  ): void {
    const part = this.#part;
    if (!part.of(spans, first, last, (route) => this.#lineage.share(route, numerator, denominator))) return;
    sink.write(part.spans, part.first, part.last);
  }

  /** Begins prepareSnapshotPreBarrier, sink after sink. @returns when the last flush is over; -1 when a sink's onFlushed
   *  will tell, upon which `goOnFlushing` is due. */
  flush(checkpoint: number, now: number): number {
    this.#next = 0;
    return this.goOnFlushing(checkpoint, now);
  }

  goOnFlushing(checkpoint: number, now: number): number {
    let at = now;
    while (this.#next < this.#sinks.length) {
      at = this.#sinks[this.#next++]!.sink.prepareSnapshot(checkpoint, at);
      if (at < 0) return -1;
    }
    return at;
  }

  /** Begins endInput, sink after sink. @returns when the last flush is over; -1 when a sink's onFlushed will tell, upon which
   *  `goOnEndingInput` is due. */
  endInput(now: number): number {
    this.#next = 0;
    return this.goOnEndingInput(now);
  }

  goOnEndingInput(now: number): number {
    let at = now;
    while (this.#next < this.#sinks.length) {
      at = this.#sinks[this.#next++]!.sink.endInput(at);
      if (at < 0) return -1;
    }
    return at;
  }

  /** What the committers have collected and not yet committed. */
  committables(): readonly CommittableState[] {
    return this.#sinks.length === 1
      ? this.#sinks[0]!.sink.committables()
      : this.#sinks.flatMap(({ sink }) => sink.committables());
  }

  /** snapshotState of all, the last of the chain first. @returns when it is over; -1 when a sink's onSnapshotTaken will tell,
   *  upon which `goOnSnapshotting` is due. */
  snapshotState(checkpoint: number, now: number): number {
    this.#next = this.#sinks.length - 1;
    return this.goOnSnapshotting(checkpoint, now);
  }

  goOnSnapshotting(checkpoint: number, now: number): number {
    let at = now;
    while (this.#next >= 0) {
      const blocked = this.#sinks[this.#next--]!.sink.snapshotState(checkpoint, at);
      if (blocked < 0) return -1;
      at += blocked;
    }
    return at;
  }

  /** Begins the commits of a completed checkpoint. @returns whether the task is blocked until a sink's onCommitted, upon
   *  which `goOnCommitting` is due. */
  commit(checkpoint: number): boolean {
    this.#next = 0;
    return this.goOnCommitting(checkpoint);
  }

  goOnCommitting(checkpoint: number): boolean {
    while (this.#next < this.#sinks.length) {
      if (this.#sinks[this.#next++]!.sink.notifyCheckpointComplete(checkpoint)) return true;
    }
    return false;
  }
}
