import { invariant } from "../engine/index.ts";
import { PartitionLog } from "./partition-log.ts";

/** Whoever writes with a curve that runs on by itself: brings the log up to `now` before anybody looks. */
export interface LogWriter {
  settle(now: number): void;
}

/** A topic that jobs write: its partition logs and the writers to settle before its logs are looked at. */
export class Topic {
  readonly name: string;
  readonly logs: readonly PartitionLog[];
  readonly #brokers: number;
  /** Tasks hand their records to producers, so they are settled first. */
  readonly #writers: LogWriter[] = [];
  readonly #producers: LogWriter[] = [];
  /** Somebody in the simulated world reads this topic and has to be told as things happen. */
  readLive = false;

  constructor(name: string, partitions: number, brokers: number, replicationDelay: number) {
    invariant(partitions >= 1, "a topic has at least one partition");
    this.name = name;
    this.#brokers = brokers;
    this.logs = Array.from({ length: partitions }, (_, p) => new PartitionLog(p, replicationDelay));
  }

  get partitions(): number {
    return this.logs.length;
  }

  /** The broker that leads `partition`. */
  leader(partition: number): number {
    return partition % this.#brokers;
  }

  attach(writer: LogWriter): void {
    this.#writers.push(writer);
  }

  attachProducer(producer: LogWriter): void {
    this.#producers.push(producer);
  }

  detach(writer: LogWriter): void {
    for (const list of [this.#writers, this.#producers]) {
      const at = list.indexOf(writer);
      if (at >= 0) list.splice(at, 1);
    }
  }

  settle(now: number): void {
    for (const writer of this.#writers) writer.settle(now);
    for (const producer of this.#producers) producer.settle(now);
  }
}
