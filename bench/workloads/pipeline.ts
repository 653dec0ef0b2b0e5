import { readFileSync } from "node:fs";
import { runPipeline } from "../../src/experiment/index.ts";
import { parsePipeline } from "../../src/pipeline/index.ts";
import type { CandidateArguments, Measurement } from "../candidate.ts";
import { Stopwatch } from "../stopwatch.ts";

const SECOND = 1e9;

/** A bundled pipeline with all its recorders and checks, after a short run that warms up. Parameters: name of the file
 *  without its ending, simulated seconds, and what `--set` takes. */
export function measure({ parameters }: CandidateArguments): Measurement {
  const [name, seconds, ...assignments] = parameters;
  const text = readFileSync(new URL(`../../pipelines/${name}.yaml`, import.meta.url), "utf8");
  const { pipeline } = parsePipeline(text, `${name}.yaml`, assignments);
  runPipeline(pipeline, { seed: "1", duration: 60 * SECOND });
  const stopwatch = new Stopwatch();
  const { events, outcomeFingerprint } = runPipeline(pipeline, {
    seed: "1",
    duration: Number(seconds) * SECOND,
  });
  const { seconds: elapsed } = stopwatch;
  return {
    events,
    seconds: elapsed,
    hash: Number.parseInt(outcomeFingerprint.slice(0, 8), 16),
    simulatedSeconds: Number(seconds),
  };
}
