/** Models: __transaction_state: which of its partitions a transactional id belongs to, whose leader coordinates the id; and the
 *    writes of transitions, durable once the followers have them, held up by slow disks and partitions that stand still.
 *  Source: kafka TransactionStateManager (partitionFor, appendTransactionToLog), Utils.abs, java.lang.String.hashCode.
 *  Leaves out: where the controller begins to spread the partitions (partition p is led by broker p modulo the number of
 *    brokers), the log cleaner. */

import type { Simulation } from "../engine/index.ts";
import { type BrokerTiming, replicationDelay } from "./broker-timing.ts";
import type { PartitionStatus } from "./partition-change.ts";
import { type DiskDelays, Lateness, lateTime, type PartitionDisks } from "./slow-disk.ts";

/** Partition of `transactionalId`. @param partitions transaction.state.log.num.partitions. */
export function statePartitionOf(transactionalId: string, partitions: number): number {
  let hash = 0;
  for (let i = 0; i < transactionalId.length; i++)
    hash = (Math.imul(31, hash) + transactionalId.charCodeAt(i)) | 0;
  const positive = hash === -0x80000000 ? 0 : Math.abs(hash);
  return positive % partitions;
}

/** A transition on its way into the log. */
interface StateLogWrite {
  readonly number: number;
  readonly partition: number;
  readonly startedAt: number;
  /** It would be durable, and its partition stands still. */
  isStalled: boolean;
}

export class TransactionStateLog {
  /** ns of one acks=all write. */
  readonly durableWrite: number;
  readonly #sim: Simulation;
  readonly #append: number;
  readonly #partitions: number;
  readonly #leaders: number[];
  readonly #statuses: PartitionStatus[];
  /** By the number of a transactional id. */
  readonly #writes = new Map<number, StateLogWrite>();
  /** Partitions whose brokers have had slow disks. */
  readonly #disks = new Map<number, { readonly leader: Lateness; readonly followers: Lateness }>();
  readonly #kind: number;
  #lastWrite = 0;
  /** Transactional id whose partition was asked for last, and that partition. */
  #lastAsked: string | undefined;
  #lastPartition = 0;

  /** @param isRead whether the leader of a partition has read it. @param onDurable the transition of an id is durable. */
  constructor(
    sim: Simulation,
    timing: BrokerTiming,
    brokers: number,
    partitions: number,
    replicationFactor: number,
    isRead: (partition: number) => boolean,
    onDurable: (id: number) => void,
  ) {
    this.#sim = sim;
    this.#append = timing.append;
    this.#partitions = partitions;
    this.durableWrite = timing.append + replicationDelay(timing, replicationFactor);
    this.#leaders = Array.from({ length: partitions }, (_, p) => p % brokers);
    this.#statuses = this.#leaders.map(() => "open");
    this.#kind = sim.defineKind("transition durable", (id, number) => {
      const write = this.#writes.get(id);
      if (write?.number !== number) return;
      if (this.#statuses[write.partition] !== "open" || !isRead(write.partition)) {
        write.isStalled = true;
        return;
      }
      this.#writes.delete(id);
      onDurable(id);
    });
  }

  partitionOf(transactionalId: string): number {
    // One event asks for the same one several times.
    if (transactionalId !== this.#lastAsked) {
      this.#lastAsked = transactionalId;
      this.#lastPartition = statePartitionOf(transactionalId, this.#partitions);
    }
    return this.#lastPartition;
  }

  /** The broker that leads `partition`, or did last. */
  leader(partition: number): number {
    return this.#leaders[partition]!;
  }

  statusOf(partition: number): PartitionStatus {
    return this.#statuses[partition]!;
  }

  setStatus(partition: number, status: PartitionStatus): void {
    this.#statuses[partition] = status;
  }

  setLeader(partition: number, leader: number): void {
    this.#leaders[partition] = leader;
  }

  onDisksChanged(partition: number, disks: PartitionDisks, delays: DiskDelays, now: number): void {
    this.#disks.set(partition, {
      leader: new Lateness(now, disks.leaderUntil, delays.append),
      followers: new Lateness(now, disks.followersUntil, delays.replication),
    });
  }

  /** The pending transition of `id` goes into `partition`, `delay` ns from now. */
  write(id: number, partition: number, delay: number): void {
    const startedAt = this.#sim.now + delay;
    const write = { number: ++this.#lastWrite, partition, startedAt, isStalled: false };
    this.#writes.set(id, write);
    this.#plan(id, write, this.#durableAfter(partition, delay));
  }

  /** A write that waits for its partition goes on. */
  goOn(id: number): void {
    const write = this.#writes.get(id);
    if (write?.isStalled === true) this.#plan(id, write, 0);
  }

  /** Another replica leads: it has what was written of `id` for `needed` ns by `lostAt`, or nothing of it will ever be.
   *  @returns false: it is gone; undefined: nothing was being written. */
  recover(id: number, needed: number, lostAt: number): boolean | undefined {
    const write = this.#writes.get(id);
    if (write === undefined) return undefined;
    if (write.startedAt + needed <= lostAt) this.#plan(id, write, this.durableWrite);
    else this.#writes.delete(id);
    return this.#writes.has(id);
  }

  /** ns until what is written `delay` ns from now is durable. */
  #durableAfter(partition: number, delay: number): number {
    const disks = this.#disks.size === 0 ? undefined : this.#disks.get(partition);
    if (disks === undefined) return delay + this.durableWrite;
    const { now } = this.#sim;
    const appended = lateTime(disks.leader, now + delay + this.#append);
    return lateTime(disks.followers, appended) + this.durableWrite - this.#append - now;
  }

  #plan(id: number, write: StateLogWrite, after: number): void {
    write.isStalled = false;
    this.#sim.scheduleAfter(Math.round(after), this.#kind, id, write.number);
  }
}
