import { test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { type RunResult, runPipeline } from "../experiment/index.ts";
import type { Pipeline } from "../pipeline/index.ts";
import { pipelineInputs, readDrawn } from "./arbitraries/pipeline-arbitrary.ts";
import { chain } from "./chain.ts";
import { SECOND } from "./scenario.ts";

const run = (pipeline: Pipeline): RunResult => runPipeline(pipeline, { seed: "1", duration: 3 * SECOND });

function expectConserved(result: RunResult): void {
  expect(result.checks.flatMap((check) => check.violations)).toEqual([]);
  for (const reader of result.readers) {
    expect([reader.recordsVisible, reader.recordsDuplicated], reader.reader).toEqual([reader.recordsIn, 0]);
  }
}

describe("pipelines as they were once drawn", () => {
  test("all records have one key: no channel but one of the second job gets any", () => {
    expectConserved(run(chain("producers.load.keys=1", "producers.load.arrivals=poisson")));
  });

  test("a long service hands its output on late to a producer that lingers, and a job reads it", () => {
    const slow = chain(
      "environment.preset=kubernetes-s3",
      "producers.load.rate=22/s",
      "producers.load.keys=1",
      "producers.load.arrivals=poisson",
      "jobs.first.operators.a.service-time=exponential 30 ms",
      "jobs.first.sinks[0].sink.delivery-guarantee=at-least-once",
      "jobs.first.sinks[0].sink.partitioner=fixed",
      "jobs.first.sinks[0].properties.linger.ms=5",
      "jobs.first.config.execution.buffer-timeout.interval=0 ms",
    );
    for (const seed of ["1", "2"]) {
      expectConserved(runPipeline(slow, { seed, duration: 10 * SECOND }));
    }
  });
});

property.prop([pipelineInputs()], { numRuns: 12 })(
  "any pipeline shows each reader each record once, and breaks no check",
  (input) => {
    expectConserved(run(readDrawn(input)));
  },
);
