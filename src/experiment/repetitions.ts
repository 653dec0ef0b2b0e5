import { isPreciseEnough } from "../stats/index.ts";
import { type Experiment, METRICS } from "./experiment.ts";
import type { PointRun } from "./point-run.ts";

const CONFIDENCE = 0.95;

/** What the stop rule looks at in one run: the metric by reader, NaN where nothing was measured; undefined when the run failed. */
export type StopValues = Readonly<Record<string, number>> | undefined;

/** What the stop rule needs of a run. */
export function stopValuesOf({ repetitions }: Experiment, run: PointRun): StopValues {
  if (typeof repetitions === "number") return {};
  if (run.readers.length === 0) return undefined;
  const column = METRICS.indexOf(repetitions.metric);
  return Object.fromEntries(
    run.readers
      .filter(({ reader }) => repetitions.reader === undefined || repetitions.reader === reader)
      .map(({ reader, metrics }) => [reader, metrics[column] ?? Number.NaN]),
  );
}

/** How many repetitions of a point to run next, after all of `finished` (by repetition) are done; 0: the point is done. With a stop
 *  rule they grow by half each time; a point that fails or has nothing to measure is not repeated further. It depends on
 *  nothing but the point's own results, so the order in which workers finish has no say. */
export function nextRepetitions({ repetitions }: Experiment, finished: readonly StopValues[]): number {
  const done = finished.length;
  if (typeof repetitions === "number") return Math.max(0, repetitions - done);
  const { atLeast, atMost, relative } = repetitions;
  if (done < atLeast) return atLeast - done;
  const known = finished.filter((values) => values !== undefined);
  if (known.length < done) return 0;
  const wanted = { relative, confidence: CONFIDENCE, atLeast };
  const precise = Object.keys(known[0] ?? {}).every((reader) => {
    const values = known.map((one) => one[reader] ?? Number.NaN);
    return values.some(Number.isNaN) || isPreciseEnough(values, wanted);
  });
  return precise ? 0 : Math.min(Math.ceil(done / 2), atMost - done);
}
