import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXIT_CODES } from "./exit-codes.ts";
import { compareWithReference } from "./fidelity-command.ts";
import { PLAIN, type Terminal } from "./terminal.ts";

const CASES = join(import.meta.dirname, "../../reference/cases");
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fidelity-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function capture(): Terminal & { readonly out: string[] } {
  const out: string[] = [];
  return {
    out,
    print: (text) => void out.push(text),
    warn: () => {},
    columns: 200,
    live: false,
    colors: PLAIN,
  };
}

interface CaseFile {
  readonly name: string;
  readonly measured: { readonly read_committed: { readonly steady_latency_ms: { p50: number } } };
}

/** A folder that holds one case, changed. */
function only(name: string, change: (file: CaseFile) => void = () => {}): string {
  const own = mkdtempSync(join(folder, "cases-"));
  const file = JSON.parse(readFileSync(join(CASES, `${name}.json`), "utf8")) as CaseFile;
  change(file);
  writeFileSync(join(own, "case.json"), JSON.stringify(file));
  return own;
}

test("a run without checkpoints is within tolerance: exit 0, and the last line says so", () => {
  const terminal = capture();
  expect(compareWithReference({ seed: "1", cases: only("none-nockpt") }, terminal)).toBe(EXIT_CODES.fine);
  const lines = terminal.out.join("").trimEnd().split("\n");
  expect(lines.at(-1)).toMatch(/^fidelity: 18 of 18 within tolerance, median error \d+\.\d %$/);
});

test("a figure that is out makes it exit 1, and JSON says which", () => {
  const terminal = capture();
  const cases = only("none-nockpt", ({ measured }) => {
    measured.read_committed.steady_latency_ms.p50 = 70;
  });
  expect(compareWithReference({ seed: "1", cases, json: true }, terminal)).toBe(EXIT_CODES.checkFailed);
  const report = JSON.parse(terminal.out.join("")) as {
    readonly rows: readonly { readonly figure: string; readonly verdict: string }[];
    readonly within: number;
    readonly total: number;
  };
  expect([report.within, report.total]).toEqual([17, 18]);
  expect(report.rows.filter(({ verdict }) => verdict !== "ok")).toMatchObject([
    { figure: "read_committed p50", measured: 70, verdict: "OUT" },
  ]);
});

test("a case is simulated by its settings, whatever it is called", () => {
  const rows = (name: string): unknown => {
    const terminal = capture();
    const cases = only("eos-i500", (file) => Object.assign(file, { name }));
    compareWithReference({ seed: "1", cases, json: true }, terminal);
    return JSON.parse(terminal.out.join("").replaceAll(`"${name}"`, '"it"'));
  };
  expect(rows("eos-i500")).toEqual(rows("something-else"));
});

test.each([
  [{ cases: "none" }, "Cannot read none: there is no such file"],
  [{ seed: "x" }, 'Cannot read --seed: got "x", wanted a whole number'],
])("%j is answered in one line", (typed, problem) => {
  expect(() => compareWithReference({ seed: "1", ...typed }, capture())).toThrow(problem);
});

test("a file that is no case is named, and a folder without one too", () => {
  const own = mkdtempSync(join(folder, "wrong-"));
  const run = () => compareWithReference({ seed: "1", cases: own }, capture());
  expect(run).toThrow(`Cannot read ${own}: got no file that ends in .json, wanted reference cases`);
  writeFileSync(join(own, "a.json"), "[]");
  expect(run).toThrow(`Cannot read ${join(own, "a.json")}: got`);
});

test("a file that is no case doesn't keep the others from being judged", () => {
  const cases = only("none-nockpt");
  writeFileSync(join(cases, "broken.json"), "{");
  const warnings: string[] = [];
  const terminal = { ...capture(), warn: (text: string) => void warnings.push(text) };
  expect(compareWithReference({ seed: "1", cases }, terminal)).toBe(EXIT_CODES.badInput);
  expect(warnings).toEqual([
    `Cannot read ${join(cases, "broken.json")}: got text that isn't JSON, wanted a reference case`,
  ]);
  expect(terminal.out.join("")).toContain("fidelity: 18 of 18 within tolerance");
});
