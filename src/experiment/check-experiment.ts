import { EXPECTED_ENDS, type Experiment, METRICS } from "./experiment.ts";
import { ExperimentError } from "./experiment-error.ts";

const NAME = /^[a-z][A-Za-z0-9]*$/;
/** Columns of the result tables that a factor must not be called. */
const TAKEN = new Set([
  "experiment",
  "point",
  "repetition",
  "seed",
  "reader",
  "topic",
  "status",
  "reason",
  "replay",
]);

/** What a module exported as `experiment`, if it can be used.
 *  @throws ExperimentError with the first thing that can't. */
export function checkExperiment(value: unknown): Experiment {
  const experiment = recordOf("experiment", value);
  text("question", experiment["question"]);
  text("pipeline", experiment["pipeline"]);
  text("duration", experiment["duration"]);
  if (experiment["warmUp"] !== undefined) text("warmUp", experiment["warmUp"]);
  if (experiment["series"] !== undefined) text("series", experiment["series"]);
  if (experiment["expected"] !== undefined) checkExpected(experiment["expected"]);
  if (experiment["seed"] !== undefined) whole("seed", experiment["seed"], 0);
  if (experiment["set"] !== undefined) checkSettings("set", experiment["set"]);
  checkConstants(experiment["constants"]);
  checkFactors(experiment["factors"]);
  if (experiment["points"] !== undefined) {
    listOf("points", experiment["points"]).forEach((point, i) => {
      recordOf(`points[${i}]`, point);
    });
  }
  checkRepetitions(experiment["repetitions"]);
  listOf("metrics", experiment["metrics"]).forEach((metric, i) => {
    checkMetric(`metrics[${i}]`, metric);
  });
  checkCharts(experiment["charts"]);
  // Every field has been looked at.
  return value as Experiment;
}

function checkFactors(value: unknown): void {
  for (const [name, entry] of Object.entries(recordOf("factors", value))) {
    const path = `factors.${name}`;
    if (!NAME.test(name) || TAKEN.has(name)) {
      throw new ExperimentError(
        path,
        "got this name",
        "a name in camelCase that no column of the results has",
      );
    }
    const factor = recordOf(path, entry);
    if (factor["levels"] !== undefined) {
      const levels = Object.entries(recordOf(`${path}.levels`, factor["levels"]));
      if (levels.length === 0) throw new ExperimentError(`${path}.levels`, "got none", "at least one");
      for (const [label, settings] of levels) checkSettings(`${path}.levels["${label}"]`, settings);
      continue;
    }
    text(`${path}.key`, factor["key"]);
    const values = listOf(`${path}.values`, factor["values"]);
    if (values.length === 0) throw new ExperimentError(`${path}.values`, "got none", "at least one");
    values.forEach((setting, i) => {
      checkSetting(`${path}.values[${i}]`, setting);
    });
  }
}

function checkRepetitions(value: unknown): void {
  if (typeof value !== "object" || value === null) {
    whole("repetitions", value, 1);
    return;
  }
  const repetitions = recordOf("repetitions", value);
  whole("repetitions.atLeast", repetitions["atLeast"], 3);
  whole("repetitions.atMost", repetitions["atMost"], Number(repetitions["atLeast"]));
  checkMetric("repetitions.metric", repetitions["metric"]);
  if (repetitions["reader"] !== undefined) text("repetitions.reader", repetitions["reader"]);
  const { relative } = repetitions;
  if (typeof relative !== "number" || !(relative > 0 && relative < 1)) {
    throw new ExperimentError("repetitions.relative", `got ${shown(relative)}`, "a number between 0 and 1");
  }
}

function checkCharts(value: unknown): void {
  const names = new Set<string>();
  listOf("charts", value).forEach((chart, i) => {
    const { name, draw } = recordOf(`charts[${i}]`, chart);
    if (typeof name !== "string" || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || names.has(name)) {
      throw new ExperimentError(`charts[${i}].name`, `got ${shown(name)}`, "a name in kebab-case, each once");
    }
    names.add(name);
    if (typeof draw !== "function") {
      throw new ExperimentError(`charts[${i}].draw`, `got ${shown(draw)}`, "a function");
    }
  });
}

function checkExpected(value: unknown): void {
  listOf("expected", value).forEach((end, i) => {
    if (EXPECTED_ENDS.some((known) => known === end)) return;
    throw new ExperimentError(`expected[${i}]`, `got ${shown(end)}`, `one of ${EXPECTED_ENDS.join(", ")}`);
  });
}

function checkConstants(value: unknown): void {
  if (value === undefined) return;
  for (const [name, constant] of Object.entries(recordOf("constants", value))) {
    if (typeof constant !== "number") text(`constants.${name}`, constant);
  }
}

function checkSettings(path: string, value: unknown): void {
  for (const [key, setting] of Object.entries(recordOf(path, value)))
    checkSetting(`${path}["${key}"]`, setting);
}

function checkSetting(path: string, value: unknown): void {
  if (typeof value === "string" || (typeof value === "number" && Number.isFinite(value))) return;
  if (typeof value === "object" && value !== null && "formula" in value) {
    text(`${path}.formula`, value.formula);
    return;
  }
  throw new ExperimentError(path, `got ${shown(value)}`, 'text, a number, or { formula: "…" }');
}

function checkMetric(path: string, value: unknown): void {
  if (METRICS.some((metric) => metric === value)) return;
  throw new ExperimentError(path, `got ${shown(value)}`, `one of ${METRICS.join(", ")}`);
}

function recordOf(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new ExperimentError(path, `got ${shown(value)}`, "an object");
}

function listOf(path: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new ExperimentError(path, `got ${shown(value)}`, "a list");
}

function text(path: string, value: unknown): void {
  if (typeof value === "string" && value.trim() !== "") return;
  throw new ExperimentError(path, `got ${shown(value)}`, "text");
}

function whole(path: string, value: unknown, least: number): void {
  if (Number.isSafeInteger(value) && Number(value) >= least) return;
  throw new ExperimentError(path, `got ${shown(value)}`, `a whole number of at least ${least}`);
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function") return "a function";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
