import type { DiskDelays, PartitionDisks } from "./slow-disk.ts";

/** Whether a partition can be written and read on. `no-leader`: its leader's process does nothing. `no-replication`: a replica
 *  in sync doesn't fetch, so that the high watermark stands still. `not-enough-replicas`: fewer are in sync than
 *  min.insync.replicas, so that acks=all is refused and the high watermark stands still. */
export type PartitionStatus = "open" | "no-leader" | "no-replication" | "not-enough-replicas";

/** A new leader, or the same one again after it was gone. */
export interface LeaderChange {
  /** `clean`: of the replicas in sync; `unclean`: another; `returned`: the one before, with the log that it had. */
  readonly how: "clean" | "unclean" | "returned";
  /** when the leader before stopped working, ns. */
  readonly lostAt: number;
  /** when its clients hear of it at the latest: their connections are closed, or somebody answers again, ns. A request that
   *  times out tells them sooner. */
  readonly noticedBy: number;
  /** Cut off from the controller, the leader before doesn't know that it has been replaced: it answers as if it still led. */
  readonly stillAnswers?: boolean;
}

export interface PartitionChange {
  readonly status: PartitionStatus;
  /** broker; -1: none. */
  readonly leader: number;
  /** undefined: nothing about who leads. */
  readonly election: LeaderChange | undefined;
}

/** Whoever works with a partition. */
export interface PartitionListener {
  /** `partition` changes at `now`; all that came before has been settled. */
  onPartitionChanged(partition: number, change: PartitionChange, now: number): void;
  /** `broker` works again. */
  onBrokerBack?(broker: number): void;
  /** The disks of the brokers of `partition` are as slow as this from `now` on, which makes appends and fetches later. */
  onDisksChanged?(partition: number, disks: PartitionDisks, delays: DiskDelays, now: number): void;
}
