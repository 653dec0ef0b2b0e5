import { Worker } from "node:worker_threads";
import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import {
  loadScheduleSearch,
  replayRun,
  runPipeline,
  type StoredRun,
  storedRuns,
} from "../experiment/index.ts";
import type { Pipeline, PipelineObserver } from "../pipeline/index.ts";
import { pipelineInputs, readDrawn } from "./arbitraries/pipeline-arbitrary.ts";
import { SECOND } from "./scenario.ts";
import { SILENT } from "./silent-observer.ts";

const { faultSchedules } = await loadScheduleSearch();
const DURATION = 6 * SECOND;

/** Any pipeline, with any faults that it can meet. */
const faulty: fc.Arbitrary<Pipeline> = pipelineInputs()
  .map(readDrawn)
  .chain((pipeline) => faultSchedules(pipeline, DURATION, 3).map((faults) => ({ ...pipeline, faults })));

const run = (pipeline: Pipeline, observe: readonly Partial<PipelineObserver>[] = []): string =>
  JSON.stringify(runPipeline(pipeline, { seed: "1", duration: DURATION, observe: () => observe }));

property.prop([faulty], { numRuns: 6 })(
  "any run under any faults gives the same bytes again, with observers, and from its file",
  (pipeline) => {
    const first = run(pipeline);
    expect(run(pipeline)).toBe(first);
    expect(run(pipeline, [SILENT, SILENT])).toBe(first);
    const [stored] = storedRuns(JSON.parse(first))!;
    const { result, difference } = replayRun(stored!);
    expect(difference).toBe(undefined);
    expect(JSON.stringify(result)).toBe(first);
  },
);

test("one worker or several: the same bytes as here", async () => {
  const texts = fc.sample(faulty, { numRuns: 4, seed: 4 }).map((pipeline) => run(pipeline));
  const jobs = texts.map((text, number) => ({ number, run: storedRuns(JSON.parse(text))![0]! }));
  const alone = await inWorkers([jobs]);
  const several = await inWorkers([0, 1].map((worker) => jobs.filter((_, i) => i % 2 === worker)));
  expect(alone).toEqual(texts);
  expect(several).toEqual(texts);
});

interface Answer {
  readonly number: number;
  readonly text: string;
}

/** What each run gives, in the order of their numbers. */
async function inWorkers(
  shares: readonly (readonly { readonly number: number; readonly run: StoredRun }[])[],
): Promise<string[]> {
  const texts: string[] = [];
  await Promise.all(
    shares.map(
      (workerData) =>
        new Promise<void>((resolve, reject) => {
          const worker = new Worker(new URL("./replay-worker.ts", import.meta.url), { workerData });
          worker.on("message", ({ number, text }: Answer) => {
            texts[number] = text;
          });
          worker.on("error", reject);
          worker.on("exit", () => resolve());
        }),
    ),
  );
  return texts;
}
