/** Models: a Kafka source reading a topic that another job writes.
 *  Source: flink KafkaSourceReader, KafkaPartitionSplitReader; kafka fetch loop and isolation level.
 *  Leaves out: the element queue's bound of two polls (what is fetched waits in the client without limit). */

import { InvariantError } from "../engine/index.ts";
import type { Chunk, SourceFeed } from "../flink/index.ts";
import { CheckpointedPositions } from "./checkpointed-positions.ts";

/** The log of a split as its source reads it. */
export interface SplitLog {
  /** Gives `feed.arrive` all that is there from `position` on. */
  replay(position: number, now: number): void;
  /** Records that could be read by now, from the first one of the topic on. */
  end(): number;
  /** Offsets behind the first so many records, those of markers included. */
  offsetsBehind(position: number): number;
  /** No position before `position` will be asked for. */
  forgetBefore(position: number): void;
  /** Nothing more is wanted. */
  unsubscribe(): void;
}

interface Arrived {
  readonly originPartition: number;
  readonly route: number;
  from: number;
  readonly to: number;
  first: number;
  readonly last: number;
}

export class LogFeed implements SourceFeed {
  readonly closedForm = false;
  readonly readsOrigins = false;
  readonly jumps = false;
  /** Records of the split taken or skipped, of those that its isolation level may read. */
  readonly position: Float64Array;
  /** One a split; undefined until attached. */
  #logs: readonly SplitLog[] = [];
  readonly checkpointed: CheckpointedPositions;
  readonly #partitions: readonly number[];
  readonly #splitOf: ReadonlyMap<number, number>;
  readonly #queues: Arrived[][];
  readonly #maxPollRecords: number;
  readonly #oneRecord: boolean;
  #next = 0;
  readonly #onArrival: () => void;
  readonly stoppingOffsets: readonly number[] | undefined;

  /** @param partitions of the topic that this subtask reads. @param onArrival tells the task, which may be idle.
   *  @param stoppingOffsets undefined: reading doesn't end. */
  constructor(
    partitions: readonly number[],
    maxPollRecords: number,
    oneRecord: boolean,
    commitsOffsets: boolean,
    onArrival: () => void,
    stoppingOffsets?: readonly number[],
  ) {
    this.stoppingOffsets = stoppingOffsets;
    this.checkpointed = new CheckpointedPositions(partitions.length, commitsOffsets);
    this.position = new Float64Array(partitions.length);
    this.#partitions = partitions;
    this.#splitOf = new Map(partitions.map((partition, split) => [partition, split]));
    this.#queues = partitions.map(() => []);
    this.#maxPollRecords = maxPollRecords;
    this.#oneRecord = oneRecord;
    this.#onArrival = onArrival;
  }

  /** The logs of its splits, in their order. */
  attach(logs: readonly SplitLog[]): void {
    this.#logs = logs;
  }

  seek(positions: ArrayLike<number>, now: number): void {
    this.position.set(positions);
    this.#next = 0;
    this.#logs.forEach((log, split) => {
      this.#queues[split]!.length = 0;
      log.replay(this.position[split]!, now);
    });
  }

  pendingRecords(): number {
    return this.#logs.reduce(
      (sum, log, split) => sum + (this.#left(split) > 0 ? log.end() - this.position[split]! : 0),
      0,
    );
  }

  /** Records of the split until its reading ends. */
  #left(split: number): number {
    if (this.stoppingOffsets === undefined) return Number.POSITIVE_INFINITY;
    return this.stoppingOffsets[split]! - this.position[split]!;
  }

  consumerGroupLag(): number | null {
    const { committedOffset } = this.checkpointed;
    if (committedOffset.some((offset) => offset < 0)) return null;
    return this.#logs.reduce((sum, log, split) => sum + log.offsetsBehind(committedOffset[split]!), 0);
  }

  snapshotState(checkpoint: number, positions: readonly number[]): void {
    this.checkpointed.snapshotState(checkpoint, positions);
  }

  notifyCheckpointComplete(checkpoint: number): void {
    const positions = this.checkpointed.notifyCheckpointComplete(checkpoint);
    if (positions === undefined) return;
    this.#logs.forEach((log, split) => {
      log.forgetBefore(positions[split]!);
    });
  }

  dispose(): void {
    for (const log of this.#logs) log.unsubscribe();
    for (const queue of this.#queues) queue.length = 0;
  }

  get splits(): number {
    return this.#queues.length;
  }

  /** The source's consumer got records; see RecordTaker. */
  arrive(
    partition: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
  ): void {
    const split = this.#splitOf.get(partition);
    if (split === undefined || this.#left(split) <= 0) return;
    this.#queues[split]!.push({ originPartition, route, from, to, first, last });
    this.#onArrival();
  }

  take(now: number, into: Chunk): boolean {
    const splits = this.#queues.length;
    for (let i = 0; i < splits; i++) {
      // Round robin over the splits that have something.
      const split = (this.#next + i) % splits;
      const head = this.#queues[split]![0];
      if (head === undefined || head.first > now) continue;
      const size = head.to - head.from;
      const spacing = size > 1 ? (head.last - head.first) / (size - 1) : 0;
      let count = head.last <= now || spacing === 0 ? size : 1 + Math.floor((now - head.first) / spacing);
      count = Math.min(count, size, this.#left(split), this.#oneRecord ? 1 : this.#maxPollRecords);
      into.split = split;
      into.originPartition = head.originPartition;
      into.route = head.route;
      into.from = head.from;
      into.to = head.from + count;
      this.position[split]! += count;
      head.from += count;
      head.first += count * spacing;
      if (this.#left(split) <= 0) this.#queues[split]!.length = 0;
      else if (head.from === head.to) this.#queues[split]!.shift();
      this.#next = (split + 1) % splits;
      return true;
    }
    return false;
  }

  nextAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues) if (queue.length > 0 && queue[0]!.first < at) at = queue[0]!.first;
    return at;
  }

  shift(): number {
    return 0;
  }

  originPartition(): number {
    return -1;
  }

  topicPartition(split: number): number {
    return this.#partitions[split]!;
  }

  availableCount(): number {
    throw new InvariantError("a log feed has no closed form");
  }

  availableAt(): number {
    throw new InvariantError("a log feed has no closed form");
  }
}
