import { describe, expect, test } from "vitest";
import type { RunResult } from "../experiment/index.ts";
import { broken, counts, faultedRuns, TWO_SUBTASKS } from "./faulted-runs.ts";

/** A record takes 0.5 ms, so that a subtask is a quarter busy. */
const SETTINGS = [
  "producers.load.keys=10000",
  "restart-strategy.type=fixed-delay",
  "restart-strategy.fixed-delay.attempts=5",
  "jobs.job.operators.count.service-time=0.5 ms",
];

const runs = faultedRuns(TWO_SUBTASKS, "task-faults.yaml", 60, SETTINGS);
const run = (set: readonly string[], seconds?: number): RunResult => runs([], set, seconds);

const [committed, uncommitted] = [0, 1];

describe("a slow subtask", () => {
  test("that can't keep up falls behind by what it gets too much, and catches up", () => {
    // 500 records/s at 5 ms each: of every second's records 300 are left, for 10 s; then 1,500 records a second are worked off.
    const result = run(["faults.f=slow job/count[0] by 10 for 10 s at 20 s"]);
    expect([counts(result, committed), counts(result, uncommitted)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(broken(result)).toEqual([]);
    // The last record of the 10 s finds some 3,000 before it, which take 0.5 ms each: it waits 1.5 s. Those that were the
    // first to be served slowly wait longest: 15 s of work was begun in 10.
    const { maxMs } = result.readers[uncommitted]!.latency;
    expect(maxMs).toBeGreaterThan(5900);
    expect(maxMs).toBeLessThan(7200);
    expect(result.recovery.jobs[0]!.restarts).toBe(0);
  });

  test("by a factor of 1 changes nothing", () => {
    const { outcomeFingerprint } = run([], 30);
    expect(run(["faults.f=slow job by 1 for 10 s at 12 s"], 30).outcomeFingerprint).toBe(outcomeFingerprint);
  });

  test("of a source takes so much longer to emit, and no record is lost", () => {
    // 2 us a record and 500 of them a second; by 2,000 it takes 4 ms, twice what there is time for.
    const set = ["environment.source.emission=2 us", "faults.f=slow job/source[1] by 2000 for 10 s at 20 s"];
    const result = run(set);
    expect(counts(result, uncommitted)).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
    const { maxMs } = result.readers[uncommitted]!.latency;
    expect(maxMs).toBeGreaterThan(4500);
    expect(maxMs).toBeLessThan(5500);
  });
});

describe("a poison record", () => {
  const poison = (times: string) => `faults.f=poison job/count with partition 0 offset 5000 times ${times}`;
  const struck = ({ recovery }: RunResult): readonly number[] =>
    recovery.timeline.filter(({ what }) => what.startsWith("f: poison")).map(({ atMs }) => atMs);

  test("met once restarts the job once, and every record is seen once", () => {
    const result = run([poison("1")]);
    expect(struck(result).length).toBe(1);
    // Created at 10 s; the buffer timeout and a half-busy operator are behind it.
    expect(struck(result)[0]).toBeGreaterThan(10_000);
    expect(struck(result)[0]).toBeLessThan(10_150);
    expect(result.recovery.jobs[0]!.restarts).toBe(1);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
  });

  test("met three times restarts the job three times: a restored job meets it again", () => {
    const result = run([poison("3")]);
    expect(struck(result).length).toBe(3);
    expect(result.recovery.jobs[0]!.restarts).toBe(3);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
  });

  test("met always ends the job when its restarts are used up; no record behind it is ever seen", () => {
    const result = run([poison("always")]);
    expect(struck(result).length).toBe(6);
    expect(result.recovery.timeline.map(({ what }) => what)).toContain("FAILED");
    // No checkpoint completes any more, so nothing behind the last one is committed; the other subtask gets on a little in
    // each attempt.
    expect(result.readers[committed]!.recordsVisible).toBeLessThan(10_000);
    expect(result.readers[uncommitted]!.recordsVisible).toBeGreaterThan(9900);
    expect(result.readers[uncommitted]!.recordsVisible).toBeLessThan(11_500);
  });

  test("in flight in an unaligned checkpoint, it is met again", () => {
    const set = [
      "execution.checkpointing.unaligned.enabled=true",
      "jobs.job.operators[0].service-time=1.96 ms",
    ];
    const result = run([...set, poison("2")]);
    expect(struck(result).length).toBe(2);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
  });

  test.each([
    ["poison job/source with partition 0 offset 1", "an operator behind the source"],
    ["poison job with partition 2 offset 1", "a partition from 0 to 1 of in"],
  ])("%s is refused", (fault, wanted) => {
    expect(() => run([`faults.f=${fault}`])).toThrow(wanted);
  });
});
