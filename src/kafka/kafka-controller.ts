/** Models: what the KRaft controller knows of brokers and partitions, and what it decides when a broker is fenced or lets
 *    itself in again: who leads, and who is in sync. A steps-over-plain-data protocol.
 *  Source: kafka ReplicationControlManager (handleBrokerFenced, handleBrokerUnfenced, generateLeaderAndIsrUpdates),
 *    PartitionChangeBuilder (electLeader), 4.1.
 *  Leaves out: eligible leader replicas (KIP-966), election of the preferred leader after a while, controlled shutdown,
 *    controllers that fail, reassignment. */

import type { Outbox } from "../records/index.ts";

/** Plain data. Brokers count from 0. */
export interface PartitionRegistration {
  /** the preferred leader first. */
  readonly replicas: readonly number[];
  isr: number[];
  /** NO_LEADER: nobody. */
  leader: number;
  leaderEpoch: number;
  /** unclean.leader.election.enable */
  readonly unclean: boolean;
}

export interface ControllerState {
  /** per broker. */
  readonly fenced: boolean[];
  readonly partitions: PartitionRegistration[];
}

export const NO_LEADER = -1;

/** Effects. LEADER_ELECTED(partition, 1: out of the replicas in sync, 0: unclean). */
export const LEADER_ELECTED = 1;
/** LEADER_GONE(partition): no replica may lead. */
export const LEADER_GONE = 2;
/** ISR_CHANGED(partition): the same leader, other replicas in sync. */
export const ISR_CHANGED = 3;

/** The brokers that hold partition `partition`, the preferred leader first: leaders in turn, followers behind them. */
export function replicasOf(partition: number, replicationFactor: number, brokers: number): readonly number[] {
  return Array.from({ length: replicationFactor }, (_, i) => (partition + i) % brokers);
}

/** A partition whose replicas are all in sync. */
export function partitionRegistration(replicas: readonly number[], unclean: boolean): PartitionRegistration {
  return { replicas, isr: [...replicas], leader: replicas[0]!, leaderEpoch: 0, unclean };
}

/** `broker` has missed its heartbeats, or starts anew: it leads nothing and is in sync with nothing, unless it is the last
 *  one that is. */
export function onBrokerFenced(state: ControllerState, broker: number, outbox: Outbox): void {
  state.fenced[broker] = true;
  state.partitions.forEach((partition, number) => {
    if (!partition.isr.includes(broker)) return;
    if (partition.isr.length > 1) partition.isr = partition.isr.filter((one) => one !== broker);
    if (partition.leader === broker) elect(state, number, outbox);
    else outbox.add(ISR_CHANGED, number);
  });
}

/** `broker` is back: it may lead what has no leader. */
export function onBrokerUnfenced(state: ControllerState, broker: number, outbox: Outbox): void {
  state.fenced[broker] = false;
  state.partitions.forEach((partition, number) => {
    if (partition.leader === NO_LEADER && partition.replicas.includes(broker)) elect(state, number, outbox);
  });
}

/** The leader of partition `number` says that `broker` lags: it leaves the replicas in sync (AlterPartition). */
export function onReplicaLags(state: ControllerState, number: number, broker: number, outbox: Outbox): void {
  const partition = state.partitions[number]!;
  if (!partition.isr.includes(broker)) return;
  partition.isr = partition.isr.filter((one) => one !== broker);
  outbox.add(ISR_CHANGED, number);
}

/** `broker` has caught up with the leader of every partition that it follows and whose leader it gets through to. */
export function onCaughtUp(
  state: ControllerState,
  broker: number,
  reaches: (leader: number) => boolean,
  outbox: Outbox,
): void {
  state.partitions.forEach((partition, number) => {
    const { replicas, isr, leader } = partition;
    if (leader === NO_LEADER || !replicas.includes(broker) || isr.includes(broker)) return;
    if (!reaches(leader)) return;
    isr.push(broker);
    outbox.add(ISR_CHANGED, number);
  });
}

/** Another leader than the present one, as an operator asks for it: a replica in sync, or any that lives when `unclean`.
 *  Effects: LEADER_ELECTED; none when there is no such replica. */
export function onElectionAsked(
  state: ControllerState,
  number: number,
  unclean: boolean,
  outbox: Outbox,
): void {
  const partition = state.partitions[number]!;
  const { replicas, isr, leader } = partition;
  const isLive = (broker: number): boolean => broker !== leader && state.fenced[broker] === false;
  const clean = replicas.find((broker) => isLive(broker) && isr.includes(broker));
  const next = clean ?? (unclean ? replicas.find(isLive) : undefined);
  if (next === undefined) return;
  lead(partition, next, clean !== undefined);
  outbox.add(LEADER_ELECTED, number, clean === undefined ? 0 : 1);
}

/** The first live replica in sync; without one, where that is allowed, the first live replica. */
function elect(state: ControllerState, number: number, outbox: Outbox): void {
  const partition = state.partitions[number]!;
  const { replicas, isr, unclean } = partition;
  const isLive = (broker: number): boolean => state.fenced[broker] === false;
  const clean = replicas.find((broker) => isr.includes(broker) && isLive(broker));
  const next = clean ?? (unclean ? replicas.find(isLive) : undefined);
  if (next !== undefined) {
    lead(partition, next, clean !== undefined);
    outbox.add(LEADER_ELECTED, number, clean === undefined ? 0 : 1);
  } else if (partition.leader !== NO_LEADER) {
    partition.leader = NO_LEADER;
    outbox.add(LEADER_GONE, number);
  }
}

function lead(partition: PartitionRegistration, broker: number, clean: boolean): void {
  partition.leader = broker;
  partition.leaderEpoch++;
  if (!clean) partition.isr = [broker];
}
