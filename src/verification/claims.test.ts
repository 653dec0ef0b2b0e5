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
  if (exported === undefined) return asFigures(() => Number.NaN);
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
  return asFigures(mean);
}

function asFigures(mean: Figures["mean"]): Figures {
  const product = (all: Parameters<Figures["ratio"]>[0]): number =>
    all.reduce((made, [where, metric]) => made * mean(where, metric), 1);
  return {
    mean,
    text: (where, metric) => `${mean(where, metric)}`,
    ratio: (over, under) => ({ mean: product(over) / product(under), halfWidth: 0 }),
  };
}

/** The same figures but for those that `change` gives. */
function changed(figures: Figures, change: (where: Place, metric: Metric, value: number) => number): Figures {
  return asFigures((where, metric) => change(where, metric, figures.mean(where, metric)));
}

type Case = readonly [
  number: string,
  verdict: Verdict,
  otherwise: Verdict,
  change: Parameters<typeof changed>[1],
];

const CASES: readonly Case[] = [
  ["01", "false", "true", scaled("sync_max_ms", ({ interval }) => Math.sqrt(Number(interval) / 2000))],
  // Twice, whoever reads and whatever the interval.
  ["02", "depends", "true", (where, metric, value) => (metric === "latency_p99_ms" ? twice(where) : value)],
  ["02", "depends", "false", (_where, metric, value) => (metric === "latency_p99_ms" ? 120 : value)],
  [
    "03",
    "depends",
    "true",
    ({ interval }, metric) => (metric === "checkpoint_duration_mean_ms" ? 150 : Number(interval)),
  ],
  [
    "03",
    "depends",
    "false",
    scaled("checkpoint_duration_mean_ms", ({ interval }) => Number(interval) / 1000),
  ],
  ["04", "false", "true", scaled("records_duplicated", () => 0)],
  ["05", "depends", "true", (_where, metric, value) => (metric === "prepared_before_completion" ? 4 : value)],
  ["05", "depends", "false", (_where, metric, value) => (metric === "latency_p99_ms" ? 120 : value)],
  ["06", "true", "false", scaled("latency_p99_ms", ({ part }) => (part === "short" ? 1 : 3))],
  ["07", "false", "true", scaled("alignment_processed_max_bytes", () => 0)],
  [
    "08",
    "depends",
    "true",
    (_where, metric, value) => (metric === "latency_p99_ms" ? Number(_where["snapshot"]) : value),
  ],
  ["08", "depends", "false", (_where, metric, value) => (metric === "latency_p99_ms" ? 5000 : value)],
  ["09", "depends", "true", scaled("checkpoints_failed", ({ timeout }) => (timeout === 500 ? 1 : 0))],
  [
    "09",
    "depends",
    "false",
    (where, metric, value) => (where["timeout"] === 500 && metric === "checkpoints_completed" ? 20 : value),
  ],
  [
    "10",
    "depends",
    "true",
    (where, metric, value) =>
      metric === "records_duplicated" && where["reader"] === "fraud" ? 100_000 : value,
  ],
  ["10", "depends", "false", scaled("records_duplicated", () => 0)],
  [
    "11",
    "false",
    "depends",
    (_where, metric, value) => (metric === "prepared_before_completion" ? 4 : value),
  ],
  ["12", "false", "true", scaled("records_lost", () => 0)],
  ["13", "true", "false", (_where, metric, value) => (metric === "records_duplicated" ? 70_000 : value)],
  ["14", "depends", "false", (_where, metric, value) => (metric === "latency_p99_9_ms" ? 130 : value)],
  [
    "14",
    "depends",
    "true",
    (where, metric, value) =>
      metric === "latency_p99_9_ms" && where["sink"] !== "no checkpoint" ? 300 : value,
  ],
  ["15", "false", "depends", scaled("end_txn_to_complete_commit_mean_ms", () => 4000)],
  ["16", "depends", "false", (_where, metric, value) => (metric === "latency_p99_ms" ? 120 : value)],
  ["16", "depends", "true", scaled("latency_p99_ms", ({ interval }) => (interval === 200 ? 10 : 1))],
  ["17", "depends", "false", (_where, metric, value) => (metric === "latency_p99_ms" ? 120 : value)],
  [
    "17",
    "depends",
    "true",
    scaled("latency_p99_ms", ({ store }) => (store === "requests of 5 ms" ? 0.5 : 1)),
  ],
  ["18", "false", "true", scaled("alignment_max_ms", () => 50)],
  ["19", "false", "true", (_where, metric, value) => (metric === "latency_p99_ms" ? 1000 : value)],
];

/** A metric times a factor. */
function scaled(of: Metric, factor: (where: Place) => number): Case[3] {
  return (where, metric, value) => (metric === of ? value * factor(where) : value);
}

function twice({ guarantee }: Place): number {
  return guarantee === "exactly-once" ? 240 : 120;
}

const figuresOf = new Map<string, Figures>();

describe("verdicts as simulated, and as other figures would give them", () => {
  test.each(CASES)("%s: %s, and %s if they were otherwise", async (number, verdict, otherwise, change) => {
    const { claim, experiment } = await load(number);
    const figures = figuresOf.get(number) ?? simulated(experiment);
    figuresOf.set(number, figures);
    const judgement = claim.judge(figures);
    expect(judgement.verdict, judgement.why).toBe(verdict);
    expect(claim.judge(changed(figures, change)).verdict).toBe(otherwise);
    expect(pageVerdict(claim)).toBe(verdict);
  });

  test("there is a case for each claim that is simulated", async () => {
    const judged = new Set(CASES.map(([number]) => number));
    for (const name of files) {
      const { experiment } = await load(name.slice(0, 2));
      expect(judged.has(name.slice(0, 2)), name).toBe(experiment !== undefined);
    }
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

test("20: false, for no metric of a real job is called so; true if there were such counters", async () => {
  const { claim } = await load("20");
  expect(claim.judge(simulated(undefined)).verdict).toBe("false");
  expect(pageVerdict(claim)).toBe("false");
  const { judgeCounters } = await import("../../experiments/claims/20-counters-of-loss.ts");
  expect(judgeCounters(["numRecordsIn", "sink.records-lost"]).verdict).toBe("depends");
  expect(judgeCounters(["sink.recordsLost", "records_duplicated.count"]).verdict).toBe("true");
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
