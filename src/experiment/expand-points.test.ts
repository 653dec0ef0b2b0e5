import { expect, test } from "vitest";
import { expandPoints, factorColumns } from "./expand-points.ts";
import { defineExperiment, type Experiment } from "./experiment.ts";
import { loadFormulas } from "./formula.ts";
import { logSpaced } from "./log-spaced.ts";

const formulas = await loadFormulas();

const base: Experiment = defineExperiment({
  question: "?",
  pipeline: "p.yaml",
  factors: {
    guarantee: { key: "sink.delivery-guarantee", values: ["at-least-once", "exactly-once"] },
    interval: { key: "execution.checkpointing.interval", values: ["1 s", { formula: "5 * snapshotTime" }] },
  },
  constants: { snapshotTime: "2.5 s" },
  repetitions: 2,
  duration: "max(5 min, 30 * interval)",
  metrics: [],
  charts: [],
});

test("factors are crossed, the last one fastest, and formulas know what stands before them", () => {
  const points = expandPoints(base, formulas);
  expect(
    points.map(({ factors, duration }) => [factors["guarantee"], factors["interval"], duration]),
  ).toEqual([
    ["at-least-once", "1 s", 300e9],
    ["at-least-once", "12500 ms", 375e9],
    ["exactly-once", "1 s", 300e9],
    ["exactly-once", "12500 ms", 375e9],
  ]);
  expect(points[3]!.assignments).toEqual([
    "sink.delivery-guarantee=exactly-once",
    "execution.checkpointing.interval=12500 ms",
  ]);
});

test("levels set several keys, listed points name them, a plain `set` comes first and a computed one last", () => {
  const points = expandPoints(
    {
      ...base,
      set: { "execution.checkpointing.timeout": { formula: "2 * interval" } },
      factors: {
        interval: { key: "execution.checkpointing.interval", values: ["1 s", "10 s"] },
        pace: { levels: { free: {}, paused: { "execution.checkpointing.min-pause": "500 ms", seed: 7 } } },
      },
      points: [{ interval: "10 s", pace: "paused" }],
      warmUp: "2 * interval",
    },
    formulas,
  );
  expect(points).toEqual([
    {
      number: 0,
      factors: { interval: "10 s", pace: "paused" },
      assignments: [
        "execution.checkpointing.interval=10 s",
        "execution.checkpointing.min-pause=500 ms",
        "execution.checkpointing.timeout=20 s",
      ],
      duration: 300e9,
      warmUp: 20e9,
      seed: 7,
    },
  ]);
});

test("columns have the unit in their name", () => {
  const experiment: Experiment = {
    ...base,
    factors: {
      bufferTimeout: { key: "execution.buffer-timeout.interval", values: ["100 ms", "1 s"] },
      rate: { key: "producers.shop.rate", values: ["1000/s", "2500/s"] },
      parallelism: { key: "parallelism.default", values: [1, 2] },
      skew: { key: "producers.shop.skew", values: ["cycle", "zipf 0.8"] },
    },
    duration: "1 min",
  };
  const points = expandPoints(experiment, formulas);
  const columns = factorColumns(experiment, points);
  expect(columns.map(({ column, type }) => [column, type])).toEqual([
    ["buffer_timeout_ms", "number"],
    ["rate_per_s", "number"],
    ["parallelism", "number"],
    ["skew", "text"],
  ]);
  const last = points.at(-1)!;
  expect(columns.map(({ factor, read }) => read(last.factors[factor]!))).toEqual([1000, 2500, 2, "zipf 0.8"]);
});

test("a listed point must name a value of every factor", () => {
  const listed = (point: Record<string, string>) => () =>
    expandPoints({ ...base, points: [point] }, formulas);
  expect(listed({ guarantee: "none", interval: "1 s" })).toThrow(
    'Cannot read points[0].guarantee: got "none", wanted one of "at-least-once", "exactly-once"',
  );
  expect(listed({ guarantee: "exactly-once" })).toThrow(
    'Cannot read points[0].interval: got nothing, wanted one of "1 s", "5 * snapshotTime"',
  );
  expect(listed({ interva: "1 s" })).toThrow(
    "Cannot read points[0].interva: got no such factor, wanted one of guarantee, interval",
  );
});

test("durations in equal ratios", () => {
  expect(logSpaced("1 s", "60 s", 5)).toEqual(["1 s", "2800 ms", "7700 ms", "22 s", "1 min"]);
  expect(() => logSpaced("0 s", "60 s", 5)).toThrow('Cannot read logSpaced: got "0 s"');
});

test.each([
  ["5 * snapshotTime", "12500 ms"],
  ["1 / 3 s", "333333333 ns"],
  ["3 * 4", "12"],
  ["5 min + 1 s", "301 s"],
  ["-1 s", "0 to 104 days"],
  ["random()", "random is not allowed in a formula"],
  ['evaluate("1")', "evaluate is not allowed in a formula"],
  ["createUnit(1)", "createUnit is not allowed in a formula"],
  ["guarantee", "wanted a formula whose value is a time or a number"],
])("formula %s", (text, result) => {
  const scope = { snapshotTime: "2.5 s", guarantee: "exactly-once" };
  const run = () => formulas.setting("here", text, scope);
  if (/^\d+( \w+)?$/.test(result)) expect(run()).toBe(result);
  else expect(run).toThrow(result);
});
