import { formatDuration } from "../pipeline/index.ts";
import { ExperimentError } from "./experiment-error.ts";

/** What a formula may refer to, by name: texts such as `10 s`, or numbers. Texts that are no quantity stay texts. */
export type Scope = Readonly<Record<string, string | number>>;

/** Evaluates mathjs expressions with units. */
export interface Formulas {
  /** A time in whole nanoseconds, rounded.
   *  @throws ExperimentError unless it is a time of 0 to 2^53 - 1 ns. */
  duration(path: string, text: string, scope: Scope): number;
  /** A value as a pipeline file has it: a time as `2500 ms`, a number as its digits.
   *  @throws ExperimentError unless it is a time or a finite number. */
  setting(path: string, text: string, scope: Scope): string;
}

/** What would let a formula change mathjs, run other code, or differ from one run to the next. */
const FORBIDDEN = [
  "import",
  "createUnit",
  "config",
  "evaluate",
  "parse",
  "parser",
  "compile",
  "simplify",
  "derivative",
  "resolve",
  "reviver",
  "random",
  "randomInt",
  "pickRandom",
];

/** Loads mathjs, which takes a while, and closes what a formula has no use for.
 *  Source: mathjs documentation, "Expression parsing: security". */
export async function loadFormulas(): Promise<Formulas> {
  const { all, create } = await import("mathjs");
  const math = create(all ?? {});
  const evaluate = math.evaluate;
  const unit = math.unit;
  const isUnit = math.isUnit;
  const closed = Object.fromEntries(
    FORBIDDEN.map((name) => [
      name,
      () => {
        throw new Error(`${name} is not allowed in a formula`);
      },
    ]),
  );
  math.import(closed, { override: true });

  const run = (path: string, text: string, scope: Scope): unknown => {
    const quantities = Object.fromEntries(
      Object.entries(scope).map(([name, value]) => [name, quantity(value)]),
    );
    try {
      return evaluate(withMinutes(text), quantities) as unknown;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ExperimentError(path, `got "${text}" (${reason})`, 'a formula such as "5 * interval"');
    }
  };
  const quantity = (value: string | number): unknown => {
    if (typeof value === "number") return value;
    if (!/^[\d.]/.test(value)) return value;
    try {
      return unit(withMinutes(value));
    } catch {
      return value;
    }
  };
  const nanoseconds = (path: string, text: string, value: unknown): number | undefined => {
    if (!isUnit(value) || !value.equalBase(unit("1 s"))) return undefined;
    const rounded = Math.round(value.toNumber("ns"));
    if (Number.isSafeInteger(rounded) && rounded >= 0) return rounded;
    throw new ExperimentError(path, `got "${text}" = ${rounded} ns`, "0 to 104 days");
  };
  return {
    duration: (path, text, scope) => {
      const found = nanoseconds(path, text, run(path, text, scope));
      if (found !== undefined) return found;
      throw new ExperimentError(path, `got "${text}"`, 'a time such as "10 min" or "30 * interval"');
    },
    setting: (path, text, scope) => {
      const value = run(path, text, scope);
      if (typeof value === "number" && Number.isFinite(value)) return String(value);
      const found = nanoseconds(path, text, value);
      if (found !== undefined) return formatDuration(found);
      throw new ExperimentError(path, `got "${text}"`, "a formula whose value is a time or a number");
    },
  };
}

/** `5 min` is five minutes; mathjs would take `min` for the function. */
function withMinutes(text: string): string {
  return text.replaceAll(/(?<=[\d.]\s*)min\b(?!\s*\()/g, "minutes");
}
