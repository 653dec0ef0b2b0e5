/** Models: what a slow disk makes of times at its broker. Each append takes longer, so that what comes while the disk is slow
 *    is later by a constant, and no later than the disk is fast again.
 *  Source: kafka UnifiedLog.append (the page cache that the kernel throttles), ReplicaFetcherThread (one fetch at a time:
 *    its next one waits for the append).
 *  Leaves out: bytes (an append takes as long whatever its size), reads from the disk, the operation under way when it
 *    recovers. */

/** What comes from `from` on is late by `by`, at most until `until`, ns. */
export class Lateness {
  // V8 keeps a field a double that was one from the start. Had it been an integer in the first object, the class of that object would
  // be outdated by the next one, and optimised code that reads it thrown away each time it has been made.
  readonly from: number = Number.NaN;
  readonly until: number = Number.NaN;
  readonly by: number = Number.NaN;

  constructor(from: number, until: number, by: number) {
    this.from = from;
    this.until = until;
    this.by = by;
  }
}

export const ON_TIME = new Lateness(0, 0, 0);

/** When what would be done at `time` is done, ns. Never decreases with `time`. */
export function lateTime(late: Lateness, time: number): number {
  if (time < late.from || time >= late.until) return time;
  return time + late.by < late.until ? time + late.by : late.until;
}

/** The latest time for which lateTime is at most `time`, ns. */
export function onTimeUpTo(late: Lateness, time: number): number {
  if (time < late.from || time >= late.until) return time;
  return time - late.by > late.from ? time - late.by : late.from;
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
