import { physicalDuration } from "../pipeline/index.ts";
import type { Experiment, Factor, Settings } from "./experiment.ts";
import { ExperimentError } from "./experiment-error.ts";
import type { Formulas, Scope } from "./formula.ts";

/** One combination of the factors' values, ready to run. */
export interface Point {
  /** From 0, in the order of the table. */
  readonly number: number;
  /** Value or level of each factor, as text. */
  readonly factors: Readonly<Record<string, string>>;
  /** KEY=VALUE, as `--set` takes them. */
  readonly assignments: readonly string[];
  /** ns of load. */
  readonly duration: number;
  /** ns that aren't measured; undefined: as a run without experiment has it. */
  readonly warmUp: number | "mser-5" | undefined;
  /** ns, slot of the time series; undefined: none is kept. */
  readonly series: number | undefined;
  /** Seed of the first repetition. */
  readonly seed: number;
}

const MOST_POINTS = 100_000;
const SECOND = 1e9;

/** The points of an experiment, in order: the last factor varies fastest.
 *  @throws ExperimentError when a formula or a point can't be read, or there are no or too many points. */
export function expandPoints(experiment: Experiment, formulas: Formulas): Point[] {
  const choices =
    experiment.points === undefined
      ? crossed(experiment.factors)
      : experiment.points.map((point, i) => listedPoint(experiment, point, i));
  if (choices.length === 0) throw new ExperimentError("points", "got none", "at least one");
  return choices.map((choice, number) => resolvePoint(experiment, choice, number, formulas));
}

/** Which value or level, by factor: its place in the factor's list. */
type Choice = Readonly<Record<string, number>>;

function crossed(factors: Experiment["factors"]): Choice[] {
  let choices: Choice[] = [{}];
  for (const [name, factor] of Object.entries(factors)) {
    const count = sizeOf(factor);
    if (choices.length * count > MOST_POINTS) {
      throw new ExperimentError("factors", `got over ${MOST_POINTS} points`, `at most ${MOST_POINTS}`);
    }
    choices = choices.flatMap((choice) =>
      Array.from({ length: count }, (_, place) => ({ ...choice, [name]: place })),
    );
  }
  return choices;
}

function listedPoint(
  { factors }: Experiment,
  point: Readonly<Record<string, string | number>>,
  index: number,
): Choice {
  const unknown = Object.keys(point).find((name) => !Object.hasOwn(factors, name));
  if (unknown !== undefined) {
    throw new ExperimentError(
      `points[${index}].${unknown}`,
      "got no such factor",
      `one of ${Object.keys(factors).join(", ")}`,
    );
  }
  return Object.fromEntries(
    Object.entries(factors).map(([name, factor]) => {
      const texts = textsOf(factor);
      const place = texts.indexOf(String(point[name]));
      if (place >= 0) return [name, place];
      throw new ExperimentError(
        `points[${index}].${name}`,
        point[name] === undefined ? "got nothing" : `got "${point[name]}"`,
        `one of ${texts.map((text) => `"${text}"`).join(", ")}`,
      );
    }),
  );
}

function sizeOf(factor: Factor): number {
  return "values" in factor ? factor.values.length : Object.keys(factor.levels).length;
}

/** How a listed point names the factor's values. */
function textsOf(factor: Factor): string[] {
  if (!("values" in factor)) return Object.keys(factor.levels);
  return factor.values.map((value) => (typeof value === "object" ? value.formula : String(value)));
}

function resolvePoint(experiment: Experiment, choice: Choice, number: number, formulas: Formulas): Point {
  const scope: Record<string, string | number> = { ...experiment.constants };
  const shown: Record<string, string> = {};
  const assignments: string[] = [];
  let seed = experiment.seed ?? 1;
  const assign = (path: string, settings: Settings): void => {
    for (const [key, value] of Object.entries(settings)) {
      const text = settingText(`${path}["${key}"]`, value, scope, formulas);
      if (key === "seed") seed = seedOf(path, text);
      else assignments.push(`${key}=${text}`);
    }
  };
  const later = constantsAfterFactors(experiment);
  if (!later) assign("set", experiment.set ?? {});
  for (const [name, factor] of Object.entries(experiment.factors)) {
    const place = choice[name]!;
    if ("values" in factor) {
      const value = factor.values[place]!;
      const text = settingText(`factors.${name}`, value, scope, formulas);
      shown[name] = text;
      scope[name] = typeof value === "number" ? value : text;
      assign(`factors.${name}`, { [factor.key]: text });
    } else {
      const [label, settings] = Object.entries(factor.levels)[place]!;
      shown[name] = label;
      scope[name] = label;
      assign(`factors.${name}["${label}"]`, settings);
    }
  }
  if (later) assign("set", experiment.set ?? {});
  const duration = formulas.duration("duration", experiment.duration, scope);
  if (duration < SECOND) {
    throw new ExperimentError("duration", `got ${duration / 1e6} ms at point ${number}`, "1 s at least");
  }
  return {
    number,
    factors: shown,
    assignments,
    duration,
    warmUp: warmUpOf(experiment, scope, duration, formulas),
    series: seriesOf(experiment, scope, duration, formulas),
    seed,
  };
}

/** What `set` computes from a factor comes behind the factors; a plain setting comes first, so that a factor goes before it. */
function constantsAfterFactors({ set }: Experiment): boolean {
  return Object.values(set ?? {}).some((value) => typeof value === "object");
}

function settingText(path: string, value: Settings[string], scope: Scope, formulas: Formulas): string {
  return typeof value === "object" ? formulas.setting(path, value.formula, scope) : String(value);
}

function seedOf(path: string, text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new ExperimentError(`${path}["seed"]`, `got "${text}"`, "a whole number");
}

function warmUpOf(
  { warmUp }: Experiment,
  scope: Scope,
  duration: number,
  formulas: Formulas,
): Point["warmUp"] {
  if (warmUp === undefined || warmUp === "mser-5") return warmUp;
  const found = formulas.duration("warmUp", warmUp, scope);
  if (found < duration) return found;
  throw new ExperimentError(
    "warmUp",
    `got ${found / 1e6} ms`,
    `less than the duration of ${duration / 1e6} ms`,
  );
}

const MOST_SLOTS = 10_000;

function seriesOf(
  { series }: Experiment,
  scope: Scope,
  duration: number,
  formulas: Formulas,
): number | undefined {
  if (series === undefined) return undefined;
  const slot = formulas.duration("series", series, scope);
  if (slot * MOST_SLOTS >= duration && slot <= duration) return slot;
  throw new ExperimentError(
    "series",
    `got ${slot / 1e6} ms`,
    `a slot of which there are 1 to ${MOST_SLOTS} in ${duration / 1e6} ms`,
  );
}

/** A factor's values as a column of a table. */
export interface FactorColumn {
  readonly factor: string;
  /** Snake case, with the unit: `interval_ms`. */
  readonly column: string;
  readonly type: "number" | "text";
  /** The value in the column's unit, of a value's text. */
  readonly read: (text: string) => number | string;
}

const RATE = /^(\d+(?:\.\d+)?)\s*\/\s*s$/;

/** The columns of the factors: durations become milliseconds, rates records a second, numbers themselves, all else text. */
export function factorColumns(experiment: Experiment, points: readonly Point[]): FactorColumn[] {
  return Object.keys(experiment.factors).map((factor) => {
    const texts = points.map((point) => point.factors[factor]!);
    const name = factor.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const isLevel = "levels" in experiment.factors[factor]!;
    if (!isLevel && texts.every((text) => milliseconds(text) !== undefined)) {
      return { factor, column: `${name}_ms`, type: "number", read: (text) => milliseconds(text)! };
    }
    if (texts.every((text) => RATE.test(text))) {
      const read = (text: string): number => Number(RATE.exec(text)![1]);
      return { factor, column: `${name}_per_s`, type: "number", read };
    }
    if (texts.every((text) => text.trim() !== "" && Number.isFinite(Number(text)))) {
      return { factor, column: name, type: "number", read: Number };
    }
    return { factor, column: name, type: "text", read: (text) => text };
  });
}

function milliseconds(text: string): number | undefined {
  const reading = physicalDuration({}).read(text);
  return reading.ok ? reading.value / 1e6 : undefined;
}
