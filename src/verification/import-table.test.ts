import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseSync } from "oxc-parser";
import { describe, expect, test } from "vitest";
import { findViolations, IMPORT_TABLE } from "./import-table.ts";

const root = join(import.meta.dirname, "../..");

const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .map((name) => `src/${name.replaceAll("\\", "/")}`)
  .filter((path) => path.endsWith(".ts"))
  .sort()
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

describe("the sources", () => {
  test("are found", () => {
    expect(sources.map((file) => file.path)).toContain("src/verification/import-table.test.ts");
  });

  test("keep to the import table, the names and the determinism rules", () => {
    expect(findViolations(sources)).toEqual([]);
  });
});

describe("the table", () => {
  test("points one way: no folder reaches itself through the folders it imports", () => {
    const below = (folder: string, seen: Set<string>): Set<string> => {
      const rule = IMPORT_TABLE[folder];
      for (const next of [...(rule?.folders ?? []), ...(rule?.types ?? [])]) {
        if (!seen.has(next)) below(next, seen.add(next));
      }
      return seen;
    };
    for (const folder of Object.keys(IMPORT_TABLE)) {
      expect([...below(folder, new Set())], folder).not.toContain(folder);
    }
  });
});

test("no command waits for mathjs or fast-check that doesn't need them", () => {
  const textOf = new Map(sources.map(({ path, text }) => [path, text]));
  const loaded = new Set<string>();
  const packages = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { moduleRequest, entries } of parseSync(path, textOf.get(path)!).module.staticImports) {
      const isTyped = entries.length > 0 && entries.every(({ isType }) => isType);
      if (isTyped) continue;
      if (moduleRequest.value.startsWith(".")) load(posix.join(posix.dirname(path), moduleRequest.value));
      else packages.add(moduleRequest.value);
    }
    for (const { entries } of parseSync(path, textOf.get(path)!).module.staticExports) {
      for (const { moduleRequest, isType } of entries)
        if (moduleRequest && !isType) load(posix.join(posix.dirname(path), moduleRequest.value));
    }
  };
  load("src/experiment/index.ts");
  expect(loaded).toContain("src/experiment/run-pipeline.ts");
  expect([...packages].filter((name) => name === "mathjs" || name === "fast-check")).toEqual([]);
});

describe("a planted violation is named", () => {
  test.each([
    [
      "src/kafka/a.ts",
      'import { task } from "../flink/index.ts";',
      "1 imports flink/, which its folder may not",
    ],
    [
      "src/flink/a.ts",
      'import type { Log } from "../kafka/index.ts";',
      "1 imports kafka/, which its folder may not",
    ],
    [
      "src/engine/a.ts",
      'export { x } from "../stats/index.ts";',
      "1 imports stats/, which its folder may not",
    ],
    ["src/engine/a.ts", 'export * from "../stats/index.ts";', "1 imports stats/, which its folder may not"],
    ["src/engine/a.ts", 'import "../stats/index.ts";', "1 imports stats/, which its folder may not"],
    [
      "src/engine/a.ts",
      'type A = import("../stats/index.ts").A;',
      "1 imports stats/, which its folder may not",
    ],
    [
      "src/kafka/a.test.ts",
      'import { x } from "../flink/index.ts";',
      "1 imports flink/, which its folder may not",
    ],
    [
      "src/connectors/a.ts",
      '\nimport { log } from "../kafka/log.ts";',
      "2 imports src/kafka/log.ts, wanted src/kafka/index.ts",
    ],
    [
      "src/metrics/a.ts",
      'import { type Log, log } from "../kafka/index.ts";',
      "1 imports values of kafka/, of which it may import types alone",
    ],
    [
      "src/checks/a.ts",
      'import "../connectors/index.ts";',
      "1 imports values of connectors/, of which it may import types alone",
    ],
    [
      "src/cli/a.ts",
      'import { x } from "../verification/index.ts";',
      "1 imports verification/, which nobody may",
    ],
    [
      "src/index.ts",
      'export { x } from "./engine/clock.ts";',
      "1 imports src/engine/clock.ts, wanted src/engine/index.ts",
    ],
    [
      "src/stats/a.ts",
      'import { x } from "../../bench/x.ts";',
      "1 imports bench/x.ts, which lies outside src/",
    ],
    [
      "src/engine/a.ts",
      'import { join } from "node:path";',
      "1 imports node:path, which only cli/ and tests may",
    ],
    ["src/kafka/a.ts", 'import { z } from "zod";', "1 imports the package zod, which its folder may not"],
    [
      "src/pipeline/a.ts",
      'import { x } from "@x/y/z";',
      "1 imports the package @x/y, which its folder may not",
    ],
    ["src/pipeline/a.ts", 'const m = import("node:fs");', "1 imports node:fs, which only cli/ and tests may"],
    ["src/pipeline/a.ts", "const m = import(name);", "1 imports a module whose name is not written out"],
    ["src/streams/a.ts", "", "1 stands in src/streams/, which the import table does not name"],
    ["src/engine/a.ts", "const x = Math.random();", "1 uses Math.random"],
    ["src/engine/a.ts", "const x = Date.now();", "1 uses Date"],
    ["src/flink/a.ts", "const x = new Date();", "1 uses Date"],
    ["src/kafka/a.ts", "const x = performance.now();", "1 uses performance"],
    ["src/faults/a.ts", "setTimeout(f, 1);", "1 uses setTimeout"],
    ["src/kafka/a.ts", "const x = { process };", "1 uses process"],
    ["src/kafka/a.ts", "globalThis.x();", "1 uses globalThis"],
    ["src/records/a.ts", "Promise.resolve();", "1 uses Promise"],
    ["src/records/a.ts", "const f = async () => 1;", "1 uses async"],
    ["src/connectors/a.ts", "class A { async b() {} }", "1 uses async"],
    ["src/kafka/a.ts", "await f();", "1 uses await"],
    ["src/kafka/a.ts", "function* f() {}", "1 uses a generator"],
    ["src/kafka/a.ts", "class A { *b() {} }", "1 uses a generator"],
    ["src/kafka/a.ts", "export default 1;", "1 has a default export"],
    ["src/kafka/a.ts", "const a = 1;\nexport { a as default };", "2 has a default export"],
    ["src/kafka/a.ts", "enum A { B }", "1 declares an enum"],
    [
      "src/flink/a.ts",
      "a.onEnd = () => b;",
      "1 assigns a function to a property as it is written, wanted a constant in between",
    ],
    ["src/flink/a.ts", "class A { get #b() { return 1; } }", "1 has a private getter, wanted a method"],
    ["src/flink/a.ts", "const a = { get b() { return 1; } };", "1 makes a getter, wanted a method"],
    ["src/kafka/log-utils.ts", "", '1 has "utils" in its name, which says nothing of what is inside'],
    ["src/kafka/misc/log.ts", "", '1 has "misc" in its name, which says nothing of what is inside'],
    ["src/kafka/LogReader.ts", "", '1 has the name "LogReader.ts", wanted kebab-case'],
  ])("%s: %s", (path, text, problem) => {
    expect(findViolations([{ path, text }])).toEqual([`${path}:${problem}`]);
  });
});

describe("what is allowed is not named", () => {
  test.each([
    ["src/connectors/a.ts", 'import { log } from "../kafka/index.ts";'],
    ["src/metrics/a.ts", 'import type { Log } from "../kafka/index.ts";'],
    ["src/metrics/a.ts", 'import { type Log, type Reader } from "../flink/index.ts";'],
    ["src/checks/a.ts", 'export type { Log } from "../kafka/index.ts";'],
    ["src/kafka/a.ts", 'import { x } from "./b.ts"; const random = stream.random(); const date = 1;'],
    ["src/kafka/a.ts", "// Date.now(), Promise, async\nconst text = 'await Promise';"],
    [
      "src/engine/a.test.ts",
      'import { test } from "vitest"; import "node:fs"; const f = async () => Date.now();',
    ],
    [
      "src/cli/a.ts",
      'import { readFileSync } from "node:fs"; import { Command } from "commander"; Date.now();',
    ],
    [
      "src/verification/a.test.ts",
      'import { x } from "../kafka/index.ts"; import { y } from "../flink/index.ts";',
    ],
    ["src/index.ts", 'export { x } from "./engine/index.ts";'],
    [
      "src/flink/a.ts",
      "class A { f = () => this; get b() { return 1; } }\nconst onEnd = () => b;\na.onEnd = onEnd;",
    ],
  ])("%s: %s", (path, text) => {
    expect(findViolations([{ path, text }])).toEqual([]);
  });
});
