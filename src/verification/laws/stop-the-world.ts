import { ExponentialDistribution, NO_EVENT, Simulation } from "../../engine/index.ts";
import { type MeanWithConfidence, meanWithConfidence } from "../../stats/index.ts";
import { CONFIDENCE } from "./law.ts";
import { maximumOf } from "./optimum.ts";

/** A job that stops while it checkpoints, restarts from its last checkpoint when it fails, and fails in a Poisson process.
 *  Flink's checkpoints do not stop the world: no interval is to be chosen by this model. Times in one unit. */
export interface StopTheWorld {
  /** Work between two checkpoints. */
  readonly work: number;
  readonly checkpoint: number;
  readonly restart: number;
  /** Mean time between failures of the job. */
  readonly mtbf: number;
  /** Whether a failure may also hit a checkpoint or a restart. */
  readonly failuresHit: "anything" | "work";
  /** How long after its end a checkpoint counts, while work goes on. */
  readonly commitDelay?: number;
}

const UNIT = 1e6;

/** Share of the time that was work which counts in the end, over `failures` failures. */
export function efficiencyOf(model: StopTheWorld, failures: number, seed: string): number {
  const sim = new Simulation({ seed });
  const draws = sim.stream("failures");
  const untilFailure = new ExponentialDistribution(model.mtbf * UNIT);
  const work = Math.round(model.work * UNIT);
  const checkpoint = Math.round(model.checkpoint * UNIT);
  const restart = Math.round(model.restart * UNIT);
  const commitDelay = Math.round((model.commitDelay ?? 0) * UNIT);
  let done = 0;
  let failed = 0;
  let phaseEvent = NO_EVENT;
  let failureEvent = NO_EVENT;
  let commitEvent = NO_EVENT;

  const startWork = (): void => {
    if (model.failuresHit === "work") armFailure();
    phaseEvent = sim.scheduleAfter(work, worked, 0, 0);
  };
  const armFailure = (): void => {
    failureEvent = sim.scheduleAfter(Math.round(untilFailure.sample(draws)), failure, 0, 0);
  };
  const worked = sim.defineKind("work done", () => {
    if (model.failuresHit === "work") sim.cancel(failureEvent);
    phaseEvent = sim.scheduleAfter(checkpoint, checkpointed, 0, 0);
  });
  const checkpointed = sim.defineKind("checkpoint taken", () => {
    commitEvent = sim.scheduleAfter(commitDelay, committed, 0, 0);
    startWork();
  });
  const committed = sim.defineKind("checkpoint counts", () => {
    done += work;
  });
  const restarted = sim.defineKind("restarted", startWork);
  const failure = sim.defineKind("failure", () => {
    failed++;
    sim.cancel(phaseEvent);
    sim.cancel(commitEvent);
    if (failed === failures) return;
    if (model.failuresHit === "anything") armFailure();
    phaseEvent = sim.scheduleAfter(restart, restarted, 0, 0);
  });
  if (model.failuresHit === "anything") armFailure();
  // Like after a failure, so that all times between failures are alike.
  phaseEvent = sim.scheduleAfter(restart, restarted, 0, 0);
  sim.run(Number.POSITIVE_INFINITY);
  return done / sim.now;
}

export interface SimulatedOptimum {
  readonly seed: string;
  /** Failures simulated. */
  readonly n: number;
  readonly work: MeanWithConfidence;
}

/** The work between checkpoints for which the simulated efficiency is highest, from runs over a range of a factor of two to
 *  either side of `near`; the same failures hit all points of a run. */
export function optimalWork(
  model: Omit<StopTheWorld, "work">,
  near: number,
  failures: number,
  runs: number,
): SimulatedOptimum {
  const points = Array.from({ length: 11 }, (_, k) => near * 2 ** ((k - 5) / 5));
  const optima = Array.from({ length: runs }, (_, run) =>
    maximumOf(
      points,
      points.map((work) => efficiencyOf({ ...model, work }, failures, `stop the world ${run + 1}`)),
    ),
  );
  return {
    seed: `stop the world 1 to ${runs}`,
    n: failures * runs,
    work: meanWithConfidence(optima, CONFIDENCE),
  };
}
