import { JobMaster } from "../../flink/index.ts";
import { jobManagerWarmUp } from "./job-checkpoints.ts";
import type { JobSurroundings } from "./job-surroundings.ts";

/** Makes the JobMaster of a job, which has none or whose last one is gone. It isn't started. */
export function makeJobMaster(number: number, world: JobSurroundings): JobMaster {
  const { sim, pipeline, events, observer } = world;
  const { flink, environment: env } = pipeline;
  const { name, restartStrategy } = pipeline.jobs[number]!;
  const cluster = events.cluster!;
  const attempts = events.attempts[number]!;
  const master = new JobMaster(
    sim,
    events.masterKinds,
    {
      job: number,
      firstExecution: events.addExecutions(number, attempts.slotOf.length),
      restartStrategy,
      rpc: env.flinkRpc,
      warmUp: jobManagerWarmUp(env, events.jobManagerStartedAt),
      deployment: env.taskDeployment,
      askTimeout: flink.askTimeout,
      cancellation: env.taskCancellation,
      slotRequestTimeout: flink.slotRequestTimeout,
    },
    attempts,
    cluster,
    cluster.slotsOf(number),
    sim.stream(`restarts of ${name}`),
    observer,
  );
  events.masters[number]?.dispose();
  events.masters[number] = master;
  attempts.belongTo(master);
  cluster.setJob(number, master);
  return master;
}
