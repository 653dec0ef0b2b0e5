/** Models: to which partition a sink's writer hands each record, and which partitions its transaction has to be joined by on the
 *    way: sticky, fixed, or by key.
 *  Source: kafka BuiltInPartitioner (sticky, updatePartitionInfo, partitionForKey), TransactionManager (AddPartitionsToTxn);
 *    flink-connector-kafka FlinkFixedPartitioner.
 *  Leaves out: adaptive partitioning. */

import type { RandomStream } from "../engine/index.ts";
import { type KeyedPartitions, type RunPart, SpanList } from "../records/index.ts";

/** What a writer hands its records to. Times in ns. */
export interface PartitionedSink {
  /** @param joinTime see RecordProducer.send; -1: the producer was fenced. */
  sendTo(partition: number, spans: SpanList, first: number, last: number, joinTime: number): void;
  /** See RecordProducer.lingers. */
  lingers(partition: number, at: number): boolean;
  /** Whether the transaction has to be joined by `partition`; false: there is none. */
  isNew(partition: number): boolean;
  /** `partitions` join the transaction at `at`. @returns ns that takes; -1: the producer was fenced. */
  join(partitions: readonly number[], at: number): number;
}

export interface PartitionWriter {
  /** Hands on all records of `spans` (and empties it), which come evenly from `first` to `last`, ns. */
  write(spans: SpanList, first: number, last: number): void;
}

/** Every record to one partition: always the same, or until it has got batch.size at least. */
export class OnePartitionWriter implements PartitionWriter {
  readonly #sink: PartitionedSink;
  readonly #part: SpanList;
  readonly #batchSize: number;
  readonly #recordBytes: number;
  /** undefined: the partition is fixed. */
  readonly #draw: (() => number) | undefined;
  #partition: number;
  #bytes = 0;

  /** @param fixed the partition; undefined: drawn anew again and again. */
  constructor(
    sink: PartitionedSink,
    { batchSize, recordBytes }: { readonly batchSize: number; readonly recordBytes: number },
    partitions: number,
    fixed: number | undefined,
    random: RandomStream,
    separate: boolean,
  ) {
    this.#sink = sink;
    this.#batchSize = batchSize;
    this.#recordBytes = recordBytes;
    this.#part = new SpanList(separate);
    this.#draw = fixed === undefined ? () => random.below(partitions) : undefined;
    this.#partition = fixed ?? random.below(partitions);
  }

  /** BuiltInPartitioner moves on between batch.size and twice that, once what it has is drained; here, when a run of
   *  records ends in between and nothing of it lingers. */
  write(spans: SpanList, first: number, last: number): void {
    if (this.#bytes >= this.#batchSize && !this.#sink.lingers(this.#partition, first)) this.#moveOn();
    let at = first;
    let part = spans;
    let count = spans.records;
    const splits = this.#draw !== undefined && this.#room() < count;
    const spacing = splits ? (last - first) / (count - 1) : 0;
    while (spans.records > 0) {
      let end = last;
      if (splits) {
        count = Math.min(spans.records, this.#room());
        spans.moveFront(count, this.#part);
        part = this.#part;
        end = at + (count - 1) * spacing;
      }
      this.#bytes += count * this.#recordBytes;
      const joinTime = this.#sink.isNew(this.#partition) ? this.#sink.join([this.#partition], at) : 0;
      this.#sink.sendTo(this.#partition, part, at, end, joinTime);
      at = end + spacing;
      if (this.#bytes < this.#batchSize) continue;
      if (this.#bytes >= 2 * this.#batchSize || !this.#sink.lingers(this.#partition, end)) this.#moveOn();
    }
  }

  #moveOn(): void {
    this.#bytes = 0;
    if (this.#draw !== undefined) this.#partition = this.#draw();
  }

  /** Records until the sticky partition has got twice batch.size. */
  #room(): number {
    return Math.ceil((2 * this.#batchSize - this.#bytes) / this.#recordBytes);
  }
}

/** Each record to the partition of its key. */
export class KeyedWriter implements PartitionWriter {
  readonly #sink: PartitionedSink;
  readonly #byKey: KeyedPartitions;
  readonly #joinsAtBroker: boolean;
  readonly #part: RunPart;
  readonly #probe: RunPart;

  /** @param joinsAtBroker transactions of protocol version 2. */
  constructor(sink: PartitionedSink, byKey: KeyedPartitions, joinsAtBroker: boolean, separate: boolean) {
    this.#sink = sink;
    this.#byKey = byKey;
    this.#joinsAtBroker = joinsAtBroker;
    this.#part = byKey.part(separate);
    this.#probe = byKey.part(separate);
  }

  write(spans: SpanList, first: number, last: number): void {
    const byKey = this.#byKey;
    const part = this.#part;
    let joinTime = 0;
    if (!this.#joinsAtBroker) joinTime = this.#join(undefined, spans, first, last);
    for (let slot = 0; slot < byKey.slots; slot++) {
      if (!part.of(spans, first, last, (route) => byKey.ofSlot(route, slot))) continue;
      if (this.#joinsAtBroker) joinTime = this.#join(slot, part.spans, part.first, part.last);
      this.#sink.sendTo(slot, part.spans, part.first, part.last, joinTime);
      joinTime = 0;
    }
    spans.clear();
  }

  /** The partitions that records of `spans` bring into the transaction: the first one by a request of its own, upon whose
   *  answer the others follow together; where they join at their broker all by the produce request that they are in.
   *  @param slot of all records; undefined: of any. @returns as PartitionedSink.join. */
  #join(slot: number | undefined, spans: SpanList, first: number, last: number): number {
    const byKey = this.#byKey;
    const probe = this.#probe;
    const joining: { readonly partition: number; readonly at: number }[] = [];
    const step = slot === undefined ? 1 : byKey.slots;
    for (let partition = slot ?? 0; partition < byKey.partitions; partition += step) {
      if (!this.#sink.isNew(partition)) continue;
      const isThere = probe.of(spans, first, last, (route) => {
        const ofSlot = slot === undefined ? byKey.ofSlot(route, partition % byKey.slots) : route;
        return byKey.ofPartition(ofSlot, partition);
      });
      if (isThere) joining.push({ partition, at: probe.first });
      probe.spans.clear();
    }
    if (joining.length === 0) return 0;
    joining.sort((a, b) => a.at - b.at);
    const partitions = joining.map(({ partition }) => partition);
    const { at } = joining[0]!;
    if (slot !== undefined || partitions.length === 1) return this.#sink.join(partitions, at);
    const one = this.#sink.join(partitions.slice(0, 1), at);
    const others = one < 0 ? -1 : this.#sink.join(partitions.slice(1), at + one);
    return others < 0 ? -1 : one + others;
  }
}
