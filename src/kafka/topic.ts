import { invariant } from "../engine/index.ts";
import { findsLeaderAt, noticesLossAt } from "./client-retries.ts";
import type { PartitionChange, PartitionListener, PartitionStatus } from "./partition-change.ts";
import { PartitionLog } from "./partition-log.ts";
import type { DiskDelays, PartitionDisks } from "./slow-disk.ts";

/** What consumers go by when a leader is gone: retry.backoff.ms, retry.backoff.max.ms, request.timeout.ms; and when it answers
 *  as before, without anything new: metadata.max.age.ms, ns.
 *  Source: kafka ConsumerConfig, CommonClientConfigs. */
const CONSUMER = { retryBackoff: 100e6, retryBackoffMax: 1e9, requestTimeout: 30e9, metadataMaxAge: 300e9 };

/** Whoever writes with a curve that runs on by itself: brings the log up to `now` before anybody looks. */
export interface LogWriter {
  settle(now: number): void;
}

/** A topic that jobs write: its partition logs and the writers to settle before its logs are looked at. */
export class Topic implements PartitionListener {
  readonly name: string;
  readonly logs: readonly PartitionLog[];
  readonly #leaders: number[];
  readonly #statuses: PartitionStatus[];
  #listeners: PartitionListener[] = [];
  /** Tasks hand their records to producers, so they are settled first. */
  #writers: LogWriter[] = [];
  #producers: LogWriter[] = [];
  /** Somebody in the simulated world reads this topic and has to be told as things happen. */
  readLive = false;

  constructor(name: string, partitions: number, brokers: number, replicationDelay: number) {
    invariant(partitions >= 1, "a topic has at least one partition");
    this.name = name;
    this.#leaders = Array.from({ length: partitions }, (_, p) => p % brokers);
    this.#statuses = this.#leaders.map(() => "open");
    this.logs = Array.from({ length: partitions }, (_, p) => new PartitionLog(p, replicationDelay));
  }

  get partitions(): number {
    return this.logs.length;
  }

  /** The broker that leads `partition`, or has led it last. */
  leader(partition: number): number {
    return this.#leaders[partition]!;
  }

  /** Whether `partition` can be written and read on. */
  statusOf(partition: number): PartitionStatus {
    return this.#statuses[partition]!;
  }

  /** Who hears of changes of its partitions, in order. */
  listen(listener: PartitionListener): void {
    this.#listeners.push(listener);
  }

  stopListening(listener: PartitionListener): void {
    this.#listeners = this.#listeners.filter((one) => one !== listener);
  }

  onPartitionChanged(partition: number, change: PartitionChange, now: number): void {
    const { leader, status, election } = change;
    if (leader >= 0) this.#leaders[partition] = leader;
    this.#statuses[partition] = status;
    if (election !== undefined) {
      const { requestTimeout, metadataMaxAge } = CONSUMER;
      const patience = election.stillAnswers === true ? metadataMaxAge : requestTimeout;
      this.logs[partition]!.fetchedFrom = findsLeaderAt(noticesLossAt(election, patience), now, CONSUMER);
    }
    for (const listener of this.#listeners) listener.onPartitionChanged(partition, change, now);
  }

  onDisksChanged(partition: number, disks: PartitionDisks, delays: DiskDelays, now: number): void {
    this.logs[partition]!.onDisksChanged(disks, delays, now);
    for (const listener of this.#listeners) listener.onDisksChanged?.(partition, disks, delays, now);
  }

  onBrokerBack(broker: number): void {
    for (const listener of this.#listeners) listener.onBrokerBack?.(broker);
  }

  attach(writer: LogWriter): void {
    this.#writers.push(writer);
  }

  attachProducer(producer: LogWriter): void {
    this.#producers.push(producer);
  }

  detach(writer: LogWriter): void {
    // Whoever settles them may be at it.
    this.#writers = this.#writers.filter((one) => one !== writer);
    this.#producers = this.#producers.filter((one) => one !== writer);
  }

  settle(now: number): void {
    for (const writer of this.#writers) writer.settle(now);
    for (const producer of this.#producers) producer.settle(now);
  }
}
