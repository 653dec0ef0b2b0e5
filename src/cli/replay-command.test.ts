import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { runCommandLine } from "./command-line.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { PLAIN } from "./terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-replay-"));
afterAll(() => rmSync(folder, { recursive: true }));

const { pipeline } = parsePipeline(
  readFileSync(join(import.meta.dirname, "../../pipelines/small.yaml"), "utf8"),
  "small.yaml",
  ["faults.now-and-then=kill taskmanager-1 every 7 s"],
);
const result = runPipeline(pipeline, { seed: "3", duration: 20e9 });
const text = JSON.stringify(result, null, 2);

async function replay(path: string): Promise<{ code: ExitCode; out: string; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    print: (printed: string) => void out.push(printed),
    warn: (line: string) => void err.push(line),
    columns: 200,
    colors: PLAIN,
  };
  const code = await runCommandLine(["replay", path], terminal);
  return { code, out: out.join(""), err };
}

function written(content: string): string {
  const file = join(folder, "run.json");
  writeFileSync(file, content);
  return file;
}

test("the same again, from the file or its folder", async () => {
  const out = `small, seed 3, 20.0 s simulated: the same again, outcomes ${result.outcomeFingerprint}\n`;
  const file = written(text);
  expect(await replay(file)).toEqual({ code: EXIT_CODES.fine, out, err: [] });
  expect(await replay(folder)).toEqual({ code: EXIT_CODES.fine, out, err: [] });
});

test("what sluice run has written is the same again, with what it says of the results", async () => {
  const out = join(folder, "output");
  const small = join(import.meta.dirname, "../../pipelines/small.yaml");
  const typed = ["--for", "10 s", "--fault", "kill taskmanager-1 at 5 s", "--each-guarantee", "--out", out];
  const quiet = { print: () => {}, warn: () => {}, columns: 200, colors: PLAIN };
  expect(await runCommandLine(["run", small, ...typed], quiet)).toBe(EXIT_CODES.fine);
  const { code, out: said } = await replay(out);
  expect(
    said.match(/^small, seed 1, 10.0 s simulated: the same again, outcomes [0-9a-f]{16}$/gm),
  ).toHaveLength(3);
  expect(code).toBe(EXIT_CODES.fine);
});

test("several runs in one file, and the first outcome that isn't the same", async () => {
  const events = result.recovery.timeline;
  expect(events.length).toBeGreaterThan(5);
  const timeline = events.map((event, i) => (i === 2 ? { ...event, what: "something else" } : event));
  const changed = { ...result, events: 1, recovery: { ...result.recovery, timeline } };
  const { code, out, err } = await replay(written(JSON.stringify({ runs: [result, changed] })));
  const [same, other] = out.split("\n");
  expect([code, err]).toEqual([EXIT_CODES.checkFailed, []]);
  expect(same).toMatch(/: the same again, outcomes [0-9a-f]{16}$/);
  expect(other).toBe(
    "small, seed 3, 20.0 s simulated: another result; first recovery.timeline[2].what: " +
      `it was "something else", and is ${JSON.stringify(events[2]!.what)}`,
  );
});

describe("a mistake is one line", () => {
  test.each([
    [
      "{",
      /^Cannot replay \S+run.json: it is no JSON, wanted run.json as this version of sluice run writes it$/,
    ],
    ['{"pipeline":"small"}', /^Cannot replay \S+run.json: it holds no run, wanted run.json as this version/],
    ['{"runs":[]}', /^Cannot replay \S+run.json: it holds no run, /],
    [
      JSON.stringify({ ...result, config: { jobs: [] } }),
      /^Cannot replay \S+run.json: its config is not one of this version of Sluice \(.*\)$/,
    ],
  ])("%.20s", async (content, line) => {
    const { code, out, err } = await replay(written(content));
    expect([code, out, err.length]).toEqual([EXIT_CODES.badInput, "", 1]);
    expect(err[0]).toMatch(line);
  });

  test("a file that isn't there", async () => {
    const { code, err } = await replay(join(folder, "none.json"));
    expect([code, err]).toEqual([
      EXIT_CODES.badInput,
      [`Cannot read ${join(folder, "none.json")}: there is no such file`],
    ]);
  });
});
