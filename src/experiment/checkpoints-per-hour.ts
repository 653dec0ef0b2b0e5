import type { JobCheckpoints } from "../metrics/index.ts";

const NANOSECONDS_PER_HOUR = 3600e9;

/** How many checkpoints all jobs trigger in an hour, from the time between two; a job that has triggered fewer than two in the
 *  measured time counts for none. */
export function checkpointsPerHour(jobs: readonly JobCheckpoints[]): number {
  return jobs.reduce(
    (sum, { triggerGaps }) => sum + (triggerGaps.count > 0 ? NANOSECONDS_PER_HOUR / triggerGaps.mean : 0),
    0,
  );
}
