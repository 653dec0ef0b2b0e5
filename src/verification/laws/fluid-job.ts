import { ExponentialDistribution, NO_EVENT, Simulation } from "../../engine/index.ts";

/** A job as a fluid queue over a durable log: records come at rate `lambda`, are processed at `mu` while any wait, not at all
 *  for `pause` at each checkpoint and for `outage` after each failure, which restores the last checkpoint. Time in s. */
export interface FluidJob {
  readonly lambda: number;
  readonly mu: number;
  readonly interval: number;
  readonly pause: number;
  readonly outage: number;
  /** Mean time from a restart to the next failure. */
  readonly uptime: number;
}

export interface FluidRun {
  /** s. */
  readonly duration: number;
  /** Records not yet processed in the end. */
  readonly backlog: number;
  /** Mean time from a record's creation to its last processing, s. */
  readonly meanLatency: number;
  /** Records processed again, per failure. */
  readonly replayed: number;
}

const SECOND = 1e9;

/** Runs until the job has failed and restarted `failures` times. */
export function runFluidJob(job: FluidJob, failures: number, seed: string): FluidRun {
  const { lambda, mu } = job;
  const sim = new Simulation({ seed });
  const draws = sim.stream("failures");
  const untilFailure = new ExponentialDistribution(job.uptime * SECOND);
  const interval = Math.round(job.interval * SECOND);
  const pause = Math.round(job.pause * SECOND);
  const outage = Math.round(job.outage * SECOND);
  let time = 0;
  let backlog = 0;
  // Since the checkpoint that a failure would restore: records processed, and the integral of their number over time.
  let processed = 0;
  let processedArea = 0;
  let latencyArea = 0;
  let replayed = 0;
  let failed = 0;
  let serves = true;
  let checkpointEvent = NO_EVENT;
  let resumeEvent = NO_EVENT;

  /** Lets `span` seconds pass at processing rate `rate`. */
  const flow = (span: number, rate: number): void => {
    latencyArea += span * (backlog + ((lambda - rate) * span) / 2);
    processedArea += span * (processed + (rate * span) / 2);
    backlog += (lambda - rate) * span;
    processed += rate * span;
  };
  const settle = (): void => {
    const now = sim.now / SECOND;
    const span = now - time;
    time = now;
    if (!serves) {
      flow(span, 0);
      return;
    }
    const behind = Math.min(span, backlog / (mu - lambda));
    flow(behind, mu);
    if (behind < span) backlog = 0;
    flow(span - behind, lambda);
  };
  const arm = (): void => {
    checkpointEvent = sim.scheduleAfter(interval, checkpoint, 0, 0);
  };
  const checkpoint = sim.defineKind("checkpoint", () => {
    settle();
    processed = 0;
    processedArea = 0;
    arm();
    if (pause === 0) return;
    serves = false;
    resumeEvent = sim.scheduleAfter(pause, resume, 0, 0);
  });
  const resume = sim.defineKind("resume", () => {
    settle();
    serves = true;
  });
  const failure = sim.defineKind("failure", () => {
    settle();
    sim.cancel(checkpointEvent);
    sim.cancel(resumeEvent);
    serves = false;
    failed++;
    replayed += processed;
    // What is processed again leaves later: all the time since the checkpoint it has not left.
    latencyArea += processedArea;
    backlog += processed;
    processed = 0;
    processedArea = 0;
    sim.scheduleAfter(outage, restart, 0, 0);
  });
  const restart = sim.defineKind("restart", () => {
    settle();
    serves = true;
    if (failed === failures) return;
    arm();
    sim.scheduleAfter(Math.round(untilFailure.sample(draws)), failure, 0, 0);
  });
  sim.scheduleAt(0, restart, 0, 0);
  sim.run(Number.POSITIVE_INFINITY);
  return {
    duration: time,
    backlog,
    meanLatency: latencyArea / (lambda * time),
    replayed: replayed / failures,
  };
}
