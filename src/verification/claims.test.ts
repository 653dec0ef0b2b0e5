import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type Claim,
  checkClaim,
  checkExperiment,
  expandPoints,
  type Figures,
  factorColumns,
  loadFormulas,
  METRICS,
  type Metric,
  runPoint,
  type Verdict,
} from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";

/** The advice of experiments/claims: each verdict as simulated here, one repetition of the points that it asks for; and the verdict
 *  that other figures would give, so that none is written down beforehand. */
const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "experiments/claims");
const files = readdirSync(folder).filter((name) => name.endsWith(".ts"));
const formulas = await loadFormulas();

async function load(number: string) {
  const file = files.find((name) => name.startsWith(`${number}-`))!;
  const module: { claim: unknown; experiment?: unknown } = await import(join(folder, file));
  return { claim: checkClaim(module.claim), experiment: module.experiment };
}

type Place = Readonly<Record<string, string | number>>;

/** Simulates a point when it is asked for. */
function simulated(exported: unknown): Figures {
  if (exported === undefined) return { mean: () => Number.NaN, text: () => "" };
  const experiment = checkExperiment(exported);
  const points = expandPoints(experiment, formulas);
  const columns = factorColumns(experiment, points);
  const file = resolve(folder, experiment.pipeline);
  const text = readFileSync(file, "utf8");
  const runs = new Map<number, ReturnType<typeof runPoint>>();
  const mean = ({ reader, ...factors }: Place, metric: Metric): number => {
    const point = points.find((one) =>
      Object.entries(factors).every(([factor, value]) => {
        const column = columns.find((named) => named.factor === factor)!;
        return column.read(one.factors[factor]!) === value;
      }),
    )!;
    const run =
      runs.get(point.number) ??
      runPoint(point, 0, (assignments: readonly string[]) => parsePipeline(text, file, assignments));
    runs.set(point.number, run);
    expect(["ok", "check failed"], run.reason ?? "").toContain(run.status);
    return run.readers.find((row) => row.reader === reader)!.metrics[METRICS.indexOf(metric)]!;
  };
  return { mean, text: (where, metric) => `${mean(where, metric)}` };
}

/** The same figures but for those that `change` gives. */
function changed(figures: Figures, change: (where: Place, metric: Metric, value: number) => number): Figures {
  const mean = (where: Place, metric: Metric) => change(where, metric, figures.mean(where, metric));
  return { mean, text: (where, metric) => `${mean(where, metric)}` };
}

type Case = readonly [
  number: string,
  verdict: Verdict,
  otherwise: Verdict,
  change: Parameters<typeof changed>[1],
];

const CASES: readonly Case[] = [
  [
    "01",
    "false",
    "true",
    ({ interval }, metric, value) =>
      metric === "sync_max_ms" ? value * Math.sqrt(Number(interval) / 2000) : value,
  ],
  ["04", "false", "true", (_where, metric, value) => (metric === "records_duplicated" ? 0 * value : value)],
];

describe("verdicts as simulated, and as other figures give them", () => {
  test.each(CASES)("%s: %s, and %s if they were otherwise", async (number, verdict, otherwise, change) => {
    const { claim, experiment } = await load(number);
    const figures = simulated(experiment);
    const judgement = claim.judge(figures);
    expect([judgement.verdict, judgement.why]).toEqual([verdict, judgement.why]);
    expect(claim.judge(changed(figures, change)).verdict).toBe(otherwise);
    expect(pageVerdict(claim)).toBe(judgement.verdict);
  });
});

const page = readFileSync(join(root, "docs/claims.md"), "utf8");

/** What the page says of a claim. */
function pageVerdict({ number }: Claim): string | undefined {
  return new RegExp(`^\\| \\[${number}\\].*?\\| \\*\\*(\\w+)`, "m").exec(page)?.[1];
}

test("21: false, for the table of replaced names knows each; true if they were current", async () => {
  const { claim } = await load("21");
  expect(claim.judge(simulated(undefined)).verdict).toBe("false");
  expect(pageVerdict(claim)).toBe("false");
  const { judgeNames } = await import("../../experiments/claims/21-names.ts");
  const named = (status: string) => ({ name: "state.backend", status, answer: "state.backend.type" });
  expect(judgeNames([named("current"), named("current")]).verdict).toBe("true");
  expect(judgeNames([named("current"), named("gone")]).verdict).toBe("depends");
});

test("each claim is judged once, on the page, and its commands can be run", async () => {
  const numbers = await Promise.all(
    files.map(async (name) => (await load(name.split("-")[0]!)).claim.number),
  );
  expect(new Set(numbers).size).toBe(files.length);
  expect([...page.matchAll(/^\| \[(\w+)\]/gm)].map(([, number]) => number)).toEqual(numbers);
  for (const name of files) {
    const { claim } = await load(name.split("-")[0]!);
    expect(claim.onYours.length, name).toBeGreaterThan(0);
    for (const command of claim.onYours.filter((line) => line.startsWith("npx sluice run PIPELINE")))
      readCommand(command);
  }
});

/** Reads the orders pipeline with what a command sets.
 *  @throws ConfigError when the command's keys or faults can't be used. */
function readCommand(command: string): void {
  const words = [...command.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ""));
  const file = join(root, "pipelines/orders.yaml");
  const assignments = words.flatMap((word, i) => {
    if (words[i - 1] === "--set") return [word];
    return words[i - 1] === "--fault" ? [`faults.fault${i}=${word}`] : [];
  });
  parsePipeline(readFileSync(file, "utf8"), file, assignments);
}
