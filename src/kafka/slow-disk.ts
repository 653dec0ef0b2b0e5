/** Models: what a slow disk makes of times at its broker. Each append takes longer, so that what comes while the disk is slow
 *    is later by a constant, and no later than the disk is fast again.
 *  Source: kafka UnifiedLog.append (the page cache that the kernel throttles), ReplicaFetcherThread (one fetch at a time:
 *    its next one waits for the append).
 *  Leaves out: bytes (an append takes as long whatever its size), reads from the disk, the operation under way when it
 *    recovers. */

/** What comes from `from` on is late by `by`, at most until `until`, ns. */
export interface Lateness {
  readonly from: number;
  readonly until: number;
  readonly by: number;
}

export const ON_TIME: Lateness = { from: 0, until: 0, by: 0 };

/** When what would be done at `time` is done, ns. Never decreases with `time`. */
export function lateTime({ from, until, by }: Lateness, time: number): number {
  if (time < from || time >= until) return time;
  return time + by < until ? time + by : until;
}

/** The latest time for which lateTime is at most `time`, ns. */
export function onTimeUpTo({ from, until, by }: Lateness, time: number): number {
  if (time < from || time >= until) return time;
  return time - by > from ? time - by : from;
}

/** By how much the disks of a partition's brokers delay, ns: an append of its leader, the wait of a client's request
 *  for those before it, and the followers' fetches. */
export interface DiskDelays {
  readonly append: number;
  readonly queueing: number;
  readonly replication: number;
}

/** The disks of a partition from now on: how many times as long as usual an append of the leader takes, and one of its
 *  slowest follower, and until when, ns. */
export interface PartitionDisks {
  readonly leader: number;
  readonly leaderUntil: number;
  readonly followers: number;
  readonly followersUntil: number;
}
