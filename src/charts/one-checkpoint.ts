import { ExperimentError, type SweepResults, type TimelineEntry } from "../experiment/index.ts";
import { pick, type Where } from "./find-points.ts";

/** The phases of one checkpoint of one job. */
export interface OneCheckpoint {
  readonly job: string;
  readonly triggeredAtMs: number;
  readonly entries: readonly TimelineEntry[];
}

/** The first checkpoint whose phases were kept at the point that `where` picks.
 *  @throws ExperimentError when there is none. */
export function oneCheckpoint(results: SweepResults, where: Where): OneCheckpoint {
  const point = pick(results, where)[0]?.point;
  const all = results.timeline.filter((entry) => entry.point === point);
  const first = all.find((entry) => entry.phase === "waiting for acknowledgements");
  if (first === undefined) {
    throw new ExperimentError(
      `the results of ${results.experiment}`,
      `got no checkpoint with ${JSON.stringify(where)}`,
      "one",
    );
  }
  return {
    job: first.job,
    triggeredAtMs: first.fromMs,
    entries: all.filter(({ job, checkpoint }) => job === first.job && checkpoint === first.checkpoint),
  };
}
