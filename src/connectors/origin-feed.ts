/** Models: a Kafka source reading a topic that nobody in the simulated world writes: availability in closed form from
 *    the records' creation, through the producer's requests and the source's fetches.
 *  Source: kafka Sender, RecordAccumulator (linger), DelayedFetch; flink KafkaSourceReader, KafkaPartitionSplitReader.
 *  Leaves out: the producer's batches as such (their mean delay is taken), the element queue, fetches that miss data by
 *    chance although the connection is sparse. */

import { ALL_ROUTES, type Chunk, type SourceFeed } from "../flink/index.ts";
import {
  appendDelay,
  type BrokerTiming,
  longestRequestWait,
  produceService,
  replicationDelay,
} from "../kafka/index.ts";
import type { Origin } from "../records/index.ts";
import { CheckpointedPositions } from "./checkpointed-positions.ts";
import type { OriginLog } from "./origin-log.ts";

/** How a source and the leader of a partition get through to each other. Times in ns. */
export interface SourceLink {
  /** When an answer that is due at `at` comes through. */
  passesAt(partition: number, at: number): number;
  /** When the latest answer was due that has come through by `at`. */
  latestPassedBy(partition: number, at: number): number;
}

/** The client that makes the records of a topic. */
export interface OriginProducer {
  readonly acks: "0" | "1" | "all";
  /** ns */
  readonly linger: number;
  readonly maxInFlight: number;
  /** "constant": records come evenly. */
  readonly arrivals: "constant" | "poisson";
}

/** ns from a record's creation until the high watermark has passed it, for a steady load. */
export function publishDelay(
  timing: BrokerTiming,
  producer: OriginProducer,
  origin: Origin,
  brokers: number,
  replicationFactor: number,
): number {
  const connections = Math.min(brokers, origin.partitions);
  const perConnection = (origin.ratePerPartition * origin.partitions) / connections / 1e9;
  const service = produceService(timing, replicationFactor, producer.acks);
  const saturated = perConnection * service >= 1;
  const queueing = saturated ? longestRequestWait(timing.roundTrip, service, producer.maxInFlight) : 0;
  const sent = timing.roundTrip / 2 + meanLinger(producer, perConnection) + queueing;
  return Math.round(sent + appendDelay(timing) + replicationDelay(timing, replicationFactor));
}

/** Mean wait, ns, of `rate` records a ns for a linger that starts with the first one for a broker: the batch that is ready takes
 *  along those of all partitions there. Those behind the first wait for what is left of it: evenly spaced ones for so many
 *  spacings less, others for half of it. */
function meanLinger({ linger, arrivals }: OriginProducer, rate: number): number {
  const meanwhile = rate * linger;
  // A record that comes in the very instant goes along.
  if (arrivals === "constant") return linger - Math.floor(meanwhile + 1e-9) / (2 * rate);
  return (linger * (1 + meanwhile / 2)) / (1 + meanwhile);
}

export interface OriginFeedSettings {
  /** ns, see publishDelay. */
  readonly publishDelay: number;
  /** ns between two fetch answers of a busy connection. */
  readonly fetchCycle: number;
  /** ns from the broker's answer until the records are in the source's hands. */
  readonly inbound: number;
  readonly maxPollRecords: number;
  /** commit.offsets.on.checkpoint, with a group.id. */
  readonly commitsOffsets: boolean;
  /** records one at a time, each its own chunk: the reference for spans. */
  readonly oneRecord: boolean;
}

export interface OriginSplit {
  readonly originPartition: number;
  /** partition inside its topic. */
  readonly partition: number;
  /** records a second that the fetch connection of this split carries. */
  readonly connectionRate: number;
}

export class OriginFeed implements SourceFeed {
  readonly readsOrigins = true;
  readonly position: Float64Array;
  readonly checkpointed: CheckpointedPositions;
  readonly #origin: Origin;
  readonly #splits: readonly OriginSplit[];
  readonly #settings: OriginFeedSettings;
  readonly #log: OriginLog | undefined;
  readonly #link: SourceLink | undefined;
  readonly stoppingOffsets: readonly number[] | undefined;
  readonly #onChange: () => void;
  readonly #busy: readonly boolean[];
  #next = 0;

  /** @param log and @param link where brokers can fail. @param onChange called when what they say has changed.
   *  @param stoppingOffsets undefined: reading doesn't end. */
  constructor(
    origin: Origin,
    splits: readonly OriginSplit[],
    settings: OriginFeedSettings,
    log?: OriginLog,
    onChange: () => void = () => {},
    link?: SourceLink,
    stoppingOffsets?: readonly number[],
  ) {
    this.stoppingOffsets = stoppingOffsets;
    this.#origin = origin;
    this.#log = log;
    this.#link = link;
    this.#onChange = onChange;
    log?.subscribe(onChange);
    this.#splits = splits;
    this.#settings = settings;
    this.position = new Float64Array(splits.length);
    this.checkpointed = new CheckpointedPositions(splits.length, settings.commitsOffsets);
    this.#busy = splits.map((split) => (split.connectionRate / 1e9) * settings.fetchCycle >= 1);
  }

  /** Not as long as records are to be skipped or given again. */
  get closedForm(): boolean {
    const log = this.#log;
    if (log === undefined || this.#settings.oneRecord) return !this.#settings.oneRecord;
    return this.#splits.every(
      ({ partition }, split) =>
        log.contiguousTo(partition, this.position[split]!) === Number.POSITIVE_INFINITY,
    );
  }

  get jumps(): boolean {
    return this.#log !== undefined;
  }

  shift(split: number): number {
    return this.#log?.shift(this.#splits[split]!.partition, this.position[split]!) ?? 0;
  }

  seek(positions: ArrayLike<number>): void {
    this.position.set(positions);
    this.#next = 0;
  }

  pendingRecords(now: number): number {
    const { publishDelay: published } = this.#settings;
    let pending = 0;
    this.#splits.forEach(({ partition }, split) => {
      if (this.#isRead(split)) return;
      const end = this.#log?.countAt(partition, now) ?? this.#origin.countAt(partition, now - published);
      pending += Math.max(0, end - this.position[split]!);
    });
    return pending;
  }

  /** A split that is read to its end is assigned to the consumer no more, and has no lag. */
  #isRead(split: number): boolean {
    return this.stoppingOffsets !== undefined && this.position[split]! >= this.stoppingOffsets[split]!;
  }

  consumerGroupLag(now: number): number | null {
    const { committedOffset } = this.checkpointed;
    if (committedOffset.some((offset) => offset < 0)) return null;
    const { publishDelay: published } = this.#settings;
    return this.#splits.reduce((sum, { partition }, split) => {
      const end = this.#log?.countAt(partition, now) ?? this.#origin.countAt(partition, now - published);
      return sum + Math.max(0, end - committedOffset[split]!);
    }, 0);
  }

  /** An origin can give any of its records again, so that nothing has to be kept. */
  snapshotState(checkpoint: number, positions: readonly number[]): void {
    this.checkpointed.snapshotState(checkpoint, positions);
  }

  notifyCheckpointComplete(checkpoint: number): void {
    this.checkpointed.notifyCheckpointComplete(checkpoint);
  }

  dispose(): void {
    this.#log?.unsubscribe(this.#onChange);
  }

  get splits(): number {
    return this.#splits.length;
  }

  originPartition(split: number): number {
    return this.#splits[split]!.originPartition;
  }

  topicPartition(split: number): number {
    return this.#splits[split]!.partition;
  }

  availableCount(split: number, time: number): number {
    const { publishDelay: published, fetchCycle, inbound } = this.#settings;
    const { partition } = this.#splits[split]!;
    let answered = time - inbound;
    // Before the grid of answers: those of a cut come through when it ends, which is no instant of the grid.
    if (this.#link !== undefined) answered = this.#link.latestPassedBy(partition, answered);
    if (this.#busy[split]) answered = Math.floor(answered / fetchCycle) * fetchCycle;
    const count =
      this.#log?.countAt(partition, answered) ?? this.#origin.countAt(partition, answered - published);
    return this.stoppingOffsets === undefined ? count : Math.min(count, this.stoppingOffsets[split]!);
  }

  availableAt(split: number, offset: number): number {
    const { publishDelay: published, fetchCycle, inbound } = this.#settings;
    const partition = this.#splits[split]!.partition;
    let answered: number;
    if (this.stoppingOffsets !== undefined && offset >= this.stoppingOffsets[split]!)
      return Number.POSITIVE_INFINITY;
    if (this.#log !== undefined) answered = this.#log.readableAt(partition, offset);
    else if (offset >= this.#origin.total(partition)) return Number.POSITIVE_INFINITY;
    else answered = this.#origin.createdAt(partition, offset) + published;
    if (answered === Number.POSITIVE_INFINITY) return answered;
    if (this.#busy[split]) answered = Math.ceil(answered / fetchCycle) * fetchCycle;
    if (this.#link !== undefined) answered = this.#link.passesAt(partition, answered);
    return answered + inbound;
  }

  take(now: number, into: Chunk): boolean {
    const most = this.#settings.oneRecord ? 1 : this.#settings.maxPollRecords;
    const splits = this.#splits.length;
    const first = this.#settings.oneRecord ? this.#earliest() : this.#next;
    for (let i = 0; i < splits; i++) {
      const split = (first + i) % splits;
      const position = this.position[split]!;
      let count = Math.min(most, this.availableCount(split, now) - position);
      if (count <= 0) continue;
      const { partition, originPartition } = this.#splits[split]!;
      if (this.#log !== undefined)
        count = Math.min(count, this.#log.contiguousTo(partition, position) - position);
      const from = position - this.shift(split);
      into.split = split;
      into.originPartition = originPartition;
      into.route = ALL_ROUTES;
      into.from = from;
      into.to = from + count;
      this.position[split] = position + count;
      this.#next = (split + 1) % splits;
      return true;
    }
    return false;
  }

  nextAt(): number {
    if (this.#splits.length === 0) return Number.POSITIVE_INFINITY;
    const split = this.#earliest();
    return this.availableAt(split, this.position[split]!);
  }

  #earliest(): number {
    let earliest = 0;
    let at = Number.POSITIVE_INFINITY;
    for (let split = 0; split < this.#splits.length; split++) {
      const next = this.availableAt(split, this.position[split]!);
      if (next >= at) continue;
      at = next;
      earliest = split;
    }
    return earliest;
  }
}
