/** Models: which followers leave the in-sync replicas since they lag: the leader's view of partition-replication.ts, kept
 *    for the partitions of which a replica has stopped fetching, and only as long as it has.
 *  Source: kafka ReplicaManager (isr-expiration every half of replica.lag.time.max.ms), Partition.maybeShrinkIsr.
 *  Leaves out: partitions that nobody writes, whose followers can't lag (each is taken to be written all the time). */

import { Outbox } from "../records/index.ts";
import {
  ISR_SHRUNK,
  onAppend,
  onFollowerFetch,
  onLagCheck,
  type PartitionReplication,
  partitionReplication,
} from "./partition-replication.ts";

interface LaggingPartition {
  /** Its offsets are ns since `since`: what was written in a nanosecond is a record. */
  readonly replication: PartitionReplication;
  readonly since: number;
  stopped: readonly number[];
}

/** What a leader and the controller hold of a partition. */
export interface ReplicasOfPartition {
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

export class LaggingReplicas {
  readonly #lagTimeMax: number;
  readonly #partitions = new Map<number, LaggingPartition>();
  readonly #outbox = new Outbox();

  /** @param lagTimeMax replica.lag.time.max.ms, ns. */
  constructor(lagTimeMax: number) {
    this.#lagTimeMax = lagTimeMax;
  }

  /** From `now` on (ns) the followers `stopped` don't fetch, all others do. */
  onChange(partition: number, now: number, stopped: readonly number[], of: ReplicasOfPartition): void {
    const known = this.#partitions.get(partition);
    if (stopped.length === 0) {
      if (known !== undefined) this.#partitions.delete(partition);
      return;
    }
    if (known?.replication.leader === of.leader) {
      advance(known, now);
      known.stopped = stopped;
      known.replication.isr = [...of.isr];
      return;
    }
    const followers = of.replicas.filter((broker) => broker !== of.leader);
    const replication = partitionReplication([of.leader, ...followers], this.#lagTimeMax, now);
    replication.isr = [...of.isr];
    this.#partitions.set(partition, { replication, since: now, stopped });
  }

  /** When a check would first find a follower of the partition that has been behind for too long, ns; infinite: never. */
  laggingFrom(partition: number): number {
    const known = this.#partitions.get(partition);
    if (known === undefined) return Number.POSITIVE_INFINITY;
    const { replication, stopped } = known;
    const caughtUp = replication.followers.flatMap(({ broker, lastCaughtUpAt }) =>
      stopped.includes(broker) && replication.isr.includes(broker) ? [lastCaughtUpAt] : [],
    );
    return Math.min(...caughtUp) + this.#lagTimeMax + 1;
  }

  /** The leader's look at `now`. @returns the followers that leave the replicas in sync. */
  check(partition: number, now: number): readonly number[] {
    const known = this.#partitions.get(partition);
    if (known === undefined) return [];
    const outbox = this.#outbox;
    advance(known, now);
    outbox.clear();
    onLagCheck(known.replication, now, outbox);
    const shrunk: number[] = [];
    for (let i = 0; i < outbox.length; i++) if (outbox.effects[i] === ISR_SHRUNK) shrunk.push(outbox.a[i]!);
    return shrunk;
  }
}

/** What was written until `now`, and fetched by those that do. */
function advance({ replication, since, stopped }: LaggingPartition, now: number): void {
  const written = now - since - replication.logEndOffset;
  if (written > 0) onAppend(replication, written);
  for (const { broker } of replication.followers) {
    if (stopped.includes(broker) || !replication.isr.includes(broker)) continue;
    onFollowerFetch(replication, broker, replication.logEndOffset, now);
  }
}
