import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder } from "./make-folder.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "sluice-"));
});
afterEach(() => rmSync(home, { recursive: true }));

test("a folder is made with those it lies in, and left alone if it is there", () => {
  const folder = join(home, "a", "b", "c");
  makeFolder(folder);
  makeFolder(folder);
  expect(existsSync(folder)).toBe(true);
});

test("where a file stands no folder is made", () => {
  writeFileSync(join(home, "file"), "");
  expect(() => makeFolder(join(home, "file"))).toThrow("EEXIST");
  expect(() => makeFolder(join(home, "file", "below"))).toThrow(/ENOTDIR|EEXIST/);
});

test.runIf(process.platform === "linux")("where none can be made the answer comes at once", () => {
  expect(() => makeFolder("/proc/sluice")).toThrow("ENOENT");
});
