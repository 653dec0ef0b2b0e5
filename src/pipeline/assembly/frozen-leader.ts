import { survivesStandstill } from "../../flink/index.ts";
import type { JobSurroundings } from "./job-surroundings.ts";
import { loseLeadership } from "./lost-leader.ts";

/** The JobManager's process stands still for `duration` ns: what it does, hears and is asked waits, and its TaskManagers are
 *  without heartbeats. Then it goes on where it was, unless it is highly available and finds that it leads no longer. */
export function freezeJobManager(duration: number, world: JobSurroundings): void {
  const { sim, pipeline, events, observer } = world;
  const cluster = events.cluster!;
  if (!cluster.hasJobManager) return;
  const { now } = sim;
  const isFrozen = now < events.jobManagerFrozenUntil;
  const until = Math.max(events.jobManagerFrozenUntil, now + duration);
  events.jobManagerFrozenUntil = until;
  observer.jobManagerFrozen(until, now);
  // One that stands still already is missed since then.
  if (!isFrozen) events.jobManagerFrozenSince = now;
  const onThaws = (): void => {
    if (events.jobManagerFrozenUntil !== sim.now) return;
    const stood = sim.now - events.jobManagerFrozenSince;
    const since = sim.stream("leader election").uniform();
    if (!survivesStandstill(pipeline.flink.highAvailability, stood, since)) loseLeadership(world);
    for (const request of events.waitingRequests.splice(0)) request();
  };
  events.onJobManagerThaws = onThaws;
  // Whether it still leads it knows before it misses anybody.
  sim.scheduleAt(until, events.jobManagerThaws, 0, 0);
  cluster.freezeJobManager(events.jobManagerFrozenSince, until);
}
