import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { describeRecovery } from "./recovery-report.ts";

const SMALL = readFileSync(join(import.meta.dirname, "../../pipelines/small.yaml"), "utf8");

function run(...faults: string[]) {
  const assignments = faults.map((fault, i) => `faults.f${i}=${fault}`);
  const { pipeline } = parsePipeline(SMALL, "small.yaml", assignments);
  return runPipeline(pipeline, { seed: "1", duration: 40e9 });
}

test("an outage is taken apart, and what each reader noticed is told", () => {
  const result = run("kill taskmanager-1 at 20 s");
  const [job] = result.recovery.jobs;
  const [outage] = job!.outages;
  const { crashedAtMs, noticedMs, restartMs, restoreMs, checkpoint } = outage!;
  expect([crashedAtMs, checkpoint]).toEqual([20_000, 20]);
  // The provider's watch, the strategy's delay, and 3 s in all until another process has registered.
  expect([noticedMs, restartMs]).toEqual([1000, 2000]);
  expect(noticedMs! + restartMs! + restoreMs!).toBeCloseTo(job!.outagesMs[0]!, 6);
  const [reader] = result.recovery.readers;
  const { stallMs, stallFromMs, caughtUpAtMs } = reader!;
  // The last commit before the crash; then all that had waited comes with the first checkpoint.
  expect(stallFromMs).toBeLessThan(20_000);
  expect(stallFromMs! + stallMs!).toBeGreaterThan(20_000 + job!.outagesMs[0]!);
  expect(caughtUpAtMs).toBeGreaterThanOrEqual(stallFromMs! + stallMs!);
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  expect(describeRecovery(result).slice(0, 3)).toEqual([
    `Job job restarted once; it was down ${seconds(job!.outagesMs[0]!)}.`,
    `  at 20.000 s: noticed after 1.00 s, restart 2.00 s, restore of checkpoint 20 ${seconds(restoreMs!)}`,
    `Reader committed got nothing for ${seconds(stallMs!)}, until ${((stallFromMs! + stallMs!) / 1000).toFixed(3)} s, and had caught up at ${(caughtUpAtMs! / 1000).toFixed(3)} s.`,
  ]);
});

test("a job that isn't restarted has no more phases, and a reader that gets nothing more no stall that ends", () => {
  const { recovery } = run("cancel job at 20.5 s");
  const [job] = recovery.jobs;
  expect(job!.outages).toEqual([
    { crashedAtMs: 20_500, noticedMs: 0, restartMs: null, restoreMs: null, checkpoint: 0 },
  ]);
  expect(recovery.readers).toEqual([
    { reader: "committed", stallMs: null, stallFromMs: null, caughtUpAtMs: null },
  ]);
  expect(describeRecovery(run("cancel job at 20.5 s")).slice(0, 2)).toEqual([
    "Job job restarted 0 times; it was down for good. Not restarted: it was cancelled.",
    "  at 20.500 s: noticed after 0 s",
  ]);
});

test("without faults nothing is told", () => {
  const result = run();
  expect([describeRecovery(result), result.recovery.readers]).toEqual([[], []]);
});
