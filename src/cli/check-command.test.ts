import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCommandLine } from "./command-line.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { PLAIN } from "./terminal.ts";

const SMALL = join(import.meta.dirname, "../../pipelines/small.yaml");

async function check(...args: readonly string[]): Promise<{ code: ExitCode; out: string; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    print: (text: string) => void out.push(text),
    warn: (line: string) => void err.push(line),
    columns: 200,
    colors: PLAIN,
  };
  const code = await runCommandLine(["check", ...args], terminal);
  return { code, out: out.join(""), err };
}

test("nothing found: one line, exit 0, and no progress where there is no terminal", async () => {
  const { code, out, err } = await check(SMALL, "--runs", "3", "--for", "10 s", "--seed", "5");
  expect(code).toBe(EXIT_CODES.fine);
  expect(out).toMatch(/^small: no check failed in 3 schedules of 10 s, seed 5, [\d.,]+ a second\n$/);
  expect(err).toEqual([]);
});

test("a broken promise: the checks, one command, a timeline of at most ten events, exit 1", async () => {
  const short = ["--for", "20 s", "--seed", "8", "--set", "properties.transaction.timeout.ms=2500"];
  const { code, out, err } = await check(SMALL, ...short);
  expect(code).toBe(EXIT_CODES.checkFailed);
  expect(err).toEqual([]);
  const [title, checks, command, timeline] = out.trimEnd().split("\n\n");
  expect(title).toMatch(/^small: a check failed in \d+ schedules? of 20 s, seed 8, [\d.,]+ a second$/);
  expect(checks).toMatch(
    /^ExactlyOnceOutput: reader committed saw \d+ of 2000 records; \d+ lost: in-0 .* offset /m,
  );
  expect(checks).toMatch(
    /^EveryTransactionCommits: .*PRODUCER_FENCED.* longer than properties.transaction.timeout.ms \(2.5 s\)/m,
  );
  expect(command).toMatch(
    /^npx sluice run \S+small.yaml --seed \d+ --for '20 s' --set properties.transaction.timeout.ms=2500( --fault '[^']+'){1,2}$/,
  );
  const events = timeline!.split("\n");
  expect(events.length).toBeLessThanOrEqual(10);
  const faults = [...command!.matchAll(/--fault '([^']+)'/g)].map(
    ([, words], i) => `command-line-${i + 1}: ${words}`,
  );
  for (const fault of faults) expect(timeline).toContain(fault);
  for (const event of events) expect(event).toMatch(/^ +\d+\.\d{3} s {2}\S/);
});

describe("a mistake is one line, exit code 2 and an empty standard output", () => {
  test.each([
    [["--runs", "0"], `Cannot read --runs: got "0", wanted a whole number from 1 to 9007199254740991`],
    [["--seed", "x"], `Cannot read --seed: got "x", wanted a whole number from 0 to 9007199254740991`],
    [["--seed", "2147483648"], `Cannot read --seed: got "2147483648", wanted less than 2147483648`],
    [["--for", "10"], `Cannot read --for: got "10", wanted a duration such as "10 min"`],
    [["--set", "a"], `Cannot read --set: got "a", wanted KEY=VALUE`],
  ])("%j", async (args, line) => {
    expect(await check(SMALL, ...args)).toEqual({ code: EXIT_CODES.badInput, out: "", err: [line] });
  });

  test("a file that isn't there", async () => {
    const { code, out, err } = await check("none.yaml");
    expect([code, out, err]).toEqual([
      EXIT_CODES.badInput,
      "",
      ["Cannot read none.yaml: there is no such file"],
    ]);
  });
});
