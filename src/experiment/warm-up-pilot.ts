import { LatencySeries } from "../metrics/index.ts";
import type { Pipeline } from "../pipeline/index.ts";
import { warmUpLength } from "../stats/index.ts";
import { runPipeline } from "./run-pipeline.ts";

const SLOTS = 500;

/** The warm-up of a pipeline, ns, by MSER-5 on the mean latency of each of 500 slots of a pilot run: the longest that any of its
 *  readers needs. At most half the duration.
 *  @param duration ns. */
export function findWarmUp(pipeline: Pipeline, seed: string, duration: number): number {
  let series: LatencySeries | undefined;
  runPipeline(pipeline, {
    seed,
    duration,
    observe: (lineage) => {
      series = new LatencySeries(pipeline.readers.length, lineage, duration, SLOTS);
      return [series];
    },
  });
  const lengths = pipeline.readers.map((_, reader) => warmUpLength(series!.meansOf(reader)));
  return Math.round((Math.max(0, ...lengths) / SLOTS) * duration);
}
