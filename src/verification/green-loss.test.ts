import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadScheduleSearch, type RunResult, runPipeline } from "../experiment/index.ts";
import { type Pipeline, parsePipeline } from "../pipeline/index.ts";
import { SECOND } from "./scenario.ts";

const { checkSchedules } = await loadScheduleSearch();
const TEXT = readFileSync(new URL("../../pipelines/green-loss.yaml", import.meta.url), "utf8");
const greenLoss = (...set: readonly string[]): Pipeline =>
  parsePipeline(TEXT, "green-loss.yaml", set).pipeline;
const broken = ({ checks }: RunResult): string[] =>
  checks.flatMap(({ name, violations }) => (violations.length > 0 ? [name] : []));

test("records are lost although nothing fails, and told with the setting to change", () => {
  const result = runPipeline(greenLoss(), { seed: "1", duration: 300 * SECOND });
  const [reader] = result.readers;
  const [{ triggered, completed, failed }] = result.checkpoints as [RunResult["checkpoints"][number]];
  expect(result.recovery.jobs[0]!.restarts).toBe(0);
  expect([failed, triggered - completed]).toEqual([0, 0]);
  expect(reader!.recordsDuplicated).toBe(0);
  expect(reader!.recordsLost).toBeGreaterThan(500);
  const { losses, duplicates } = reader!;
  expect(losses.reduce((sum, { records }) => sum + records, 0)).toBe(reader!.recordsLost);
  for (const { topic, firstOffset, lastOffset, records, times } of losses)
    expect([topic, lastOffset - firstOffset + 1, times]).toEqual(["orders", records, 0]);
  expect(duplicates).toEqual([]);
  expect(broken(result)).toEqual(["ExactlyOnceOutput", "EveryTransactionCommits"]);
  // Every record that is gone was in a transaction whose commit was refused.
  const { violations } = result.checks.find(({ name }) => name === "EveryTransactionCommits")!;
  const refused = violations.map((text) => Number(/its (\d+) records are lost/.exec(text)![1]));
  expect(refused.reduce((sum, count) => sum + count, 0)).toBe(reader!.recordsLost);
  for (const text of violations)
    expect(text).toMatch(
      /longer than properties.transaction.timeout.ms \(5 s\).*No process and no checkpoint has failed/,
    );
});

test("with time enough nothing is lost", () => {
  const result = runPipeline(greenLoss("properties.transaction.timeout.ms=60 s"), {
    seed: "1",
    duration: 300 * SECOND,
  });
  expect([result.readers[0]!.recordsLost, broken(result)]).toEqual([0, []]);
});

test("records that go on coming are refused: the job restarts, and loses nothing", () => {
  const set = ["producers.shop.pauses=none", "properties.transaction.timeout.ms=15 s"];
  const result = runPipeline(greenLoss(...set), { seed: "1", duration: 100 * SECOND });
  expect(result.recovery.jobs[0]!.restarts).toBeGreaterThan(0);
  const { violations } = result.checks.find(({ name }) => name === "EveryTransactionCommits")!;
  expect(violations[0]).toMatch(/^job enrich: writer 0 was refused \(INVALID_PRODUCER_EPOCH\)/);
});

test("sluice check finds it without a fault", () => {
  const report = checkSchedules(greenLoss(), { runs: 100, seed: 1, duration: 60 * SECOND });
  expect(report.broken?.faults).toEqual([]);
  expect(report.broken?.violation.check).toBe("ExactlyOnceOutput");
});
