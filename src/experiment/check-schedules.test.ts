import { readFileSync } from "node:fs";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { formatFault, type Pipeline, parsePipeline } from "../pipeline/index.ts";
import { checkSchedules } from "./check-schedules.ts";
import { faultSchedules } from "./fault-schedules.ts";
import { runPipeline } from "./run-pipeline.ts";

const SECOND = 1e9;
const TEXT = readFileSync(new URL("../../pipelines/small.yaml", import.meta.url), "utf8");
const small = (...set: readonly string[]): Pipeline => parsePipeline(TEXT, "small.yaml", set).pipeline;

/** Shorter than the checkpoint interval of 1 s and a restart of some 4 s together. */
const SHORT_TIMEOUT = "properties.transaction.timeout.ms=2500";

property.prop([faultSchedules(small(), 20 * SECOND, 4)], { numRuns: 100 })(
  "every drawn fault is one that the pipeline can meet, and its words read back",
  (faults) => {
    const words = faults.map((fault) => `faults.${fault.name}=${formatFault(fault)}`);
    expect(small(...words).faults).toEqual(faults);
  },
);

test("the drawn faults are of every kind that is modelled, at instants and at moments", () => {
  const faults = fc.sample(faultSchedules(small(), 20 * SECOND, 4), { numRuns: 600, seed: 1 }).flat();
  const kinds = new Set(faults.map(({ action, time }) => `${action.kind} ${time.kind}`));
  expect([...kinds].sort()).toEqual([
    "cut at",
    "cut when",
    "delay at",
    "delay when",
    "delay-message at",
    "delay-message when",
    "drop at",
    "drop when",
    "duplicate at",
    "duplicate when",
    "fail at",
    "fail when",
    "freeze at",
    "freeze when",
    "kill at",
    "kill when",
    "operate at",
    "operate when",
    "slow at",
    "slow when",
    "slow-disk at",
    "slow-disk when",
  ]);
});

describe("a transaction time-out shorter than interval and restart", () => {
  const search = { runs: 1000, seed: 2, duration: 20 * SECOND };

  test("is found, shrunk to one fault, and the same for the same seed", () => {
    const pipeline = small(SHORT_TIMEOUT);
    const report = checkSchedules(pipeline, search);
    expect(report.schedules).toBeLessThanOrEqual(1000);
    expect(report.broken?.faults.length).toBe(1);
    expect(report.broken?.violation.check).toBe("ExactlyOnceOutput");
    expect(report.broken?.violation.isBug).toBe(false);
    expect(checkSchedules(pipeline, search)).toEqual(report);
  });

  test("the schedule's words and the seed replay the run to the same bytes", () => {
    const { broken } = checkSchedules(small(SHORT_TIMEOUT), search);
    const words = broken!.faults.map((fault, i) => `faults.command-line-${i + 1}=${formatFault(fault)}`);
    const again = runPipeline(small(SHORT_TIMEOUT, ...words), {
      seed: broken!.seed,
      duration: search.duration,
    });
    expect(JSON.stringify(again)).toBe(JSON.stringify(broken!.result));
  });
});

test.each([
  ["459434", ["lose broker-1 repair 500 ms when snapshot acknowledged of checkpoint 1"]],
  [
    "615782",
    [
      "freeze taskmanager-1 for 100 ms when snapshot started",
      "freeze broker-1 for 100 ms when checkpoint triggered",
    ],
  ],
])("a schedule that broke something once, seed %s", (seed, faults) => {
  const words = faults.map((fault, i) => `faults.command-line-${i + 1}=${fault}`);
  const { checks } = runPipeline(small(...words), { seed, duration: 60 * SECOND });
  expect(checks.flatMap(({ violations }) => violations)).toEqual([]);
});

test("with time enough nothing is found, and each schedule is run once", () => {
  const runs: number[] = [];
  const search = { runs: 10, seed: 8, duration: 20 * SECOND, onRun: (done: number) => void runs.push(done) };
  expect(checkSchedules(small(), search)).toEqual({ schedules: 10, runs: 10, broken: undefined });
  expect(runs).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("a failure of Sluice itself is found, too, and told apart", () => {
  const pipeline = small();
  const [job] = pipeline.jobs;
  // No resolved pipeline has it: the sink's topic isn't there.
  const broken = { ...pipeline, jobs: [{ ...job!, sinks: [{ ...job!.sinks[0]!, topic: "nowhere" }] }] };
  const report = checkSchedules(broken, { runs: 10, seed: 1, duration: SECOND });
  expect(report.broken?.violation.isBug).toBe(true);
  expect(report.broken?.faults).toEqual([]);
  expect(report.broken?.result).toBe(undefined);
});
