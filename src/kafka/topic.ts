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
  readonly #writers: LogWriter[] = [];

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

  settle(now: number): void {
    for (const writer of this.#writers) writer.settle(now);
  }
}
