import type { Experiment } from "../experiment/index.ts";
import { formatDuration } from "../pipeline/index.ts";
import { catchUpEstimateMs } from "./first-screen.ts";
import { experimentOf, LONGEST_CRASH, pointOf, type ReviewPlan } from "./plan-review.ts";
import { type Candidate, crashOf } from "./review-figures.ts";

/** Most simulated time for which a job is watched catching up, ms. */
const LONGEST_CATCH_UP = 10 * 60_000;
/** Room for what is late longer than a queue at the busiest task explains. */
const ROOM = 1.5;
const LEAST = 10_000;
/** Slots of the time series, about. */
const SLOTS = 240;
const SLOT_LENGTHS = [50, 100, 250, 500, 1000, 2000, 5000, 10_000];

/** Each candidate that comes back from the longest crash, under load until it has caught up, with what readers see meanwhile;
 *  undefined: none comes back. */
export function recoveryExperiment(
  plan: ReviewPlan,
  candidates: readonly Candidate[],
): Experiment | undefined {
  const loads = candidates.flatMap((candidate) => {
    const ms = loadOf(plan, candidate);
    return ms === null ? [] : [{ candidate, load: `${ms} ms`, ms }];
  });
  if (loads.length === 0) return undefined;
  const points = loads.map(({ candidate: { guarantee, intervalMs }, load }) => ({
    ...pointOf({ guarantee, interval: formatDuration(intervalMs * 1e6), crash: LONGEST_CRASH }),
    load,
  }));
  const intervals = [...new Set(points.map(({ interval }) => interval))];
  const experiment = experimentOf(plan, points, intervals, plan.repetitions);
  const longest = Math.max(...loads.map(({ ms }) => ms));
  const slot = SLOT_LENGTHS.find((ms) => ms * SLOTS >= longest) ?? SLOT_LENGTHS.at(-1)!;
  return {
    ...experiment,
    factors: {
      ...experiment.factors,
      load: { levels: Object.fromEntries(loads.map(({ load }) => [load, {}])) },
    },
    duration: "load",
    series: `${slot} ms`,
  };
}

/** ms of load until the job has caught up; null: it doesn't come back. */
function loadOf({ job }: ReviewPlan, candidate: Candidate): number | null {
  const { outageMs } = crashOf(candidate, LONGEST_CRASH);
  if (outageMs === null) return null;
  const caught = catchUpEstimateMs(candidate, LONGEST_CRASH) ?? LONGEST_CATCH_UP;
  const after = Math.min(LONGEST_CATCH_UP, ROOM * caught + 2 * candidate.intervalMs + LEAST);
  const before = 3.3 * candidate.intervalMs + (3 * job.checkpointing.minPause) / 1e6;
  return Math.ceil((before + outageMs.max + after) / 1000) * 1000;
}
