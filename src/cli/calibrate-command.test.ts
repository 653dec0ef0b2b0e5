import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { calibrateEnvironment } from "./calibrate-command.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { PLAIN, type Terminal } from "./terminal.ts";

const REST = join(import.meta.dirname, "../../reference/rest");
const CHECKPOINTS = join(REST, "job-checkpoints.json");
const TYPED = { name: "mine", basedOn: "laptop" };
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "calibrate-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function capture(): Terminal & { readonly out: string[]; readonly err: string[] } {
  const out: string[] = [];
  const err: string[] = [];
  const print = (text: string): void => void out.push(text);
  const warn = (line: string): void => void err.push(line);
  return { out, err, print, warn, columns: 200, colors: PLAIN };
}

test("the environment goes to standard output, notes to standard error", () => {
  const terminal = capture();
  const files = [CHECKPOINTS, join(REST, "overview.json")];
  expect(calibrateEnvironment(files, TYPED, terminal)).toBe(EXIT_CODES.fine);
  expect(terminal.out.join("")).toMatch(/^name: "mine"\nbased-on: laptop /);
  expect(terminal.err).toEqual([
    "Note on overview.json: got an overview of the cluster; nothing in it to calibrate by",
  ]);
});

test("--out writes a file, and none that is there already", () => {
  const out = join(folder, "mine.yaml");
  calibrateEnvironment([CHECKPOINTS], { ...TYPED, out }, capture());
  expect(readFileSync(out, "utf8")).toContain("trigger-to-ack:");
  expect(() => calibrateEnvironment([CHECKPOINTS], { ...TYPED, out }, capture())).toThrow(
    `Cannot write ${out}: it is there already, and would be lost`,
  );
});

test("a wrong file is named in one line, all wrong ones at once", () => {
  const wrong = join(folder, "wrong.json");
  writeFileSync(wrong, '{"hello": 1}');
  expect(() => calibrateEnvironment([wrong, CHECKPOINTS, wrong], TYPED, capture())).toThrow(
    /^Cannot read .*wrong\.json: got something else, wanted what Flink's REST API answers.*\nCannot read .*wrong\.json: [^\n]*$/,
  );
  expect(() => calibrateEnvironment([join(REST, "overview.json")], TYPED, capture())).toThrow(
    "Cannot calibrate: got nothing to derive a figure from in",
  );
});
