import { type Point, runPoint } from "../../experiment/index.ts";
import { type LoadedPipeline, loadPipeline } from "../load-pipeline.ts";

/** One repetition of one point, as a worker gets it. */
export interface SweepTask {
  readonly pipelineFile: string;
  readonly point: Point;
  readonly repetition: number;
}

const pipelines = new Map<string, Promise<LoadedPipeline>>();

/** Runs a task in a worker thread. The result crosses as the line that goes into the journal: the main thread has nothing to do with
 *  it but to append it, so that it doesn't hold up the workers. */
export async function runTask({ pipelineFile, point, repetition }: SweepTask): Promise<string> {
  let pipeline = pipelines.get(pipelineFile);
  if (pipeline === undefined) {
    pipeline = loadPipeline(pipelineFile);
    pipelines.set(pipelineFile, pipeline);
  }
  return JSON.stringify(runPoint(point, repetition, await pipeline));
}
