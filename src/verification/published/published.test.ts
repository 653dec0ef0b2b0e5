import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { PUBLISHED_IDS, publishedRows } from "./published.ts";
import { acceptedText, isMet, type PublishedRow, verdictOn } from "./published-row.ts";

const ROW: PublishedRow = {
  id: "V0",
  figure: "a gap",
  inputs: "none",
  published: 50,
  unit: "s",
  accepted: [48, 52],
  simulated: 50,
  grade: "A",
  source: "nobody",
};

test("a row is met within its tolerance, bounds included", () => {
  const met = [47.9, 48, 52, 52.1].map((simulated) => isMet({ ...ROW, simulated }));
  expect(met).toEqual([false, true, true, false]);
});

test("where the phase isn't known, the published figure lies in the range, give or take the tolerance", () => {
  const ranges = [
    [40, 47.9],
    [40, 48],
    [52, 60],
    [52.1, 60],
  ] as const;
  expect(ranges.map((range) => isMet({ ...ROW, range }))).toEqual([false, true, true, false]);
});

test("an abstract and a vendor's word are bands, and no gate", () => {
  const verdicts = (["A", "B", "C", "D"] as const).map((grade) =>
    verdictOn({ ...ROW, grade, simulated: 60 }),
  );
  expect(verdicts).toEqual(["OUT", "OUT", "implausible", "implausible"]);
  expect(verdictOn({ ...ROW, grade: "D" })).toBe("plausible");
  expect(verdictOn(ROW)).toBe("met");
});

test("tolerances in words", () => {
  const accepted = (
    [
      [48, 52],
      [50, 50],
      [0, 50],
      [50, Number.POSITIVE_INFINITY],
    ] as const
  ).map((bounds) => acceptedText({ ...ROW, accepted: bounds }));
  expect(accepted).toEqual(["48 to 52 s", "exact", "≤ 50 s", "≥ 50 s"]);
  expect(acceptedText({ ...ROW, published: 0, accepted: [-3, 3], unit: "%" })).toBe("± 3 %");
  expect(acceptedText({ ...ROW, range: [40, 60] })).toBe("range ± 2 s");
});

describe("with a quarter of the simulations", () => {
  const rows = publishedRows(PUBLISHED_IDS, 0.25);

  test("every row is as it is: verdicts", () => {
    expect(rows.map((row) => `${row.id} ${row.figure}: ${verdictOn(row)}`)).toEqual([
      "V4 output gap: met",
      "V4 loss to steady output: met",
      "V4 records of two minutes: met",
      "V5 output gap: met",
      "V5 loss to steady output: met",
      "V5 peak latency: met",
      "V6 Flink, steady p50 at append, exactly-once / at-least-once: met",
      "V7 recovery: plausible",
      "V10 checkpoints below 1 s: met",
      "V12 read_committed, mean: met",
      "V12 read_committed, p99 (“roughly one minute”): met",
      "V12 read_uncommitted, p50 (“below 100 ms”): met",
      "V12 p99, exactly-once / at-least-once: met",
      "V14 throughput lost at 30 s (“none”): met",
      "V14 throughput lost at 30 s (“none”): met",
      "V17 p99 gained by a buffer timeout of 10 instead of 100 ms: met",
      "V28 throughput, interval 1 s against 10 s (“no difference”): met",
    ]);
  });

  test("a lost worker is declared lost 40 to 50 s after its loss, and the job is back some seconds later", () => {
    for (const { range } of rows.filter(({ figure }) => figure === "output gap")) {
      expect(range![0]).toBeGreaterThan(40);
      expect(range![1]).toBeLessThan(50 + 8);
      expect(range![1] - range![0]).toBeGreaterThan(2);
    }
  });
});

const root = fileURLToPath(new URL("../../..", import.meta.url));

function published(...args: readonly string[]) {
  return spawnSync(process.execPath, ["docs/print-published.ts", ...args], { cwd: root, encoding: "utf8" });
}

test("prints the rows that are asked for, with what they are given and a last line, and nothing to standard error", () => {
  const { status, stdout, stderr } = published("--only", "v10,V28", "--effort", "0.1");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout.split("\n")[0]?.split(/ {2,}/)).toEqual([
    "row",
    "figure",
    "published",
    "simulated",
    "ratio",
    "accepted",
    "grade",
    "verdict",
    "given",
  ]);
  expect(stdout).toMatch(/^V28 {2}.* 0 % .*± 3 % {2}B {6}met {6}a saturated task/m);
  expect(stdout).toMatch(/\npublished: 2 of 2 within tolerance; 0 bands of plausibility\n$/);
});

test("a row that is out is said so, and fails the command", () => {
  // Not one checkpoint is drawn, and nothing is known from none.
  const { status, stdout } = published("--only", "V10", "--effort", "0.000001");
  expect(status).toBe(1);
  expect(stdout).toMatch(/^V10 .* OUT /m);
  expect(stdout).toContain("published: 0 of 1 within tolerance");
});

test("the same as JSON", () => {
  const rows = JSON.parse(published("--only", "V10", "--effort", "0.1", "--json").stdout);
  expect(rows).toMatchObject([{ id: "V10", published: 99, unit: "%", grade: "B", verdict: "met" }]);
});

test.each([
  [["--only", "V99"], 'Cannot run --only: got "V99", wanted some of V4, V5,'],
  [["--effort", "2"], 'Cannot run --effort: got "2", wanted a share above 0 and up to 1'],
  [["--seed", "2"], "Cannot read the command line: "],
])("%j is refused in one line", (args, message) => {
  const { status, stdout, stderr } = published(...args);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr.startsWith(message)).toBe(true);
  expect(stderr.trimEnd()).not.toContain("\n");
});
