import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXIT_CODES } from "./exit-codes.ts";
import { compareWithReference } from "./fidelity-command.ts";
import { PAGE_MARK } from "./fidelity-page.ts";
import { PLAIN, type Terminal } from "./terminal.ts";
import { writeFidelityPage } from "./write-fidelity-page.ts";

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

test.each([
  [
    { cases: CASES },
    `Cannot read --page: got it beside --cases ${CASES}, wanted one: the page is about the reference`,
  ],
  [{}, /^Cannot write .*notes\.md: a file that Sluice has not written is there, wanted another --page$/],
])("a page is written about the reference, and over nobody's file: %j", async (typed, problem) => {
  const page = join(folder, "notes.md");
  writeFileSync(page, "mine\n");
  await expect(writeFidelityPage({ seed: "1", ...typed }, page, capture())).rejects.toThrow(problem);
  expect(readFileSync(page, "utf8")).toBe("mine\n");
});

test("docs/fidelity.md is the page of these cases: every one, and a reason for whatever is off", () => {
  const page = readFileSync(join(CASES, "../../docs/fidelity.md"), "utf8");
  expect(page.startsWith(PAGE_MARK)).toBe(true);
  for (const name of readdirSync(CASES)) expect(page).toContain(`<summary>${name.replace(".json", "")}: `);
  const off = page.split("## What is off, and why")[1]!.split("\n## ")[0]!;
  expect(off).not.toContain("not known");
  const charts = [...page.matchAll(/\((charts\/fidelity\/[^)]+\.svg)\)/g)].map(([, file]) => file!);
  expect(charts.length).toBeGreaterThanOrEqual(6);
  for (const chart of charts) expect(readFileSync(join(CASES, "../../docs", chart), "utf8")).toMatch(/^<svg/);
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
