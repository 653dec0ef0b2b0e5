/** Models: what the leader of a partition knows of its replicas: how far each has fetched, which are in sync, the high
 *    watermark, and whether an append with acks=all is taken.
 *  Source: kafka Partition (maybeIncrementLeaderHW, maybeShrinkIsr, maybeExpandIsr, checkEnoughReplicasReachOffset),
 *    Replica.updateFetchStateOrThrow, ReplicaManager (the check every half of replica.lag.time.max.ms).
 *  Leaves out: the controller's answer to AlterPartition (a change is in force at once), leader epochs and truncation,
 *    broker epochs. */

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
  /** the controller has fenced its broker. */
  fenced: boolean;
}

/** Plain data. */
export interface PartitionReplication {
  readonly leader: number;
  /** min.insync.replicas, at most the replication factor; see effectiveMinIsr. */
  readonly minInsyncReplicas: number;
  /** replica.lag.time.max.ms, ns. */
  readonly lagTimeMax: number;
  readonly followers: FollowerState[];
  /** brokers, the leader first. */
  isr: number[];
  logEndOffset: number;
  highWatermark: number;
}

/** Effects of a step. */
export const APPENDED = 1;
export const REFUSE_NOT_ENOUGH_REPLICAS = 2;
export const HIGH_WATERMARK_ADVANCED = 3;
export const ISR_SHRUNK = 4;
export const ISR_EXPANDED = 5;

/** The broker takes the lesser of min.insync.replicas and the replication factor. Source: Partition.effectiveMinIsr. */
export function effectiveMinIsr(minInsyncReplicas: number, replicationFactor: number): number {
  return Math.min(minInsyncReplicas, replicationFactor);
}

/** A partition whose replicas (brokers, the leader first) all are in sync and empty at `now`, ns. */
export function partitionReplication(
  replicas: readonly number[],
  minInsyncReplicas: number,
  lagTimeMax: number,
  now: number,
): PartitionReplication {
  invariant(replicas.length >= 1, "a partition has a leader");
  return {
    leader: replicas[0]!,
    minInsyncReplicas: effectiveMinIsr(minInsyncReplicas, replicas.length),
    lagTimeMax,
    followers: replicas.slice(1).map((broker) => ({
      broker,
      logEndOffset: 0,
      lastCaughtUpAt: now,
      lastFetchAt: now,
      leaderEndAtLastFetch: 0,
      fenced: false,
    })),
    isr: [...replicas],
    logEndOffset: 0,
    highWatermark: 0,
  };
}

/** `records` (>= 1) come to the leader. Effects: APPENDED(base offset) and, when nobody else has to have them,
 *  HIGH_WATERMARK_ADVANCED(offset); REFUSE_NOT_ENOUGH_REPLICAS(replicas in sync) of acks=all, which appends nothing. */
export function onAppend(
  state: PartitionReplication,
  records: number,
  acks: "0" | "1" | "all",
  outbox: Outbox,
): void {
  if (acks === "all" && state.isr.length < state.minInsyncReplicas) {
    outbox.add(REFUSE_NOT_ENOUGH_REPLICAS, state.isr.length);
    return;
  }
  outbox.add(APPENDED, state.logEndOffset);
  state.logEndOffset += records;
  advanceHighWatermark(state, outbox);
}

/** `broker` asks for what follows `fetchOffset`, at `now`: it has everything before. Effects: ISR_EXPANDED(broker),
 *  HIGH_WATERMARK_ADVANCED(offset). */
export function onFollowerFetch(
  state: PartitionReplication,
  broker: number,
  fetchOffset: number,
  now: number,
  outbox: Outbox,
): void {
  const follower = followerOn(state, broker);
  if (fetchOffset >= state.logEndOffset) follower.lastCaughtUpAt = Math.max(follower.lastCaughtUpAt, now);
  else if (fetchOffset >= follower.leaderEndAtLastFetch) {
    // It has by now what the leader had when it asked before.
    follower.lastCaughtUpAt = Math.max(follower.lastCaughtUpAt, follower.lastFetchAt);
  }
  follower.logEndOffset = fetchOffset;
  follower.lastFetchAt = now;
  follower.leaderEndAtLastFetch = state.logEndOffset;
  if (!state.isr.includes(broker) && !follower.fenced && fetchOffset >= state.highWatermark) {
    state.isr.push(broker);
    outbox.add(ISR_EXPANDED, broker);
  }
  advanceHighWatermark(state, outbox);
}

/** The check that runs every half of replica.lag.time.max.ms. Effects: ISR_SHRUNK(broker), HIGH_WATERMARK_ADVANCED(offset). */
export function onLagCheck(state: PartitionReplication, now: number, outbox: Outbox): void {
  for (const follower of state.followers) {
    const behind = follower.logEndOffset < state.logEndOffset;
    if (behind && now - follower.lastCaughtUpAt > state.lagTimeMax) leaveIsr(state, follower.broker, outbox);
  }
  advanceHighWatermark(state, outbox);
}

/** The controller has fenced `broker`, or lets it in again. Effects: ISR_SHRUNK(broker), HIGH_WATERMARK_ADVANCED(offset). */
export function onFenced(state: PartitionReplication, broker: number, fenced: boolean, outbox: Outbox): void {
  followerOn(state, broker).fenced = fenced;
  if (!fenced) return;
  leaveIsr(state, broker, outbox);
  advanceHighWatermark(state, outbox);
}

/** What a produce request with acks=all that waits for `offset` (behind its last record) is told. */
export function acknowledgement(
  state: PartitionReplication,
  offset: number,
): "waits" | "NONE" | "NOT_ENOUGH_REPLICAS_AFTER_APPEND" {
  if (state.highWatermark >= offset) {
    return state.isr.length >= state.minInsyncReplicas ? "NONE" : "NOT_ENOUGH_REPLICAS_AFTER_APPEND";
  }
  return "waits";
}

function followerOn(state: PartitionReplication, broker: number): FollowerState {
  const follower = state.followers.find((one) => one.broker === broker);
  invariant(follower !== undefined, "only followers of the partition fetch from its leader");
  return follower;
}

function leaveIsr(state: PartitionReplication, broker: number, outbox: Outbox): void {
  if (!state.isr.includes(broker)) return;
  state.isr = state.isr.filter((one) => one !== broker);
  outbox.add(ISR_SHRUNK, broker);
}

/** The high watermark is where the slowest replica in sync has got to. It stands still below min.insync.replicas. */
function advanceHighWatermark(state: PartitionReplication, outbox: Outbox): void {
  if (state.isr.length < state.minInsyncReplicas) return;
  let offset = state.logEndOffset;
  for (const follower of state.followers) {
    if (state.isr.includes(follower.broker)) offset = Math.min(offset, follower.logEndOffset);
  }
  if (offset <= state.highWatermark) return;
  state.highWatermark = offset;
  outbox.add(HIGH_WATERMARK_ADVANCED, offset);
}
