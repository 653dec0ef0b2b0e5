import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runPipeline } from "../experiment/index.ts";
import { SECOND, scenario } from "./scenario.ts";

const DOCS = readFileSync(new URL("../../docs/checks.md", import.meta.url), "utf8");

test("docs/checks.md has a paragraph for each check of a run, and no other", () => {
  const { checks } = runPipeline(scenario(), { seed: "1", duration: 2 * SECOND });
  const described = [...DOCS.matchAll(/^\*\*(\w+)\.\*\*/gm)].map(([, name]) => name);
  expect(described).toEqual(checks.map(({ name }) => name));
});
