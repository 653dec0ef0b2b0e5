/** Models: what the leader of a partition knows of its followers: how far each has fetched, when it had all that there was,
 *    and which are in sync.
 *  Source: kafka Partition (maybeShrinkIsr), Replica.updateFetchStateOrThrow, ReplicaManager (the check every half of
 *    replica.lag.time.max.ms).
 *  Leaves out: the high watermark and acks (a run takes them from the replicas in sync, broker-cluster.ts), expansion and
 *    fencing (kafka-controller.ts), the controller's answer to AlterPartition (a change is in force at once). */

import { invariant } from "../engine/index.ts";
import type { Outbox } from "../records/index.ts";

/** What the leader knows of a follower. Offsets count records; times in ns. */
export interface FollowerState {
  readonly broker: number;
  logEndOffset: number;
  /** the last time at which it had all that the leader had. */
  lastCaughtUpAt: number;
  /** of its latest fetch, and where the leader's log ended then. */
  lastFetchAt: number;
  leaderEndAtLastFetch: number;
}

/** Plain data. */
export interface PartitionReplication {
  readonly leader: number;
  /** replica.lag.time.max.ms, ns. */
  readonly lagTimeMax: number;
  readonly followers: FollowerState[];
  /** brokers, the leader first. */
  isr: number[];
  logEndOffset: number;
}

/** Effect of a step: ISR_SHRUNK(broker). */
export const ISR_SHRUNK = 1;

/** A partition whose replicas (brokers, the leader first) all are in sync and empty at `now`, ns. */
export function partitionReplication(
  replicas: readonly number[],
  lagTimeMax: number,
  now: number,
): PartitionReplication {
  invariant(replicas.length >= 1, "a partition has a leader");
  return {
    leader: replicas[0]!,
    lagTimeMax,
    followers: replicas.slice(1).map((broker) => ({
      broker,
      logEndOffset: 0,
      lastCaughtUpAt: now,
      lastFetchAt: now,
      leaderEndAtLastFetch: 0,
    })),
    isr: [...replicas],
    logEndOffset: 0,
  };
}

/** `records` (>= 1) are appended by the leader. */
export function onAppend(state: PartitionReplication, records: number): void {
  state.logEndOffset += records;
}

/** `broker` asks for what follows `fetchOffset`, at `now`: it has everything before. */
export function onFollowerFetch(
  state: PartitionReplication,
  broker: number,
  fetchOffset: number,
  now: number,
): void {
  const follower = state.followers.find((one) => one.broker === broker);
  invariant(follower !== undefined, "only followers of the partition fetch from its leader");
  if (fetchOffset >= state.logEndOffset) follower.lastCaughtUpAt = Math.max(follower.lastCaughtUpAt, now);
  else if (fetchOffset >= follower.leaderEndAtLastFetch) {
    // It has by now what the leader had when it asked before.
    follower.lastCaughtUpAt = Math.max(follower.lastCaughtUpAt, follower.lastFetchAt);
  }
  follower.logEndOffset = fetchOffset;
  follower.lastFetchAt = now;
  follower.leaderEndAtLastFetch = state.logEndOffset;
}

/** The check that runs every half of replica.lag.time.max.ms. Effects: ISR_SHRUNK(broker). */
export function onLagCheck(state: PartitionReplication, now: number, outbox: Outbox): void {
  for (const { broker, logEndOffset, lastCaughtUpAt } of state.followers) {
    const behind = logEndOffset < state.logEndOffset;
    if (!behind || now - lastCaughtUpAt <= state.lagTimeMax || !state.isr.includes(broker)) continue;
    state.isr = state.isr.filter((one) => one !== broker);
    outbox.add(ISR_SHRUNK, broker);
  }
}
