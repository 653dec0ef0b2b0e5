import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { SECOND } from "./scenario.ts";

const FILE = new URL("../../pipelines/windows.yaml", import.meta.url);
const WINDOWS = parsePipeline(readFileSync(FILE, "utf8"), "windows.yaml").pipeline;

const DOCS = readFileSync(new URL("../../docs/checks.md", import.meta.url), "utf8");

test("docs/checks.md has a paragraph for each check of a run, and no other", () => {
  // One with windows, of which more is asked.
  const { checks } = runPipeline(WINDOWS, { seed: "1", duration: 2 * SECOND });
  const described = [...DOCS.matchAll(/^\*\*(\w+)\.\*\*/gm)].map(([, name]) => name);
  expect(described).toEqual(checks.map(({ name }) => name));
});
