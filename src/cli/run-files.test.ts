import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { prepareFolder, writeRunFiles } from "./run-files.ts";

const NAMES = ["run.json", "run.txt"];
const files = { "run.json": '{"outcomeFingerprint":"1"}', "run.txt": "table" };
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("a folder that is not there yet is made, and its own results are replaced", () => {
  const out = join(folder, "a/b");
  prepareFolder(out, NAMES);
  writeRunFiles(out, { ...files, "run.txt": "old" });
  prepareFolder(out, NAMES);
  writeRunFiles(out, files);
  expect(readdirSync(out).sort()).toEqual(["run.json", "run.txt"]);
  expect(readFileSync(join(out, "run.txt"), "utf8")).toBe("table");
});

test("a file somebody else wrote is never replaced", () => {
  writeFileSync(join(folder, "run.json"), "{}");
  writeFileSync(join(folder, "run.txt"), "my notes");
  expect(() => prepareFolder(folder, NAMES)).toThrow(
    `Cannot write ${join(folder, "run.json")}: a file that Sluice has not written is there, wanted another --out\n` +
      `Cannot write ${join(folder, "run.txt")}: a file that Sluice has not written is there, wanted another --out`,
  );
});

test("a write that fails replaces nothing and leaves nothing behind", () => {
  writeRunFiles(folder, files);
  expect(() => writeRunFiles(folder, { "run.json": "new", "missing/run.txt": "new" })).toThrow(
    `Cannot write ${join(folder, "missing/run.txt")}: there is no such file`,
  );
  expect(readFileSync(join(folder, "run.json"), "utf8")).toBe(files["run.json"]);
  expect(readdirSync(folder).sort()).toEqual(["run.json", "run.txt"]);
});
