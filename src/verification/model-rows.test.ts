import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

interface ModelRow {
  readonly mechanism: string;
  readonly cells: readonly string[];
}

const rows: readonly ModelRow[] = readFileSync(join(ROOT, "docs/model.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| mechanism "))
  .map((line) => {
    const cells = line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""));
    return { mechanism: cells[0]!, cells };
  });

/** Source files of a folder of models, `flink/channel`, whatever else they are. */
const sources = globSync("src/{records,kafka,flink,connectors,pipeline,metrics,checks,faults}/**/*.ts", {
  cwd: ROOT,
})
  .map((path) =>
    path
      .replaceAll("\\", "/")
      .replace(/^src\//, "")
      .replace(/\.ts$/, ""),
  )
  .toSorted();

/** Words in backticks. */
function named(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word!);
}

function baseOf(path: string): string {
  return path.split("/").at(-1)!;
}

test("each mechanism has one row, with how it is modelled, a source, what it leaves out and its test", () => {
  const names = rows.map(({ mechanism }) => mechanism);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  expect(rows.filter(({ cells }) => cells.length !== 5 || cells.some((cell) => cell.trim() === ""))).toEqual(
    [],
  );
});

test("each model file is named in a row", () => {
  const mentioned = new Set(rows.flatMap(({ mechanism }) => named(mechanism)).map(baseOf));
  const models = sources.filter((path) =>
    readFileSync(join(ROOT, "src", `${path}.ts`), "utf8").startsWith("/** Models:"),
  );
  expect(models.filter((path) => !mentioned.has(baseOf(path)))).toEqual([]);
});

test("each file and each test that a row names is there", () => {
  const files = new Set(sources.map(baseOf));
  const lost = rows.flatMap(({ mechanism }) => named(mechanism).filter((name) => !files.has(baseOf(name))));
  expect(lost).toEqual([]);
  const tests = new Set(
    globSync("src/**/*.{test,properties}.ts", { cwd: ROOT }).map((path) =>
      baseOf(path.replaceAll("\\", "/")),
    ),
  );
  const missing = rows.flatMap(({ cells }) =>
    named(cells[4]!).filter((name) => /\.(test|properties)$/.test(name) && !tests.has(`${name}.ts`)),
  );
  expect(missing).toEqual([]);
});
