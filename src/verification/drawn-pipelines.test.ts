import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { type RunResult, runPipeline } from "../experiment/index.ts";
import type { Pipeline } from "../pipeline/index.ts";
import { pipelineInputs, readDrawn } from "./arbitraries/pipeline-arbitrary.ts";
import { chain } from "./chain.ts";
import { broken } from "./faulted-runs.ts";
import { SECOND } from "./scenario.ts";

const run = (pipeline: Pipeline): RunResult => runPipeline(pipeline, { seed: "1", duration: 3 * SECOND });

function expectConserved(result: RunResult): void {
  expect(broken(result)).toEqual([]);
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

property.prop(
  [
    pipelineInputs(),
    fc.record({
      size: fc.integer({ min: 100, max: 2000 }),
      outOfOrderness: fc.integer({ min: 0, max: 800 }),
      resultTime: fc.constantFrom("10 us", "exponential 0.5 ms", "3 ms"),
      behindWindows: fc.boolean(),
    }),
  ],
  { numRuns: 12 },
)("any pipeline with windows shows each result once, and breaks no check", (input, draw) => {
  const assignments = [
    `jobs.job1.source.watermark=bounded-out-of-orderness ${draw.outOfOrderness} ms`,
    // Some source subtasks may have no partition.
    "jobs.job1.source.scan.watermark.idle-timeout=1 s",
    `jobs.job1.operators.0.window=tumble ${draw.size} ms`,
    `jobs.job1.operators.0.result-time=${draw.resultTime}`,
  ];
  if (draw.behindWindows && Object.keys(input.jobs).length > 1) {
    assignments.push(
      "jobs.job2.source.watermark=bounded-out-of-orderness 3 s",
      "jobs.job2.source.scan.watermark.idle-timeout=1 s",
      "jobs.job2.operators.0.window=tumble 1500 ms",
    );
  }
  const result = run(readDrawn(input, ...assignments));
  expect(result.windows![0]!.fired).toBeGreaterThan(0);
  if (result.windows!.every(({ lateRecordsDropped }) => lateRecordsDropped === 0)) expectConserved(result);
  else expect(broken(result)).toEqual([]);
});
