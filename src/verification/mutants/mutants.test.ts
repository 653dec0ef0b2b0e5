import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runPipeline } from "../../experiment/index.ts";
import { SECOND, scenario } from "../scenario.ts";
import { MUTANTS } from "./mutants.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

function print(...args: readonly string[]) {
  return spawnSync(process.execPath, ["docs/print-mutants.ts", ...args], { cwd: root, encoding: "utf8" });
}

test("there are twenty mutants at least, each with a name of its own", () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(20);
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

test.each(MUTANTS)("what $name replaces stands in its file exactly once", ({ file, find, replace }) => {
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  expect(source.split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
});

test("every check of the protocols has a mutant that it has to find", () => {
  const windows = [
    "jobs.job.source.watermark=monotonous-timestamps",
    "jobs.job.operators.process.window=tumble 1 s",
  ];
  const { checks } = runPipeline(scenario(...windows), { seed: "1", duration: 2 * SECOND });
  // It holds settings against each other, no protocol.
  const names = checks.map(({ name }) => name).filter((name) => name !== "CheckpointFailuresTolerated");
  expect(new Set(MUTANTS.map(({ killedBy }) => killedBy))).toEqual(new Set(names));
});

describe("npm run mutants", () => {
  test("prints which check finds a mutant, after how many schedules; the models as they are pass", () => {
    const { status, stdout, stderr } = print(
      "--only",
      "barrier-overtakes-record,flush-skipped",
      "--schedules",
      "3",
    );
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^control:pair +passes 3 +\d+\.\d {2}none, pair$/m);
    expect(stdout).toMatch(
      /^barrier-overtakes-record +BarrierNeverOvertakesRecord +1 +\d+\.\d {2}records that/m,
    );
    expect(stdout).toMatch(/^flush-skipped +NoAcknowledgedWriteLost +1 +\d+\.\d {2}a transaction/m);
    expect(stdout).toMatch(/^2 mutants: all found$/m);
  });

  test("a survivor is an error", () => {
    const { status, stdout } = print("--only", "restored-committables-forgotten", "--schedules", "1");
    expect(status).toBe(1);
    expect(stdout).toMatch(/^restored-committables-forgotten +ExactlyOnceOutput +SURVIVES 1 /m);
    expect(stdout).toMatch(/^1 mutants: 1 survive$/m);
  });

  test.each([
    [["--only", "x"], /^Cannot run --only: got "x", wanted some of barrier-overtakes-record, /],
    [["--schedules", "0"], /^Cannot run --schedules: got "0", wanted a whole number of at least 1$/m],
    [["--what"], /^Cannot read the command line: /],
  ])("a mistake is one line: %j", (args, line) => {
    const { status, stdout, stderr } = print(...args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(line);
  });
});
