import { type Point, runPoint } from "../../experiment/index.ts";
import { type LoadedPipeline, loadPipeline } from "../load-pipeline.ts";

/** One repetition of one point, as a worker gets it. */
export interface SweepTask {
  readonly pipelineFile: string;
  readonly point: Point;
  readonly repetition: number;
}

const pipelines = new Map<string, Promise<LoadedPipeline>>();
let isWarm = false;

/** ns of load, and how many runs of it come first in a worker: functions that each world makes anew V8 compiles for the one it
 *  knows, and again when there is another. So it had better see more than one before it compiles. */
const WARM_UP = { duration: 3e9, runs: 2 };

/** Runs a task in a worker thread. The result crosses as the line that goes into the journal: the main thread has nothing to do with
 *  it but to append it, so that it doesn't hold up the workers. */
export async function runTask({ pipelineFile, point, repetition }: SweepTask): Promise<string> {
  let pipeline = pipelines.get(pipelineFile);
  if (pipeline === undefined) {
    pipeline = loadPipeline(pipelineFile);
    pipelines.set(pipelineFile, pipeline);
  }
  const read = await pipeline;
  if (!isWarm) {
    isWarm = true;
    const short = { ...point, warmUp: undefined, duration: Math.min(point.duration, WARM_UP.duration) };
    for (let i = 0; i < WARM_UP.runs; i++) runPoint(short, repetition, read);
  }
  return JSON.stringify(runPoint(point, repetition, read));
}
