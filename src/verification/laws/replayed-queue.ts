import { NO_EVENT, Simulation } from "../../engine/index.ts";

/** A job that reads a durable log, is restored from its last checkpoint when it fails, and reads again from there. */
export interface ReplayedQueue {
  /** ns between two records of the log, and to process one. */
  readonly interarrival: number;
  readonly service: number;
  /** ns, when the checkpoint is taken, the job fails, and it runs again. */
  readonly checkpointAt: number;
  readonly failsAt: number;
  readonly runsAgainAt: number;
}

/** What one failure costs; times in ns. */
export interface ReplayCost {
  /** From the restart until nothing waits. */
  readonly catchUp: number;
  /** Longest time from a record's creation to the end of its last processing. */
  readonly peakLatency: number;
  /** Sum of those times over the records that the failure delays. */
  readonly latencyArea: number;
  /** Records processed a second time. */
  readonly duplicates: number;
}

/** Runs record by record until the queue has caught up. */
export function costOfFailure(queue: ReplayedQueue): ReplayCost {
  const sim = new Simulation({ seed: "nothing is drawn" });
  const completedAt: number[] = [];
  let arrived = 0;
  let position = 0;
  let saved = 0;
  let duplicates = 0;
  let failed = false;
  let running = true;
  let caughtUpAt = -1;
  let serviceEvent = NO_EVENT;

  const serveNext = (): void => {
    if (!running || serviceEvent !== NO_EVENT) return;
    if (position < arrived) serviceEvent = sim.scheduleAfter(queue.service, served, 0, 0);
    else if (failed) caughtUpAt = sim.now;
  };
  const arrival = sim.defineKind("arrival", () => {
    arrived++;
    if (caughtUpAt < 0) sim.scheduleAt(arrived * queue.interarrival, arrival, 0, 0);
    serveNext();
  });
  const served = sim.defineKind("served", () => {
    serviceEvent = NO_EVENT;
    if (completedAt[position] !== undefined) duplicates++;
    completedAt[position++] = sim.now;
    serveNext();
  });
  const checkpoint = sim.defineKind("checkpoint", () => {
    saved = position;
  });
  const failure = sim.defineKind("failure", () => {
    running = false;
    sim.cancel(serviceEvent);
    serviceEvent = NO_EVENT;
  });
  const restart = sim.defineKind("restart", () => {
    running = true;
    failed = true;
    position = saved;
    serveNext();
  });
  sim.scheduleAt(0, arrival, 0, 0);
  sim.scheduleAt(queue.checkpointAt, checkpoint, 0, 0);
  sim.scheduleAt(queue.failsAt, failure, 0, 0);
  sim.scheduleAt(queue.runsAgainAt, restart, 0, 0);
  while (caughtUpAt < 0) sim.run(sim.now + 1e9);
  const latencies = completedAt.map((at, offset) => at - offset * queue.interarrival).slice(saved);
  return {
    catchUp: caughtUpAt - queue.runsAgainAt,
    peakLatency: Math.max(...latencies),
    latencyArea: latencies.reduce((sum, latency) => sum + latency, 0),
    duplicates,
  };
}
