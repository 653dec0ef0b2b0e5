import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

function laws(...args: readonly string[]) {
  return spawnSync(process.execPath, ["docs/print-laws.ts", ...args], { cwd: root, encoding: "utf8" });
}

test("prints each row of the chosen laws with its verdict, and nothing to standard error", () => {
  const { status, stdout, stderr } = laws("--only", "l15");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout.split("\n")[0]?.split(/ {2,}/)).toEqual([
    "law",
    "setup",
    "expected",
    "simulated",
    "99 % interval",
    "observations",
    "verdict",
  ]);
  expect(stdout).toMatch(/^L15 {2}.*latency area {2,}506250 records x s .*holds$/m);
  expect(stdout).toContain("1 law, 9 rows: all hold");
});

test("the same as JSON", () => {
  const { status, stdout } = laws("--only", "L15", "--json");
  const rows = JSON.parse(stdout);
  expect([status, rows.length]).toEqual([0, 9]);
  expect(rows[0]).toMatchObject({ law: "L15", expected: 37.5, relation: "=", unit: "s", holds: true });
});

test.each([
  [["--only", "L99"], 'Cannot run --only: got "L99", wanted some of L1, L2,'],
  [["--effort", "2"], 'Cannot run --effort: got "2", wanted a share above 0 and up to 1'],
  [["--seed", "2"], "Cannot read the command line: "],
])("%j is refused in one line", (args, message) => {
  const { status, stdout, stderr } = laws(...args);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr.startsWith(message)).toBe(true);
  expect(stderr.trimEnd()).not.toContain("\n");
});

test("a law that falls out is said so, and fails the command", () => {
  // 61 customers find the system nearly empty, and nothing of it is known from so few.
  const { status, stdout } = laws("--only", "L14", "--effort", "0.00001");
  expect(status).toBe(1);
  expect(stdout).toMatch(/^L14 .*FALLS OUT$/m);
  expect(stdout).toContain("1 law, 1 row: 1 falls out");
});
