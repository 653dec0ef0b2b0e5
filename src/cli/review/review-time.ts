import { availableParallelism } from "node:os";
import { type Experiment, expandPoints, loadFormulas, runPipeline } from "../../experiment/index.ts";
import { crashExperiment, gridExperiment, guessExperiment, type ReviewPlan } from "../../review/index.ts";
import { formatCount } from "../format-quantity.ts";

const SECOND = 1e9;
const PILOT = 10 * SECOND;
const MINUTE_MS = 60_000;
/** What takes less is not announced. */
const LONG_MS = 2 * MINUTE_MS;

/** Runs and simulated time, ns, of a review, as far as they are known before it has proposed anything: the grid, the crashes of the
 *  configured setting and of at-least-once, and the guesses. */
export async function workOf(
  plan: ReviewPlan,
): Promise<{ readonly runs: number; readonly simulated: number }> {
  const formulas = await loadFormulas();
  const { guarantee, interval } = plan;
  const settings = [...new Set([guarantee, "at-least-once"])].map((one) => ({ guarantee: one, interval }));
  const parts: Experiment[] = [
    gridExperiment(plan),
    crashExperiment(plan, settings),
    guessExperiment(plan, settings[0]!),
  ];
  let runs = 0;
  let simulated = 0;
  for (const part of parts) {
    const repetitions = typeof part.repetitions === "number" ? part.repetitions : part.repetitions.atMost;
    for (const { duration } of expandPoints(part, formulas)) {
      runs += repetitions;
      simulated += repetitions * duration;
    }
  }
  return { runs, simulated };
}

/** A line on how long a review takes, from two short runs of the pipeline, the second of which is timed; undefined: not long. */
export async function announceTime(
  plan: ReviewPlan,
  workers: number = availableParallelism(),
): Promise<string | undefined> {
  const { runs, simulated } = await workOf(plan);
  runPipeline(plan.pipeline, { seed: "1", duration: PILOT });
  const begin = performance.now();
  runPipeline(plan.pipeline, { seed: "1", duration: PILOT });
  const ms = ((performance.now() - begin) * simulated) / PILOT / workers;
  return ms < LONG_MS ? undefined : describeTime(runs, simulated, ms, workers);
}

/** @param simulated ns. @param ms wall time. */
export function describeTime(runs: number, simulated: number, ms: number, workers: number): string {
  const hours = Number((simulated / SECOND / 3600).toPrecision(2));
  const on = `${workers} worker${workers === 1 ? "" : "s"}`;
  return (
    `This takes about ${formatCount(Math.round(ms / MINUTE_MS))} min on ${on}: ${formatCount(runs)} runs or more, ${hours} h of simulated time, ` +
    "most of it for long intervals; after Ctrl-C the same command goes on from there"
  );
}
