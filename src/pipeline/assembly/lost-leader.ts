import { successionOf } from "../../flink/index.ts";
import { makeJobMaster } from "./job-masters.ts";
import type { JobSurroundings } from "./job-surroundings.ts";

/** The JobManager's process ends now, and with it every JobMaster and what they had pending. Another process is there after
 *  `repair` ns (undefined: the environment's start time); highly available, it takes the jobs over once it leads. */
export function loseJobManager(repair: number | undefined, world: JobSurroundings): void {
  const { sim, pipeline, events, observer } = world;
  if (!events.cluster!.hasJobManager) return;
  const { highAvailability } = pipeline.flink;
  const isRecoverable = highAvailability.type !== "NONE";
  events.jobManagerFrozenUntil = 0;
  const startsAt = sim.now + (repair ?? pipeline.environment.jobManagerStart);
  let [toldAt, leadsAt] = [Number.POSITIVE_INFINITY, startsAt];
  if (isRecoverable) {
    const random = sim.stream("leader election");
    const succession = successionOf(highAvailability, sim.now, startsAt, random.uniform(), random.uniform());
    leadsAt = succession.leadsAt;
    toldAt = succession.expiresAt + pipeline.environment.flinkRpc;
  }
  observer.jobManagerEnded(isRecoverable, sim.now);
  endLeadership({ startsAt, leadsAt, toldAt }, world);
}

/** A JobManager that has its process, but not its lock any more: it drops what it had, and leads again at once, since nobody
 *  else wants to. */
export function loseLeadership(world: JobSurroundings): void {
  const { sim, pipeline, events, observer } = world;
  observer.leadershipLost(sim.now);
  const startsAt = events.jobManagerStartedAt;
  const leadsAt = sim.now + pipeline.environment.flinkRpc;
  endLeadership({ startsAt, leadsAt, toldAt: leadsAt + pipeline.environment.flinkRpc }, world);
}

/** ns. `startsAt`: the process of the next leader; undefined: with the cluster. `toldAt`: TaskManagers hear of it. */
interface Succession {
  readonly startsAt: number | undefined;
  readonly leadsAt: number;
  readonly toldAt: number;
}

function endLeadership({ startsAt, leadsAt, toldAt }: Succession, world: JobSurroundings): void {
  const { sim, pipeline, events } = world;
  const cluster = events.cluster!;
  const isRecoverable = pipeline.flink.highAvailability.type !== "NONE";
  for (const master of events.masters) master.dispose();
  for (const attempts of events.attempts) attempts.loseCoordinator();
  const loss = cluster.loseJobManager(toldAt);
  const onLeads: typeof events.onJobManagerLeads = (number, recovers) => {
    if (number !== loss) return;
    if (recovers) {
      recoverJobs(world);
      return;
    }
    events.jobManagerStartedAt = startsAt;
    cluster.leadAnew();
    // By then the TaskManagers know, and have ended the tasks.
    const told = 2 * pipeline.environment.flinkRpc + 1;
    if (isRecoverable) sim.scheduleAfter(told, events.jobManagerLeads, loss, 1);
  };
  events.onJobManagerLeads = onLeads;
  sim.scheduleAt(leadsAt, events.jobManagerLeads, loss, 0);
}

/** A JobMaster for each job that had not ended, which begins with what the store of a highly available JobManager has kept:
 *  the completed checkpoints, and the next one's id. */
function recoverJobs(world: JobSurroundings): void {
  const { events } = world;
  events.attempts.forEach((attempts, number) => {
    const { status } = events.masters[number]!;
    if (status !== "RUNNING" && status !== "RESTARTING") return;
    attempts.recoverCoordinator();
    makeJobMaster(number, world).start(false);
  });
}
